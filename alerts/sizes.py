"""How many posts the next level asks for, so that a forecast can say how likely it is. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import takewhile

from alerts.config import AlertConfig
from alerts.levels import MAILED, Check, Condition, explain, judge
from domain.alerts import Level
from domain.incidents import Snapshot

SIZES = {
    "posts": "posts", "posts_24h": "posts_24h", "negative_posts": "posts", "authors": "posts",
    "authors_24h": "posts_24h",
}  # fmt: skip
"""The metrics that grow with the posts, and the count of posts that each is a part of."""


def next_size(snapshot: Snapshot, topics: Sequence[str], config: AlertConfig) -> tuple[Level, int] | None:
    """The nearest mailed level above the present one that asks for more posts, and for how many.

    Of a level's rules that fit the topics and the severity the one that asks for the fewest posts counts; missing
    authors or negative posts are turned into posts at their present ratio. A level of which no rule asks for more than
    is there is passed over: size does not stand in its way. None where no level above asks for any.
    """
    now = judge(snapshot, topics, config).level
    wanted: dict[Level, int] = {}
    for check in takewhile(lambda check: check.level > now, explain(snapshot, topics, config)):
        size = _posts(check, snapshot) if check.topic_fits else None
        if size is not None:
            wanted[check.level] = min(size, wanted.get(check.level, size))
    return next(((level, wanted[level]) for level in reversed(MAILED) if level in wanted), None)


def _posts(check: Check, snapshot: Snapshot) -> int | None:
    """The posts at which the rule's last size would be reached; None where none is short of it, or it is too grave."""
    if any(condition.metric == "severity" and not condition.met for condition in check.conditions):
        return None
    short = [condition for condition in check.conditions if condition.metric in SIZES and not condition.met]
    return max((snapshot.posts + _missing(condition, snapshot) for condition in short), default=None)


def _missing(condition: Condition, snapshot: Snapshot) -> int:
    has, whole = condition.value or 0.0, getattr(snapshot, SIZES[condition.metric])
    return math.ceil((condition.minimum - has) * (max(1.0, whole / has) if has else 1.0))
