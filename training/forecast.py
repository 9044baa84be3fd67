"""Fits the forecast of final sizes from cascades and writes ``incidents/data/forecast.npz``.

``python -m training.forecast CASCADES.jsonl.gz`` takes two minutes on one core. Seeds are fixed and no clock enters
the file, so the same data, packages and Python give the same bytes. The cascades themselves are not shipped: only what
is fitted. ``--until SHARE`` fits on the earlier share of the file alone, for honest scores on the rest.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from incidents.forecast import AGE_BANDS, LEAST_SPREAD, SIZE_BANDS, calibration_class, features, reactions_to_come
from training.trees import pack_trees

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "incidents" / "data" / "forecast.npz"
AGES = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 9, 12, 18, 24, 36, 48, 72)
"""Hours after the first post at which a cascade is looked at."""
LEAST = 4
"""A cascade with fewer posts is not looked at yet."""
THIN_WEIGHT = 0.5
"""The weight of a thinned copy beside its cascade. What is small now in a collection of large cascades is the slow
beginning of something large; in a county it mostly stays small. So the forests are told which of both they see: thinned
copies are what a small place is like."""
THINNEST, THICKEST = 0.03, 0.6
BLOCKS = 6
"""Stretches of time; what a forest says of one is held out by fitting on the others."""
POINT = 0.4
"""The quantile of the growth that is the point. Growth is skew, so more final sizes are near a point a little below the
median, and the median relative error, which points are judged by, is smaller there."""
DRIFT = 0.04
"""What is added to the point (a logarithm). From quarter to quarter of the collection growth moves by up to a tenth
against what was fitted before, mostly upwards; so much above the quantile no quarter is far off (docs/forecast.md)."""
LEVELS = np.concatenate([[0.01, 0.025], np.arange(0.05, 0.96, 0.05), [0.975, 0.99]])
CLASS_PRIOR = 60.0
"""A class of the table is blended with the quantiles of all samples as if it had so many of them besides."""

Floats = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Cascade:
    """Seconds after the first post of every post (0 first), authors, the epoch of the first post."""

    seconds: Floats
    authors: list[int]
    at: float


@dataclass(frozen=True, slots=True)
class Samples:
    """Cascades as seen at some ages: features, log growth still to come, number of the cascade, weight, class."""

    seen: npt.NDArray[np.float32]
    growth: Floats
    cascade: npt.NDArray[np.int64]
    weight: Floats
    group: npt.NDArray[np.int64]
    age: Floats
    to_come: Floats


def load(path: Path) -> list[Cascade]:
    """All cascades, oldest first."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    records = sorted(map(json.loads, text.splitlines()), key=lambda record: record["at"])
    return [
        Cascade(
            np.array([0.0, *sorted(event[0] for event in record["events"])]),
            [-1, *(event[1] for event in sorted(record["events"], key=lambda event: event[0]))],
            record["at"],
        )
        for record in records
    ]


def thinned(cascade: Cascade, dice: np.random.Generator) -> Cascade:
    """The first post, and each other with one chance, which is drawn anew for every cascade."""
    share = math.exp(dice.uniform(math.log(THINNEST), math.log(THICKEST)))
    kept = np.flatnonzero((dice.random(len(cascade.seconds)) < share) | (cascade.seconds == 0))
    return Cascade(cascade.seconds[kept], [cascade.authors[i] for i in kept], cascade.at)


def sample(cascades: Sequence[Cascade]) -> Samples:
    """Every cascade and one thinned copy at every age."""
    dice = np.random.default_rng(0)
    rows: list[Any] = []
    for number, cascade in enumerate(cascades):
        rows.extend((*row, number, 1.0) for row in looks(cascade, town=False))
        rows.extend((*row, number, THIN_WEIGHT) for row in looks(thinned(cascade, dice), town=True))
    seen, growth, group, age, to_come, numbers, weight = zip(*rows, strict=True)
    return Samples(np.stack(seen), *map(np.array, (growth, numbers, weight, group, age, to_come)))


def looks(cascade: Cascade, *, town: bool) -> Iterator[tuple[npt.NDArray[np.float32], float, int, float, float]]:
    """Features, log growth, class, age and reactions to come, at each age at which there is enough to see."""
    for age in AGES:
        count = int(np.searchsorted(cascade.seconds, age * 3600, side="right"))
        if count >= LEAST:
            clock = ((cascade.at / 3600 + age) + 8) % 24
            hours = cascade.seconds[:count] / 3600
            row = features(hours, [str(author) for author in cascade.authors[:count]], age, clock, town=town)
            growth = math.log(len(cascade.seconds) / count)
            yield row, growth, calibration_class(age, count, town=town), age, reactions_to_come(hours, age)


