"""Boxes with words → text as a person would read it. Pure.

What stands on one row is parted by a space; a row that a box's width broke is joined to the next one, so that a
sentence stays whole (转账失|败), while the items of a list keep lines of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SAME_ROW = 0.5
"""Middles of two boxes of one row differ by less than this share of a line's height."""
_NEAR = 1.15
"""The middle of the row that a box goes on in lies within so many heights,"""
_ALIGNED = 0.8
"""it begins at the same place to within this share of one,"""
_ALIKE = 1.8
"""neither is so many times as tall as the other (short boxes come out taller),"""
_ROOM = 2.0
"""and the row before had no room left for so many characters,"""
_LEAST = 6
"""and was at least so many characters wide."""
_ENDS = "。！？!?：:；;"


@dataclass(frozen=True, slots=True)
class Box:
    """Words, how sure they are, and where they stand in pixels.

    The rectangle is upright, also round a line that slants; ``height`` is that of the line itself.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    height: float
    confidence: float

    @property
    def middle(self) -> float:
        """The middle of the line, from the top of the picture."""
        return (self.top + self.bottom) / 2


def confidence_of(boxes: Sequence[Box]) -> float | None:
    """The mean over all characters; None without any."""
    weight = sum(len(box.text) for box in boxes)
    return sum(box.confidence * len(box.text) for box in boxes) / weight if weight else None


def text_of(boxes: Iterable[Box]) -> str:
    """The words from top to bottom and left to right, a line each."""
    lines: list[str] = []
    before: list[Box] = []
    rows = _rows(boxes)
    for at, row in enumerate(rows):
        words = " ".join(box.text for box in row)
        if before and _is_broken(before, row, rows[max(0, at - 4) : at + 1]):
            lines[-1] += (" " if _latin(lines[-1][-1]) and _latin(words[0]) else "") + words
        else:
            lines.append(words)
        before = row
    return "\n".join(lines)


def _rows(boxes: Iterable[Box]) -> list[list[Box]]:
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: box.middle):
        last = rows[-1][-1] if rows else None
        if last and abs(box.middle - last.middle) < _SAME_ROW * min(box.height, last.height):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _is_broken(before: Sequence[Box], row: Sequence[Box], around: Sequence[Sequence[Box]]) -> bool:
    """Whether one box goes on in the next: alone in its row, close, aligned, and full to the edge of its block."""
    if len(before) > 1 or len(row) > 1 or before[0].text[-1] in _ENDS:
        return False
    upper, lower = before[0], row[0]
    height, tallest = sorted((upper.height, lower.height))
    block = [box.right for other in around for box in other if abs(box.left - upper.left) < _ALIGNED * height]
    centred = abs((upper.left + upper.right) - (lower.left + lower.right)) / 2 < _ALIGNED * height
    return (
        tallest < _ALIKE * height
        and lower.middle - upper.middle < _NEAR * tallest
        and (abs(upper.left - lower.left) < _ALIGNED * height or (centred and lower.right < upper.right))
        and upper.right > max(block) - _ROOM * height
        and upper.right - upper.left > _LEAST * height
    )


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
