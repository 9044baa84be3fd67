"""The words that a model's verdict rests on, found by leaving out one clause after another."""

from __future__ import annotations

import re

Span = tuple[int, int]

MOST_CLAUSES = 8
_CLAUSE = re.compile(r"[^。！？!?；;，,\n…]*\w[^。！？!?；;，,\n…]*")


def clauses(text: str) -> list[Span]:
    """Where the clauses stand in the text, at most `MOST_CLAUSES`: of a longer text several are taken together."""
    found = [_trimmed(text, *match.span()) for match in _CLAUSE.finditer(text)]
    together = -(-len(found) // MOST_CLAUSES) or 1
    return [
        (found[first][0], found[min(first + together, len(found)) - 1][1]) for first in range(0, len(found), together)
    ]


def without(text: str, span: Span) -> str:
    """The text with a clause left out."""
    return text[: span[0]] + text[span[1] :]


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
