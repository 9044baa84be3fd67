"""When a thread is due to be read again, and a simulated day of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.alerts import Level
from pipeline.revisits import RevisitPlan, Thread, due, interval

NOON = datetime(2026, 3, 16, 4, tzinfo=UTC)
PLAN = RevisitPlan()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def thread(age: timedelta, *, name: str = "t1", velocity: float = 0.0, level: Level = Level.BLUE) -> Thread:
    """A thread whose last post is so old, read just now."""
    return Thread("bbs", name, NOON - age, velocity, level, NOON)


@pytest.mark.parametrize(
    ("age", "velocity", "level", "expected"),
    [
        (20 * MINUTE, 0, Level.BLUE, 10 * MINUTE),
        (5 * HOUR, 3, Level.YELLOW, 10 * MINUTE),
        (6 * HOUR, 0, Level.YELLOW, HOUR),
        (DAY, 0, Level.BLUE, 4 * HOUR),
        (2 * DAY, 3, Level.BLUE, 8 * HOUR),
        (6.5 * DAY, 0, Level.BLUE, DAY),
        (20 * MINUTE, 0, Level.ORANGE, 5 * MINUTE),
        (DAY, 0, Level.RED, 2 * HOUR),
    ],
)
def test_the_interval_follows_the_speed(age: timedelta, velocity: float, level: Level, expected: timedelta) -> None:
    """Minutes while hot, hours when a day old, at most a day; half of it where the incident is orange or red."""
    assert interval(thread(age, velocity=velocity, level=level), NOON, PLAN) == expected


def test_what_has_been_silent_for_a_week_is_followed_no_more() -> None:
    """Nothing is due after `days`, however long ago it was read."""
    old = replace(thread(7 * DAY + MINUTE), read_at=NOON - 5 * DAY)
    assert due([old], NOON, PLAN, {}) == {}
    assert due([replace(old, last_post_at=NOON - 6 * DAY)], NOON, PLAN, {}) == {"bbs": ["t1"]}


def test_the_budget_goes_to_the_most_urgent() -> None:
    """Red and orange first, then those that waited the longest for their measure; a spent day leaves nothing."""
    cold = [replace(thread(2 * DAY, name=f"c{n}"), read_at=NOON - (9 + n) * HOUR) for n in range(40)]
    red = replace(thread(2 * DAY, name="red", level=Level.RED), read_at=NOON - 4 * HOUR)
    few = RevisitPlan(threads=3, threads_a_day=10)
    assert due([*cold, red], NOON, few, {}) == {"bbs": ["red", "c39", "c38"]}
    assert due([*cold, red], NOON, few, {"bbs": 9}) == {"bbs": ["red"]}
    assert due([*cold, red], NOON, few, {"bbs": 10, "other": 3}) == {}


def test_a_day_of_ticks() -> None:
    """A thread that is hot in the morning is read every ten minutes, then ever more seldom; a cold one some times."""
    hot, cold = thread(5 * MINUTE, name="hot"), thread(3 * DAY, name="cold")
    reads: dict[str, list[datetime]] = {"hot": [], "cold": []}
    now = NOON
    while now < NOON + DAY:
        posts = max(hot.last_post_at, min(now, NOON + 2 * HOUR))
        hot = replace(hot, last_post_at=posts)
        found = due([hot, cold], now, PLAN, {}).get("bbs", [])
        for name in found:
            reads[name].append(now)
        hot = replace(hot, read_at=now) if "hot" in found else hot
        cold = replace(cold, read_at=now) if "cold" in found else cold
        now += 5 * MINUTE
    first_hours = [moment for moment in reads["hot"] if moment <= NOON + 3 * HOUR]
    assert len(first_hours) == 18
    assert 25 <= len(reads["hot"]) <= 50
    assert len(reads["cold"]) == 1


def test_nothing_waits_for_ever_though_there_is_more_than_can_be_read() -> None:
    """Two hundred threads share a budget of ten a tick: each is read within two days."""
    plan = RevisitPlan(threads=10, threads_a_day=10_000)
    threads = {f"t{n}": thread(DAY if n % 2 else 2 * DAY, name=f"t{n}") for n in range(200)}
    read: set[str] = set()
    for tick in range(2 * 24 * 12):
        now = NOON + tick * 5 * MINUTE
        for name in due(threads.values(), now, plan, {}).get("bbs", []):
            threads[name] = replace(threads[name], read_at=now)
            read.add(name)
    assert len(read) == 200
