"""Shares of right answers by slice of the records, with Wilson intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

Z = 1.959964
"""The normal quantile of a two-sided 95 % interval."""
BANDS = (10, 20, 40, 80, 160, 320, 640)
"""Upper ends (characters) of the bands of length; above the last there is one more."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of ``records`` were read right, with the 95 % Wilson interval of the share (Wilson 1927)."""

    records: int
    right: int
    value: float
    low: float
    high: float


def share_of(right: int, records: int) -> Share:
    """The share with its interval, which holds for few records and for shares of 0 and 1, unlike the bootstrap's."""
    value = right / records
    middle = (value + Z * Z / (2 * records)) / (1 + Z * Z / records)
    half = Z / (1 + Z * Z / records) * sqrt(value * (1 - value) / records + Z * Z / (4 * records * records))
    return Share(records, right, value, max(0.0, middle - half), min(1.0, middle + half))


def shares(slices: Iterable[tuple[Iterable[str], bool]]) -> dict[str, Share]:
    """From the slices of each record and whether it was read right, the share of each slice, by name."""
    found: Mapping[str, list[bool]] = defaultdict(list)
    for names, right in slices:
        for name in names:
            found[name].append(right)
    return {name: share_of(sum(found[name]), len(found[name])) for name in sorted(found)}


def length_band(text: str) -> str:
    """The band of a text's length, such as ``021-040``: names sort as the lengths do."""
    low = 0
    for high in BANDS:
        if len(text) <= high:
            return f"{low:03d}-{high:03d}"
        low = high + 1
    return f"{low:03d}-"
