"""Many texts as one row of code points, so that each step of reading is done once for a whole batch.

Every text stands between two separators. A separator is no word's, no pattern's and no conversion's character, so
nothing that is found crosses from one text into another, and what else is in a batch never changes a reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

SEPARATOR = "\x1e"
"""The record separator. It is a character that normalising leaves out, so that a normal form never holds it."""
_BORDER = f"{SEPARATOR}{SEPARATOR}"
_UNSEEN_TOO = "\x1f"

Codes = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def encode(text: str) -> Codes:
    """Code points of a string."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32, copy=False)


def decode(codes: Codes) -> str:
    """The string of code points, none of which is a surrogate."""
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le")


FOLDED_BITS = 12


def folded(codes: Codes) -> Codes:
    """Code points folded into `FOLDED_BITS` bits, for look-ups in a table that the processor's cache holds."""
    return codes & np.uint32((1 << FOLDED_BITS) - 1)


def join(texts: Sequence[str]) -> Codes:
    """Code points of all texts, each between two separators; a separator inside a text becomes its neighbour."""
    joined = f"{SEPARATOR}{_BORDER.join(texts)}{SEPARATOR}" if texts else ""
    if joined.count(SEPARATOR) != 2 * len(texts):
        return join([text.replace(SEPARATOR, _UNSEEN_TOO) for text in texts])
    return encode(joined)


@dataclass(frozen=True)
class Joined:
    """Joined texts: ``codes`` of all, and where each begins and ends in them (without its separators)."""

    codes: Codes
    starts: Ints
    ends: Ints

    @classmethod
    def of(cls, codes: Codes) -> Joined:
        """Find the texts between the separators."""
        separators = np.flatnonzero(codes == ord(SEPARATOR))
        return cls(codes, separators[0::2] + 1, separators[1::2])

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def text(self) -> str:
        """All code points as one string: position for position."""
        return decode(self.codes)

    @cached_property
    def rows(self) -> npt.NDArray[np.int32]:
        """For each code point the number of its text; the separators belong to the text that they enclose."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.ends - self.starts + 2)

    @cached_property
    def folded(self) -> Ints:
        """`folded` code points."""
        return folded(self.codes).astype(np.int64)

    def row(self, number: int) -> str:
        """One text."""
        return self.text[self.starts[number] : self.ends[number]]

    def count(self, places: Ints) -> Ints:
        """How many of the places (positions) lie in each text."""
        return np.bincount(self.rows.take(places), minlength=len(self))


@dataclass(frozen=True, slots=True)
class Layer:
    """The edits of one step, in order: where each stands in the step's input (old) and in its output (new)."""

    old_starts: Ints
    old_ends: Ints
    new_starts: Ints
    new_ends: Ints

    def back(self, starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
        """Spans of the output as spans of the input; one that cuts a replaced stretch takes all of it."""
        first = np.searchsorted(self.new_starts, starts, side="right") - 1
        last = np.searchsorted(self.new_starts, np.where(ends > starts, ends - 1, ends), side="right") - 1
        low = self._places(first, starts, self.old_starts)
        return low, np.maximum(low, self._places(last, ends, self.old_ends, closed=True))

    def _places(self, edits: Ints, positions: Ints, replaced: Ints, *, closed: bool = False) -> Ints:
        """Where positions stood: shifted by the edit before them, or at a border of the edit that they are inside."""
        new_starts, new_ends = self.new_starts.take(edits), self.new_ends.take(edits)
        inside = (new_starts <= positions) & (positions < new_ends)
        if closed:
            inside |= (new_starts < positions) & (positions <= new_ends)
        moved = np.where(inside, replaced.take(edits), positions - new_ends + self.old_ends.take(edits))
        return np.where(edits >= 0, moved, positions)


def matches(pattern: re.Pattern[str], text: str, places: Iterable[int]) -> list[re.Match[str]]:
    """What `finditer` finds, where it is known that a match can only begin at one of the places (in order)."""
    found: list[re.Match[str]] = []
    end = 0
    for place in places:
        if place >= end and (match := pattern.match(text, place)):
            found.append(match)
            end = match.end()
    return found


Edit = tuple[int, int, Codes]
"""Start and end of a stretch, and the code points that take its place."""


def edit(codes: Codes, edits: Sequence[Edit]) -> tuple[Codes, Layer]:
    """Codes with some stretches (in order, not overlapping, at least one) replaced, and the account of it."""
    pieces: list[Codes] = []
    position = 0
    for start, end, new in edits:
        pieces += [codes[position:start], new]
        position = end
    pieces.append(codes[position:])
    starts = np.fromiter((one[0] for one in edits), np.int64, len(edits))
    ends = np.fromiter((one[1] for one in edits), np.int64, len(edits))
    lengths = np.fromiter((len(one[2]) for one in edits), np.int64, len(edits))
    new_ends = ends + np.cumsum(lengths - (ends - starts))
    return np.concatenate(pieces), Layer(starts, ends, new_ends - lengths, new_ends)


def cut(codes: Codes, starts: Ints, ends: Ints) -> tuple[Codes, Layer]:
    """Codes without some stretches (in order, not overlapping, at least one)."""
    change = np.zeros(len(codes) + 1, dtype=np.int8)
    change[starts] = 1
    change[ends] -= 1
    kept = np.cumsum(change[:-1], dtype=np.int8) == 0
    new = starts - np.cumsum(ends - starts) + (ends - starts)
    return codes[kept], Layer(starts, ends, new, new)
