"""What becomes of a first reading and a second opinion, and what the sweep tells of it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.readings import Evidence, Reading
from domain.second import SecondOpinion
from pipeline.second import SecondCount, combined

BAR = 0.42
WORDS = (Evidence("queue_slow", 0, 2, "排队"),)
OWN = (Evidence("service_bad", 3, 5, "态度"),)
MILD = Reading(about=True, topics=(), negative=False, negativity=0.4, severity=0, evidence=(), version="3-a")
GRAVE = Reading(
    about=True, topics=("service_bad",), negative=True, negativity=0.5, severity=3, evidence=OWN, version="3-a"
)


def opinion(**changes: Any) -> SecondOpinion:
    """A negative opinion, with changes."""
    facts = {"reader": "qwen@1", "negative": True, "negativity": 0.8, "topics": ("queue_slow",), "severity": 2}
    return SecondOpinion(**{**facts, "quotes": WORDS, "reason": "", **changes})


def test_a_negative_opinion_puts_its_verdict_topics_and_words_in_the_place_of_the_first() -> None:
    """The version names both readers."""
    found = combined(MILD, opinion(), BAR)
    assert found == Reading(
        about=True, topics=("queue_slow",), negative=True, negativity=0.8, severity=2, evidence=WORDS,
        version="3-a+qwen@1",
    )  # fmt: skip


def test_an_opinion_that_clears_a_post_leaves_nothing_of_the_reproach() -> None:
    """As with every reading that is not negative: no topics, no severity, no evidence."""
    found = combined(GRAVE, opinion(negative=False, negativity=0.1, topics=(), severity=None), BAR)
    assert found == Reading(
        about=True, topics=(), negative=False, negativity=0.1, severity=0, evidence=(), version="3-a+qwen@1"
    )


def test_a_reader_that_knows_no_topics_leaves_those_of_the_first_reading() -> None:
    """With their evidence and severity; where there are none, its own words are the evidence."""
    found = combined(GRAVE, opinion(topics=None, severity=None), BAR)
    assert (found.topics, found.evidence, found.severity) == (("service_bad",), OWN, 3)
    found = combined(MILD, opinion(topics=None, severity=None), BAR)
    assert (found.topics, found.evidence, found.severity) == ((), WORDS, 1)


@given(st.floats(0, 1), st.booleans(), st.sampled_from([MILD, GRAVE]), st.floats(0.01, 0.99))
def test_negative_and_at_or_over_the_bar_stay_the_same_thing(
    negativity: float, negative: bool, first: Reading, bar: float
) -> None:
    """Whatever the second reader's scale, and whatever the bar."""
    found = combined(first, opinion(negative=negative, negativity=negativity), bar)
    assert found.negative == negative == (found.negativity >= bar)
    assert 0 <= found.negativity <= 1


def test_the_line_of_the_sweep_tells_what_happened() -> None:
    """Nothing where nothing was to be done; the cause where nobody was asked or something failed."""
    assert SecondCount().summary() == ""
    assert SecondCount(cause="没有安装").summary() == "复读没有进行（没有安装）"
    assert SecondCount(12, 3).summary() == "复读 12 条（改判 3 条）"
    assert SecondCount(failed=3, cause="连接不上").summary() == "复读 0 条，未成 3 条（连接不上）"
    assert SecondCount(12, 3, 1, 2, "连接不上").summary() == "复读 12 条（改判 3 条），拒收 1 条，未成 2 条（连接不上）"
