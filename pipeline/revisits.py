"""Which threads of incidents are due to be read again: after minutes while hot, hours when a day old, then once a day.

Pure: what is read and when it was read last is told to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.alerts import Level

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SHARE_OF_AGE = 6
"""A thread that has been silent for six hours is read again after one, one of a day after four."""


@dataclass(frozen=True, slots=True)
class RevisitPlan:
    """How often, and how much. ``threads`` is the budget of one source in one run, ``threads_a_day`` in one day.

    Threads of incidents with a post in the last ``days`` are followed. A blind source is tried again every
    ``retry_minutes`` (0: only by the sweep).
    """

    days: int = 7
    hot_minutes: int = 10
    threads: int = 30
    threads_a_day: int = 600
    retry_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of an incident: its own last post, the incident's speed (posts in the last hour) and level, and when it
    was read last."""

    source: str
    id: str
    last_post_at: datetime
    velocity: float
    level: Level
    read_at: datetime


def interval(thread: Thread, now: datetime, plan: RevisitPlan) -> timedelta:
    """How long the thread may stay unread; half of that where the incident is orange or red."""
    age, hot = now - thread.last_post_at, timedelta(minutes=plan.hot_minutes)
    is_hot = age <= HOUR or (thread.velocity >= 1 and age <= DAY)
    gap = hot if is_hot else min(max(age / SHARE_OF_AGE, hot), DAY)
    return gap / 2 if thread.level >= Level.ORANGE else gap


def due(threads: Iterable[Thread], now: datetime, plan: RevisitPlan, spent: Mapping[str, int]) -> dict[str, list[str]]:
    """The threads to read now by source, the most urgent first; ``spent`` are the visits of each source today.

    Orange and red go before all others, then those that have waited the longest for their measure, so that nothing
    waits for ever.
    """
    late: defaultdict[str, list[tuple[bool, float, str]]] = defaultdict(list)
    for thread in threads:
        waited = (now - thread.read_at) / interval(thread, now, plan)
        if waited >= 1 and now - thread.last_post_at <= timedelta(days=plan.days):
            late[thread.source].append((thread.level < Level.ORANGE, -waited, thread.id))
    budgets = {source: min(plan.threads, plan.threads_a_day - spent.get(source, 0)) for source in late}
    return {
        source: [thread for _, _, thread in sorted(waiting)[: budgets[source]]]
        for source, waiting in sorted(late.items())
        if budgets[source] > 0
    }
