"""Shares by slice, with intervals that hold for few records."""

from __future__ import annotations

import pytest

from evaluation.slices import length_band, share_of, shares


def test_intervals_are_wilsons() -> None:
    """8 of 10 is 0.49 to 0.94 (Newcombe 1998's formula 3); 10 of 10 is not certainty; both stay within 0 and 1."""
    found = share_of(8, 10)
    assert (found.low, found.high) == (pytest.approx(0.490, abs=5e-4), pytest.approx(0.943, abs=5e-4))
    assert (share_of(10, 10).low, share_of(10, 10).high) == (pytest.approx(0.722, abs=5e-4), pytest.approx(1))
    assert share_of(0, 3).low == pytest.approx(0)


def test_a_record_counts_in_each_of_its_slices() -> None:
    """Slices come by name; a record without one counts in none."""
    found = shares([(["question", "negation"], True), (["question"], False), ([], False)])
    assert [(name, one.right, one.records) for name, one in found.items()] == [("negation", 1, 1), ("question", 1, 2)]


def test_bands_sort_as_lengths_do() -> None:
    """Each length is in one band, and the bands' names rise with it."""
    bands = [length_band("字" * length) for length in range(1200)]
    assert bands == sorted(bands)
    assert (bands[0], bands[10], bands[11], bands[40], bands[641]) == (
        "000-010", "000-010", "011-020", "021-040", "641-",
    )  # fmt: skip
