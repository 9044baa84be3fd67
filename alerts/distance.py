"""How far an incident is from a level: what each rule still lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.levels import LABELS, PHRASES, Check, Condition, figure, phrase
from domain.alerts import Level

GAPS = {
    "severity": "严重程度还差 {}", "posts_24h": "24 小时内还差 {} 帖", "negative_posts": "还差 {} 帖负面",
    "negative_share": "负面占比还差 {}%", "negative_views": "负面帖还差 {} 次浏览",
    "authors_24h": "24 小时内还差 {} 名作者", "engagement": "互动量还差 {}", "velocity": "每小时还差 {} 帖",
    "followers_max": "最大账号还差 {} 粉丝", "index": "传播指数还差 {}", "heat": "热度还差 {}",
}  # fmt: skip
"""Where ``还差`` before the phrase of the metric would not be Chinese."""


def gap(condition: Condition) -> str | None:
    """What is missing, in Chinese: ``还差 2 名作者``; None where nothing is."""
    if condition.met:
        return None
    if condition.value is None:
        return f"{LABELS[condition.metric]}未知，要 {figure(condition.minimum)}"
    return GAPS.get(condition.metric, f"还差 {PHRASES[condition.metric]}").format(_missing(condition, condition.value))


def compared(condition: Condition) -> str:
    """A figure with its minimum, and what is missing: ``2 名作者（门槛 4，还差 2）``."""
    if condition.met or condition.value is None:
        return condition.text
    missing = _missing(condition, condition.value)
    return f"{phrase(condition.metric, condition.value)}（门槛 {figure(condition.minimum)}，还差 {missing}）"


def nearest(checks: Iterable[Check], level: Level) -> Check | None:
    """The rule of a level that lacks least, of those that fit the topics; None where no rule of it does."""
    fitting = [check for check in checks if check.level is level and check.topic_fits]
    return min(fitting, key=_lack, default=None)


def lacking(check: Check) -> str:
    """All that a rule still lacks, in Chinese."""
    return "，".join(words for condition in check.conditions if (words := gap(condition)))


def _lack(check: Check) -> tuple[int, float]:
    """How many conditions are not met, then by what share of their minimums; an unknown figure lacks all of it."""
    missing = [condition for condition in check.conditions if not condition.met]
    return len(missing), sum((c.minimum - (c.value or 0.0)) / c.minimum for c in missing if c.minimum)


def _missing(condition: Condition, value: float) -> str:
    """To a tenth, never down to nothing."""
    return figure(max(round(condition.minimum - value, 1), 0.1))
