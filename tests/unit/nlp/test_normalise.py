"""Reading a text as it is meant, with the way back to the text as published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.normalise import Normals, normal_form, normalise

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


def span(normals: Normals, start: int, end: int, row: int = 0) -> tuple[int, int]:
    """``[start:end]`` of one normal form as a span of its published text."""
    begin = int(normals.joined.starts[row])
    low, high = normals.spans(np.array([row]), np.array([begin + start]), np.array([begin + end]))
    return int(low[0]), int(high[0])


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
    assert normal_form(written) == meant


@pytest.mark.parametrize("plain", ["人挤人 鞋都踩掉一只", "利率3.5%", "2.5-3.0之间", "aljazeera news", "公正信息"])
def test_plain_text_is_left_alone(plain: str) -> None:
    """What only looks like an obfuscation stays as it is."""
    assert normal_form(plain) == plain


def test_span_takes_the_whole_hidden_word() -> None:
    """A word of the normal form points to all that was written for it."""
    text = "听说他把利*息吞了，ＬＪ"
    normals, meant = normalise([text]), normal_form(text)
    start = meant.index("利息")
    low, high = span(normals, start, start + 2)
    assert text[low:high] == "利*息"
    start = meant.index("垃圾")
    low, high = span(normals, start, start + 2)
    assert text[low:high] == "ＬＪ"


@given(MESSY, st.data())
def test_every_span_lies_in_the_published_text(text: str, data: st.DataObject) -> None:
    """Spans stay inside the text and keep their order, whatever the text is."""
    normals, length = normalise([text]), len(normal_form(text))
    start = data.draw(st.integers(0, length))
    end = data.draw(st.integers(start, length))
    low, high = span(normals, start, end)
    assert 0 <= low <= high <= len(text)
    wider = span(normals, 0, length)
    assert wider[0] <= low
    assert high <= wider[1] or start == end


@given(st.text(alphabet="东山银行取钱,。!a1", max_size=40))
def test_a_text_without_edits_maps_to_itself(text: str) -> None:
    """Where nothing was changed, a span is the same span."""
    if normal_form(text) == text:
        assert span(normalise([text]), 0, len(text)) == (0, len(text))


@given(st.lists(MESSY, max_size=6))
def test_normal_forms_do_not_depend_on_their_neighbours(texts: list[str]) -> None:
    """Normalised together or alone, a text has the same normal form and the same way back."""
    together = normalise(texts)
    for row, text in enumerate(texts):
        meant = normal_form(text)
        assert together.joined.row(row) == meant
        if meant:
            assert span(together, 0, len(meant), row) == span(normalise([text]), 0, len(meant))


def test_normal_form_is_stable() -> None:
    """The normal form of a normal form is itself."""
    once = normal_form("東山🏦把我的ｌｉｘｉ呑了❗️")
    assert normal_form(once) == once