def fit(
    seen: npt.NDArray[np.float32], target: Floats, weight: Floats, quantile: float
) -> HistGradientBoostingRegressor:
    """A forest for a quantile."""
    return HistGradientBoostingRegressor(
        loss="quantile",
        quantile=quantile,
        max_iter=100,
        learning_rate=0.08,
        max_leaf_nodes=24,
        min_samples_leaf=30,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=0,
    ).fit(seen, target, sample_weight=weight)


def held_out(samples: Samples, target: Floats, quantile: float) -> Floats:
    """What forests that did not see a sample's stretch of time say of it."""
    block = samples.cascade * BLOCKS // (int(samples.cascade.max()) + 1)
    said = np.zeros(len(target))
    for number in range(BLOCKS):
        rest, held = block != number, block == number
        forest = fit(samples.seen[rest], target[rest], samples.weight[rest], quantile)
        said[held] = forest.predict(samples.seen[held])
    return said


def quantile_table(off: Floats, samples: Samples) -> npt.NDArray[np.float32]:
    """Quantiles of the held-out errors, in units of their usual size, for each class; rows rise.

    A class lends from the others of its age and kind the less the more samples it has.
    """
    sizes = len(SIZE_BANDS) + 1
    table = np.zeros((2 * (len(AGE_BANDS) + 1) * sizes, len(LEVELS)))
    for row in range(len(table)):
        own, same_age = samples.group == row, samples.group // sizes == row // sizes
        wide = weighted_quantiles(off[same_age], samples.weight[same_age])
        count = len(np.unique(samples.cascade[own]))
        near = weighted_quantiles(off[own], samples.weight[own]) if count else wide
        share = count / (count + CLASS_PRIOR)
        table[row] = np.maximum.accumulate(share * near + (1 - share) * wide)
    return table.astype(np.float32)


def weighted_quantiles(values: Floats, weights: Floats) -> Floats:
    """The values below which the weights' shares `LEVELS` lie."""
    order = np.argsort(values, kind="stable")
    shares = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return np.asarray(np.interp(LEVELS, shares, values[order]))


def baselines(samples: Samples) -> Arrays:
    """What simpler methods need, for each age: the median growth, and the line of log final size on log size, and
    the strength of self-excitement."""
    whole = samples.weight == 1
    growth, lines, excited = [], [], []
    for age in AGES:
        here = whole & (samples.age == age)
        log_now = samples.seen[here, 1].astype(np.float64)
        growth.append(math.exp(float(np.median(samples.growth[here]))))
        lines.append(np.polyfit(log_now, samples.growth[here] + log_now, 1))
        excited.append(strength(samples.to_come[here], samples.growth[here]))
    return {
        "baseline_ages": np.array(AGES, dtype=np.float64),
        "baseline_growth": np.array(growth),
        "baseline_lines": np.array(lines),
        "baseline_excited": np.array(excited),
    }


def strength(to_come: Floats, growth: Floats) -> float:
    """How many of the reactions to come do come: the factor of the least median error."""
    factors = np.exp(np.linspace(-4, 2, 121))
    errors = [float(np.median(np.abs((1 + factor * to_come) / np.exp(growth) - 1))) for factor in factors]
    return float(factors[int(np.argmin(errors))])


def train(cascades: Sequence[Cascade]) -> Arrays:
    """The arrays of the model's file."""
    samples = sample(cascades)
    print(f"{len(cascades)} cascades, {len(samples.growth)} samples", file=sys.stderr)
    off = samples.growth - held_out(samples, samples.growth, POINT)
    usual = np.maximum(LEAST_SPREAD, held_out(samples, np.abs(off), 0.5))
    center = fit(samples.seen, samples.growth, samples.weight, POINT)
    spread = fit(samples.seen, np.abs(off), samples.weight, 0.5)
    return {
        **_raised(pack_trees(center, "center", np.int8, np.uint8), "center_base", DRIFT),
        **pack_trees(spread, "spread", np.int8, np.uint8),
        "levels": LEVELS.astype(np.float64),
        "quantiles": quantile_table((off - DRIFT) / usual, samples),
        **baselines(samples),
    }


def _raised(arrays: Arrays, name: str, by: float) -> Arrays:
    return {**arrays, name: arrays[name] + by}


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser(description="Fit the forecast of final sizes.")
    parser.add_argument("cascades", type=Path)
    parser.add_argument("--until", type=float, default=1.0, help="only the earlier share of the file, 0..1")
    parser.add_argument("--out", type=Path, default=MODEL)
    arguments = parser.parse_args()
    cascades = load(arguments.cascades)
    # One thread: sums are added in one order, and nothing spins while another process works.
    with threadpool_limits(1):
        arrays = train(cascades[: int(len(cascades) * arguments.until)])
    np.savez_compressed(arguments.out, **arrays)  # type: ignore[arg-type]
    print(f"{arguments.out.name}: {arguments.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
