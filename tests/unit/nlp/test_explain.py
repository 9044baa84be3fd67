"""Explanations: everything that is told is what the analyser itself does with the text, or with a changed one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.readings import Bank, Text
from nlp.analyser import load_analyser
from nlp.explain import Explanation, explain
from nlp.explain_bench import LEAST_VARIANTS, MOST_VARIANTS
from nlp.pages import LONGEST_TEXT

BANK = Bank("青石岭村镇银行", ("青石岭银行",), ("青石岭公园",), ("河湾支行",), "青石岭县")
ANALYSER = load_analyser()
FLIPPING = 2 * (8 * 7 // 2 + 6) + 8
"""At most so many texts are read to find what flips, besides parts that are left out alone."""


def explained(text: str, parent: str | None = None, bank: Bank | None = BANK) -> Explanation:
    """The explanation of one forum post."""
    return explain(ANALYSER, Text(text, "forum", parent, bank))


PIECES = [
    "青石岭银行",
    "河湾支行",
    "云水信用社",
    "利*息少了",
    "🏦",
    "没有坑人",
    "<b>",
    "\ud83d",
    "ﷺ",
    "\x00",
    "。",
    "，",
    " ",
]
WORDS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=9).map("".join)
TEXTS = st.builds(Text, WORDS, st.just("forum"), st.none() | WORDS, st.sampled_from([None, BANK]))


def check_spans(one: Explanation) -> None:
    """Every span tells what stands there."""
    sides = [(one.text.text, one.seen), (one.text.parent or "", one.seen_in_parent)]
    for text, seen in sides:
        for told in [*seen.edits, *seen.names, *seen.hits, *seen.cues] if seen else []:
            assert told.text == text[told.start : told.end]
            assert told.start < told.end
    for part in one.parts:
        assert part.text == one.text.text[part.start : part.end]
        assert part.start < part.end


def check_weights(one: Explanation) -> None:
    """A part's weight is the difference that leaving it out makes when the rest is really read."""
    words = one.text.text
    changed = [
        Text(words[: part.start] + words[part.end : one.read], "forum", one.text.parent, one.text.bank)
        for part in one.parts
    ]
    for part, reading in zip(one.parts, ANALYSER.read(changed), strict=True):
        assert part.without == reading
        difference = one.reading.negativity - reading.negativity
        assert part.points == pytest.approx(100 * difference, abs=0.01)
        assert part.weight * difference >= -1e-3 * abs(difference)


def check_flips(one: Explanation) -> None:
    """What is said to flip the reading flips it when the changed text is read."""
    for flip, reading in zip(one.flips, ANALYSER.read([flip.text for flip in one.flips]), strict=True):
        assert flip.reading == reading
        assert ("negative" in flip.changes) == (reading.negative != one.reading.negative)
        assert ("about" in flip.changes) == (reading.about != one.reading.about)
        assert flip.changes
        left = one.text.text[: one.read]
        for part in sorted(flip.parts, key=lambda part: -part.start):
            left = left[: part.start] + left[part.end :]
        assert flip.kind != "left_out" or (flip.text.text, bool(flip.parts)) == (left, True)


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_what_is_told_is_what_the_analyser_does(text: Text) -> None:
    """Whatever the text: its own reading, true spans, true weights, true flips, and the same when asked again."""
    one = explain(ANALYSER, text)
    assert one.reading == ANALYSER.read([text])[0]
    check_spans(one)
    check_weights(one)
    check_flips(one)
    assert explain(ANALYSER, text) == one


ARTICLE = (
    "近日，青石岭村镇银行开展宣传活动，向群众讲解防诈骗知识。" * 40
    + "\n河湾支行排队两小时只开一个窗口，取款还要预约。\n"
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "。。。",
        "顶",
        "\ud800" * 5,
        "\x00\x01\x02",
        "😡" * 10_000,
        "青石岭银行坑人！" * 1000,
        ARTICLE,
        "a" * 10_000_000,
    ],
    ids=["empty", "blank", "marks", "short", "surrogates", "control", "emoji", "repeated", "article", "10 MB"],
)
def test_odd_and_long_texts_are_explained_within_bounds(text: str) -> None:
    """Nothing crashes, and however long the text is, no more than the allowed number of changed ones is read."""
    one = explained(text, parent=text[:200])
    assert one.read == min(len(text), LONGEST_TEXT)
    assert one.variants <= 2 + (LEAST_VARIANTS if one.read == LONGEST_TEXT else MOST_VARIANTS) + FLIPPING
    check_spans(one)
    check_flips(one)


def test_only_the_weightiest_places_of_a_long_text_are_taken_apart_and_that_is_said() -> None:
    """A post is taken apart to its words; an article only where it matters, and the grievance in it is found."""
    assert explained("青石岭银行取款要预约，跑了三趟").complete
    one = explained(ARTICLE)
    assert not one.complete
    weightiest = max(one.parts, key=lambda part: part.weight)
    assert weightiest.start >= ARTICLE.index("河湾支行") - 60


@pytest.mark.parametrize("text", ["青石岭银行的柜员态度恶劣，再也不去了", "听说河湾支行要倒闭了，大家快取钱"])
def test_no_part_cuts_a_name(text: str) -> None:
    """Half a bank's name says nothing to anybody: a name is in a part as a whole, or not at all."""
    one = explained(text)
    assert one.seen.names
    for name in one.seen.names:
        for part in one.parts:
            inside = part.start <= name.start and name.end <= part.end
            assert inside or part.end <= name.start or name.end <= part.start


def test_the_banks_name_is_what_makes_a_complaint_one_about_it() -> None:
    """Without its name, or with another bank's, a complaint is not about the bank and so not negative."""
    one = explained("青石岭银行偷偷扣我短信费，每个月三块，从来没开通过")
    assert (one.reading.about, one.reading.negative) == (True, True)
    flips = {flip.kind: flip for flip in one.flips if "about" in flip.changes}
    assert [part.text for part in flips["left_out"].parts] == ["青石岭银行"]
    assert "某某农商行" in flips["other_bank"].text.text
    assert {"left_out", "other_bank"} <= flips.keys()


def test_another_banks_complaint_would_be_ours_with_our_name() -> None:
    """What is said of another bank is told to be a complaint if it were about the watched one."""
    one = explained("云水信用社偷偷扣我短信费，每个月三块，从来没开通过")
    assert not one.reading.about
    (flip,) = [flip for flip in one.flips if flip.kind == "own_bank"]
    assert flip.text.text.startswith("青石岭村镇银行偷偷扣我")
    assert flip.changes == ("negative", "about")


def test_a_reply_is_explained_by_what_it_answers() -> None:
    """The parent has a weight of its own, what was seen in it is told, and without it nothing is about the bank."""
    one = explained("我的也少了，一样", "青石岭银行到期利息少了两百多")
    assert one.parent is not None
    assert one.parent.about > 0
    assert one.seen_in_parent is not None
    assert [name.form for name in one.seen_in_parent.names] == ["alias"]
    assert "about" in next(flip for flip in one.flips if flip.kind == "no_parent").changes
    assert explained("我的也少了，一样").parent is None


def test_with_no_bank_watched_no_name_is_exchanged() -> None:
    """Every text is about the bank then, and no flip can say otherwise."""
    one = explained("云水信用社偷偷扣我短信费，每个月三块，从来没开通过", bank=None)
    assert one.reading.about
    assert not {"other_bank", "own_bank"} & {flip.kind for flip in one.flips}
    assert [name.form for name in one.seen.names] == ["any"]
