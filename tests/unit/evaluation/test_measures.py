"""Figures and their intervals are what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from evaluation.measures import (
    RESAMPLES,
    SEED,
    Bools,
    Floats,
    auc,
    average_precision,
    calibration_error,
    f1,
    macro_f1,
    measure,
    reliability,
    share,
)

ROWS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5001, 1.0])), min_size=2, max_size=40)


def drawn(gold: Bools, value: Floats, picks: list[int]) -> tuple[Bools, Floats, Floats]:
    """Gold and values of the drawn records, and the weights that say the same."""
    return gold[picks], value[picks], np.bincount(picks, minlength=len(gold))[None, :].astype(float)


@given(ROWS, st.data())
def test_ranking_figures_agree_with_a_library(rows: list[tuple[bool, float]], data: st.DataObject) -> None:
    """On any resample, with ties and repeated records, AUC and average precision are scikit-learn's."""
    gold, value = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    picks = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=40))
    some, values, weights = drawn(gold, value, picks)
    if some.any() and not some.all():
        assert auc(gold, value)(weights)[0] == pytest.approx(roc_auc_score(some, values))
    elif gold.any() and not gold.all():
        assert np.isnan(auc(gold, value)(weights)[0])
    if some.any():
        assert average_precision(gold, value)(weights)[0] == pytest.approx(average_precision_score(some, values))


@given(st.lists(st.tuples(*[st.booleans()] * 6), min_size=1, max_size=20), st.data())
def test_f1_agrees_with_a_library(rows: list[tuple[bool, ...]], data: st.DataObject) -> None:
    """On any resample, micro-F1 is scikit-learn's, and macro-F1 is its mean over the topics that occur."""
    table = np.array(rows)
    gold, said = table[:, :3], table[:, 3:]
    picks = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=20))
    weights = np.bincount(picks, minlength=len(rows))[None, :].astype(float)
    some, told = gold[picks], said[picks]
    micro = f1_score(some, told, average="micro", zero_division=np.nan)
    assert f1(gold, said)(weights)[0] == pytest.approx(micro, nan_ok=True)
    each = [f1_score(some[:, i], told[:, i], zero_division=0) for i in range(3) if some[:, i].any()]
    assert macro_f1(gold, said)(weights)[0] == pytest.approx(np.mean(each) if each else np.nan, nan_ok=True)


def test_calibration_is_the_gap_by_bins() -> None:
    """Said 0.8 where half are negative and 0.1 where none is: 0.3 and 0.1, weighted by records; so do the bins tell."""
    gold, value = np.array([True, False, False, False]), np.array([0.8, 0.8, 0.1, 0.1])
    assert calibration_error(gold, value)(np.ones((1, 4)))[0] == pytest.approx(0.2)
    low, high = reliability(gold, value)
    assert (low.low, low.high, low.records, low.said, low.true) == (0.1, 0.2, 2, pytest.approx(0.1), 0)
    assert (high.records, high.true) == (2, 0.5)
    assert reliability(np.array([True]), np.array([1.0]))[0].high == 1


def test_intervals_are_the_bootstrap_of_the_definition() -> None:
    """Computed all at once or one resample after the other, over so many records that they come in blocks."""
    rng = np.random.default_rng(1)
    gold = rng.random(5000) < 0.3
    said = gold ^ (rng.random(5000) < 0.1)
    found = measure({"accuracy": share(gold == said, np.ones(5000))}, 5000)["accuracy"]
    rng = np.random.default_rng(SEED)
    spread = [(gold == said)[rng.integers(5000, size=5000)].mean() for _ in range(RESAMPLES)]
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(spread, [2.5, 97.5])))
    assert found.value == pytest.approx((gold == said).mean())


def test_what_cannot_be_told_is_left_out() -> None:
    """Without a record of the other kind there is no AUC, and no share of nothing."""
    gold, value = np.array([True, True]), np.array([0.2, 0.8])
    figures = {"auc": auc(gold, value), "nothing": share(gold, ~gold), "none": share(~gold, gold)}
    assert {name: one.value for name, one in measure(figures, 2).items()} == {"none": 0}
