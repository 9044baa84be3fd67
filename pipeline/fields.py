"""Fields that a source used to fill and no longer does: a page that was built anew, though it can still be read.

The fields of new posts are counted apart for roots and replies: these differ by nature, and the mixture changes. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, lgamma

from domain.coverage import SEEING, Look
from domain.posts import Metrics, Observation

WINDOW = timedelta(days=30)
"""How far back the history goes; so long a suspicion lasts at most, for what is suspected is not in it."""

USED_TO_BE = 0.8
LEAST_HISTORY = 20
LEAST_NEW = 5
IMPROBABLE = 1e-4
LIKE_POSTS = 100
"""The history counts for at most so many posts: runs differ from one another more than single posts do."""

FIELDS: Mapping[str, Callable[[Observation], bool]] = {
    "author": lambda post: post.author is not None,
    "published_at": lambda post: post.published_at is not None,
    "title": lambda post: bool(post.title),
    "url": lambda post: post.url is not None,
    "metrics": lambda post: post.metrics != Metrics(),
}
NAMES = {"author": "作者", "published_at": "发布时间", "title": "标题", "url": "链接", "metrics": "计数"}
PARTS = {"roots": "主帖", "replies": "回复"}

Filled = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Collapse:
    """A field that came in ``got`` of the last ``posts`` new ones, though it used to come in the share ``usual``."""

    part: str
    field: str
    usual: float
    got: int
    posts: int

    @property
    def cause(self) -> str:
        """The collapse in Chinese."""
        return (
            f"{PARTS[self.part]}的字段“{NAMES[self.field]}”以往 {self.usual:.0%} 有，"
            f"最近 {self.posts} 条新帖里只有 {self.got} 条有，页面可能改版"
        )


def count_fields(fresh: Sequence[Observation]) -> Filled | None:
    """How many of the new posts had each field, as in `domain.coverage.Look.filled`; None where there are none."""
    parts: dict[str, list[Observation]] = {"roots": [], "replies": []}
    for post in fresh:
        parts["roots" if post.id == post.thread else "replies"].append(post)
    counted = {part: _count(posts) for part, posts in parts.items() if posts}
    return counted or None


def collapsed(looks: Sequence[Look], filled: Filled | None) -> list[Collapse]:
    """The fields that have collapsed, by the ``looks`` of the last `WINDOW` in order of time and the present one.

    Where the present look has fewer than `LEAST_NEW` new posts, those before it are added until there are so many:
    what was found stays so until as many good posts have come.
    """
    found = []
    for part in PARTS:
        counted = [(look.status, look.filled[part]) for look in looks if look.filled and part in look.filled]
        newest, older = _newest([*(counts for _, counts in counted)], (filled or {}).get(part))
        history = [counts for status, counts in counted[:older] if status in (*SEEING, "partial")]
        found += [collapse for field in FIELDS if (collapse := _judge(part, field, history, newest))]
    return found


def _count(posts: Sequence[Observation]) -> dict[str, int]:
    return {"n": len(posts), **{field: sum(map(has, posts)) for field, has in FIELDS.items()}}


def _newest(counted: Sequence[Mapping[str, int]], now: Mapping[str, int] | None) -> tuple[list[Mapping[str, int]], int]:
    """The looks with the newest `LEAST_NEW` posts, and how many looks are older."""
    newest, older = [now] if now else [], len(counted)
    while older and sum(counts["n"] for counts in newest) < LEAST_NEW:
        older -= 1
        newest.append(counted[older])
    return newest, older


def _judge(
    part: str, field: str, history: Sequence[Mapping[str, int]], newest: Sequence[Mapping[str, int]]
) -> Collapse | None:
    had, before = sum(counts[field] for counts in history), sum(counts["n"] for counts in history)
    got, posts = sum(counts[field] for counts in newest), sum(counts["n"] for counts in newest)
    if before < LEAST_HISTORY or posts < LEAST_NEW or had < USED_TO_BE * before:
        return None
    like = min(1.0, LIKE_POSTS / before)
    chance = at_most(got, posts, like * had + 1, like * (before - had) + 1)
    return Collapse(part, field, had / before, got, posts) if chance < IMPROBABLE else None


def at_most(got: int, posts: int, had: float, lacked: float) -> float:
    """The beta-binomial probability that at most ``got`` of ``posts`` have what ``had`` to ``lacked`` had before."""
    whole = lgamma(had + lacked) - lgamma(had) - lgamma(lacked) + lgamma(posts + 1) - lgamma(posts + had + lacked)
    return sum(
        exp(whole + lgamma(k + had) + lgamma(posts - k + lacked) - lgamma(k + 1) - lgamma(posts - k + 1))
        for k in range(got + 1)
    )
