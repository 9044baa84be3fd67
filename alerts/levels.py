"""From a snapshot to a level: which rule holds, on which figures. Pure; when to tell is `alerts.policy`'s business."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from alerts.config import AlertConfig
from alerts.rules_config import Floors, Rule
from domain.alerts import Level, Verdict
from domain.incidents import Snapshot

MAILED = (Level.RED, Level.ORANGE, Level.YELLOW)
LEVELS = (*MAILED, Level.BLUE)

LABELS = {
    "severity": "严重程度", "posts": "帖子", "posts_24h": "24 小时内帖子", "negative_posts": "负面帖",
    "negative_share": "负面占比", "named_posts": "点名本行的帖子", "press_posts": "负面报道", "authors": "作者",
    "authors_24h": "24 小时内作者", "platforms": "平台", "views": "浏览", "negative_views": "负面帖浏览",
    "engagement": "互动", "velocity": "每小时新帖", "reprints": "转载", "amplifiers": "大号",
    "followers_max": "最大账号粉丝", "index": "传播指数", "heat": "热度",
}  # fmt: skip
PHRASES = {
    "severity": "严重程度 {}", "posts": "{} 帖", "posts_24h": "24 小时内 {} 帖", "negative_posts": "{} 帖负面",
    "negative_share": "负面占 {}%", "named_posts": "{} 帖点名本行", "press_posts": "{} 篇负面报道",
    "authors": "{} 名作者", "authors_24h": "24 小时内 {} 名作者", "platforms": "{} 个平台", "views": "{} 次浏览",
    "negative_views": "负面帖 {} 次浏览", "engagement": "互动量 {}", "velocity": "每小时 {} 帖",
    "reprints": "{} 篇转载", "amplifiers": "{} 个大号", "followers_max": "最大账号 {} 粉丝", "index": "传播指数 {}",
    "heat": "热度 {}",
}  # fmt: skip
NOT_SCALED = ("severity", "named_posts")
"""A class, and a yes or no: hysteresis leaves them alone."""
UNTOLD = ("named_posts",)
"""Where it is met it goes without saying."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One minimum of a rule against a snapshot. ``value`` None: no source gives the figure."""

    metric: str
    value: float | None
    minimum: float

    @property
    def met(self) -> bool:
        """Whether the figure is known and reaches the minimum."""
        return self.value is not None and self.value >= self.minimum

    @property
    def text(self) -> str:
        """In Chinese: ``4 名作者（门槛 4）``."""
        return f"{phrase(self.metric, self.value)}（门槛 {figure(self.minimum)}）"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule against a snapshot: every condition with its figures, and whether the topic fits."""

    level: Level
    rule: str
    topic_fits: bool
    conditions: tuple[Condition, ...]

    @property
    def holds(self) -> bool:
        """Whether the rule gives its level."""
        return self.topic_fits and all(condition.met for condition in self.conditions)


def judge(snapshot: Snapshot, topics: Sequence[str], config: AlertConfig, scale: float = 1.0) -> Verdict:
    """The highest level of which a rule holds, with rule, figures and minimums; the first such rule of the level.

    ``scale`` multiplies every minimum except the severity's (hysteresis). ``inputs`` has for each metric of the rule
    its value and, under ``<metric>_min``, its minimum.
    """
    found = next((item for item in _rules(config) if _holds(item, snapshot, topics, scale)), None)
    if found is None:
        return Verdict(Level.NONE, "", "没有达到任何级别的门槛")
    held = _check(found, snapshot, topics, scale)
    inputs: dict[str, float] = {}
    for condition in held.conditions:
        inputs[condition.metric] = condition.value or 0.0
        inputs[f"{condition.metric}_min"] = condition.minimum
    figures = "，".join(condition.text for condition in held.conditions if condition.metric not in UNTOLD)
    return Verdict(held.level, held.rule, f"{held.level.label}规则“{held.rule.partition('/')[2]}”：{figures}", inputs)


def explain(snapshot: Snapshot, topics: Sequence[str], config: AlertConfig, scale: float = 1.0) -> Iterator[Check]:
    """Every rule of every level against the snapshot, from red down, in the order of the file."""
    for item in _rules(config):
        yield _check(item, snapshot, topics, scale)


_Ranked = tuple[Level, int, Rule, Floors]
"""A rule with its level, its number in the file and what the level asks for beside it."""


def _rules(config: AlertConfig) -> Iterator[_Ranked]:
    for level in LEVELS:
        rules = config.levels.of(level)
        floors = rules.floors
        for number, rule in enumerate(rules.any_of, start=1):
            yield level, number, rule, floors


# Every incident is judged by every rule at every look: the rules change with the file only. A changed copy of a rule
# is another rule, so that none is ever judged by what another one asks.
@lru_cache(maxsize=1024)
def _asked(rule: Rule, floors: Floors) -> Floors:
    """Metric and minimum of each condition: those of the rule, then what the level asks for where the rule does not."""
    asked = rule.minimums
    return (*asked.items(), *(floor for floor in floors if floor[0] not in asked))


def _holds(item: _Ranked, snapshot: Snapshot, topics: Sequence[str], scale: float) -> bool:
    """`Check.holds` of `_check`, up to the first condition that is not met."""
    _level, _number, rule, floors = item
    if not _fits(rule, topics):
        return False
    for metric, minimum in _asked(rule, floors):
        value = getattr(snapshot, metric)
        if value is None or value < _scaled(metric, minimum, scale):
            return False
    return True


def _check(item: _Ranked, snapshot: Snapshot, topics: Sequence[str], scale: float) -> Check:
    level, number, rule, floors = item
    conditions = tuple(
        Condition(metric, getattr(snapshot, metric), _scaled(metric, minimum, scale))
        for metric, minimum in _asked(rule, floors)
    )
    return Check(level, f"{level.code}/{rule.name or f'第 {number} 条'}", _fits(rule, topics), conditions)


def _fits(rule: Rule, topics: Sequence[str]) -> bool:
    return not rule.topics or not set(rule.topics).isdisjoint(topics)


def _scaled(metric: str, minimum: float, scale: float) -> float:
    return minimum if metric in NOT_SCALED else minimum * scale


def phrase(metric: str, value: float | None) -> str:
    """A metric with its value in Chinese: ``4 名作者``; ``浏览未知`` where no source says."""
    return f"{LABELS[metric]}未知" if value is None else PHRASES[metric].format(figure(value))


def figure(value: float) -> str:
    """A number as a reader writes it: ``12,600``, ``3``, ``8.5``."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
