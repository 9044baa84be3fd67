"""Bursts against an incident's own rhythm."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.burst import (
    DIURNAL,
    Burst,
    BurstConfig,
    Watch,
    diurnal_profile,
    exposure,
    look,
    own_profile,
    own_unrest,
    tail,
)

NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 15, 20, 0, tzinfo=UTC)
CONFIG = BurstConfig()


def stream(until: datetime, every_hours: float, lately: int, people: int = 10**6) -> tuple[list[datetime], list[str]]:
    """Two weeks of posts at even distances, then so many within the last half hour."""
    quiet = int(14 * 24 / every_hours)
    times = [until - timedelta(days=14) + number * timedelta(hours=every_hours) for number in range(quiet)]
    times = [moment for moment in times if moment < until - timedelta(hours=1)]
    times += [until - timedelta(minutes=30) * (lately - 1 - number) / max(1, lately) for number in range(lately)]
    return times, [f"u{number % people}" for number in range(len(times))]


def seen(until: datetime, every_hours: float, lately: int, people: int = 10**6) -> Burst | None:
    """What is said of such a stream."""
    times, authors = stream(until, every_hours, lately, people)
    return look(times, authors, until, CONFIG)


def bursting(found: Burst | None) -> bool:
    """Whether it is told."""
    return found is not None and found.bursting


@given(st.integers(0, 60), st.floats(0.2, 50), st.floats(0.01, 30))
def test_the_tail_is_that_of_the_negative_binomial(count: int, shape: float, mean: float) -> None:
    """The tail agrees with the plain sum of the probabilities, term by term."""
    chance = mean / (shape + mean)
    below = math.fsum(
        math.exp(math.lgamma(shape + k) - math.lgamma(shape) - math.lgamma(k + 1)) * (1 - chance) ** shape * chance**k
        for k in range(count)
    )
    assert tail(count, shape, mean) == pytest.approx(1 - below, abs=1e-9)


def test_the_tail_is_exact_where_it_is_tiny() -> None:
    """Far out the tail is still a number: 1 − cdf would be 0 there."""
    assert 0 < tail(60, 3.0, 0.2) < 1e-60


@given(st.integers(0, 50), st.floats(0.2, 20), st.floats(0.01, 20))
def test_the_tail_falls_with_the_count_and_rises_with_the_mean(count: int, shape: float, mean: float) -> None:
    """More posts are less likely; a livelier rhythm makes them likelier."""
    assert tail(count + 1, shape, mean) <= tail(count, shape, mean)
    assert tail(count, shape, mean) <= tail(count, shape, mean * 1.5) + 1e-12


def test_eight_accounts_in_half_an_hour_on_a_quiet_matter_are_a_burst() -> None:
    """A post every ten hours, then eight at once: told, with the figures in Chinese."""
    found = seen(NOON, 10, 8)
    assert found is not None
    assert found.bursting
    assert "8个账号" in found.reason
    assert "属于突增" in found.reason


def test_the_same_posts_on_a_lively_matter_are_none() -> None:
    """Where five posts an hour are usual, eight in half an hour are not told."""
    assert not bursting(seen(NOON, 0.2, 8))


def test_the_rhythm_of_the_day_counts() -> None:
    """At four in the morning less is needed than at noon."""
    needed = [next(n for n in range(1, 60) if bursting(seen(moment, 2, n))) for moment in (NIGHT, NOON)]
    assert needed[0] < needed[1]


def test_one_loud_account_is_no_burst() -> None:
    """Thirty posts by two accounts are flooding, which is told elsewhere."""
    times, authors = stream(NOON, 10, 30)
    flooded = [*authors[:-30], *["a", "b"] * 15]
    assert look(times, flooded, NOON, CONFIG) is None


def test_the_opening_post_is_no_news() -> None:
    """An incident that opens with three posts has two beyond the one that opens it: too few."""
    times = [NOON - timedelta(minutes=n) for n in (9, 5, 1)]
    assert look(times, ["a", "b", "c"], NOON, CONFIG) is None


def test_a_new_incident_can_burst_at_once() -> None:
    """Without a history the prior stands in: twenty posts by twenty accounts within half an hour are a burst."""
    times = [NOON - timedelta(minutes=30 - n) for n in range(20)]
    assert bursting(look(times, [str(n) for n in range(20)], NOON, CONFIG))


def test_many_incidents_share_the_false_alarms() -> None:
    """What is watched forty-fold is told forty times less easily."""
    times, authors = stream(NOON, 10, 8)
    alone, among = (look(times, authors, NOON, CONFIG, incidents=count) for count in (1, 40))
    assert alone is not None
    assert among is not None
    assert among.budget == pytest.approx(alone.budget / 40)


def test_posts_after_the_moment_do_not_count() -> None:
    """What is not yet published changes nothing."""
    times, authors = stream(NOON, 5, 6)
    later = [*times, *(NOON + timedelta(minutes=n) for n in range(1, 20))]
    everyone = [*authors, *(f"later {n}" for n in range(1, 20))]
    assert look(later, everyone, NOON, CONFIG) == look(times, authors, NOON, CONFIG)


@settings(max_examples=50, deadline=None)
@given(st.integers(4, 40), st.sampled_from([1.0, 5.0, 20.0]))
def test_more_posts_are_never_less_of_a_burst(lately: int, every_hours: float) -> None:
    """With one post more the same minutes never stop being a burst."""
    assert bursting(seen(NOON, every_hours, lately + 1)) or not bursting(seen(NOON, every_hours, lately))


def test_a_burst_that_becomes_usual_is_no_burst_any_more() -> None:
    """After two weeks at that pace the pace is the rhythm."""
    times = [NOON - timedelta(minutes=4 * n) for n in range(14 * 360)][::-1]
    watch = Watch(times, [str(n) for n in range(len(times))], CONFIG)
    assert bursting(watch.look(times[30]))
    assert not bursting(watch.look(NOON))


def test_an_author_is_needed_for_each_time() -> None:
    """Lists of different lengths are refused."""
    with pytest.raises(ValueError, match="author"):
        look([NOON], [], NOON, CONFIG)


@given(st.integers(0, 3000), st.integers(0, 1439))
def test_exposure_adds_up(minutes: int, length: int) -> None:
    """A day is twenty-four hours wherever it begins, and two parts of it are as long as the day."""
    since = NOON + timedelta(minutes=minutes)
    middle, until = since + timedelta(minutes=length), since + timedelta(days=1)
    assert exposure(since, until, DIURNAL) == pytest.approx(24, rel=1e-9)
    parts = exposure(since, middle, DIURNAL) + exposure(middle, until, DIURNAL)
    assert parts == pytest.approx(24, rel=1e-9)


def test_old_hours_fade() -> None:
    """With a memory of a day, a year is as long as a day of memory."""
    assert exposure(NOON - timedelta(days=365), NOON, DIURNAL, 24.0) == pytest.approx(24, rel=0.15)


def test_the_profile_learns_from_posts() -> None:
    """Posts at noon make noon livelier; the mean stays 1."""
    profile = diurnal_profile([NOON] * 50)
    assert profile[12] > DIURNAL[12]
    assert sum(profile) / 24 == pytest.approx(1)


def test_an_hour_is_learned_together_with_its_neighbours() -> None:
    """Posts at noon tell of eleven and one too, and of nothing at eight in the evening."""
    profile = diurnal_profile([NOON] * 50)
    assert profile[11] / profile[20] > 2 * DIURNAL[11] / DIURNAL[20]
    assert profile[17] / profile[20] == pytest.approx(DIURNAL[17] / DIURNAL[20])


def in_clumps(of: int) -> list[datetime]:
    """Two weeks of two posts an hour, that many in one hour and none in the next ones."""
    first = NOON - timedelta(days=14)
    times = [first + number // of * of * timedelta(minutes=30) for number in range(13 * 48)]
    return [first, *times]


def test_unrest_is_learned_from_the_own_hours() -> None:
    """An incident that comes in clumps is restless, one that ticks like a clock is calm, a new one is like others."""
    even, clumps = (own_unrest(in_clumps(of), NOON, CONFIG, [1.0] * 24) for of in (2, 8))
    assert even == CONFIG.unrest / 4
    assert clumps > 2 * CONFIG.unrest
    assert own_unrest([NOON], NOON, CONFIG, DIURNAL) == CONFIG.unrest
    assert own_unrest([], NOON, CONFIG, DIURNAL) == CONFIG.unrest
    assert own_unrest(in_clumps(8), NOON, BurstConfig(unrest_doubt=0), DIURNAL) == CONFIG.unrest


def test_neither_an_earlier_wave_nor_today_makes_an_incident_restless() -> None:
    """A hundred posts in one hour, last week or within the last day, do not hide the next wave."""
    quiet = stream(NOON, 1, 0)[0]
    usual = own_unrest(quiet, NOON, CONFIG, DIURNAL)
    for days, more in ((6.0, 0.05), (0.5, 0.0)):
        wave = [NOON - timedelta(days=days) + timedelta(seconds=number) for number in range(100)]
        assert own_unrest(sorted([*quiet, *wave]), NOON, CONFIG, DIURNAL) <= usual + more


def test_on_a_restless_matter_more_is_needed() -> None:
    """The same count says less where the rate wanders more."""
    times, authors = stream(NOON, 2, 8)
    calm, restless = (Watch(times, authors, CONFIG, unrest=unrest).look(NOON) for unrest in (0.05, 0.6))
    assert calm is not None
    assert restless is not None
    assert calm.alarms_a_week < restless.alarms_a_week


def test_todays_posts_do_not_make_an_hour_usual() -> None:
    """An incident that always wakes at four moves its rhythm; what came within the last day does not."""
    four = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    habit = [four + timedelta(days=day) for day in range(20)]
    assert own_profile(habit, habit[-1] + timedelta(days=2))[4] > 2 * DIURNAL[4]
    flood = [four + timedelta(seconds=number) for number in range(500)]
    assert own_profile(flood, four + timedelta(hours=2)) == pytest.approx(DIURNAL, abs=1e-3)
