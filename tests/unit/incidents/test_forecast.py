"""Forecasts of the final size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.forecast import Forecast, forecast, lively, load_model

NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
FADING = [0.0, *(hour**2 / 100 for hour in range(1, 60))]
"""Hours of sixty posts that come ever more slowly."""


def said(hours: Sequence[float], now: float) -> Forecast:
    """What is forecast at an hour for posts at these hours, each by another account."""
    times = [NOON + timedelta(hours=hour) for hour in sorted(hours)]
    found = forecast(times, NOON + timedelta(hours=now), [str(number) for number in range(len(times))])
    assert found is not None
    return found


def test_the_forecast_holds_an_interval_around_a_point() -> None:
    """The median lies in the interval and the interval begins at what is there already."""
    found = said(FADING, 6.0)
    assert found.current <= found.low <= found.final <= found.high


def test_what_has_long_been_silent_has_little_to_come() -> None:
    """Sixty hours after the last post hardly any growth is expected; while posts pour in much is."""
    burst = [number / 60 for number in range(50)]
    assert said(burst, 70).final < 1.1 * 50
    assert said(burst, 0.9).final > 1.3 * 50


def test_few_posts_are_forecast_with_low_confidence() -> None:
    """Five posts give an interval, and a word that it is weak."""
    found = said([0, 0.1, 0.4, 0.6, 0.9], 1.0)
    assert found.confidence == "low"
    assert "置信低" in found.reason


def test_many_posts_that_have_faded_are_forecast_with_high_confidence() -> None:
    """A hundred posts of which the last is long ago leave little doubt."""
    found = said([number / 50 for number in range(100)], 40)
    assert found.confidence == "high"
    assert "置信高" in found.reason


def test_two_posts_say_nothing() -> None:
    """Below three posts there is no forecast; posts that come later do not help."""
    times = [NOON, NOON + timedelta(minutes=5), NOON + timedelta(hours=2)]
    assert forecast(times, NOON + timedelta(hours=1)) is None
    assert forecast([], NOON) is None


def test_posts_after_the_moment_do_not_count() -> None:
    """The forecast of an hour is the same whatever followed."""
    assert said(FADING, 6.0) == said([hour for hour in FADING if hour <= 6.0], 6.0)


def test_authors_may_be_unknown() -> None:
    """Without authors the usual share of distinct ones is taken."""
    times = [NOON + timedelta(hours=hour) for hour in FADING]
    found = forecast(times, NOON + timedelta(hours=6))
    assert found is not None
    assert found.final == pytest.approx(said(FADING, 6.0).final, rel=0.3)


def test_an_author_is_needed_for_each_time() -> None:
    """Lists of different lengths are refused."""
    with pytest.raises(ValueError, match="author"):
        forecast([NOON] * 4, NOON, ["a"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 100), min_size=3, max_size=150).map(lambda hours: sorted([0.0, *hours])),
    st.floats(0, 300),
    st.floats(1, 20),
)
def test_the_chance_falls_with_the_size(hours: list[float], later: float, factor: float) -> None:
    """The chance is 1 for what is reached, within 0 and 1, and never higher for a larger size; figures are sane."""
    found = said(hours, hours[-1] + later)
    assert found.chance(found.current) == 1.0
    assert 1.0 >= found.chance(found.current * factor) >= found.chance(found.current * factor * 1.5) >= 0.0
    assert found.current <= found.low <= found.final <= found.high
    assert np.isfinite(found.high)


def test_the_chance_agrees_with_the_interval() -> None:
    """One in ten ends above the interval's upper end."""
    found = said(FADING, 6.0)
    assert found.chance(found.high) == pytest.approx(0.1, abs=0.02)


def test_the_point_lies_a_little_below_the_median() -> None:
    """There the median relative error is least; more comes in about 60 of 100 cases."""
    found = said(FADING, 6.0)
    assert 0.5 < found.chance(found.final) < 0.75


def test_an_hour_counts_as_much_as_it_is_lively() -> None:
    """Three hours of the night count less than three of the evening; a whole day, also one before, counts 24."""
    clock = np.array([-24.0, 0.0, 2.0, 5.0, 19.0, 22.0, 24.0])
    counted = dict(zip(clock, lively(clock), strict=True))
    assert counted[5.0] - counted[2.0] < 1 < 4 < counted[22.0] - counted[19.0]
    assert [counted[-24.0], counted[0.0], counted[24.0]] == pytest.approx([-24, 0, 24])
    assert np.all(np.diff(lively(np.linspace(-30, 60, 500))) > 0)


def test_a_young_outbreak_is_likelier_to_double_than_an_old_one() -> None:
    """The chance of doubling falls as the same posts grow old."""
    burst = [number / 60 for number in range(50)]
    assert said(burst, 0.9).chance(100) > said(burst, 12).chance(100)


def test_the_shipped_file_is_small_and_plain() -> None:
    """The model's file is under 200 kB, holds only numbers, and its table of quantiles rises."""
    raw = (files("incidents") / "data" / "forecast.npz").read_bytes()
    model = load_model()
    assert len(raw) < 200_000
    assert np.all(np.diff(model.quantiles, axis=1) >= 0)
    assert np.all(np.diff(model.levels) > 0)


def test_little_in_a_town_mostly_stays_little() -> None:
    """Five posts in an hour: on a country's platform the beginning of more than in a small place."""
    times = [NOON + timedelta(hours=hour) for hour in (0, 0.2, 0.5, 0.7, 0.9)]
    country, town = (forecast(times, NOON + timedelta(hours=1), town=town) for town in (False, True))
    assert country is not None
    assert town is not None
    assert town.final < country.final
