"""Bursts: far more posts than this incident's own rhythm explains. Method and figures: docs/forecast.md.

The rate of an incident is uncertain, so the count of a window is Gamma-Poisson (negative binomial) and its tail is
exact: no three sigma, which three posts at night would break.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.clock import local

WEEK_HOURS = 168.0
_POSTS_A_SPELL = 3.0
"""A spell holds about so many posts that would raise a false alarm by themselves, or fall between looks: measured on
backgrounds in evaluation/cascades.py. The exact expectation is of such posts, what disturbs people is a spell."""
_CALMEST = 0.25
"""However even an incident's own hours look, so much of the usual unrest is left: a few weeks cannot tell of none."""
_LOUDEST = 9.0
"""An hour counts no further from its expectation than this (square, in variances): an earlier burst is no unrest."""
_HOUR = timedelta(hours=1)

DIURNAL = (
    0.78, 0.47, 0.31, 0.23, 0.21, 0.26, 0.47, 0.83, 1.25, 1.46, 1.41, 1.25,
    1.30, 1.30, 1.20, 1.15, 1.10, 1.10, 1.10, 1.20, 1.46, 1.57, 1.46, 1.13,
)  # fmt: skip
"""How lively each hour of the day in Asia/Shanghai is, mean 1: rounded from reposts on Weibo and a town's forum."""


