"""The one place that joins the parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alerts.channels.heartbeat import Heartbeat
from alerts.channels.http import Line
from app.accounts import make_keeper
from app.models import FOLDER as MODELS
from app.models import FollowingAnalyser, model_in_use
from app.posting import make_bounces, make_post_office, make_quotas
from config.models import AnySource, ScheduleConfig
from config.settings import Settings, secret
from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.imports.config import FilesConfig, MediaCrawlerConfig
from crawlers.imports.folder import folder_source
from crawlers.paste.config import DEFAULT as PASTE
from crawlers.paste.config import PasteConfig
from crawlers.pictures.desk import PictureDesk
from crawlers.pictures.reader import ChildReader, is_available
from crawlers.pollers.config import FeedConfig, ForumConfig, JsonApiConfig, NewsConfig
from crawlers.pollers.feed import FeedSource
from crawlers.pollers.forum import ForumSource
from crawlers.pollers.json_api import JsonApiSource
from crawlers.pollers.news import NewsSource
from crawlers.pollers.open_config import DouyinOpenConfig, KuaishouOpenConfig, OpenConfig, WechatAccountConfig
from crawlers.pollers.tokens import constant_token
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.source import DiscuzSource
from crawlers.tieba.config import TiebaConfig
from crawlers.tieba.source import TiebaSource
from domain.clock import Clock, system_clock, to_utc
from nlp.analyser import Analyser, load_analyser
from nlp.lexicon import load_taxonomy
from nlp.second.config import NoSecondConfig, OnnxConfig
from nlp.second.endpoint import EndpointReader
from nlp.second.onnx import OnnxReader
from pipeline.parts import Parts, Retention, SecondPlan
from pipeline.ports import Progress, Source
from pipeline.revisits import RevisitPlan
from pipeline.watch import Watch
from storage.store import SqlStore, open_store


def clock_at(moment: datetime | None) -> Clock:
    """The machine's clock; or one that stood at ``moment`` when the program began, and runs on from there."""
    if moment is None:
        return system_clock
    shift = to_utc(moment) - system_clock()
    return lambda: system_clock() + shift


def open_settings_store(settings: Settings) -> SqlStore:
    """The store of a configuration, made or upgraded where needed."""
    return open_store(settings.store_url)


def make_door(settings: Settings) -> Door:
    """The door by which records from outside come in."""
    return Door(settings.author_key(), mask_numbers=settings.main.privacy.mask_numbers)


def make_archive(settings: Settings) -> Archive:
    """The folder of kept pages; those that are there are shown, and go in time, also where no more are kept."""
    return Archive(settings.folder / settings.main.evidence.folder)


@dataclass(frozen=True)
class Kit:
    """What sources of all kinds are made with. ``archive`` None: no pages are kept."""

    settings: Settings
    door: Door
    archive: Archive | None = None

    @property
    def manners(self) -> Manners:
        """How we behave towards sites."""
        return self.settings.main.crawl


def make_sources(settings: Settings, archive: Archive | None = None) -> list[Source]:
    """The enabled sources, in the order of the file; they keep their pages in ``archive`` where that is switched on.

    What people find by hand comes by ``yuqing add`` and is not collected.
    """
    kit = Kit(settings, make_door(settings), archive if settings.main.evidence.enabled else None)
    collected = (config for config in settings.sources.sources if not isinstance(config, PasteConfig))
    return [make_source(config, kit) for config in collected if config.enabled]


def make_source(config: AnySource, kit: Kit) -> Source:
    """One source of its kind."""
    return _MAKERS[type(config)](config, kit)


def _discuz(config: DiscuzConfig, kit: Kit) -> Source:
    cookie = secret(config.cookie_env, kit.settings.folder, config.cookie_file)
    return DiscuzSource(config, kit.manners, kit.door, cookie=cookie, archive=kit.archive)


def _folder(config: MediaCrawlerConfig | FilesConfig, kit: Kit) -> Source:
    return folder_source(config, kit.settings.folder / config.folder, kit.door)


def _json_api(config: JsonApiConfig, kit: Kit) -> Source:
    value = secret(config.token_env, kit.settings.folder, config.token_file)
    token = constant_token(value, config.token_env, config.token_file)
    return JsonApiSource(config.plan(), kit.manners, kit.door, token=token, archive=kit.archive)


def _open(config: OpenConfig, kit: Kit) -> Source:
    keeper = make_keeper(config, kit.settings)
    plan = config.plan(keeper.client_id)
    return JsonApiSource(plan, kit.manners, kit.door, token=keeper, archive=kit.archive)


_MAKERS: dict[type, Callable[[Any, Kit], Source]] = {
    DiscuzConfig: _discuz,
    DouyinOpenConfig: _open,
    FeedConfig: lambda config, kit: FeedSource(config, kit.manners, kit.door, archive=kit.archive),
    FilesConfig: _folder,
    ForumConfig: lambda config, kit: ForumSource(config, kit.manners, kit.door, archive=kit.archive),
    NewsConfig: lambda config, kit: NewsSource(config, kit.manners, kit.door, archive=kit.archive),
    JsonApiConfig: _json_api,
    KuaishouOpenConfig: _open,
    MediaCrawlerConfig: _folder,
    TiebaConfig: lambda config, kit: TiebaSource(config, kit.manners, kit.door, archive=kit.archive),
    WechatAccountConfig: _open,
}


