"""Examples beside topics, read by the real analyser, and what is said of those that are read wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.topics import how_sure
from app.topics_check import STAND_IN, Judged, judge, nameless, tally, told
from domain.readings import Bank, Complaint, ComplaintClass
from nlp.analyser import load_analyser
from nlp.lexicon import build, load_books

OWN = """\
topics:
  - code: parking
    label: 停车难
    terms: [停车位不够, 车位]
    examples:
      - {is: true, text: "去{bank}办事停车位不够，被贴了罚单，气死人"}
      - {is: true, parent: "{bank}停车方便吗", text: "去了三回都没处停，柜员态度还恶劣，太差劲了"}
      - {is: false, text: "{bank}的停车位不够吗？"}
      - {is: false, text: "{bank}的保安态度恶劣，车位都让他占了，太欺负人"}
      - {is: true, text: "停车位不够，气死人"}
      - {is: false, text: "车位还行"}
"""


def judged_of(tmp_path: Path, text: str, banks: tuple[Bank, ...] = (STAND_IN,)) -> list[Judged]:
    """The bank's own examples as they are read."""
    path = tmp_path / "topics.yaml"
    path.write_text(text, encoding="utf-8")
    files = load_books(path)
    return [one for one in judge(files, build(files), load_analyser(path), banks) if one.own]


@pytest.fixture
def judged(tmp_path: Path) -> list[Judged]:
    """The examples above."""
    return judged_of(tmp_path, OWN)


def test_examples_are_right_where_the_topic_is_read_as_it_should(judged: list[Judged]) -> None:
    """A plain complaint and a question are read rightly; each example keeps its place in the file."""
    assert [one.right for one in judged] == [True, False, True, False, False, True]
    assert judged[0].place.endswith("topics.yaml:6:9")
    assert tally(judged) == [("停车难", "parking", "6", "3", "3")]


def test_a_missed_example_is_told_with_what_was_seen_and_what_helps(judged: list[Judged]) -> None:
    """No word of the topic is in the text, so one has to be added."""
    lines = "\n".join(told(judged[1], {code: code for code in judged[1].reading.topics}))
    assert "该读出，没有读出" in lines
    assert "（回复：{bank}停车方便吗）" in lines
    assert "见到：没有这个主题的词" in lines
    assert "加进 terms" in lines


def test_a_false_alarm_is_told_with_the_word_that_did_it(judged: list[Judged]) -> None:
    """The short word stands in the text and is to become a longer one."""
    lines = "\n".join(told(judged[3], {code: code for code in judged[3].reading.topics}))
    assert "不该读出，读出来了" in lines
    assert "“车位”（直说）" in lines
    assert "更长、更专的词" in lines


def test_an_example_without_the_bank_is_told(judged: list[Judged]) -> None:
    """One for the topic cannot be read; one against it passes whatever the words are, which is worth a reminder."""
    assert "在例句或 parent 里写上 {bank}" in told(judged[4], {})[-1]
    assert [(fault.place, fault.grave) for fault in nameless(judged)] == [(judged[5].place, False)]


def test_an_example_may_name_any_of_the_watched_banks(tmp_path: Path) -> None:
    """The bank that stands in the text is the watched one; the placeholder is the first bank."""
    text = OWN.replace("去{bank}办事停车位不够", "去桃源农商行办事停车位不够")
    banks = (STAND_IN, Bank("桃源农村商业银行", ("桃源农商行",)))
    assert [one.right for one in judged_of(tmp_path, text, banks)[:3]] == [True, False, True]
    assert judged_of(tmp_path, text)[0].reading.about is False


SURE, GUESSED = ComplaintClass("a", "甲", None, sure=True), ComplaintClass("b", "乙", None, sure=False)


@pytest.mark.parametrize(
    ("complaint", "word"),
    [
        (Complaint(), "未填"),
        (Complaint(note="传言"), "不对应"),
        (Complaint(business=(SURE,)), "确定"),
        (Complaint(business=(SURE,), reason=(GUESSED,)), "部分存疑"),
        (Complaint(reason=(GUESSED,)), "存疑"),
    ],
)
def test_how_sure_the_classes_are_is_said_in_a_word(complaint: Complaint, word: str) -> None:
    """Nothing filled in, nothing that fits, all sure, some, none."""
    assert how_sure(complaint) == word
