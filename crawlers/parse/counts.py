"""Counts as sites print them → numbers. Pure."""

from __future__ import annotations

import re
import unicodedata

_UNITS = {
    "": 1,
    "k": 1_000,
    "千": 1_000,
    "w": 10_000,
    "万": 10_000,
    "萬": 10_000,
    "m": 1_000_000,
    "亿": 100_000_000,
}
_COUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z千万萬亿]?)\+?")
_LARGEST = 2**63 - 1


def parse_count(value: object) -> int | None:
    """``1.2万`` → 12000, ``10万+`` → 100000 (at least that), ``12,345`` → 12345; no count → None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if isinstance(value, int):
        return value if 0 <= value <= _LARGEST else None
    return _from_text(value) if isinstance(value, str) else None


def _from_text(text: str) -> int | None:
    plain = unicodedata.normalize("NFKC", text).strip().lower().replace(",", "")
    match = _COUNT.fullmatch(plain)
    if not match or match.group(2) not in _UNITS or len(plain) > 24:
        return None
    # Whole numbers stay whole: a float would lose digits of large ones.
    whole, _, fraction = match.group(1).partition(".")
    unit = _UNITS[match.group(2)]
    count = int(whole) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
    return count if count <= _LARGEST else None
