"""The kinds of character, as bits by code point: one look-up finds the few places that a step must look at."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from nlp.joined import Codes

UNSEEN = 1 << 0
"""Left out by normalising."""
OPENING = 1 << 1
"""May begin mark-up."""
ODD = 1 << 2
"""Compatibility forms, combining marks, and letters whose lower case is not one letter: folded text by text."""
HIDING = 1 << 3
"""May stand inside a hidden word, spaces among them."""
HAN = 1 << 4
LETTER = 1 << 5
CLAUSE = 1 << 6
"""Ends a clause (spaces do, too)."""
SENTENCE = 1 << 7
DIGIT = 1 << 8
NUMERAL = 1 << 9
EMOJI = 1 << 10
QUOTE = 1 << 11
SPACE = 1 << 12
"""What `str.rstrip` takes away."""
SYMBOL = 1 << 13
"""Neither word, space nor mark: may stand for a character of a name."""
WORDLIKE = 1 << 14
"""What jieba takes for parts of words; all else stands alone."""

_CODES = 0x110000
_UNSEEN_RANGES = (
    (0x00, 0x08), (0x0B, 0x1D), (0x1F, 0x1F), (0x7F, 0x7F), (0xAD, 0xAD), (0x200B, 0x200F), (0x2028, 0x202E),
    (0x2060, 0x2064), (0xFEFF, 0xFEFF), (0xFE00, 0xFE0F), (0x20E3, 0x20E3), (0x1F3FB, 0x1F3FF),
)  # fmt: skip
_LOOKED_AT = (range(0x3400), range(0xA000, 0xAC00), range(0xFFFD, 0xFFFE), range(0x1F000, 0x1FC00))
_WORDS = ((0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0x20000, 0x2A6DF))
"""Blocks of letters without any compatibility form. Characters in neither are taken as odd signs."""
_PRIVATE = (0xE000, 0xF8FF)
_JAMO = range(0x1100, 0x1200)
_LISTED = {
    OPENING: "<&[",
    HIDING: "*·•.-_|/~^+$=丶✨ ",
    LETTER: "abcdefghijklmnopqrstuvwxyz",
    CLAUSE: ',.!?;:\n"。、~—',
    SENTENCE: ".!?;\n。",
    NUMERAL: "一二三四五六七八九十百千万两",
    QUOTE: "\"“”‘’'",
    WORDLIKE: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+#&._%-",
}

Kinds = npt.NDArray[np.uint32]


@cache
def _kinds() -> Kinds:
    """The bits of every code point."""
    table = np.full(_CODES, ODD | SYMBOL, dtype=np.uint32)
    for first, last in (*_WORDS, _PRIVATE):
        table[first : last + 1] = 0
    table[_PRIVATE[0] : _PRIVATE[1] + 1] = SYMBOL
    for codes in _LOOKED_AT:
        table[codes.start : codes.stop] = [_looked_up(code) for code in codes]
    for first, last in _UNSEEN_RANGES:
        table[first : last + 1] |= UNSEEN
    for first, last, kind in (
        (0x3400, 0x9FFF, HAN),
        (0x4E00, 0x9FD5, WORDLIKE),
        (0x1F300, 0x1FAFF, EMOJI),
        (0x2600, 0x27BF, EMOJI),
    ):
        table[first : last + 1] |= kind
    for kind, characters in _LISTED.items():
        table[[ord(character) for character in characters]] |= kind
    return table


def _looked_up(code: int) -> int:
    """The bits that follow from what Unicode says of a character."""
    character = chr(code)
    odd = (
        unicodedata.normalize("NFKC", character) != character
        or unicodedata.category(character)[0] == "M"
        or len(character.lower()) != 1
        or code in _JAMO
        or character == "Σ"
    )
    word, space = character.isalnum() or character == "_", character.isspace()
    symbol = not word and not space and character not in ",.!?;:，。！？"
    return ODD * odd | DIGIT * character.isdecimal() | SPACE * space | SYMBOL * symbol


@cache
def _lower() -> Codes:
    table = np.arange(_CODES, dtype=np.uint32)
    for codes in _LOOKED_AT:
        lower = [chr(code).lower() for code in codes]
        table[codes.start : codes.stop] = [
            ord(one) if len(one) == 1 else code for one, code in zip(lower, codes, strict=True)
        ]
    return table


def kinds_of(codes: Codes) -> Kinds:
    """The kinds of each character."""
    return _kinds().take(codes)


def lower_case(codes: Codes) -> Codes:
    """Lower case of each character; odd ones may stay as they are."""
    return _lower().take(codes)
