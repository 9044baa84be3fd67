"""The spread index 0..100: S = 100 · Σ w·min(1, ln(1 + x) / ln(1 + X)) / Σ w. One page on it: docs/spread-index.md."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from incidents.config import Part, SpreadConfig

CORE = ("volume", "authors", "platforms", "velocity", "reprints")
"""Parts that are always known: they count posts that we hold."""

SHOWN = ("engagement", "views", "amplifier")
"""Parts that the sources may or may not show."""


@dataclass(frozen=True, slots=True)
class Index:
    """``value`` 0..100, ``parts`` each part's points (their sum is the value), ``confidence`` 0..1 the known weight."""

    value: float
    parts: Mapping[str, float]
    confidence: float


def fraction(figure: float, part: Part) -> float:
    """How much of a part's points a figure earns, 0..1: the logarithm, full at ``part.full``."""
    return min(1.0, math.log1p(max(0.0, figure)) / math.log1p(part.full))


def spread_index(figures: Mapping[str, float | None], config: SpreadConfig) -> Index:
    """The index of one moment; a figure that is None or missing among the shown parts is unknown.

    Unknown parts are left out and the weights of the others scaled up. A shown part that is known, but stands below
    the mean of the others, is left out as well: so nothing that is learnt about an incident ever lowers its index.
    """
    parts: dict[str, Part] = {name: getattr(config, name) for name in (*CORE, *SHOWN)}
    known = {name: value for name in parts if (value := figures.get(name)) is not None}
    fractions = {name: fraction(value, parts[name]) for name, value in known.items()}
    counted = _loudest(fractions, parts)
    weight = sum(parts[name].weight for name in counted)
    points = {name: 100 * parts[name].weight * fractions[name] / weight for name in counted}
    everything = sum(part.weight for part in parts.values())
    confidence = sum(parts[name].weight for name in known) / everything
    return Index(min(100.0, math.fsum(points.values())), points, confidence)


def _loudest(fractions: Mapping[str, float], parts: Mapping[str, Part]) -> list[str]:
    """The core parts, and those of the shown ones that raise the weighted mean, loudest first."""
    counted = list(CORE)
    weight = sum(parts[name].weight for name in counted)
    score = sum(parts[name].weight * fractions[name] for name in counted)
    shown = sorted((name for name in SHOWN if name in fractions), key=lambda name: -fractions[name])
    for name in shown:
        if fractions[name] * weight <= score:
            break
        counted.append(name)
        weight += parts[name].weight
        score += parts[name].weight * fractions[name]
    return counted
