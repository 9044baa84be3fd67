"""The one place that joins the parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.channels.smtp import SmtpMailer
from config.models import AnySource
from config.settings import Settings, secret
from crawlers.archive import Archive
from crawlers.config import Manners
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


def make_archive(settings: Settings) -> Archive | None:
    """The folder of kept pages; None where none are kept."""
    evidence = settings.main.evidence
    return Archive(settings.folder / evidence.folder) if evidence.enabled else None


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


def make_sources(settings: Settings) -> list[Source]:
    """The enabled sources, in the order of the file."""
    kit = Kit(settings, make_door(settings), make_archive(settings))
    return [make_source(config, kit) for config in settings.sources.sources if config.enabled]


def make_source(config: AnySource, kit: Kit) -> Source:
    """One source of its kind."""
    return _MAKERS[type(config)](config, kit)


def _folder(config: MediaCrawlerConfig | FilesConfig, kit: Kit) -> Source:
    return folder_source(config, kit.settings.folder / config.folder, kit.door)


def _json_api(config: JsonApiConfig, kit: Kit) -> Source:
    token = secret(config.token_env, kit.settings.folder, config.token_file)
    return JsonApiSource(config, kit.manners, kit.door, token=token, archive=kit.archive)


_MAKERS: dict[type, Callable[[Any, Kit], Source]] = {
    DiscuzConfig: lambda config, kit: DiscuzSource(config, kit.manners, kit.door),
    FeedConfig: lambda config, kit: FeedSource(config, kit.manners, kit.door, archive=kit.archive),
    FilesConfig: _folder,
    ForumConfig: lambda config, kit: ForumSource(config, kit.manners, kit.door, archive=kit.archive),
    JsonApiConfig: _json_api,
    MediaCrawlerConfig: _folder,
}


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
