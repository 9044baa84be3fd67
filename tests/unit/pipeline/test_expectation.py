"""What a source's own history lets expect, on simulated histories of a forum that sleeps at night."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from math import comb, exp, factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import local
from domain.coverage import Look
from pipeline.expectation import Expected, Judgement, judge

MONDAY = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
"""Half past seven in the morning in Shanghai."""

IMPROBABLE = 0.001
BY_HOUR = (2, 1, 1, 1, 1, 3, 6, 10, 14, 16, 16, 15, 16, 14, 13, 13, 13, 14, 15, 17, 19, 18, 13, 7)


def arrivals(day: random.Random, start: datetime, end: datetime, a_day: float) -> list[datetime]:
    """Posts of a Poisson process whose rate follows the hours of the day, and is lower at weekends."""
    posts, moment = [], start
    while True:
        moment += timedelta(days=day.expovariate(a_day * 2))
        if moment >= end:
            return posts
        clock = local(moment)
        share = BY_HOUR[clock.hour] / 258 * 24 * (0.7 if clock.weekday() > 4 else 1)
        if day.random() < share / 2:
            posts.append(moment)


class Town:
    """A forum and the ledger of the looks at it, every so many hours."""

    def __init__(self, seed: int, a_day: float, every: float) -> None:
        self.random, self.a_day, self.every = random.Random(seed), a_day, timedelta(hours=every)
        self.now = MONDAY
        self.looks = [Look(MONDAY, MONDAY, "ok")]
        self.sights: list[tuple[datetime, datetime | None]] = []
        self.tells_times = True

    def look(self, *, share: float = 1.0, status: str | None = None) -> Judgement | None:
        """Time goes on to the next look; ``share`` of what was written is found (or nothing, under ``status``)."""
        before, self.now = self.now, self.now + self.every
        written = arrivals(self.random, before, self.now, self.a_day)
        posts = [post for post in written if self.random.random() < share and status is None]
        found = judge(self.looks, self.sights, len(posts), self.now, IMPROBABLE) if status is None else None
        doubted = found is not None and found.doubt is not None
        told = status or ("partial" if doubted else "ok" if posts else "quiet")
        self.looks.append(Look(self.now, self.now, told, found.usual if found else None))
        self.sights += [(self.now, post if self.tells_times else None) for post in posts]
        return found

    def lives(self, days: float) -> list[Judgement | None]:
        """So many days as always."""
        return [self.look() for _ in range(round(timedelta(days=days) / self.every))]

    def lived(self, days: float) -> None:
        """The same, where nobody asks what the history says meanwhile."""
        for _ in range(round(timedelta(days=days) / self.every)):
            before, self.now = self.now, self.now + self.every
            posts = arrivals(self.random, before, self.now, self.a_day)
            self.looks.append(Look(self.now, self.now, "ok" if posts else "quiet"))
            self.sights += [(self.now, post if self.tells_times else None) for post in posts]


def doubted(found: Judgement | None) -> bool:
    return found is not None and found.doubt is not None


@pytest.mark.parametrize(("a_day", "every"), [(12, 24), (40, 24), (200, 24), (30, 6)])
def test_an_ordinary_source_is_hardly_ever_doubted(a_day: float, every: float) -> None:
    """Over a hundred days of looks at an unchanging forum, weekends and nights included, the rate stays under 0.1 %."""
    found = [judgement for seed in range(3) for judgement in Town(seed, a_day, every).lives(36)]
    judged = [judgement for judgement in found if judgement]
    assert len(judged) > 60
    assert sum(map(doubted, judged)) <= IMPROBABLE * len(judged)


@pytest.mark.parametrize(("a_day", "looks"), [(40, 1), (12, 1), (3, 4)])
def test_a_source_that_dies_is_doubted(a_day: float, looks: int) -> None:
    """Where ten posts a day and more are usual the first empty daily look says so, with three a day the fourth."""
    town = Town(7, a_day, 24)
    town.lived(36)
    found = [town.look(share=0) for _ in range(looks)]
    assert [doubted(judgement) for judgement in found[:-1]] == [False] * (looks - 1)
    assert doubted(found[-1])


def test_between_hourly_looks_a_silence_adds_up() -> None:
    """One empty hour says nothing; a working day without a post does, and the window begins where the silence did."""
    town = Town(3, 40, 1)
    town.lived(20)
    last_post = max(first for first, _ in town.sights)
    found = [town.look(share=0) for _ in range(14)]
    assert not doubted(found[0])
    window = next(judgement.doubt for judgement in found if judgement and judgement.doubt)
    assert (window.got, window.expected.mean >= 5) == (0, True)
    assert last_post <= window.start <= last_post + timedelta(hours=12)


def test_a_source_that_shows_only_a_part_is_doubted_too() -> None:
    """A fifth of the usual posts is improbable though something came; half of them is a lean day."""
    town = Town(11, 60, 24)
    town.lived(30)
    assert not doubted(town.look(share=0.6))
    assert doubted(town.look(share=0.2))


def test_a_source_that_became_quiet_for_good_is_believed_in_the_end() -> None:
    """Doubted looks count as seen, so the rate sinks: after some weeks silence is usual, never before a fortnight."""
    town = Town(5, 40, 24)
    town.lived(40)
    silence = [doubted(town.look(share=0)) for _ in range(50)]
    assert all(silence[:14])
    assert not any(silence[-5:])


def test_a_short_history_says_nothing() -> None:
    """Less than a fortnight of seen time, or fewer than five posts to be expected, doubts nothing."""
    young = Town(1, 40, 24)
    assert young.lives(13) == [None] * 13
    assert not doubted(young.look(share=0))
    small = Town(1, 0.4, 24)
    small.lived(40)
    assert not any(doubted(small.look(share=0)) for _ in range(10))


def test_blind_hours_are_no_silence() -> None:
    """A week behind a login page does not lower what is usual, and a look after it is judged over the whole gap."""
    seeing, blinded = Town(9, 40, 24), Town(9, 40, 24)
    for town, status in ((seeing, None), (blinded, "login")):
        town.lived(28)
        for _ in range(7):
            town.look(status=status)
    usual = [town.look() for town in (seeing, blinded)]
    assert usual[0] is not None
    assert usual[1] is not None
    assert usual[1].usual == pytest.approx(8 * usual[0].usual, rel=0.25)
    assert doubted(usual[1])


def test_posts_without_a_time_are_spread_over_the_time_since_the_look_before() -> None:
    """A source that tells no times is judged all the same where looks are a day apart."""
    town = Town(2, 40, 24)
    town.tells_times = False
    town.lived(30)
    found = town.look()
    assert found is not None
    assert 20 < found.usual < 60
    assert doubted(town.look(share=0))


def test_weekends_are_expected_to_be_calm() -> None:
    """The mean of a Sunday is below that of a Thursday."""
    town = Town(4, 100, 24)
    town.lived(35)
    usual = {(local(town.now).weekday() + day) % 7: judgement for day, judgement in enumerate(town.lives(7))}
    sunday, thursday = usual[6], usual[3]
    assert sunday is not None
    assert thursday is not None
    assert sunday.usual < 0.9 * thursday.usual


@given(st.floats(0.1, 400), st.floats(0.5, 5000), st.integers(0, 300))
def test_the_tail_is_a_distribution_function(mean: float, shape: float, count: int) -> None:
    """It rises with the count, stays between 0 and 1, and what is called rare is rare."""
    expected = Expected(mean, shape)
    assert 0 <= expected.at_most(count) <= expected.at_most(count + 1) + 1e-12 <= 1 + 1e-9
    least = expected.rarely_below(IMPROBABLE)
    assert expected.at_most(least - 1) < IMPROBABLE <= expected.at_most(least)


def test_the_tail_is_exact() -> None:
    """Small counts by the formulas themselves: negative binomial, and Poisson where the rate is known."""
    shape, mean = 4, 6.0
    share = mean / (shape + mean)
    exact = sum(comb(k + shape - 1, k) * (1 - share) ** shape * share**k for k in range(4))
    assert Expected(mean, shape).at_most(3) == pytest.approx(exact, rel=1e-12)
    poisson = sum(exp(-mean) * mean**k / factorial(k) for k in range(4))
    assert Expected(mean, 1e6).at_most(3) == pytest.approx(poisson, rel=1e-4)
    assert 0 < Expected(2000, 50).at_most(900) < IMPROBABLE
