"""How many new posts a source should have brought by its own history, and how improbable it is that it brought fewer.

A rate for each weekday and hour is estimated from the hours in which the source was seen. Small counts are small
counts: each cell is a Poisson rate with a gamma prior that is drawn from the level above it (weekday and hour ← hour of
the day ← the source as a whole), and what is to come is negative binomial. docs/sources.md has the formulas. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import exp, lgamma, log, log1p

from domain.clock import SHANGHAI, to_utc
from domain.coverage import SEEING, Look

WEEKS = timedelta(weeks=8)
"""How far back the history goes."""

HALF_LIFE = 168.0
"""Hours after which an hour of the past counts half: what a source has become outweighs what it was."""

PRIOR_POSTS = 5.0
"""How many posts the level above is worth in each cell."""

LEAST_SPREAD = 0.05
"""Relative variance that is always allowed for: from one day to the next a town's talk differs by some 22 %."""

SPREAD_MARGIN = 1.5
"""What scatter was found counts half as much again: some weeks say little about how low a calm day can be."""

LEAST_DAYS = 14.0
LEAST_USUAL = 5.0
"""What must have been seen, and be expected, before anything is called improbable."""

SILENCE = 168.0
ENOUGH = 10.0
"""A silence is followed back until so many posts would have been usual, and never further than `SILENCE` (hours)."""

WEEK, DAY = 168, 24
"""Hours. Inside, time is hours on the wall clock of Asia/Shanghai since a Monday (summer time ended there in 1991)."""

ORIGIN = datetime(1970, 1, 5, tzinfo=SHANGHAI)
BEGIN = ORIGIN.timestamp()

Cell = int
"""An hour of the week, 0..167 from Monday at midnight."""

Sight = tuple[datetime, datetime | None]
"""When a post was first seen, and when it was published where that is known."""


@dataclass(frozen=True, slots=True)
class Expected:
    """New posts to be expected in a window: their mean, and the shape of the rate that it comes from (1/relative
    variance)."""

    mean: float
    shape: float

    def at_most(self, count: int) -> float:
        """The probability of ``count`` posts or fewer: the lower tail of the negative binomial, summed exactly."""
        if count < 0:
            return 0.0
        if count >= self.mean:
            return 1.0
        share = self.mean / (self.shape + self.mean)
        term = exp(
            lgamma(self.shape + count) - lgamma(self.shape) - lgamma(count + 1.0)
            + count * log(share) - self.shape * log1p(self.mean / self.shape)
        )  # fmt: skip
        total = term
        while count and term > total * 1e-17:
            term *= count / ((self.shape + count - 1) * share)
            total += term
            count -= 1
        return min(total, 1.0)

    def rarely_below(self, probability: float) -> int:
        """The smallest count that is not improbable: fewer than this come with less than ``probability``."""
        low, high = 0, int(self.mean) + 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.at_most(middle) >= probability else (middle + 1, high)
        return low


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of seen time that ends now, what came in it, and what should have."""

    start: datetime
    got: int
    expected: Expected


@dataclass(frozen=True, slots=True)
class Judgement:
    """``usual`` is the mean since the last look; ``doubt`` the window in which too little came, None for none.

    ``since_last_look``: that window is no longer than the time since the last look.
    """

    usual: float
    doubt: Window | None = None
    since_last_look: bool = True


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The time between two neighbouring looks that both saw, and the posts that the second one brought."""

    start: float
    end: float
    posts: int
    trusted: bool


def judge(
    looks: Sequence[Look], sights: Sequence[Sight], fresh: int, now: datetime, improbable: float
) -> Judgement | None:
    """What the history says to ``fresh`` new posts in a look at ``now`` that says that it saw.

    ``looks`` in order of time and ``sights`` are those of the last `WEEKS`; ``improbable`` is the probability below
    which a count is doubted, over all windows that are tried. None where the history is too short to say anything.
    """
    last = max((look.finished_at for look in looks if look.saw), default=now)
    history = History.of(looks, sights, now)
    if history.days < LEAST_DAYS or last >= now or not history.posts:
        return None
    since = Window(last, fresh + sum(moment > last for moment, _ in sights), history.expect(_hours(last), _hours(now)))
    tried = (since, _silence(history, looks, sights, since, now), history.last_day(since, now))
    windows = [window for window in tried if window and window.expected.mean >= LEAST_USUAL]
    chances = [(window.expected.at_most(window.got) * len(windows), window) for window in windows]
    chance, window = min(chances, key=lambda pair: pair[0], default=(1.0, since))
    return Judgement(since.expected.mean, window if chance < improbable else None, window is since)


def _silence(
    history: History, looks: Sequence[Look], sights: Sequence[Sight], since: Window, now: datetime
) -> Window | None:
    """The silence that lasts on over several looks; what is usual is asked of the time before it."""
    starts = [start for start, got in history.longer(since, now) if not got]
    if not starts or since.expected.mean >= ENOUGH:
        return None
    past = History.of([look for look in looks if _hours(look.finished_at) <= starts[-1]], sights, now)
    if past.days < LEAST_DAYS or not past.posts:
        return None
    end = _hours(now)
    far = bisect_left(starts, ENOUGH, key=lambda start: past.expect(start, end).mean)
    start = starts[min(far, len(starts) - 1)]
    return Window(_moment(start), 0, past.expect(start, end))


