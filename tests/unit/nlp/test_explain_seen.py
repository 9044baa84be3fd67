"""What is seen in one text, with its places in the text as published."""

from __future__ import annotations

import pytest

from domain.readings import Bank
from nlp.analyser import load_analyser
from nlp.explain_seen import MOST_SEEN, Page, Seen, outermost

BANK = Bank("青石岭村镇银行", ("青石岭银行", "岭上村行"), ("青石岭公园",), ("河湾支行",), "云山县")
ANALYSER = load_analyser()


def see(text: str, bank: Bank | None = BANK) -> Seen:
    """What is seen in a text."""
    return Page(ANALYSER.opener, text, bank).see()


@pytest.mark.parametrize(
    ("text", "kind", "written", "normal"),
    [
        ("青石岭的利*息少了", "hidden", "利*息", "利息"),
        ("推.诿.扯.皮", "hidden", "推.诿.扯.皮", "推诿扯皮"),
        ("利\u200b息少了", "hidden", "利\u200b息", "利息"),
        ("这个lixi不对", "hidden", "lixi", "利息"),
        ("去🏦存钱", "hidden", "🏦", "银行"),
        ("利 息少了", "hidden", "利 息", "利息"),
        ("貸款很貴", "simplified", "貸", "贷"),
        ("ＡＰＰ打不开", "folded", "ＡＰＰ", "app"),
        ("存款<b>利息</b>少", "mark_up", "<b>", " "),
        ("少了\u200b", "mark_up", "\u200b", ""),
    ],
)
def test_what_is_read_otherwise_than_written_is_told(text: str, kind: str, written: str, normal: str) -> None:
    """Hidden words, traditional characters, wide letters and mark-up, each where it stands."""
    first = see(text).edits[0]
    assert (first.kind, first.text, first.normal) == (kind, written, normal)
    assert text[first.start : first.end] == written


def test_a_mark_of_another_shape_is_no_edit() -> None:
    """Full-width punctuation is not worth a word."""
    assert see("青石岭银行，好！").edits == ()


@pytest.mark.parametrize(
    ("text", "form", "name"),
    [
        ("青石岭村镇银行真慢", "full", "青石岭村镇银行"),
        ("青石岭銀行真慢", "alias", "青石岭銀行"),
        ("岭上村行真慢", "alias", "岭上村行"),
        ("河湾支行真慢", "branch", "河湾支行"),
        ("河湾网点真慢", "branch", "河湾网点"),
        ("青石岭农商行真慢", "stem", "青石岭农商行"),
        ("青石🦺银行真慢", "hidden", "青石🦺银行"),
        ("云山县的银行排队真慢", "place", "云山县"),
        ("云水信用社真慢", "other", "云水信用社"),
        ("青石岭公园真美", "trap", "青石岭公园"),
    ],
)
def test_the_form_of_each_name_is_told(text: str, form: str, name: str) -> None:
    """Full name, short name, branch, bare stem, hidden, place; another bank; a name that is no bank's."""
    assert [(one.form, one.text) for one in see(text).names] == [(form, name)]


def test_with_no_bank_watched_any_bank_is_meant() -> None:
    """A bank's name has no form then, and a text without one has no name."""
    assert [(one.form, one.text) for one in see("云水信用社真慢", None).names] == [("any", "云水信用社")]
    assert see("真慢", None).names == ()


def test_whether_the_bank_is_named_or_only_tells_a_place_is_told() -> None:
    """The bank's door names the bank, and is only a landmark."""
    assert (see("青石岭银行门口有烧饼").named, see("青石岭银行门口有烧饼").landmark) == (True, True)
    assert (see("云水信用社真慢").named, see("云水信用社真慢").landmark) == (False, False)


@pytest.mark.parametrize(
    ("text", "status", "rule"),
    [
        ("青石岭银行吞利息", "claimed", False),
        ("青石岭银行没有吞利息", "negated", False),
        ("青石岭银行会吞利息吗？", "asked", False),
        ("要是青石岭银行吞利息", "supposed", False),
        ("云水信用社吞利息", "elsewhere", False),
        ("青石岭银行利息对不上", "claimed", True),
    ],
)
def test_topic_hits_have_their_status_and_say_whether_a_rule_joined_them(text: str, status: str, rule: bool) -> None:
    """Claimed, denied, asked, supposed, said of another bank; one word, or words of a rule."""
    assert [(hit.topic, hit.status, hit.rule) for hit in see(text).hits] == [("interest_swallowed", status, rule)]


def test_cues_are_told_with_their_words() -> None:
    """The general words by their kinds."""
    cues = {(cue.kind, cue.text) for cue in see("请问青石岭银行服务热情吗").cues}
    assert {("question", "请问"), ("question", "吗"), ("praise", "热情")} <= cues


def test_of_each_kind_only_so_many_are_told() -> None:
    """A text of twenty thousand characters does not make a list of thousands."""
    seen = see("青石岭银行坑人，利*息少了！" * 1200)
    assert [len(seen.edits), len(seen.names), len(seen.hits)] == [MOST_SEEN] * 3


def test_spans_inside_others_and_empty_ones_are_left_out() -> None:
    """Of 利息少 and 利息 only the longer is told."""
    assert outermost([(2, 4), (0, 3), (0, 2), (5, 5), (0, 3)]) == [(0, 3), (2, 4)]
