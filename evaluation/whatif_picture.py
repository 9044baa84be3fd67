"""The comparison as a picture: mails a day by both sets of rules, and how many incidents reached which level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from xml.sax.saxutils import escape

from alerts.drawing import FAMILY
from domain.alerts import Level
from evaluation.whatif_report import Comparison

WIDTH, HEIGHT = 960, 340
"""Pixels; drawn twice as large."""

_TOP, _BOTTOM = 76, 296
_CURVES, _BARS = (48, 620), (690, 930)
"""Left and right ends of the two parts."""

_INK, _GREY, _LIGHT = "#37474f", "#8a8f94", "#e6e6e6"
_BEFORE, _AFTER = "#9aa0a6", "#1565c0"
_COLOURS = {Level.RED: "#c62828", Level.ORANGE: "#ef6c00", Level.YELLOW: "#f9a825", Level.BLUE: "#1e88e5"}
_NAMES = 8
"""At most so many days are named below the curves."""


def picture(comparison: Comparison) -> str:
    """The comparison as SVG of `WIDTH` × `HEIGHT`: curves on the left, bars on the right."""
    first, last = comparison.days[0].day, comparison.days[-1].day
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="{FAMILY}">',
        _text(_CURVES[0], 28, f"改门槛前后（{first} 至 {last}）", anchor="start", size=17, fill=_INK),
        *_curves(comparison),
        *_bars(comparison),
        "</svg>",
    ]
    return "\n".join(parts)


def _curves(comparison: Comparison) -> Iterator[str]:
    days = comparison.days
    top = _round_up(max(max(day.before, day.after) for day in days))
    x, y = _scale(*_CURVES, max(len(days) - 1, 1)), _scale(_BOTTOM, _TOP, top)
    yield from _grid(*_CURVES, top)
    every = -(-len(days) // _NAMES)
    for number, day in enumerate(days[::every]):
        yield _text(x(number * every), _BOTTOM + 20, f"{day.day.month}/{day.day.day}")
    yield _line([(x(number), y(day.before)) for number, day in enumerate(days)], _BEFORE)
    yield _line([(x(number), y(day.after)) for number, day in enumerate(days)], _AFTER)
    before, after = sum(day.before for day in days), sum(day.after for day in days)
    yield from _key(_CURVES[0], f"每天邮件，现行规则（共 {before} 封）", _BEFORE)
    yield from _key(_CURVES[0] + 270, f"改后（共 {after} 封）", _AFTER)


def _bars(comparison: Comparison) -> Iterator[str]:
    counts = {level: comparison.levels[level] for level in _COLOURS}
    top = _round_up(max(max(two) for two in counts.values()))
    x, y = _scale(*_BARS, len(counts)), _scale(_BOTTOM, _TOP, top)
    yield from _grid(*_BARS, top)
    for number, (level, two) in enumerate(counts.items()):
        middle = x(number + 0.5)
        yield _text(middle, _BOTTOM + 20, level.label)
        for left, count, opacity in ((middle - 22, two[0], 0.4), (middle + 2, two[1], 1.0)):
            size = f'width="20" height="{_BOTTOM - y(count):.1f}"'
            fill = f'fill="{_COLOURS[level]}" fill-opacity="{opacity}"'
            yield f'<rect x="{left:.1f}" y="{y(count):.1f}" {size} {fill}/>'
            yield _text(left + 10, y(count) - 5, str(count), fill=_INK)
    yield _text(_BARS[0], 56, "各级事件数：左（浅）现行，右（深）改后", anchor="start", size=13, fill=_INK)


def _grid(left: float, right: float, top: int) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        height = _BOTTOM - (_BOTTOM - _TOP) * share
        yield f'<path d="M{left} {height:.1f}H{right}" stroke="{_LIGHT}" stroke-width="1"/>'
        yield _text(left - 8, height + 4, f"{top * share:.0f}", anchor="end")


def _key(x: float, words: str, colour: str) -> Iterator[str]:
    yield f'<path d="M{x:.1f} 51h24" stroke="{colour}" stroke-width="3"/>'
    yield _text(x + 30, 56, words, anchor="start", size=13, fill=_INK)


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>'
    # Two rules that agree draw one line; a single day draws none: the dots show both.
    return line + "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points)


def _text(x: float, y: float, words: str, *, anchor: str = "middle", size: int = 12, fill: str = _GREY) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"'
    return f"<text {where}>{escape(words)}</text>"


def _scale(start: float, end: float, count: float) -> Callable[[float], float]:
    return lambda value: start + (end - start) * value / count


def _round_up(value: int) -> int:
    """The axis' end: even, so that its middle is a whole number, and 2 at least."""
    return max(2, value + value % 2)
