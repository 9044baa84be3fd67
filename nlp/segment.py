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


def is_a_piece(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` only seems to be said, because another word begins or ends inside it.

    服务差 is a piece in 服务差不多. A word that reaches in from the left counts only where what it covers is no word
    itself: 银行贷款 is one word to jieba, and yet 贷款利率高 is said in it.
    """
    if _word_across(text, end) is not None:
        return True
    left = _word_across(text, start)
    return left is not None and left[1] < end and not _known(text[start : left[1]])


def _known(word: str) -> bool:
    return len(word) > 1 and tokenizer().FREQ.get(word, 0) > 0


def _word_across(text: str, position: int) -> tuple[int, int] | None:
    """The word of a segmentation that stands across ``position``."""
    if not 0 < position < len(text) or not _may_cross(text, position):
        return None
    low, high = max(0, position - _MARGIN), min(len(text), position + _MARGIN)
    here = low
    for word in tokenizer().cut(text[low:high]):
        if here < position < here + len(word):
            return here, here + len(word)
        here += len(word)
        if here >= position:
            break
    return None


def _may_cross(text: str, position: int) -> bool:
    known = tokenizer().FREQ
    return any(
        known.get(text[start:end], 0) > 0
        for start in range(max(0, position - _LONGEST + 1), position)
        for end in range(position + 1, min(len(text), start + _LONGEST) + 1)
    )
