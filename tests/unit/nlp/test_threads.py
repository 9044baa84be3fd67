"""What the place in a thread adds to what the words say."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp.threads import BELOW_CALM, BELOW_COMPLAINTS, WEIGHT, in_place

CHANCES = st.floats(0, 1, width=32)


def place(words: float, above: float = 0.5, *, answers: bool = True) -> float:
    """The negativity of one post in its place."""
    return float(
        in_place(np.array([words], dtype=np.float32), np.array([above], dtype=np.float32), np.array([answers]))[0]
    )


@given(CHANCES, CHANCES, CHANCES, st.booleans())
def test_it_rises_with_the_words_and_with_what_is_above(
    words: float, above: float, other: float, answers: bool
) -> None:
    """More of either never means less of a complaint, and it stays a chance."""
    assert 0 <= place(words, above, answers=answers) <= 1
    assert place(min(words, other), above) <= place(max(words, other), above)
    assert place(words, min(above, other)) <= place(words, max(above, other))


def test_words_that_say_nothing_leave_the_odds_of_the_place() -> None:
    """Where the words are undecided, it is the share that complains there, by half of its odds."""
    for above, share in ((1.0, BELOW_COMPLAINTS), (0.0, BELOW_CALM)):
        odds = (share / (1 - share)) ** WEIGHT
        assert abs(place(0.5, above) - odds / (1 + odds)) < 1e-3


def test_what_is_above_is_of_no_use_to_a_first_post() -> None:
    """A first post answers nothing."""
    assert place(0.4, 0.0, answers=False) == place(0.4, 1.0, answers=False) > 0.4
