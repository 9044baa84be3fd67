"""An incident's curve: new posts and the spread index over time, in words and as a picture. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from alerts.drawing import FAMILY
from domain.clock import local
from domain.incidents import Snapshot

HOURS_SHOWN, DAYS_SHOWN = 24, 14

WIDTH, HEIGHT = 560, 220
"""Pixels in the mail; the picture is drawn twice as large, for screens that show twice as many."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 36, 36, 34, 28
_GREY, _LIGHT, _INK = "#777777", "#e6e6e6", "#37474f"
_LABELS = 8
_FULL = 100.0


@dataclass(frozen=True, slots=True)
class Slot:
    """One hour or day: new posts in it, and the index (0..100) at its end; None: before the first look."""

    label: str
    posts: int
    index: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """New posts and index by ``unit`` (小时, 天), oldest first."""

    unit: str
    slots: tuple[Slot, ...]

    @property
    def told(self) -> str:
        """The figures in a line: what the text part says, and who cannot see the picture."""
        return "，".join(f"{slot.label} {slot.posts}" for slot in self.slots)


def curve(history: Sequence[Snapshot]) -> Curve | None:
    """New posts and index by hour over at most a day, else by day; None where there is nothing to compare."""
    if len(history) < 2:
        return None
    ordered = sorted(history, key=lambda snapshot: snapshot.at)
    hourly = ordered[-1].at - ordered[0].at <= timedelta(hours=HOURS_SHOWN)
    slots = _slots(ordered, hourly=hourly)[-(HOURS_SHOWN if hourly else DAYS_SHOWN) :]
    return Curve("小时" if hourly else "天", tuple(slots)) if len(slots) > 1 else None


def _slots(ordered: Sequence[Snapshot], *, hourly: bool) -> list[Slot]:
    last_of = {_floor(snapshot.at, hourly=hourly): snapshot for snapshot in ordered}
    before = 0 if ordered[0].posts == ordered[0].posts_24h else ordered[0].posts
    index: float | None = None
    slots: list[Slot] = []
    moment, last = min(last_of), max(last_of)
    while moment <= last:
        snapshot = last_of.get(moment)
        now, index = (snapshot.posts, snapshot.index) if snapshot else (before, index)
        label = f"{moment.hour}时" if hourly else f"{moment.month}/{moment.day}"
        slots.append(Slot(label, max(now - before, 0), index))
        before, moment = max(now, before), moment + timedelta(**{"hours" if hourly else "days": 1})
    return slots


def _floor(at: datetime, *, hourly: bool) -> datetime:
    here = local(at).replace(minute=0, second=0, microsecond=0)
    return here if hourly else here.replace(hour=0)


def picture(data: Curve, colour: str) -> str:
    """The curve as SVG of `WIDTH` × `HEIGHT`: bars for new posts (left axis), a line for the index (right axis)."""
    top = max(max(slot.posts for slot in data.slots), 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="{FAMILY}">',
        *_frame(data, top, colour),
        *_bars(data, top),
        _line(data, colour),
        "</svg>",
    ]
    return "\n".join(parts)


def _across(number: float, count: int) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * number / count


def _up(share: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * share


def _text(x: float, y: float, words: str, *, anchor: str = "middle", size: int = 12, fill: str = _GREY) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"'
    return f"<text {where}>{escape(words)}</text>"


def _frame(data: Curve, top: int, colour: str) -> list[str]:
    """Grid, both axes with their ends and middles, the slots' names, and what is what."""
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _up(share)
        lines.append(f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="{_LIGHT}" stroke-width="1"/>')
        if share != 0.5 or top % 2 == 0:
            lines.append(_text(_LEFT - 6, y + 4, f"{top * share:.0f}", anchor="end"))
        lines.append(_text(WIDTH - _RIGHT + 6, y + 4, f"{_FULL * share:.0f}", anchor="start", fill=colour))
    every = -(-len(data.slots) // _LABELS)
    for number, slot in enumerate(data.slots):
        if number % every == 0:
            lines.append(_text(_across(number + 0.5, len(data.slots)), HEIGHT - 9, slot.label))
    lines.append(f'<rect x="{_LEFT}" y="9" width="12" height="12" fill="{_INK}" fill-opacity="0.35"/>')
    lines.append(_text(_LEFT + 18, 20, f"每{data.unit}新帖（左）", anchor="start", size=13))
    lines.append(f'<path d="M{_LEFT + 140} 15h22" stroke="{colour}" stroke-width="2.5"/>')
    lines.append(_text(_LEFT + 168, 20, "传播指数（右，0 至 100）", anchor="start", size=13))
    return lines


def _bars(data: Curve, top: int) -> list[str]:
    count = len(data.slots)
    width = (_across(1, count) - _across(0, count)) * 0.6
    bars = []
    for number, slot in enumerate(data.slots):
        if slot.posts:
            x, y = _across(number + 0.5, count) - width / 2, _up(slot.posts / top)
            size = f'width="{width:.1f}" height="{_up(0) - y:.1f}"'
            bars.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{_INK}" fill-opacity="0.35"/>')
    return bars


def _line(data: Curve, colour: str) -> str:
    """The index as a line through the slots' middles, with a dot and the figure at its end."""
    count = len(data.slots)
    points = [
        (_across(number + 0.5, count), _up(min(slot.index, _FULL) / _FULL), slot.index)
        for number, slot in enumerate(data.slots)
        if slot.index is not None
    ]
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y, _index in points)
    x, y, index = points[-1]
    line = f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>'
    figure = _text(x, max(y - 8, _TOP - 2), f"{index:.0f}", size=13, fill=colour)
    return f'{line}<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>{figure}'
