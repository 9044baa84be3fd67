"""The models of ``alerts.yaml`` that decide: the rules of the levels, and when the same level is told again."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from alerts.base_config import ClockTime, Strict
from domain.alerts import Level

METRICS = (
    "severity", "posts", "posts_24h", "negative_posts", "negative_share", "named_posts", "press_posts", "authors",
    "authors_24h", "platforms", "views", "negative_views", "engagement", "velocity", "reprints", "amplifiers",
    "followers_max", "index", "heat",
)  # fmt: skip
"""What a rule may ask for: the fields of `domain.incidents.Snapshot` with the same names, in the order of telling."""

Minimum = Annotated[float | None, Field(ge=0)]
MailedLevel = Literal["red", "orange", "yellow"]
Floors = tuple[tuple[str, float], ...]
"""Metrics with their minimums."""


class Rule(Strict):
    """One way to reach a level: every minimum that is given must be reached, and one of ``topics`` be there.

    A metric that no source gives (``views``, ``negative_views``, ``followers_max``) is unknown, and a rule that asks
    for it does not hold. ``heat`` and ``named_posts`` here replace the level's floors for this rule.
    """

    name: str | None = None
    topics: tuple[str, ...] = ()
    severity: Minimum = None
    posts: Minimum = None
    posts_24h: Minimum = None
    negative_posts: Minimum = None
    negative_share: Minimum = None
    named_posts: Minimum = None
    press_posts: Minimum = None
    authors: Minimum = None
    authors_24h: Minimum = None
    platforms: Minimum = None
    views: Minimum = None
    negative_views: Minimum = None
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
    """A level holds where one of its rules does, with the heat of ``heat_floor`` and ``named_floor`` posts that name
    the bank at least. A rule that asks for ``heat`` or ``named_posts`` itself replaces the floor.

    The first lets levels built on cumulative counts (authors, views) lapse once an incident goes quiet. The second
    keeps what nobody has said to be about the bank from the levels that wake people.
    """

    heat_floor: float = Field(default=5.0, ge=0, le=100)
    named_floor: int = Field(default=0, ge=0)
    any_of: tuple[Rule, ...] = ()

    @property
    def floors(self) -> Floors:
        """What the level asks for beside its rules."""
        return (("heat", self.heat_floor), *([("named_posts", float(self.named_floor))] if self.named_floor else []))


def _rules(*rules: Rule, named: int = 0) -> LevelRules:
    return LevelRules(any_of=rules, named_floor=named)


_CRIME = ("staff_misconduct", "privacy_leak")
_CROWD = ("bank_run_rumor", "group_event")

RED = _rules(
    Rule(name="挤兑传言或聚集", topics=_CROWD, severity=3),
    Rule(name="员工违规广泛传播", topics=_CRIME, severity=2, authors=15, platforms=3),
    Rule(name="浏览超过十万", severity=2, negative_views=100_000),
    Rule(name="全国性大号", severity=2, negative_share=34, followers_max=800_000),
    Rule(name="热度极高", severity=2, negative_share=34, authors=15, heat=85),
    named=1,
)
ORANGE = _rules(
    Rule(name="挤兑或聚集苗头", topics=_CROWD, severity=2, authors=2, negative_posts=2),
    Rule(name="具体诉求跨三个平台", severity=2, negative_share=34, authors=4, platforms=3),
    Rule(name="一天十五名作者", severity=2, negative_share=34, authors_24h=15),
    Rule(name="严重事项跨平台", severity=3, authors=4, platforms=2),
    Rule(name="严重事项浏览高", severity=3, authors=4, views=5_000),
    Rule(name="员工违规跨平台", topics=_CRIME, severity=2, authors=4, platforms=2),
    Rule(name="热度很高", severity=2, negative_share=34, authors=8, heat=70),
    named=1,
)
YELLOW = _rules(
    Rule(name="四名作者的具体诉求", severity=2, authors=4, negative_posts=2),
    Rule(name="浏览超过五千", severity=2, negative_views=5_000),
    Rule(name="监管处罚见报", topics=("penalty_news",), severity=1),
    Rule(name="负面见报", severity=1, press_posts=1),
    Rule(name="本地大号", severity=2, negative_share=34, followers_max=50_000),
    Rule(name="热度较高", severity=2, negative_share=34, authors=4, heat=55),
)
BLUE = _rules(Rule(name="有负面信息", severity=1, negative_posts=1))


def _named(rules: LevelRules) -> LevelRules:
    """The rules of a level that wakes people: one post has to name the bank, unless ``named_floor`` is given."""
    return rules if "named_floor" in rules.model_fields_set else rules.model_copy(update={"named_floor": 1})


Waking = Annotated[LevelRules, AfterValidator(_named)]


class Levels(Strict):
    """The rules of each level; the defaults are what a duty officer means by them (docs/alerts.md)."""

    red: Waking = RED
    orange: Waking = ORANGE
    yellow: LevelRules = YELLOW
    blue: LevelRules = BLUE

    def of(self, level: Level) -> LevelRules:
        """The rules of one level; `Level.NONE` has none."""
        rules: LevelRules = getattr(self, level.code) if level else LevelRules()
        return rules


class LevelOverrides(Strict):
    """The levels whose rules are replaced; one that is not given keeps those of ``levels``."""

    red: Waking | None = None
    orange: Waking | None = None
    yellow: LevelRules | None = None
    blue: LevelRules | None = None

    @property
    def given(self) -> dict[str, LevelRules]:
        """Code of a level to its rules."""
        values = {code: getattr(self, code) for code in type(self).model_fields}
        return {code: rules for code, rules in values.items() if rules is not None}


class Override(Strict):
    """Other rules for incidents with one of ``topics``, at one of ``branches``; where both are given, with both."""

    name: str | None = None
    topics: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    levels: LevelOverrides

    @model_validator(mode="after")
    def _says_for_what(self) -> Override:
        if not (self.topics or self.branches):
            raise ValueError("要写明用在哪些 topics（主题）或 branches（网点）上")
        if not self.levels.given:
            raise ValueError("levels 里至少要写一个级别的规则：red、orange、yellow 或 blue")
        return self


class Hysteresis(Strict):
    """A level falls where the rules with minimums × ``factor`` have given less for ``hold_hours``."""

    factor: float = Field(default=0.7, gt=0, le=1)
    hold_hours: float = Field(default=2.0, ge=0, le=72)


class PolicyConfig(Strict):
    """When the same level is told again, and when the all-clear is given. Hours and days; growth of the index.

    What was mailed below ``all_clear_from`` gets no all-clear of its own: the digest says that it is over.

    The index is logarithmic: all counts doubling adds about ten points. ``growth_points`` makes growth visible where
    the index is too high to be multiplied by ``growth_factor``. ``lookback_days``: how far back incidents stay in view.
    """

    cooldown_hours: float = Field(default=4.0, ge=0, le=168)
    growth_factor: float = Field(default=2.0, gt=1, le=10)
    growth_points: float = Field(default=20.0, gt=0, le=100)
    all_clear_from: MailedLevel = "orange"
    resolve_after_hours: float = Field(default=24.0, ge=1, le=720)
    reflare_authors: int = Field(default=2, ge=1, le=1000)
    lookback_days: int = Field(default=14, ge=1, le=366)


class QuietHours(Strict):
    """From ``from`` to ``to`` (Asia/Shanghai) yellow waits for the end, red never, orange by ``orange_passes``.

    A daily sweep that begins in the last ``early_minutes`` does not wait: it ends them (`alerts.quiet.for_sweep`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    enabled: bool = True
    start: ClockTime = Field(default="22:00", alias="from")
    end: ClockTime = Field(default="08:30", alias="to")
    orange_passes: bool = True
    early_minutes: int = Field(default=150, ge=0, le=720)

    def span(self) -> tuple[time, time]:
        """Beginning (included) and end (excluded) as times of day."""
        start, end = (clock.split(":") for clock in (self.start, self.end))
        return time(int(start[0]), int(start[1])), time(int(end[0]), int(end[1]))

    def passes(self, level: Level) -> bool:
        """Whether mail of this level goes out at once in quiet hours."""
        return level is Level.RED or (level is Level.ORANGE and self.orange_passes)
