"""An explanation as the bank's staff read it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click import unstyle

from app.explain_text import as_text, plain
from domain.readings import Bank, Text
from nlp.analyser import load_analyser
from nlp.explain import Explanation, explain
from nlp.lexicon import load_taxonomy

BANK = Bank("青石岭村镇银行", ("青石岭银行",), ("青石岭公园",), ("河湾支行",), "青石岭县")
ANALYSER = load_analyser()
LABELS = {topic.code: topic.label for topic in load_taxonomy().topics}
COMPLAINT = "青石岭银行偷偷扣我短信费，每个月三块，从来没开通过"
SCREEN = 40
"""Lines."""


def explained(text: str, parent: str | None = None, bank: Bank | None = BANK) -> Explanation:
    """The explanation of one forum post."""
    return explain(ANALYSER, Text(text, "forum", parent, bank))


def told(text: str, parent: str | None = None, bank: Bank | None = BANK) -> str:
    """The same as plain text."""
    return unstyle(as_text(explained(text, parent, bank), LABELS))


def test_a_complaint_is_told_on_one_screen() -> None:
    """Text, outcome and distance to the threshold, what was seen, what it weighed, what would flip it."""
    text = told(COMPLAINT)
    assert text.startswith(f"正文（论坛；对照：青石岭村镇银行）\n  {COMPLAINT}\n")
    assert "结论　说到本行，负面，轻重 " in text
    assert f"到 {ANALYSER.bar:.2f} 算负面，高出 " in text
    assert "乱收费　依据“" in text
    assert "本行      “青石岭银行”（简称）" in text
    assert "支撑“说到本行”：“青石岭银行”" in text
    assert "· 去掉“青石岭银行”：就不算说本行，也就不算负面" in text
    assert [text.index(title) for title in ("结论", "看到了什么", "各处的分量", "怎样会变", "种改法")] == sorted(
        text.index(title) for title in ("结论", "看到了什么", "各处的分量", "怎样会变", "种改法")
    )
    assert text.count("\n") < SCREEN


@pytest.mark.parametrize("text", [COMPLAINT * 40, "青石岭银行公告：近日举办活动，敬请谅解。" * 200, "😡" * 10_000])
def test_a_long_text_is_told_on_one_screen_too(text: str) -> None:
    """Its beginning and its length are shown, and that it was not taken apart to the last word."""
    lines = told(text, text)
    assert lines.count("\n") < SCREEN
    assert f"…（共 {len(text)} 字）" in lines
    assert "只细看了分量最重的几处" in lines


def test_of_a_book_it_is_said_how_much_was_read() -> None:
    """What stands behind the first twenty thousand characters has no part in it."""
    assert "只读前 20000 字" in told("好" * 30_000)


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b "])
def test_of_nothing_nothing_is_told(text: str) -> None:
    """There is no number to explain."""
    assert "负面程度" not in told(" \n")
    assert told(text).startswith("正文（论坛；对照：青石岭村镇银行）\n  （没有文字）")


def test_why_a_text_is_not_about_the_bank_is_told() -> None:
    """It is not named, not even in what is answered; or it is named only to tell a place."""
    assert "没有提到本行（正文里没有它的名称、简称、网点）" in told("云水信用社真慢")
    assert "没有提到本行（正文和上文里没有它的名称、简称、网点）" in told("真慢", "云水信用社怎么样")
    beside = told("青石岭银行门口那家奶茶店关门了")
    assert "提到了本行，但不像在说它（把握 0." in beside
    assert "地标      本行的名字后面跟着“门口、旁边”一类的话" in beside


def test_what_was_seen_is_told_in_words() -> None:
    """Hidden words undone, traditional characters, another bank, a denied topic, the mood, and the parent's."""
    text = told("云水信用社的利*息少嗎？青石岭銀行没有吞利息，谢谢", "青石岭银行是不是吞利息")
    assert "还原写法  “利*息”→“利息”　繁体字等 2 个字" in text
    assert "别家银行  “云水信用社”" in text
    assert "“吞利息”（吞利息，说没有）" in text
    assert "夸奖“谢谢”" in text
    assert "上文：“青石岭银行是不是吞利息”" in text
    assert "上文里    “青石岭银行”" in text


def test_that_no_bank_is_watched_is_said() -> None:
    """Everything counts as about the bank then."""
    text = told("云水信用社偷偷扣我短信费", bank=None)
    assert text.startswith("正文（论坛；没有指定银行，任何话都当作说本行）")
    assert "本行      “云水信用社”（提到的银行）" in text


def test_where_the_store_has_another_reading_that_is_said() -> None:
    """One of an older version is to be made again; one that a second reader corrected stands."""
    one = explained(COMPLAINT)
    older = replace(one.reading, negative=False, negativity=0.2, version="1-old")
    assert "库里还是旧版本的判断：不算负面，负面程度 0.20；下次巡检会重读" in as_text(one, LABELS, older)
    second = replace(older, version=f"{one.reading.version}+reader-1")
    assert "第二读者复核过，库里以复核为准：不算负面，负面程度 0.20" in as_text(one, LABELS, second)
    assert "库里" not in as_text(one, LABELS, one.reading)


def test_near_the_threshold_as_many_digits_are_told_as_it_takes() -> None:
    """0.41 against 0.41 would explain nothing."""
    one = explained(COMPLAINT)
    close = replace(one, reading=replace(one.reading, negativity=0.4124), bar=0.4101)
    assert "负面程度 0.4124，到 0.4101 算负面，高出 0.0023" in as_text(close, LABELS)


def test_a_strangers_words_are_safe_to_print() -> None:
    """No control characters for the terminal, no marks that turn the line round, nothing that cannot be encoded."""
    assert plain("a\x1b[31mb\r\nc\u202ed\ud800e\u200b") == "a\ufffd[31mb cd\ufffde"
    told("青石岭银行\x1b[2J坑人\ud800").encode()
    assert "\x1b" not in told("青石岭银行\x1b[2J坑人\ud800", "\x1b\ud800")