def make_pictures(settings: Settings, clock: Clock) -> PictureDesk | None:
    """The desk where words in pictures are read; None where it is switched off or the extra ``ocr`` is missing."""
    config, main = settings.main.pictures, settings.main
    if not config.enabled or not is_available():
        return None
    masked = main.privacy.mask_numbers
    return PictureDesk(config, main.crawl, lambda: ChildReader(config), mask_numbers=masked, clock=clock)


def make_analyser(settings: Settings | None = None) -> Analyser:
    """The text stage as it is now, with the bank's own topics and model where the folder has them.

    The store is asked for the model in use only where there are models of the bank's own.
    """
    if settings is None or not (settings.folder / MODELS).is_dir():
        return load_analyser(settings.taxonomy_override if settings else None)
    store = open_settings_store(settings)
    model = model_in_use(settings, store).model
    store.close()
    return Analyser(load_taxonomy(settings.taxonomy_override), model)


def make_second_reader(settings: Settings) -> OnnxReader | EndpointReader | None:
    """Who reads again what the first reading left in doubt; None where nobody is set up."""
    config, folder = settings.main.second_reader, settings.folder
    if isinstance(config, NoSecondConfig):
        return None
    topics = {topic.code: topic.label for topic in load_taxonomy(settings.taxonomy_override).topics}
    if isinstance(config, OnnxConfig):
        return OnnxReader(config, folder / config.folder, topics)
    key = secret(config.key_env, folder, config.key_file)
    ca_file = str(folder / config.ca_file) if config.ca_file else None
    return EndpointReader(config, topics, key=key, ca_file=ca_file)


def make_second(settings: Settings) -> SecondPlan | None:
    """The second reader with what it gets to read."""
    config, reader = settings.main.second_reader, make_second_reader(settings)
    if reader is None or isinstance(config, NoSecondConfig):
        return None
    return SecondPlan(reader, config.grey, config.days, config.max_posts)


def make_revisits(schedule: ScheduleConfig) -> RevisitPlan:
    """What is read between sweeps."""
    return RevisitPlan(
        days=schedule.revisit_days,
        hot_minutes=schedule.hot_minutes,
        threads=schedule.revisit_threads,
        threads_a_day=schedule.revisit_threads_a_day,
        retry_minutes=schedule.retry_minutes,
    )


def make_watch(settings: Settings) -> Watch:
    """When the sweep has to have run."""
    plan = settings.main.schedule
    return Watch(plan.sweep_at, ZoneInfo(settings.main.timezone), timedelta(minutes=plan.sweep_within_minutes))


def make_heartbeat(settings: Settings) -> Callable[[], str | None]:
    """What tells a watcher outside that a sweep has run; nothing where nobody watches."""
    url = settings.heartbeat_url()
    return Heartbeat(Line("heartbeat", url)) if url else lambda: None


def make_parts(
    settings: Settings,
    progress: Progress,
    clock: Clock = system_clock,
    pause: Callable[[float], None] = time.sleep,
    store: SqlStore | None = None,
) -> Parts:
    """Everything the pipeline works with; on another ``store`` than the configuration's where one is given."""
    main, archive = settings.main, make_archive(settings)
    taxonomy = load_taxonomy(settings.taxonomy_override)
    opened = store or open_settings_store(settings)
    # Another store is a replay's: one model reads all of it.
    analyser = make_analyser(settings) if store else FollowingAnalyser(settings, opened)
    return Parts(
        store=opened,
        sources=make_sources(settings, archive),
        labels={source.name: source.label or source.name for source in (PASTE, *settings.sources.sources)},
        analyser=analyser,
        mailer=make_post_office(settings),
        banks=[config.bank() for config in settings.banks.banks],
        topics={topic.code: topic for topic in taxonomy.topics},
        grouping=main.grouping,
        spread=main.spread,
        bursts=main.bursts,
        phases=main.phases,
        alerts=settings.alerts,
        mail_domain=main.mail.domain,
        page_url=main.web.base_url,
        clock=clock,
        pause=pause,
        progress=progress,
        archive=archive,
        pictures=make_pictures(settings, clock),
        second=make_second(settings),
        # What is really of today must not go because a borrowed clock says that it is old.
        retention=Retention(main.evidence.days, main.evidence.incident_days) if clock is system_clock else None,
        revisits=make_revisits(main.schedule),
        parallel=main.crawl.parallel,
        sites={source.name: source.site for source in settings.sources.sources},
        quotas={} if store else make_quotas(settings),
        bounces=None if store else make_bounces(settings),
        blind_hours={item.name: item.blind_hours for item in settings.sources.sources if item.blind_hours is not None},
        watch=make_watch(settings) if store is None and clock is system_clock else None,
        heartbeat=make_heartbeat(settings) if store is None and clock is system_clock else lambda: None,
        trouble=lambda: analyser.problem if isinstance(analyser, FollowingAnalyser) else None,
    )
