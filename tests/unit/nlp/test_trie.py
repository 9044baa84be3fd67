"""Many words found at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlp.joined import SEPARATOR, encode
from nlp.trie import Trie

LETTERS = st.text(alphabet="利息少了a", max_size=5)


@given(st.lists(LETTERS, max_size=8, unique=True), st.text(alphabet="利息少了a", max_size=30))
def test_every_word_is_found_at_every_place(words: list[str], text: str) -> None:
    """Overlapping and nested words are all found, and nothing else."""
    found = Trie.of(words).find(encode(text + SEPARATOR))
    said = set(zip(found.starts.tolist(), found.ends.tolist(), found.words.tolist(), strict=True))
    assert len(said) == len(found)
    assert said == {
        (start, start + len(word), number)
        for number, word in enumerate(words)
        for start in range(len(text))
        if word and text.startswith(word, start)
    }


def test_only_wanted_places_and_lengths_are_looked_at() -> None:
    """Words that begin elsewhere or are too long are left out."""
    trie = Trie.of(["利", "利息", "利息少"])
    codes = encode(f"利息少利息{SEPARATOR}")
    found = trie.find(codes, encode("\x03").astype("int64"), 1)
    assert (found.starts.tolist(), found.ends.tolist()) == ([3], [4])


def test_a_word_at_the_very_end_is_found_once() -> None:
    """Nothing is read beyond the last character."""
    found = Trie.of(["息利", "息"]).find(encode(f"利息{SEPARATOR}"))
    assert (found.starts.tolist(), found.ends.tolist()) == ([1], [2])
