"""Scores of the forecast against cascades whose end is known, beside simpler methods. Used by `evaluation.cascades`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from incidents.forecast import Forecast, Model, forecast, reactions_to_come

Floats = npt.NDArray[np.float64]

AGES = (0.5, 1.0, 3.0, 6.0, 24.0)
"""Hours after the first post at which a forecast is asked for."""
LEAST = 6
"""Posts, the first included: the scores are over cascades that have as many by then, however large they become."""
CLASSES = ((LEAST, 10), (10, 20), (20, 50), (50, 10**9))


@dataclass(frozen=True, slots=True)
class ForecastScore:
    """Scores of one age, over all sizes or one class of posts so far (``least`` to below ``most``).

    The figures named after methods are median absolute percentage errors as shares. ``covered``: share of final sizes
    inside the 80 % interval; ``ratio``: its upper end over its lower, median. ``doubling_auc``, ``doubling_brier``: the
    chance to double, against whether it did.
    """

    age_hours: float
    least: int
    most: int
    cascades: int
    ours: float
    median_growth: float
    log_linear: float
    self_exciting: float
    covered: float
    ratio: float
    doubling_auc: float
    doubling_brier: float


@dataclass(frozen=True, slots=True)
class _Case:
    count: int
    final: int
    said: Forecast
    growth: float
    line: float
    excited: float


def score_forecasts(
    cascades: Sequence[tuple[Sequence[datetime], Sequence[str]]], model: Model, *, town: bool = False
) -> list[ForecastScore]:
    """Scores for each age, over all and by class; ``cascades`` are rising times and an author for each.

    ``town``: they are forecast as matters of a small place.
    """
    scores = []
    for age in AGES:
        cases = [case for times, authors in cascades for case in _cases(times, authors, age, model, town=town)]
        for least, most in ((LEAST, 10**9), *CLASSES):
            some = [case for case in cases if least <= case.count < most]
            if some:
                scores.append(_score(age, least, most, some))
    return scores


def _cases(
    times: Sequence[datetime], authors: Sequence[str], age: float, model: Model, *, town: bool
) -> Iterator[_Case]:
    at = times[0] + timedelta(hours=age)
    seen = [moment for moment in times if moment <= at]
    said = forecast(times, at, authors, model, town=town)
    if len(seen) < LEAST or said is None:
        return
    near = int(np.argmin(np.abs(model.arrays["baseline_ages"] - age)))
    slope, shift = model.arrays["baseline_lines"][near]
    hours = np.array([(moment - times[0]) / timedelta(hours=1) for moment in seen])
    yield _Case(
        count=len(seen),
        final=len(times),
        said=said,
        growth=len(seen) * float(model.arrays["baseline_growth"][near]),
        line=math.exp(slope * math.log(len(seen)) + shift),
        excited=len(seen) * (1 + float(model.arrays["baseline_excited"][near]) * reactions_to_come(hours, age)),
    )


def _score(age: float, least: int, most: int, cases: Sequence[_Case]) -> ForecastScore:
    final = np.array([case.final for case in cases], dtype=float)
    inside = [case.said.low <= case.final <= case.said.high for case in cases]
    chances = np.array([case.said.chance(2 * case.count) for case in cases])
    doubled = np.array([case.final >= 2 * case.count for case in cases])
    points: Mapping[str, Any] = {
        "ours": [case.said.final for case in cases],
        "median_growth": [case.growth for case in cases],
        "log_linear": [case.line for case in cases],
        "self_exciting": [case.excited for case in cases],
    }
    return ForecastScore(
        age_hours=age,
        least=least,
        most=most,
        cascades=len(cases),
        covered=round(float(np.mean(inside)), 3),
        ratio=round(float(np.median([case.said.high / case.said.low for case in cases])), 2),
        doubling_auc=round(_auc(chances, doubled), 3),
        doubling_brier=round(float(np.mean((chances - doubled) ** 2)), 3),
        **{name: round(float(np.median(np.abs(np.array(said) / final - 1))), 3) for name, said in points.items()},
    )


def _auc(chances: Floats, happened: npt.NDArray[np.bool_]) -> float:
    """The chance that of two cases the one where it happened was given the higher chance; nan where all are alike."""
    yes, no = chances[happened], chances[~happened]
    if not len(yes) or not len(no):
        return float("nan")
    return float(np.mean((yes[:, None] > no) + 0.5 * (yes[:, None] == no)))
