"""How large an incident will become, with an interval and the chance to reach a given size. See docs/forecast.md.

Two small boosted forests say the likely growth and how far it is usually off; a table of calibrated quantiles turns
both into a distribution. Fitting is in ``training/forecast.py``; this reads plain arrays and needs only numpy.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.clock import local
from incidents.burst import DIURNAL
from incidents.fitted import shipped_arrays
from trees.forest import Forest

Floats = npt.NDArray[np.float64]

LEAST_EVENTS = 3
"""Fewer posts say nothing of what is to come."""
FEW_EVENTS = 10
"""Fewer posts are forecast with low confidence: there the point is off by more than half at the median."""
MANY_EVENTS = 50
SURE_RATIO, VAGUE_RATIO = 3.0, 10.0
"""An interval whose ends are so many times apart is called sure up to the first, vague beyond the second."""
OLDEST_HOURS = 72.0
"""An older incident is taken as one of this age: by then next to nothing follows in what was learnt from."""
USUAL_AUTHORS = 0.98
"""Distinct authors a post where they are not known: the median."""
MEMORIES_HOURS = (1 / 6, 1.0, 6.0)
LEAST_SPREAD = 0.01
ENDS = (0.11, 0.89)
"""The quantiles at which the 80 % interval ends. Ends count as inside, and it never ends below what is there: between
10 % and 90 % it would cover 0.81 of what came later (docs/forecast.md)."""
KERNEL_HOURS, KERNEL_EXPONENT = 300 / 3600, 0.242
"""Reaction times: as likely at any moment of the first five minutes, then a power law; constants as published for
SEISMIC (Zhao, Erdogdu, He, Rajaraman, Leskovec: KDD 2015)."""
ROOT_WEIGHT = 100.0
"""The first post counts as so many: followers are not known."""
_LIVELY = np.concatenate([[0.0], np.cumsum(DIURNAL)])
"""Lively hours of a day up to each full hour. The forests are fitted with them: where `DIURNAL` changes, fit again."""

AGE_BANDS = (0.7, 2.0, 4.5, 9.0, 18.0)
SIZE_BANDS = (10, 20, 50)
"""Where the calibration's classes end: hours since the first post, and posts so far."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The final size as seen from one moment.

    ``current`` posts so far; ``final`` the point with the least median relative error, a little below the median: in 60
    of 100 cases more comes; ``low`` and ``high`` the ends of an interval that holds the final size in 80 of 100 cases;
    ``confidence`` ``low``, ``medium`` or ``high``; ``reason`` in Chinese.
    """

    current: int
    final: float
    low: float
    high: float
    confidence: str
    reason: str
    _center: float = field(repr=False)
    _spread: float = field(repr=False)
    _quantiles: tuple[float, ...] = field(repr=False)
    _levels: tuple[float, ...] = field(repr=False)

    def chance(self, size: float) -> float:
        """The chance 0..1 that the final size is ``size`` or more; 1 where it is reached already."""
        if size <= self.current:
            return 1.0
        place = (math.log(size / self.current) - self._center) / self._spread
        below = np.interp(place, self._quantiles, self._levels, left=0.0, right=1.0)
        return float(1.0 - below)


class Model:
    """What was fitted: both forests and the table of quantiles (classes by levels)."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.center, self.spread = Forest(arrays, "center"), Forest(arrays, "spread")
        self.levels: Floats = arrays["levels"].astype(np.float64)
        self.quantiles: Floats = arrays["quantiles"].astype(np.float64)
        self.arrays = {name: array for name, array in arrays.items() if name.startswith("baseline_")}

    def forecast(
        self, hours: Floats, authors: Sequence[str] | None, age: float, clock: float, *, town: bool = False
    ) -> Forecast:
        """See `forecast`; ``hours`` since the first post, all up to ``age``; ``clock`` the local hour 0..24."""
        count = len(hours)
        row = features(hours, authors, age, clock, town=town)
        center = max(0.0, float(self.center.predict(row[None])[0]))
        spread = max(LEAST_SPREAD, float(self.spread.predict(row[None])[0]))
        quantiles = self.quantiles[calibration_class(age, count, town=town)]
        low, high = (
            count * math.exp(max(0.0, center + spread * float(np.interp(level, self.levels, quantiles))))
            for level in ENDS
        )
        final = min(high, max(low, count * math.exp(center)))
        confidence = _confidence(count, high / low)
        reason = _reason(count, final, low, high, confidence)
        return Forecast(
            count, final, low, high, confidence, reason, center, spread, tuple(quantiles), tuple(self.levels)
        )


def calibration_class(age: float, count: int, *, town: bool = False) -> int:
    """The row of the table for an incident of so many hours and posts."""
    ages, sizes = len(AGE_BANDS) + 1, len(SIZE_BANDS) + 1
    return (town * ages + bisect_right(AGE_BANDS, age)) * sizes + bisect_right(SIZE_BANDS, count)