class History:
    """The past of one source: weighted posts and seen hours of each hour of the week, and how far counts scatter."""

    def __init__(self, stretches: Sequence[_Stretch], posts: Sequence[float], hours: Sequence[float]) -> None:
        self._stretches = stretches
        self.posts = sum(posts)
        self.days = sum(stretch.end - stretch.start for stretch in stretches) / DAY
        self._rates = _rates(posts, hours) if self.posts else []
        self._spread = LEAST_SPREAD
        self._spread = max(LEAST_SPREAD, self._scatter())

    @classmethod
    def of(cls, looks: Sequence[Look], sights: Sequence[Sight], now: datetime) -> History:
        """The history as it stands at ``now``; hours in which the source was blind are not in it."""
        stretches = _stretches(looks)
        ends = [stretch.end for stretch in stretches]
        weights = [0.5 ** ((_hours(now) - end) / HALF_LIFE) for end in ends]
        posts = [0.0] * WEEK
        counts, unplaced = [0] * len(ends), [0] * len(ends)
        for first_seen, published in ((_hours(first), _hours(second) if second else None) for first, second in sights):
            place = bisect_left(ends, first_seen)
            if place == len(ends) or first_seen <= stretches[place].start:
                continue
            counts[place] += 1
            if published is not None and stretches[place].start < published <= first_seen:
                posts[int(published) % WEEK] += weights[place]
            else:
                unplaced[place] += 1
        hours = _exposure(stretches, weights, unplaced, posts)
        counted = [_Stretch(it.start, it.end, count, it.trusted) for it, count in zip(stretches, counts, strict=True)]
        return cls(counted, posts, hours)

    def expect(self, start: float, end: float) -> Expected:
        """What should come between two moments."""
        mean = variance = 0.0
        for cell, share in _pieces(start, end):
            rate, scatter = self._rates[cell]
            mean += rate * share
            variance += scatter * share * share
        return Expected(mean, 1 / (variance / mean**2 + 1 / self.posts + self._spread)) if mean else Expected(0.0, 1.0)

    def last_day(self, since: Window, now: datetime) -> Window | None:
        """The last day where looks are more frequent: a part that is missing does not show in an hour."""
        if now - since.start >= timedelta(hours=DAY / 2):
            return None
        end = _hours(now)
        start, got = next((window for window in self.longer(since, now) if end - window[0] >= DAY), (end, 0))
        return Window(_moment(start), got, self.expect(start, end)) if got else None

    def longer(self, since: Window, now: datetime) -> Iterator[tuple[float, int]]:
        """The window grown by one look after the other, as far as the source was seen without a break: where it
        begins, and what came in it."""
        start, got, end = _hours(since.start), since.got, _hours(now)
        for stretch in reversed(self._stretches):
            if stretch.end != start or end - stretch.start > SILENCE:
                return
            start, got = stretch.start, got + stretch.posts
            yield start, got

    def _scatter(self) -> float:
        """The relative variance beyond Poisson's of the looks that brought less than was to be expected.

        Only the lower side is asked: how high a bad week can go says nothing about how low a calm day is. Looks that
        were doubted are left out, else a dead source would teach us within days that silence is usual.
        """
        deviation = means = squares = 0.0
        for stretch in self._stretches if self.posts else ():
            mean = self.expect(stretch.start, stretch.end).mean
            if stretch.trusted and stretch.posts < mean:
                deviation += (stretch.posts - mean) ** 2
                means += mean
                squares += mean * mean
        return SPREAD_MARGIN * (deviation - means) / squares if squares else 0.0


def _rates(posts: Sequence[float], hours: Sequence[float]) -> list[tuple[float, float]]:
    """Mean and variance of the rate in each hour of the week, posts an hour."""
    overall = sum(posts) / sum(hours)
    rates = []
    for cell in range(WEEK):
        shape = sum(posts[cell % DAY :: DAY]) + PRIOR_POSTS
        daily = shape / (sum(hours[cell % DAY :: DAY]) + PRIOR_POSTS / overall)
        shape, inverse = posts[cell] + PRIOR_POSTS, hours[cell] + PRIOR_POSTS / daily
        rates.append((shape / inverse, shape / inverse**2))
    return rates


def _stretches(looks: Sequence[Look]) -> list[_Stretch]:
    return [
        _Stretch(_hours(before.finished_at), _hours(after.finished_at), 0, after.status in SEEING)
        for before, after in pairwise(looks)
        if before.saw and after.saw and after.finished_at > before.finished_at
    ]


def _exposure(
    stretches: Sequence[_Stretch], weights: Sequence[float], unplaced: Sequence[int], posts: list[float]
) -> list[float]:
    """The seen hours of each cell; posts whose hour is not known are spread over the stretch that brought them."""
    hours = [0.0] * WEEK
    for stretch, weight, loose in zip(stretches, weights, unplaced, strict=True):
        density = loose / (stretch.end - stretch.start)
        for cell, share in _pieces(stretch.start, stretch.end):
            hours[cell] += weight * share
            posts[cell] += weight * share * density
    return hours


def _hours(moment: datetime) -> float:
    return (moment.timestamp() - BEGIN) / 3600


def _moment(hours: float) -> datetime:
    return to_utc((ORIGIN + timedelta(hours=hours)).replace(microsecond=0))


def _pieces(start: float, end: float) -> Iterator[tuple[Cell, float]]:
    """The cells that lie between two moments, each with its share in hours."""
    while start < end:
        cell = int(start)
        after = min(cell + 1.0, end)
        yield cell % WEEK, after - start
        start = after
