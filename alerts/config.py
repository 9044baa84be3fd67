"""The models of ``alerts.yaml``, and of ``mail:`` in ``yuqing.yaml``. Messages are in Chinese: staff read them."""

from __future__ import annotations

import re
from datetime import time
from email.utils import parseaddr
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from domain.alerts import Level

METRICS = (
    "severity", "posts", "posts_24h", "negative_posts", "authors", "authors_24h", "platforms", "views", "engagement",
    "velocity", "reprints", "amplifiers", "followers_max", "index", "heat",
)  # fmt: skip
"""What a rule may ask for: the fields of `domain.incidents.Snapshot` with the same names, in the order of telling."""

_ADDRESS = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$")
_CLOCK = re.compile(r"^(?:[01]?\d|2[0-3]):[0-5]\d$")
LONGEST_DOMAIN = 40
"""A Message-ID over 70 characters is folded by the mail library so that threading breaks; 40 leaves room."""


def _address(value: str) -> str:
    if not _ADDRESS.match(value) or len(value) > 254:
        raise ValueError("不是邮箱地址，应为 name@example.com 的形式（只用英文字符）")
    return value


def _clock(value: str) -> str:
    if not _CLOCK.match(value):
        raise ValueError('应为带引号的 "时:分"，例如 "07:30"')
    return value


Address = Annotated[str, AfterValidator(_address)]
ClockTime = Annotated[str, AfterValidator(_clock)]
Minimum = Annotated[float | None, Field(ge=0)]


class Strict(BaseModel):
    """An unknown key is an error, and a loaded configuration does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(Strict):
    """One way to reach a level: every minimum that is given must be reached, and one of ``topics`` be there.

    A metric that no source gives (``views``, ``followers_max``) is unknown, and a rule that asks for it does not hold.
    ``heat`` here replaces the level's ``heat_floor`` for this rule.
    """

    name: str | None = None
    topics: tuple[str, ...] = ()
    severity: Minimum = None
    posts: Minimum = None
    posts_24h: Minimum = None
    negative_posts: Minimum = None
    authors: Minimum = None
    authors_24h: Minimum = None
    platforms: Minimum = None
    views: Minimum = None
    engagement: Minimum = None
    velocity: Minimum = None
    reprints: Minimum = None
    amplifiers: Minimum = None
    followers_max: Minimum = None
    index: Minimum = None
    heat: Minimum = None

    @property
    def minimums(self) -> dict[str, float]:
        """Metric to minimum, in the order of `METRICS`."""
        values = {metric: getattr(self, metric) for metric in METRICS}
        return {metric: value for metric, value in values.items() if value is not None}

    @model_validator(mode="after")
    def _asks_for_something(self) -> Rule:
        if not self.topics and not self.minimums:
            raise ValueError(f"这条规则没有任何条件，会对所有事件成立；可用的指标：{'、'.join(METRICS)}，或 topics")
        return self


class LevelRules(Strict):
    """A level holds where one of its rules does and the heat is at least ``heat_floor``.

    The floor is what lets levels built on cumulative counts (authors, views) lapse once an incident goes quiet.
    """

    heat_floor: float = Field(default=5.0, ge=0, le=100)
    any_of: tuple[Rule, ...] = ()


def _rules(*rules: Rule) -> LevelRules:
    return LevelRules(any_of=rules)


_CRIME = ("staff_misconduct", "privacy_leak")
_CROWD = ("bank_run_rumor", "group_event")

RED = _rules(
    Rule(name="挤兑传言或聚集", topics=_CROWD, severity=3),
    Rule(name="员工违规广泛传播", topics=_CRIME, severity=2, authors=15, platforms=3),
    Rule(name="浏览超过十万", severity=2, views=100_000),
    Rule(name="全国性大号", severity=2, followers_max=800_000),
    Rule(name="热度极高", severity=2, authors=15, heat=85),
)
ORANGE = _rules(
    Rule(name="挤兑或聚集苗头", topics=_CROWD, severity=2),
    Rule(name="具体诉求跨三个平台", severity=2, authors=4, platforms=3),
    Rule(name="一天十五名作者", severity=2, authors_24h=15),
    Rule(name="严重事项跨平台", severity=3, authors=4, platforms=2),
    Rule(name="严重事项浏览高", severity=3, authors=4, views=5_000),
    Rule(name="员工违规跨平台", topics=_CRIME, severity=2, authors=4, platforms=2),
    Rule(name="热度很高", severity=2, authors=8, heat=70),
)
YELLOW = _rules(
    Rule(name="四名作者的具体诉求", severity=2, authors=4, negative_posts=2),
    Rule(name="浏览超过五千", severity=2, views=5_000),
    Rule(name="监管处罚见报", topics=("penalty_news",), severity=1),
    Rule(name="本地大号", severity=2, followers_max=50_000),
    Rule(name="热度较高", severity=2, authors=4, heat=55),
)
BLUE = _rules(Rule(name="有负面信息", severity=1, negative_posts=1))


class Levels(Strict):
    """The rules of each level; the defaults are what a duty officer means by them (docs/alerts.md)."""

    red: LevelRules = RED
    orange: LevelRules = ORANGE
    yellow: LevelRules = YELLOW
    blue: LevelRules = BLUE

    def of(self, level: Level) -> LevelRules:
        """The rules of one level; `Level.NONE` has none."""
        rules: LevelRules = getattr(self, level.code) if level else LevelRules()
        return rules


class Hysteresis(Strict):
    """A level falls where the rules with minimums × ``factor`` have given less for ``hold_hours``."""

    factor: float = Field(default=0.7, gt=0, le=1)
    hold_hours: float = Field(default=2.0, ge=0, le=72)


class PolicyConfig(Strict):
    """When the same level is told again, and when the all-clear is given. Hours and days; growth of the index.

    The index is logarithmic: all counts doubling adds about ten points. ``growth_points`` makes growth visible where
    the index is too high to be multiplied by ``growth_factor``. ``lookback_days``: how far back incidents stay in view.
    """

    cooldown_hours: float = Field(default=4.0, ge=0, le=168)
    growth_factor: float = Field(default=2.0, gt=1, le=10)
    growth_points: float = Field(default=20.0, gt=0, le=100)
    resolve_after_hours: float = Field(default=24.0, ge=1, le=720)
    reflare_authors: int = Field(default=2, ge=1, le=1000)
    lookback_days: int = Field(default=14, ge=1, le=366)


class Recipients(Strict):
    """Who is written to. A level without addresses uses those of the next one below it (red, orange, yellow, digest).

    ``ops`` get the notices of blind sources, and the digest on days when a source was blind or mail was stuck.
    """

    red: tuple[Address, ...] = ()
    orange: tuple[Address, ...] = ()
    yellow: tuple[Address, ...] = ()
    digest: tuple[Address, ...] = ()
    ops: tuple[Address, ...] = ()

    def for_sources(self) -> tuple[str, ...]:
        """Who looks after the sources: ``ops``, else those of the digest, without doubles."""
        return tuple(dict.fromkeys(self.ops or self.digest))

    def of(self, level: Level) -> tuple[str, ...]:
        """The addresses for a level without doubles; those of the digest below yellow."""
        ladder = {Level.RED: self.red, Level.ORANGE: self.orange, Level.YELLOW: self.yellow}
        lists = [addresses for rung, addresses in ladder.items() if rung <= level]
        found = next((addresses for addresses in [*lists, self.digest] if addresses), ())
        return tuple(dict.fromkeys(found))


class QuietHours(Strict):
    """From ``from`` to ``to`` (Asia/Shanghai) yellow waits for the end, red never, orange by ``orange_passes``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    enabled: bool = True
    start: ClockTime = Field(default="22:00", alias="from")
    end: ClockTime = Field(default="07:30", alias="to")
    orange_passes: bool = True

    def span(self) -> tuple[time, time]:
        """Beginning (included) and end (excluded) as times of day."""
        start, end = (clock.split(":") for clock in (self.start, self.end))
        return time(int(start[0]), int(start[1])), time(int(end[0]), int(end[1]))

    def passes(self, level: Level) -> bool:
        """Whether mail of this level goes out at once in quiet hours."""
        return level is Level.RED or (level is Level.ORANGE and self.orange_passes)


