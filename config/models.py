"""The models of yuqing.yaml and banks.yaml; the other files are made of the rooms' own config types."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from alerts.bounces_config import BouncesConfig
from alerts.config import MailConfig
from crawlers.config import Manners
from crawlers.imports.config import FilesConfig, MediaCrawlerConfig
from crawlers.paste.config import PasteConfig
from crawlers.pictures.config import PicturesConfig
from crawlers.pollers.config import FeedConfig, ForumConfig, JsonApiConfig, NewsConfig
from crawlers.pollers.open_config import DouyinOpenConfig, KuaishouOpenConfig, WechatAccountConfig
from crawlers.spiders.config import DiscuzConfig
from crawlers.tieba.config import TiebaConfig
from domain.readings import Bank
from incidents.burst import BurstConfig
from incidents.config import GroupingConfig, SpreadConfig
from incidents.phase import PhaseConfig
from nlp.second.config import NoSecondConfig, SecondConfig

_CLOCK = re.compile(r"^(?:[01]?\d|2[0-3]):[0-5]\d$")


class Strict(BaseModel):
    """An unknown key is an error, and a loaded configuration does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreConfig(Strict):
    """Where the data lies: an SQLAlchemy address; a relative SQLite path is taken from the folder."""

    url: str = "sqlite:///yuqing.db"


class PrivacyConfig(Strict):
    """``author_key_file`` holds the secret with which authors' ids are hashed; YUQING_AUTHOR_KEY wins over it.

    ``mask_numbers``: phone, ID-card and bank-card numbers are masked before anything is stored.
    """

    author_key_file: str = "author.key"
    mask_numbers: bool = True


class EvidenceConfig(Strict):
    """Kept pages: where, and for how many days those that no incident rests on, and those that one does."""

    enabled: bool = True
    folder: str = "evidence"
    days: int = Field(default=7, ge=1, le=3650)
    incident_days: int = Field(default=1095, ge=1, le=36_500)


class FeedbackConfig(Strict):
    """Labels of analysts: when a model is fitted with them and taken, and how many posts a day are queued for review.

    ``least_labels``: so many that the model in use has not seen; ``tolerance``: by so much (0..1) a figure on the
    frozen sets may fall; ``keep_models``: files of so many models stay; ``review_days``: posts of so many days.
    """

    least_labels: int = Field(default=20, ge=5, le=100_000)
    tolerance: float = Field(default=0.005, ge=0, le=0.05)
    keep_models: int = Field(default=10, ge=2, le=1000)
    reviews_a_day: int = Field(default=20, ge=1, le=20)
    review_days: int = Field(default=30, ge=1, le=366)


class WebConfig(Strict):
    """``base_url``: where readers reach what ``yuqing serve`` serves; mails link to ``{base_url}/t/…``."""

    base_url: str | None = None


class ScheduleConfig(Strict):
    """When the clock fires, and what is read between sweeps (`pipeline.revisits.RevisitPlan` says how).

    ``revisit_minutes`` is the tick: so often it is asked what is due. ``retry_minutes`` 0: a blind source waits for the
    sweep. Budgets are threads of one source. A sweep that is not over ``sweep_within_minutes`` after its time is told
    to operations. ``heartbeat_file`` (or ``YUQING_HEARTBEAT_URL``): an address that is asked for after every sweep.
    """

    sweep_at: str = "08:30"
    sweep_within_minutes: int = Field(default=180, ge=5, le=1380)
    heartbeat_file: str | None = None
    revisit_minutes: int = Field(default=5, ge=1, le=1440)
    revisit_days: int = Field(default=7, ge=1, le=60)
    hot_minutes: int = Field(default=10, ge=1, le=1440)
    revisit_threads: int = Field(default=30, ge=1, le=1000)
    revisit_threads_a_day: int = Field(default=600, ge=1, le=100_000)
    retry_minutes: int = Field(default=60, ge=0, le=1440)
    deliver_minutes: int = Field(default=1, ge=1, le=60)

    @field_validator("sweep_at")
    @classmethod
    def _a_time_of_day(cls, value: str) -> str:
        if not _CLOCK.match(value):
            raise ValueError('应为 "时:分"，例如 "07:30"')
        return value


class MainConfig(Strict):
    """yuqing.yaml."""

    store: StoreConfig = StoreConfig()
    timezone: str = "Asia/Shanghai"
    privacy: PrivacyConfig = PrivacyConfig()
    evidence: EvidenceConfig = EvidenceConfig()
    pictures: PicturesConfig = PicturesConfig()
    second_reader: SecondConfig = NoSecondConfig()
    mail: MailConfig
    mail_password_file: str | None = None
    bounces: BouncesConfig | None = None
    feedback: FeedbackConfig = FeedbackConfig()
    web: WebConfig = WebConfig()
    crawl: Manners = Manners()
    grouping: GroupingConfig = GroupingConfig()
    spread: SpreadConfig = SpreadConfig()
    bursts: BurstConfig = BurstConfig()
    phases: PhaseConfig = PhaseConfig()
    schedule: ScheduleConfig = ScheduleConfig()

    @field_validator("timezone")
    @classmethod
    def _a_known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("没有这个时区，应为 Asia/Shanghai 一类的名称") from None
        return value


class BankConfig(Strict):
    """One watched bank."""

    name: str = Field(min_length=2)
    aliases: tuple[str, ...] = ()
    not_names: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    county: str | None = None

    def bank(self) -> Bank:
        """The domain's record of it."""
        return Bank(self.name, self.aliases, self.not_names, self.branches, self.county)


class BanksConfig(Strict):
    """banks.yaml."""

    banks: tuple[BankConfig, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _no_name_twice(self) -> BanksConfig:
        names = [bank.name for bank in self.banks]
        if len(set(names)) < len(names):
            raise ValueError("银行名称重复")
        return self


AnySource = Annotated[
    DiscuzConfig
    | FeedConfig
    | ForumConfig
    | NewsConfig
    | JsonApiConfig
    | WechatAccountConfig
    | DouyinOpenConfig
    | KuaishouOpenConfig
    | MediaCrawlerConfig
    | FilesConfig
    | PasteConfig
    | TiebaConfig,
    Field(discriminator="kind"),
]


class SourcesConfig(Strict):
    """sources.yaml."""

    sources: tuple[AnySource, ...] = ()

    @model_validator(mode="after")
    def _no_name_twice(self) -> SourcesConfig:
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"来源名称重复：{'、'.join(twice)}")
        return self
