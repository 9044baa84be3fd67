"""Texts as comparing needs them: normalised, n-grams, clauses. No dictionary: characters serve short posts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_NOISE = re.compile(r"https?://\S+|@[\w\-·]+|\[[\w一-鿿]{1,6}\]")
_BREAKS = re.compile(r"[。！？!?；;，,、：:…~\n\r\t]+|\s{2,}")
_SKIP = re.compile(r"[^0-9a-z㐀-鿿.%]+")
_TITLE_CHARS = 40


def normalise(text: str) -> str:
    """NFKC, lower case, without addresses, mentions and emoticon codes; breaks are kept."""
    return _NOISE.sub(" ", unicodedata.normalize("NFKC", text).lower())


def squeeze(text: str) -> str:
    """Only letters, digits, the point and the per cent sign of a normalised text."""
    return _SKIP.sub("", text)


def ngrams(squeezed: str, size: int) -> set[str]:
    """The distinct character n-grams; the text itself where it is shorter, nothing where it is empty."""
    if len(squeezed) <= size:
        return {squeezed} if squeezed else set()
    return {squeezed[start : start + size] for start in range(len(squeezed) - size + 1)}


def clauses(normalised: str) -> list[str]:
    """The squeezed clauses between punctuation, in order, without empty ones."""
    return [clause for part in _BREAKS.split(normalised) if (clause := squeeze(part))]


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds any of the words, the longest where several begin."""
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))


def headline(title: str | None, text: str) -> str:
    """At most 40 characters that the post itself says: its title, or its first clauses."""
    source = " ".join((title or "").split()) or " ".join(text.split())
    if len(source) <= _TITLE_CHARS:
        return source
    if title:
        return source[: _TITLE_CHARS - 1] + "…"
    breaks = (match.start() for match in _BREAKS.finditer(source))
    cut = max((start for start in breaks if start < _TITLE_CHARS), default=0)
    return source[:cut] if cut >= 6 else source[: _TITLE_CHARS - 1] + "…"