class BurstConfig(BaseModel):
    """The constants of bursts (docs/forecast.md).

    ``windows_minutes``: the stretches that are looked at. ``alarms_a_week``: false alarms that are allowed, over all
    windows together. ``least_posts``, ``least_authors``: fewer in a window are never a burst. ``prior_posts`` over
    ``prior_hours``: the rate of an incident of which nothing is known, and how firmly that is believed.
    ``memory_days``: posts so old count for 37 % in the incident's own rate. ``unrest``: how much the rate itself
    wanders from hour to hour, as the square of its coefficient of variation; 0 is a pure Poisson process.
    ``unrest_doubt``: by how much one incident's unrest usually differs from that; 0: it is not learned.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    windows_minutes: tuple[Annotated[int, Field(ge=5)], ...] = Field(default=(30, 60, 180), min_length=1)
    alarms_a_week: float = Field(default=0.25, gt=0)
    least_posts: int = Field(default=4, ge=2)
    least_authors: int = Field(default=3, ge=1)
    prior_posts: float = Field(default=1.0, gt=0)
    prior_hours: float = Field(default=4.0, gt=0)
    memory_days: float = Field(default=7.0, gt=0)
    unrest: float = Field(default=0.2, ge=0)
    unrest_doubt: float = Field(default=0.15, ge=0)


@dataclass(frozen=True, slots=True)
class Burst:
    """What one window says. ``chance``: of so many posts or more by the rhythm alone; ``alarms_a_week``: false alarms
    in a week if this count were the bar; ``budget``: what is allowed; ``reason`` in Chinese."""

    at: datetime
    window_minutes: int
    posts: int
    authors: int
    expected: float
    chance: float
    alarms_a_week: float
    budget: float
    bursting: bool
    reason: str


def tail(count: int, shape: float, mean: float) -> float:
    """P(N ≥ count), exact to rounding, for a Poisson count whose rate is Gamma with this shape: negative binomial."""
    if count <= 0:
        return 1.0
    chance = mean / (shape + mean)
    if count <= mean:
        return max(0.0, 1.0 - _summed(0, count - 1, shape, chance))
    return min(1.0, _summed(count, None, shape, chance))


def _summed(first: int, last: int | None, shape: float, chance: float) -> float:
    """Sum of the probabilities of ``first`` to ``last`` (None: until they no longer matter)."""
    if chance <= 0:
        return float(first == 0)
    log = math.lgamma(shape + first) - math.lgamma(shape) - math.lgamma(first + 1)
    term = math.exp(log + shape * math.log1p(-chance) + first * math.log(chance))
    total, number = 0.0, first
    while last is None or number <= last:
        total += term
        term *= chance * (shape + number) / (number + 1)
        number += 1
        if last is None and term <= 1e-16 * total:
            break
    return total


def diurnal_profile(times: Iterable[datetime], weight: float = 100.0) -> tuple[float, ...]:
    """The rhythm of a bank's posts, 24 figures of mean 1: the shipped one counts as ``weight`` posts.

    Each hour is learned together with its neighbours: alone it has too few posts.
    """
    counts = [weight * share / 24 for share in DIURNAL]
    for moment in times:
        counts[local(moment).hour] += 1
    learned = [DIURNAL[hour] * _around(counts, hour) / _around(DIURNAL, hour) for hour in range(24)]
    mean = sum(learned) / 24
    return tuple(figure / mean for figure in learned)


def _around(figures: Sequence[float], hour: int) -> float:
    return figures[hour - 1] + figures[hour] + figures[(hour + 1) % 24]


def own_profile(times: Sequence[datetime], at: datetime) -> tuple[float, ...]:
    """The rhythm of an incident: the shipped one, moved by its own posts of before the last day.

    ``times`` rise. Today's posts do not count: a burst must not make itself usual.
    """
    return diurnal_profile(times[: bisect_right(times, at - timedelta(days=1))])


def own_unrest(times: Sequence[datetime], at: datetime, config: BurstConfig, profile: Sequence[float]) -> float:
    """How much the incident's own rate wanders from hour to hour: `BurstConfig.unrest`, moved by its own hours.

    What the counts of the hours before the last day vary more than a Poisson process does (method of moments), against
    the usual unrest with the weight that makes the expected error least. ``times`` rise.
    """
    hours, expected = _hourly(times, at - timedelta(days=1), 2 * config.memory_days, profile)
    posts, size = sum(hours), sum(mean**2 for mean in expected)
    if not posts or not config.unrest_doubt:
        return config.unrest
    pairs = zip(hours, expected, strict=True)
    swings = sum(min((n - mean) ** 2, _LOUDEST * (mean + config.unrest * mean**2)) for n, mean in pairs) - posts
    weight = 2 * (2 + len(hours) / posts) / config.unrest_doubt**2  # twice: each half hour counts in two hours
    return max(_CALMEST * config.unrest, (swings + weight * config.unrest) / (size + weight))


def _hourly(
    times: Sequence[datetime], until: datetime, days: float, profile: Sequence[float]
) -> tuple[list[int], list[float]]:
    """The posts of each hour of so many days, and what the rhythm expects; the first post's hour is left out.

    The hours begin at every half hour: where things change by the clock, whole hours alone would see too much unrest.
    """
    end = _whole_hour(until)
    begin = max(end - timedelta(days=int(days)), _whole_hour(times[0]) + _HOUR) if times else end
    marks = [begin + number * _HOUR / 2 for number in range(max(0, 2 * ((end - begin) // _HOUR)) + 1)]
    halves = [after - before for before, after in pairwise(bisect_left(times, mark) for mark in marks)]
    lively = [sum(two) for two in pairwise(profile[local(mark).hour] for mark in marks[:-1])]
    hours = [sum(two) for two in pairwise(halves)]
    return hours, [sum(hours) * share / sum(lively) for share in lively]


def exposure(since: datetime, until: datetime, profile: Sequence[float], memory_hours: float = math.inf) -> float:
    """Hours from ``since`` to ``until``, each weighted by how lively its time of day is and how long ago it was.

    Beyond a day back whole days are taken together: each has a mean of 1.
    """
    span, hour, age, total = (until - since) / _HOUR, local(until).hour, 0.0, 0.0
    length = (until - _whole_hour(until)) / _HOUR
    while age < min(span, 24):
        part = min(length, span - age)
        total += profile[hour] * _faded(age, part, memory_hours)
        age, hour, length = age + part, (hour - 1) % 24, 1.0
    return total + (_faded(age, span - age, memory_hours) if age < span else 0.0)


def _whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _faded(age: float, hours: float, memory: float) -> float:
    """The integral of exp(−age / memory) over a stretch of so many hours that ended ``age`` hours ago."""
    return hours if math.isinf(memory) else memory * math.exp(-age / memory) * -math.expm1(-hours / memory)


def look(
    times: Sequence[datetime],
    authors: Sequence[str],
    at: datetime,
    config: BurstConfig,
    profile: Sequence[float] = DIURNAL,
    incidents: int = 1,
) -> Burst | None:
    """`Watch.look` at one moment; ``incidents``: how many are watched at the same time, they share the false alarms."""
    return Watch(times, authors, config, profile, incidents).look(at)


class Watch:
    """One incident's posts, put in order once for all moments.

    ``times`` rise, ``authors`` has a key for each. The post that opens the incident is given, so it is no news.
    ``unrest``: the incident's own (`own_unrest`), else the usual one. Raises ValueError where the two differ in length.
    """

    def __init__(
        self,
        times: Sequence[datetime],
        authors: Sequence[str],
        config: BurstConfig,
        profile: Sequence[float] = DIURNAL,
        incidents: int = 1,
        unrest: float | None = None,
    ) -> None:
        if len(times) != len(authors):
            raise ValueError("one author for each time")
        self._times, self._authors = times, authors
        self._config, self._profile = config, profile
        self._memory = config.memory_days * 24
        self._unrest = config.unrest if unrest is None else unrest
        self._budget = config.alarms_a_week / len(config.windows_minutes) / max(1, incidents)
        self._held = _held(times, self._memory)

    def look(self, at: datetime) -> Burst | None:
        """The window that says most at ``at``; None where none has the least posts by the least authors.

        Posts after ``at`` do not count.
        """
        found = [one for minutes in self._config.windows_minutes if (one := self._window(at, minutes))]
        return min(found, key=lambda one: (one.alarms_a_week, one.window_minutes), default=None)

    def _window(self, at: datetime, minutes: int) -> Burst | None:
        start, until = at - timedelta(minutes=minutes), bisect_right(self._times, at)
        first = max(1, bisect_right(self._times, start))
        posts = until - first
        if posts < self._config.least_posts:
            return None
        people = len(set(self._authors[first:until]))
        if people < self._config.least_authors:
            return None
        rate, shape = self._rate(first, start)
        expected = rate * exposure(start, at, self._profile)
        now = rate * self._profile[local(at).hour]
        alarms = WEEK_HOURS * now * tail(posts - 1, shape + 1, expected * (shape + 1) / shape) / _POSTS_A_SPELL
        chance, bursting = tail(posts, shape, expected), alarms <= self._budget
        reason = _reason(minutes, posts, people, expected, chance, bursting)
        return Burst(at, minutes, posts, people, expected, chance, alarms, self._budget, bursting, reason)

    def _rate(self, first: int, until: datetime) -> tuple[float, float]:
        """Posts an hour of mean liveliness before the window, and the shape of what is known of it."""
        posts, hours = self._config.prior_posts, self._config.prior_hours
        if until > self._times[0]:
            idle = (until - self._times[first - 1]) / _HOUR
            posts += self._held[first - 1] * math.exp(-idle / self._memory)
            hours += exposure(self._times[0], until, self._profile, self._memory)
        return posts / hours, 1 / (1 / posts + self._unrest)


def _held(times: Sequence[datetime], memory: float) -> list[float]:
    """For each post, those up to it, each fading with its age; the first counts for nothing."""
    held = [0.0]
    for before, after in pairwise(times):
        held.append(1.0 + held[-1] * math.exp((before - after) / _HOUR / memory))
    return held


def _reason(minutes: int, posts: int, people: int, expected: float, chance: float, bursting: bool) -> str:
    stretch = f"{minutes}分钟" if minutes % 60 else f"{minutes // 60}小时"
    usual = f"约{expected:.1f}条" if expected >= 0.05 else "不到0.1条"
    said = f"近{stretch}{posts}条、{people}个账号，按本事件平时的节奏{usual}"
    return f"{said}，碰巧达到的机会{_odds(chance)}，{'属于突增' if bursting else '不算突增'}"


def _odds(chance: float) -> str:
    if chance >= 0.1:
        return f"约{chance:.0%}"
    if chance < 1e-9:
        return "不到十亿分之一"
    return f"约{float(f'{1 / chance:.2g}'):,.0f}分之一"
