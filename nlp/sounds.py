"""How Chinese characters sound, for words that are written by their sound: lilv, xian额, 农伤.

``data/syllables.txt`` has the syllables, without tones, of the characters of GB 2312.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import product

_LEAST_LETTERS = 4
"""A word in letters alone is at least so long: "li" and "fei" stand in too many other words."""
_MOST_CHARACTERS = 4
_PLAIN = frozenset("口理户名人子钱单期长关手信出到开补车房老法折金员工台脸")
"""Beside one of these a single letter is often just a letter: C口, K线理财, A户."""


def syllables(char: str) -> tuple[str, ...]:
    """How a character is read; none for what is not in the table."""
    return _readings().get(char, ())


def sounding_like(char: str) -> str:
    """The other characters with one of its readings."""
    return "".join(dict.fromkeys(other for one in syllables(char) for other in _characters()[one] if other != char))


def spelled(word: str) -> str:
    """A word in letters; empty where the reading of a character is not known."""
    readings = [syllables(char) for char in word]
    return "".join(one[0] for one in readings) if all(readings) else ""


def initials(word: str) -> str:
    """The first letters of a word's characters; empty where the reading of one is not known."""
    readings = [syllables(char) for char in word]
    return "".join(one[0][0] for one in readings) if all(readings) else ""


def spellings(word: str) -> Iterator[str]:
    """Ways of writing a word of two to four characters by its sound.

    Any of its characters in letters (lilv, li率, 利lv), all of them if that is long enough; and of a word of two one by
    its first letter (f务).
    """
    if not 2 <= len(word) <= _MOST_CHARACTERS:
        return
    for parts in product(*((char, *syllables(char)) for char in word)):
        form = "".join(parts)
        if form != word and (not form.isascii() or len(form) >= _LEAST_LETTERS):
            yield form
    if len(word) == 2:
        first, last = word[0], word[1]
        yield from (reading[0] + last for reading in syllables(first) if last not in _PLAIN)
        yield from (first + reading[0] for reading in syllables(last) if first not in _PLAIN)


@cache
def _characters() -> dict[str, str]:
    lines = (files("nlp") / "data" / "syllables.txt").read_text("utf-8").splitlines()
    pairs = ((line.split()[0], line.split()[1]) for line in lines if not line.startswith("#"))
    return dict(pairs)


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    readings: dict[str, tuple[str, ...]] = {}
    for syllable, characters in _characters().items():
        for char in characters:
            readings[char] = (*readings.get(char, ()), syllable)
    return readings