class DigestConfig(Strict):
    """``hold_in_quiet_hours``: a digest made at night (a sweep by hand) waits for the end of the quiet hours."""

    hold_in_quiet_hours: bool = True


class SourceWatch(Strict):
    """When those who look after the sources are written to, in hours of blindness; 0: at once.

    ``improbable``: a source that says that it saw is doubted where its history gives so few new posts a probability
    below this; 0 asks no history.
    """

    blind_hours: float = Field(default=6.0, ge=0, le=8760)
    partial_hours: float = Field(default=72.0, ge=0, le=8760)
    improbable: float = Field(default=0.001, ge=0, le=0.05)


class AlertConfig(Strict):
    """alerts.yaml."""

    levels: Levels = Levels()
    hysteresis: Hysteresis = Hysteresis()
    policy: PolicyConfig = PolicyConfig()
    recipients: Recipients = Recipients()
    quiet_hours: QuietHours = QuietHours()
    digest: DigestConfig = DigestConfig()
    sources: SourceWatch = SourceWatch()


class MailConfig(Strict):
    """How the relay is reached. The password is never here: it comes from the environment or a file.

    ``sender`` may carry a name: ``舆情监测 <yuqing@bank.example>``. ``domain`` stands in the Message-ID and must not
    change later; it is the sender's where it is not given. ``security`` has no default: nothing is downgraded silently.
    """

    host: str = Field(min_length=1)
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"]
    username: str | None = None
    sender: str
    domain: str = Field(max_length=LONGEST_DOMAIN, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$")
    ca_file: str | None = None
    timeout_s: float = Field(default=30.0, gt=0, le=300)
    reply_to: Address | None = None

    @property
    def sender_name(self) -> str:
        """The name part of ``sender``; empty where there is none."""
        return parseaddr(self.sender)[0]

    @property
    def sender_address(self) -> str:
        """The address part of ``sender``."""
        return parseaddr(self.sender)[1]

    @model_validator(mode="before")
    @classmethod
    def _domain_of_the_sender(cls, data: Any) -> Any:
        if isinstance(data, dict) and "domain" not in data and isinstance(data.get("sender"), str):
            return {**data, "domain": parseaddr(data["sender"])[1].rpartition("@")[2]}
        return data

    @model_validator(mode="after")
    def _a_sender_with_an_address(self) -> MailConfig:
        if not _ADDRESS.match(self.sender_address):
            raise ValueError("sender 里没有邮箱地址，应为 yuqing@bank.example 或 舆情监测 <yuqing@bank.example>")
        return self
