"""Words, where words decide: whether a match is a word of its own or a piece of another (服务差 in 服务差不多).

jieba's dictionary with the domain's words, in a tokenizer of our own that is made on first use. Most texts never need
it: it is asked only where a dictionary word crosses the border of a match.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.resources import files
from typing import Any

import jieba

_LONGEST = 4
_MARGIN = 8


@cache
def tokenizer() -> Any:
    """jieba's tokenizer with the domain's words. Takes about half a second, once in a process."""
    jieba.setLogLevel(logging.WARNING)
    made = jieba.Tokenizer()
    made.initialize()
    for word in (files("nlp") / "data" / "words.txt").read_text(encoding="utf-8").split():
        made.add_word(word)
    return made


def words(text: str) -> list[str]:
    """The words of a normal form, in order."""
    return list(tokenizer().lcut(text))


def cuts_a_word(text: str, position: int) -> bool:
    """Whether a word stands across ``position``, so that what ends or begins there is only a piece of it."""
    if not 0 < position < len(text) or not _may_cross(text, position):
        return False
    low, high = max(0, position - _MARGIN), min(len(text), position + _MARGIN)
    here = low
    for word in tokenizer().cut(text[low:high]):
        here += len(word)
        if here >= position:
            return here > position
    return False


def _may_cross(text: str, position: int) -> bool:
    known = tokenizer().FREQ
    return any(
        known.get(text[start:end], 0) > 0
        for start in range(max(0, position - _LONGEST + 1), position)
        for end in range(position + 1, min(len(text), start + _LONGEST) + 1)
    )
