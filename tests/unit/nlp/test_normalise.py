"""Reading a text as it is meant, with the way back to the text as published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.normalise import normalise

PIECES = [
    "利*息",
    "利 息",
    "ｌｉｘｉ",
    "銀行",
    "🏦",
    "🗑️",
    "辣鸡",
    "<b>",
    "&nbsp;",
    "ﷺ",
    "İ",
    "\ud800",
    "\x00",
    "①",
    "……",
    "q不出",
]
MESSY = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("吃了我的利*息", "吃了我的利息"),
        ("我的利 息呢", "我的利息呢"),
        ("少给 lixi 了", "少给 利息 了"),
        ("ＬＪ银行", "垃圾银行"),
        ("东山yh就是个🗑️", "东山银行就是个垃圾"),
        ("東山銀行凍結我帳戶", "东山银行冻结我帐户"),
        ("东山🏦呑钱", "东山银行吞钱"),
        ("推.诿.扯.皮", "推诿扯皮"),
        ("取 不 出 钱", "取不出钱"),
        ("<p>你好&nbsp;</p>", " 你好  "),
    ],
)
def test_obfuscation_is_read_as_meant(written: str, meant: str) -> None:
    """Signs, spaces, pinyin, emoji, traditional characters, full width and mark-up are undone."""
    assert normalise(written).text == meant


@pytest.mark.parametrize("plain", ["人挤人 鞋都踩掉一只", "利率3.5%", "2.5-3.0之间", "aljazeera news", "公正信息"])
def test_plain_text_is_left_alone(plain: str) -> None:
    """What only looks like an obfuscation stays as it is."""
    assert normalise(plain).text == plain


def test_span_takes_the_whole_hidden_word() -> None:
    """A word of the normal form points to all that was written for it."""
    text = "听说他把利*息吞了，ＬＪ"
    normal = normalise(text)
    start = normal.text.index("利息")
    low, high = normal.span(start, start + 2)
    assert text[low:high] == "利*息"
    start = normal.text.index("垃圾")
    low, high = normal.span(start, start + 2)
    assert text[low:high] == "ＬＪ"


@given(MESSY, st.data())
def test_every_span_lies_in_the_published_text(text: str, data: st.DataObject) -> None:
    """Spans stay inside the text and keep their order, whatever the text is."""
    normal = normalise(text)
    start = data.draw(st.integers(0, len(normal.text)))
    end = data.draw(st.integers(start, len(normal.text)))
    low, high = normal.span(start, end)
    assert 0 <= low <= high <= len(text)
    wider = normal.span(0, len(normal.text))
    assert wider[0] <= low
    assert high <= wider[1] or start == end


@given(st.text(alphabet="东山银行取钱,。!a1", max_size=40))
def test_a_text_without_edits_maps_to_itself(text: str) -> None:
    """Where nothing was changed, a span is the same span."""
    normal = normalise(text)
    if normal.text == text:
        assert normal.span(0, len(text)) == (0, len(text))


def test_normal_form_is_stable() -> None:
    """The normal form of a normal form is itself."""
    once = normalise("東山🏦把我的ｌｉｘｉ呑了❗️").text
    assert normalise(once).text == once
