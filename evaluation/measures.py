"""Figures of right and wrong, with 95 % intervals by bootstrap over records.

A figure is a function of weights (resamples by records: how often each record was drawn) and gives a value a resample,
so that all resamples are computed in a few matrix products. The true value is the figure where all weights are 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
SEED = 20260316
BINS = 10
_CELLS = 4_000_000
"""Weights held at once, so that a large file needs no more memory than a small one."""

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Figure = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its 95 % bootstrap interval over records."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Records whose ``negativity`` is in [low, high): what was said on average, and the share that is negative."""

    low: float
    high: float
    records: int
    said: float
    true: float


def measure(figures: Mapping[str, Figure], records: int) -> dict[str, Measure]:
    """Each figure with its interval; one that is undefined on these records is left out."""
    names = list(figures)
    values = np.concatenate(
        [np.stack([figures[name](weights) for name in names]) for weights in _weights(records)], axis=1
    )
    found = {}
    for name, row in zip(names, values, strict=True):
        if not np.isnan(row[0]):
            low, high = np.nanpercentile(row[1:], [2.5, 97.5])
            found[name] = Measure(float(row[0]), float(low), float(high))
    return found


def _weights(records: int) -> Iterator[Floats]:
    """Every record once, and then the resamples in blocks."""
    yield np.ones((1, records))
    rng = np.random.default_rng(SEED)
    left = RESAMPLES
    while left:
        block = min(left, max(1, _CELLS // records))
        left -= block
        drawn = [np.bincount(rng.integers(records, size=records), minlength=records) for _ in range(block)]
        yield np.array(drawn, dtype=np.float64)


def share(part: npt.NDArray[np.number | np.bool_], whole: npt.NDArray[np.number | np.bool_]) -> Figure:
    """Sum of ``part`` over sum of ``whole`` (a value a record each); NaN where the whole is empty."""
    parts, wholes = part.astype(np.float64), whole.astype(np.float64)
    return lambda weights: _divide(weights @ parts, weights @ wholes)


def f1(gold: Bools, said: Bools) -> Figure:
    """Twice the agreement over all that both sides say; of a table (records by topics) the micro-F1."""
    return share(2 * _per_record(gold & said), _per_record(gold) + _per_record(said))


def macro_f1(gold: Bools, said: Bools) -> Figure:
    """Mean F1 over the columns (topics) that occur in the gold; NaN where none does."""
    both, golds, saids = (part.astype(np.float64) for part in (gold & said, gold, said))

    def figure(weights: Floats) -> Floats:
        occurs = weights @ golds
        each = _divide(2 * (weights @ both), occurs + weights @ saids, empty=0.0)
        return _divide((each * (occurs > 0)).sum(axis=1), (occurs > 0).sum(axis=1).astype(np.float64))

    return figure


def auc(gold: Bools, value: Floats) -> Figure:
    """Probability that a gold record's value is above another one's, ties half (Mann-Whitney); NaN without both."""
    order, begins = _tied(value)
    right = gold[order].astype(np.float64)

    def figure(weights: Floats) -> Floats:
        drawn = weights[:, order]
        positive = np.add.reduceat(drawn * right, begins, axis=1)
        other = np.add.reduceat(drawn * (1 - right), begins, axis=1)
        below = np.cumsum(other, axis=1) - other / 2
        pairs = positive.sum(axis=1) * other.sum(axis=1)
        return _divide((positive * below).sum(axis=1), pairs)

    return figure


def average_precision(gold: Bools, value: Floats) -> Figure:
    """Precision at each threshold, weighted by the recall gained there, without interpolation; NaN without gold."""
    order, begins = _tied(-value)
    right = gold[order].astype(np.float64)

    def figure(weights: Floats) -> Floats:
        drawn = weights[:, order]
        positive = np.add.reduceat(drawn * right, begins, axis=1)
        above = np.cumsum(np.add.reduceat(drawn, begins, axis=1), axis=1)
        precision = _divide(np.cumsum(positive, axis=1), above, empty=0.0)
        return _divide((positive * precision).sum(axis=1), positive.sum(axis=1))

    return figure


def calibration_error(gold: Bools, value: Floats) -> Figure:
    """Mean gap between said and true share over ten bins of equal width, weighted by records (ECE)."""
    gaps = np.eye(BINS)[_bins(value)] * (value - gold)[:, None]
    return lambda weights: np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1)


def reliability(gold: Bools, value: Floats) -> tuple[Bin, ...]:
    """The bins of the calibration error that hold records."""
    bins = _bins(value)
    found = []
    for one in np.unique(bins).tolist():
        inside = bins == one
        said, true = float(value[inside].mean()), float(gold[inside].mean())
        found.append(Bin(one / BINS, (one + 1) / BINS, int(inside.sum()), said, true))
    return tuple(found)


def _bins(value: Floats) -> npt.NDArray[np.int64]:
    bins: npt.NDArray[np.int64] = np.minimum((value * BINS).astype(np.int64), BINS - 1)
    return bins


def _tied(value: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Records in rising order of their value, and where each run of equal values begins."""
    order = np.argsort(value, kind="stable")
    return order, np.flatnonzero(np.diff(value[order], prepend=np.nan) != 0)


def _per_record(table: Bools) -> Floats:
    sums: Floats = table.reshape(len(table), -1).sum(axis=1).astype(np.float64)
    return sums


def _divide(part: Floats, whole: Floats, empty: float = np.nan) -> Floats:
    out: Floats = np.divide(part, whole, out=np.full(np.shape(part), empty), where=whole != 0)
    return out
