"""The phase of an incident over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.spread import Phase
from incidents.phase import PhaseConfig, follow, phase, phases

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CONFIG = PhaseConfig()
HOURS = st.lists(st.floats(0, 200), max_size=40).map(lambda hours: sorted([0.0, *hours]))
CLUMPS = st.lists(st.tuples(st.floats(0, 150), st.integers(1, 15)), max_size=6).map(
    lambda clumps: sorted([0.0, *(at + number / 20 for at, size in clumps for number in range(size))])
)


def moments(hours: list[float]) -> list[datetime]:
    """Moments, in hours after nine in the morning."""
    return [START + timedelta(hours=hour) for hour in hours]


def at(hour: float) -> datetime:
    """One moment."""
    return moments([hour])[0]


def labels(hours: list[float], until: float) -> list[str]:
    """The words of all phases up to an hour."""
    return [mark.phase.label for mark in phases(moments(hours), at(until), CONFIG)]


def test_a_matter_that_flares_and_fades_goes_through_its_phases() -> None:
    """Few posts, then many within an hour, then fewer, then none for a day."""
    hours = [0, 2, *(4 + n / 10 for n in range(5)), *(6 + n / 20 for n in range(20)), 9, 11, 14]
    assert labels(hours, 60) == ["潜伏", "上升", "爆发", "回落", "平息"]


def test_a_steady_stream_is_a_plateau() -> None:
    """A pace that holds for hours without a new peak is 平台, neither rising nor falling."""
    hours = [n / 3 for n in range(24)]
    assert labels(hours, 8) == ["潜伏", "上升", "平台"]


def test_two_posts_a_day_stay_latent() -> None:
    """What hardly anyone writes about neither rises nor flickers."""
    assert labels([0.0, 12, 24, 36, 48], 48) == ["潜伏"]


def test_one_quiet_hour_does_not_end_an_outbreak() -> None:
    """Going down takes three hours below half the peak."""
    hours = [*(n / 20 for n in range(20)), 1.9]
    assert labels(hours, 4) == ["潜伏", "爆发"]


def test_what_flares_again_is_a_new_wave() -> None:
    """After the calm an outbreak counts as the second wave and says so."""
    hours = [*(n / 20 for n in range(20)), *(50 + n / 20 for n in range(20))]
    last = phases(moments(hours), at(51), CONFIG)[-1]
    assert (last.phase, last.wave) == (Phase.OUTBREAK, 2)
    assert "再起" in last.reason


def test_a_straggler_does_not_wake_a_calm_matter() -> None:
    """A single post after the calm leaves it calm."""
    assert labels([0, 1, 2, 60], 62) == ["潜伏", "平息"]


def test_a_burst_is_an_outbreak_though_the_posts_are_few() -> None:
    """Five posts are an outbreak where the burst detector says that they are out of rhythm."""
    hours = [0, 30, 30.1, 30.2, 30.3]
    found = phase(moments(hours), at(30.5), CONFIG, bursts=[at(30.3)])
    assert found is not None
    assert found.phase is Phase.OUTBREAK
    assert "超出平时的节奏" in found.reason


@pytest.mark.parametrize("times", [[], [5.0]])
def test_before_the_first_post_there_is_no_phase(times: list[float]) -> None:
    """Nothing is said of what is not there."""
    assert phase(moments(times), at(1), CONFIG) is None


@settings(max_examples=30, deadline=None)
@given(HOURS | CLUMPS, st.integers(1, 200))
def test_what_comes_later_never_changes_an_earlier_mark(hours: list[float], cut: int) -> None:
    """The marks up to a whole hour are the same whether or not the rest is known."""
    early = phases(moments([hour for hour in hours if hour <= cut]), at(cut), CONFIG)
    whole = phases(moments(hours), at(230), CONFIG)
    assert early == tuple(mark for mark in whole if mark.at <= at(cut))


@settings(max_examples=30, deadline=None)
@given(HOURS | CLUMPS)
def test_a_wave_only_goes_forwards(hours: list[float]) -> None:
    """Within a wave no phase comes twice or after a later one; waves are counted one by one; each mark has a reason."""
    marks = phases(moments(hours), at(230), CONFIG)
    for before, after in pairwise(marks):
        assert before.at < after.at or before is marks[0]
        assert (after.wave, after.phase) > (before.wave, before.phase)
        assert after.wave - before.wave in (0, 1)
    assert all(mark.reason for mark in marks)


@settings(max_examples=30, deadline=None)
@given(HOURS | CLUMPS)
def test_a_day_without_posts_is_calm(hours: list[float]) -> None:
    """However it went, after a day of silence it is 平息."""
    found = phase(moments(hours), at(max(hours) + 25.5), CONFIG)
    assert found is not None
    assert found.phase is Phase.CALM


@settings(max_examples=30, deadline=None)
@given(HOURS | CLUMPS, st.integers(1, 20))
def test_more_posts_in_the_last_minutes_never_calm_it(hours: list[float], more: int) -> None:
    """Posts that are added just now never turn a lively phase into 回落 or 平息."""
    now = 100.2
    seen = [hour for hour in hours if hour <= now]
    before = phase(moments(seen), at(now), CONFIG)
    after = phase(moments([*seen, *[now] * more]), at(now), CONFIG)
    assert before is not None
    assert after is not None
    assert after.phase < Phase.FALLING or before.phase >= Phase.FALLING


@settings(max_examples=15, deadline=None)
@given(HOURS | CLUMPS, st.integers(1, 400))
def test_the_date_does_not_matter(hours: list[float], days: int) -> None:
    """The same posts some days later give the same phases some days later."""
    shift = timedelta(days=days)
    here = phases(moments(hours), at(230), CONFIG)
    there = phases([moment + shift for moment in moments(hours)], at(230) + shift, CONFIG)
    assert [(mark.at + shift, mark.phase, mark.wave) for mark in here] == [
        (mark.at, mark.phase, mark.wave) for mark in there
    ]


@given(
    st.one_of(HOURS, CLUMPS),
    st.lists(st.floats(0, 250), min_size=1, max_size=8),
    st.lists(st.floats(0, 160), max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_going_on_from_the_last_look_is_the_same_as_beginning_anew(
    hours: list[float], looks: list[float], bursts: list[float]
) -> None:
    """However often it is looked at in between, the phase at the end is that of one look over everything."""
    times, told, course, now = moments(hours), moments(sorted(bursts)), None, None
    for look in moments(sorted(looks)):
        found = follow(times, look, CONFIG, told, course=course)
        assert found is not None
        course, now = found
    assert now is not None
    assert now.mark == phase(times, at(max(looks)), CONFIG, told)


def test_a_new_wave_begins_with_the_posts_that_woke_it() -> None:
    """After an all-clear the wave's posts are those of the last day, not the old ones."""
    times = moments([0, 1, 2, 60, 61])
    found = follow(times, at(61), CONFIG)
    assert found is not None
    assert (found[1].mark.wave, found[1].began) == (2, at(37))


def test_nothing_is_followed_before_the_first_post() -> None:
    """No post, no course."""
    assert follow(moments([1]), at(0), CONFIG) is None
