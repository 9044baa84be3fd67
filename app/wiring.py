"""The one place that joins the parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from alerts.channels.smtp import SmtpMailer
from config.models import AnySource
from config.settings import Settings, secret
from crawlers.door import Door
from crawlers.imports.config import FilesConfig, MediaCrawlerConfig
from crawlers.imports.folder import folder_source
from crawlers.pollers.config import FeedConfig, ForumConfig, JsonApiConfig
from crawlers.pollers.feed import FeedSource
from crawlers.pollers.forum import ForumSource
from crawlers.pollers.json_api import JsonApiSource
from crawlers.spiders.config import DiscuzConfig
from crawlers.spiders.source import DiscuzSource
from domain.clock import Clock, system_clock, to_utc
from nlp.analyser import Analyser, load_analyser
from nlp.lexicon import load_taxonomy
from pipeline.parts import Parts
from pipeline.ports import Progress, Source
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


def make_sources(settings: Settings) -> list[Source]:
    """The enabled sources, in the order of the file."""
    door = make_door(settings)
    return [make_source(config, settings, door) for config in settings.sources.sources if config.enabled]


def make_source(config: AnySource, settings: Settings, door: Door) -> Source:
    """One source of its kind."""
    manners = settings.main.crawl
    if isinstance(config, DiscuzConfig):
        return DiscuzSource(config, manners, door)
    if isinstance(config, FeedConfig):
        return FeedSource(config, manners, door)
    if isinstance(config, ForumConfig):
        return ForumSource(config, manners, door)
    if isinstance(config, MediaCrawlerConfig | FilesConfig):
        return folder_source(config, settings.folder / config.folder, door)
    return JsonApiSource(config, manners, door, token=_token(config, settings))


def _token(config: JsonApiConfig, settings: Settings) -> str | None:
    return secret(config.token_env, settings.folder, config.token_file)


def make_analyser(settings: Settings | None = None) -> Analyser:
    """The text stage, with the bank's own topics where the folder has them."""
    return load_analyser(settings.taxonomy_override if settings else None)


def make_parts(
    settings: Settings,
    progress: Progress,
    clock: Clock = system_clock,
    pause: Callable[[float], None] = time.sleep,
    store: SqlStore | None = None,
) -> Parts:
    """Everything the pipeline works with; on another ``store`` than the configuration's where one is given."""
    main = settings.main
    taxonomy = load_taxonomy(settings.taxonomy_override)
    return Parts(
        store=store or open_settings_store(settings),
        sources=make_sources(settings),
        labels={source.name: source.label or source.name for source in settings.sources.sources},
        analyser=make_analyser(settings),
        mailer=SmtpMailer(main.mail, settings.mail_password()),
        banks=[config.bank() for config in settings.banks.banks],
        topics={topic.code: topic for topic in taxonomy.topics},
        grouping=main.grouping,
        spread=main.spread,
        alerts=settings.alerts,
        mail_domain=main.mail.domain,
        page_url=main.web.base_url,
        revisit_days=main.schedule.revisit_days,
        clock=clock,
        pause=pause,
        progress=progress,
    )
