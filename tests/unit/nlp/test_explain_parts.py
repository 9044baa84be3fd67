"""How a text is cut into parts, and which of them are told."""

from __future__ import annotations

import math

import pytest

from domain.readings import Reading
from nlp.explain_bench import Part, log_odds, strongest, with_other_words
from nlp.explain_parts import words_of

READING = Reading(True, (), False, 0.1, 0, (), "1")  # noqa: FBT003


def part(start: int, end: int, weight: float) -> Part:
    """A part of that place and weight."""
    return Part("text", start, end, "字" * (end - start), READING, weight, 0.0, 0.0, {})


def weigh(one: Part) -> float:
    """Its weight."""
    return one.weight


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("柜员态度很差", ["柜员", "态度", "很差"]),
        ("我的存款少了", ["我的", "存款", "少了"]),
        ("扣了3.5元", ["扣了", "3.5元"]),
        ("，。！", []),
        ("", []),
        ("好", ["好"]),
    ],
)
def test_a_clause_is_cut_into_words_that_mean_something(text: str, words: list[str]) -> None:
    """Single characters go with a neighbour, figures stay whole, marks are no words."""
    assert [text[start:end] for start, end in words_of(text, (0, len(text)))] == words


def test_atoms_are_not_cut() -> None:
    """A name is one word, whatever the dictionary makes of it, and a particle behind it says nothing."""
    text = "去青石岭银行的柜台"
    words = words_of(text, (0, len(text)), [(1, 6)])
    assert [text[start:end] for start, end in words] == ["去", "青石岭银行", "柜台"]


def test_the_strongest_parts_do_not_overlap_and_the_weakest_are_not_told() -> None:
    """In order of weight; what would change next to nothing is left out."""
    told = strongest([part(0, 4, 1.0), part(2, 6, 2.0), part(6, 8, 0.5), part(8, 9, 0.01)], weigh, 5)
    assert [(one.start, one.end) for one in told] == [(2, 6), (6, 8)]
    assert [one.start for one in strongest([part(0, 4, 1.0), part(6, 8, 0.5)], weigh, 1)] == [0]


def test_a_word_that_carries_its_clause_is_told_in_its_place() -> None:
    """If most of the weight is the word's; else it is the clause that speaks."""
    assert [one.size for one in strongest([part(0, 10, 2.0), part(3, 5, 1.5)], weigh, 5)] == [2]
    assert [one.size for one in strongest([part(0, 10, 2.0), part(3, 5, 1.0)], weigh, 5)] == [10]


def test_log_odds_are_finite_for_certainty() -> None:
    """Nothing and certainty are as far from one half as a millionth."""
    assert log_odds(0.5) == 0
    assert [log_odds(1.0), -log_odds(0.0)] == pytest.approx([math.log(1e6)] * 2)


def test_stretches_are_replaced_from_the_end() -> None:
    """Places stay true while several stretches change length."""
    assert with_other_words("甲乙丙丁", [(0, 1, ""), (2, 3, "很长的话")]) == "乙很长的话丁"
