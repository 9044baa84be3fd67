"""From a snapshot to a level: which rule holds, on which figures. Pure; when to tell is `alerts.policy`'s business."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.config import AlertConfig, Rule
from domain.alerts import Level, Verdict
from domain.incidents import Snapshot

MAILED = (Level.RED, Level.ORANGE, Level.YELLOW)
LEVELS = (*MAILED, Level.BLUE)

LABELS = {
    "severity": "严重程度", "posts": "帖子", "posts_24h": "24 小时内帖子", "negative_posts": "负面帖",
    "authors": "作者", "authors_24h": "24 小时内作者", "platforms": "平台", "views": "浏览", "engagement": "互动",
    "velocity": "每小时新帖", "reprints": "转载", "amplifiers": "大号", "followers_max": "最大账号粉丝",
    "index": "传播指数", "heat": "热度",
}  # fmt: skip
PHRASES = {
    "severity": "严重程度 {}", "posts": "{} 帖", "posts_24h": "24 小时内 {} 帖", "negative_posts": "{} 帖负面",
    "authors": "{} 名作者", "authors_24h": "24 小时内 {} 名作者", "platforms": "{} 个平台", "views": "{} 次浏览",
    "engagement": "互动量 {}", "velocity": "每小时 {} 帖", "reprints": "{} 篇转载", "amplifiers": "{} 个大号",
    "followers_max": "最大账号 {} 粉丝", "index": "传播指数 {}", "heat": "热度 {}",
}  # fmt: skip
NOT_SCALED = ("severity",)
"""Severity is a class and no quantity: hysteresis leaves it alone."""


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
    held = next((check for check in explain(snapshot, topics, config, scale) if check.holds), None)
    if held is None:
        return Verdict(Level.NONE, "", "没有达到任何级别的门槛")
    inputs: dict[str, float] = {}
    for condition in held.conditions:
        inputs[condition.metric] = condition.value or 0.0
        inputs[f"{condition.metric}_min"] = condition.minimum
    figures = "，".join(condition.text for condition in held.conditions)
    return Verdict(held.level, held.rule, f"{held.level.label}规则“{held.rule.partition('/')[2]}”：{figures}", inputs)


def explain(snapshot: Snapshot, topics: Sequence[str], config: AlertConfig, scale: float = 1.0) -> Iterator[Check]:
    """Every rule of every level against the snapshot, from red down, in the order of the file."""
    for level in LEVELS:
        rules = config.levels.of(level)
        for number, rule in enumerate(rules.any_of, start=1):
            name = f"{level.code}/{rule.name or f'第 {number} 条'}"
            yield _check(level, name, rule, rules.heat_floor, snapshot, topics, scale)


def _check(
    level: Level, name: str, rule: Rule, floor: float, snapshot: Snapshot, topics: Sequence[str], scale: float
) -> Check:
    minimums = {**rule.minimums, **({} if rule.heat is not None else {"heat": floor})}
    conditions = tuple(
        Condition(metric, getattr(snapshot, metric), minimum if metric in NOT_SCALED else minimum * scale)
        for metric, minimum in minimums.items()
    )
    return Check(level, name, not rule.topics or bool(set(rule.topics) & set(topics)), conditions)


def phrase(metric: str, value: float | None) -> str:
    """A metric with its value in Chinese: ``4 名作者``; ``浏览未知`` where no source says."""
    return f"{LABELS[metric]}未知" if value is None else PHRASES[metric].format(figure(value))


def figure(value: float) -> str:
    """A number as a reader writes it: ``12,600``, ``3``, ``8.5``."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