def features(
    hours: Floats, authors: Sequence[str] | None, age: float, clock: float, *, town: bool = False
) -> npt.NDArray[np.float32]:
    """What the forests look at: sixteen figures on when the posts came, none on who the bank is, and ``town``.

    ``hours`` rise from 0 (the first post) to at most ``age``. Times are told in `lively` hours, so that a silent
    night is not taken for the end.
    """
    begin = clock - age
    lived = float(lively(clock) - lively(begin))
    passed = lively(begin + hours) - lively(begin)
    count, ago = len(hours), np.maximum(0.0, lived - passed)
    people = len(set(authors)) / count if authors else USUAL_AUTHORS
    angle = clock * math.pi / 12
    return np.array(
        [
            math.log(min(max(age, 0.05), OLDEST_HOURS)),
            math.log(count),
            people,
            math.log(min(max(lived, 0.05), OLDEST_HOURS)),
            *(math.log((float(np.count_nonzero(ago < share * lived)) + 0.5) / (count + 1)) for share in (0.25, 0.5)),
            math.log((float(np.count_nonzero(ago >= 0.75 * lived)) + 0.5) / (count + 1)),
            math.log(float(ago[-1]) + 0.01),
            math.log(float(np.median(ago)) + 0.01),
            math.sin(angle),
            math.cos(angle),
            *(math.log(float(np.exp(-ago / memory).mean()) + 1e-3) for memory in MEMORIES_HOURS),
            *(math.log(reactions_to_come(passed, lived, root)) for root in (ROOT_WEIGHT, 1.0)),
            float(town),
        ],
        dtype=np.float32,
    )


def lively(clock: Floats | float) -> Floats:
    """Hours since a midnight on the local clock, or before it, each counted as much as its time of day is lively."""
    days, rest = np.divmod(clock, 24)
    return np.asarray(24 * days + np.interp(rest, np.arange(25), _LIVELY))


def reactions_to_come(hours: Floats, age: float, root: float = ROOT_WEIGHT) -> float:
    """Reactions that the posts so far will still have, over those that they should have had by now; ``root``: how many
    posts the first counts for. The self-exciting process of SEISMIC with a reproduction number near 0."""
    weight = np.ones(len(hours))
    weight[0] = root
    ago = age - hours
    flat = KERNEL_EXPONENT / (1 + KERNEL_EXPONENT)
    early = 1 - flat * ago / KERNEL_HOURS
    late = (1 - flat) * (np.maximum(ago, KERNEL_HOURS) / KERNEL_HOURS) ** -KERNEL_EXPONENT
    left = weight * np.where(ago < KERNEL_HOURS, early, late)
    return float(left.sum() / max(1e-9, weight.sum() - left.sum()))


def forecast(
    times: Sequence[datetime],
    at: datetime,
    authors: Sequence[str] | None = None,
    model: Model | None = None,
    *,
    town: bool = False,
) -> Forecast | None:
    """The final size as seen at ``at``; None for fewer than three posts.

    ``town``: a matter of a small place, where little now mostly stays little; else a post of a whole country's
    platform, where little now is the slow beginning of much.

    ``times`` rise, ``authors`` has a key for each or is None; posts after ``at`` do not count. Raises ValueError where
    the two differ in length. For an incident that flared again give the posts of the new wave.
    """
    if authors is not None and len(authors) != len(times):
        raise ValueError("one author for each time")
    count = bisect_right(times, at)
    if count < LEAST_EVENTS:
        return None
    hour = timedelta(hours=1)
    hours = np.array([(moment - times[0]) / hour for moment in times[:count]])
    here = local(at)
    known = authors[:count] if authors is not None else None
    age, clock = (at - times[0]) / hour, here.hour + here.minute / 60
    return (model or load_model()).forecast(hours, known, age, clock, town=town)


def _confidence(count: int, ratio: float) -> str:
    if count < FEW_EVENTS or ratio > VAGUE_RATIO:
        return "low"
    return "high" if count >= MANY_EVENTS and ratio <= SURE_RATIO else "medium"


def _reason(count: int, final: float, low: float, high: float, confidence: str) -> str:
    said = f"目前{count}条，预计最终约{final:.0f}条，八成把握在{math.floor(low)}至{math.ceil(high)}条之间"
    if confidence != "low":
        return f"{said}（置信{'高' if confidence == 'high' else '中'}）"
    return f"{said}（置信低：{'条数太少' if count < FEW_EVENTS else '范围太宽'}，仅供参考）"


@cache
def load_model() -> Model:
    """The shipped model, read once."""
    return Model(shipped_arrays("forecast"))
