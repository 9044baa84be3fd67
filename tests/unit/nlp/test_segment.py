"""Whether a match is a word of its own, as jieba sees it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import jieba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.normalise import normalise
from nlp.segment import dictionary, pieces

CHARACTERS = "贷款难道服务差不多垃圾分类桶银行利率高续解押取不出了的是在青石岭abc1.5%，。 魑魅鑫淼"
MARGIN = 8


@cache
def tokenizer() -> Any:
    """The package's own tokenizer, with the domain's words."""
    made = jieba.Tokenizer()
    for word in (files("nlp") / "data" / "words.txt").read_text(encoding="utf-8").split():
        made.add_word(word)
    return made


def piece(text: str, start: int, end: int) -> bool:
    """What `pieces` says of one span of a normal form."""
    normals = normalise([text])
    begin = normals.joined.starts
    return bool(pieces(normals.joined, normals.kinds, begin + start, begin + end)[0])


def across(text: str, position: int) -> tuple[int, int] | None:
    """The word that jieba's segmentation of the surroundings has across a position."""
    low = max(0, position - MARGIN)
    for word in tokenizer().cut(text[low : position + MARGIN]):
        if low < position < low + len(word):
            return low, low + len(word)
        low += len(word)
    return None


def test_words_know_the_domain_and_their_borders() -> None:
    """服务差 is a piece in 服务差不多, and 贷款利率高 is none after 银行."""
    assert piece("服务差不多", 0, 3)
    assert piece("垃圾分类", 0, 2)
    assert not piece("服务差得很", 0, 3)
    assert not piece("东山银行贷款利率高", 4, 9)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=CHARACTERS, min_size=2, max_size=24), st.data())
def test_a_piece_is_what_jieba_cuts_otherwise(text: str, data: st.DataObject) -> None:
    """A span whose end stands inside one of jieba's words is a piece, and one that no such word meets is none.

    What ends like 取不出 is left out: it is whole, whatever begins inside it.
    """
    text = normalise([text]).joined.row(0)
    end = data.draw(st.integers(0, len(text)))
    start = data.draw(st.integers(0, end))
    known = tokenizer().FREQ
    doubtful = any(
        known.get(text[a:b]) for a in range(max(0, end - 3), end) for b in range(end + 1, min(len(text), a + 4) + 1)
    )
    whole = end >= 2 and text[end - 2] == "不"
    if end > start and doubtful and not whole and across(text, end):
        assert piece(text, start, end)
    if end > start and not across(text, end) and not across(text, start):
        assert not piece(text, start, end)


def test_the_dictionary_is_jiebas() -> None:
    """The words that were added have the frequency that jieba gives them, and the total is the same."""
    entries = dictionary()
    assert np.isclose(entries.total, np.log(tokenizer().total), rtol=1e-12)
    words = (files("nlp") / "data" / "words.txt").read_text(encoding="utf-8").split()
    codes = normalise(words).joined
    found = entries.trie.find(codes.codes)
    whole = {
        (int(start), int(end)): word for start, end, word in zip(found.starts, found.ends, found.words, strict=True)
    }
    for row, word in enumerate(words):
        number = whole[int(codes.starts[row]), int(codes.ends[row])]
        assert np.isclose(entries.logarithms[number], np.log(tokenizer().FREQ[word]), rtol=1e-12)
