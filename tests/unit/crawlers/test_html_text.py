"""HTML as published becomes plain text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crawlers.parse.html import element_to_text, html_to_text, lines_to_text, looks_like_html, one_line


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>第一段</p>\n  <p>第二段</p>", "第一段\n第二段"),
        ("一行<br />\n二行<br>三行", "一行\n二行\n三行"),
        ("<div>a<script>var x='<p>';</script><style>p{}</style>b</div>", "ab"),
        ("<p>a&amp;lt;b&nbsp;c</p>", "a&lt;b c"),
        ("&lt;存单&gt; A&amp;B", "<存单> A&B"),
        ("年化<3% 收益>2", "年化<3% 收益>2"),
        ("a<b 5<6 <5万> <白鹭洲>", "a<b 5<6 <5万> <白鹭洲>"),
        ("<p>1 < 2 && 3 > 2</p>", "1 < 2 && 3 > 2"),
        ("第一行\n<b>重点</b>\n第三行", "第一行\n重点\n第三行"),
        ("<img alt='[怒]' src=x>气死", "[怒]气死"),
        ("<img src=x><img src=y>", "[图片]"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1\n2"),
        ("前</div>中<p>后", "前\n中\n后"),
        ("<section style='visibility:hidden'>正文</section>", "正文"),
        ("普通文字\r\n第二行\n\n\n第三行 ", "普通文字\n第二行\n第三行"),
        ("<!-- 注 --><p>文</p>", "文"),
        ("", ""),
    ],
)
def test_html_becomes_text(html: str, text: str) -> None:
    """Tags go, entities are decoded once, lines stay, and what only looks like a tag stays as it is."""
    assert html_to_text(html) == text


def test_titles_are_one_line() -> None:
    """A title with a tag or a line feed is still one line."""
    assert one_line("<em>关于</em>\n 停业 ") == "关于 停业"


def test_mark_up_nested_without_end_still_gives_its_words() -> None:
    """A page made to break parsers costs no words and no crash."""
    assert "深" in html_to_text("<div>" * 1000 + "深")


@given(st.text())
def test_any_text_is_taken_and_is_clean(text: str) -> None:
    """Whatever comes, the result can be encoded, has no NUL and no blank line."""
    plain = html_to_text(text)
    plain.encode()
    assert "\x00" not in plain
    assert "\n\n" not in plain


@given(st.text(alphabet="取款难利率高，。？！0123456789ab <>", max_size=60))
def test_plain_text_is_left_alone(text: str) -> None:
    """Text without mark-up only loses spaces at the ends of its lines."""
    if not looks_like_html(text):
        assert html_to_text(text) == text.strip()


def block(*lines: str) -> etree._Element:
    """A block of words with a line break between each two."""
    node = etree.Element("td")
    node.text = lines[0]
    for line in lines[1:]:
        etree.SubElement(node, "br").tail = line
    return node


@given(st.lists(st.text(st.sampled_from("钱呢 \n\t\r\xa0\u3000{:4_86:}本帖a\x85\u200b")), min_size=1, max_size=5))
def test_the_short_way_through_a_plain_block_gives_the_same_text(lines: list[str]) -> None:
    """Words and line breaks are read as in any other block, spaces of every kind and control characters too."""
    node = block(*lines)
    assert lines_to_text(node) == element_to_text(node)


@pytest.mark.parametrize("inner", ["<b>急</b>", '<br style="display:none">', "<img src='a.jpg'>", "<?php 1 ?>"])
def test_a_block_with_more_than_words_takes_the_long_way(inner: str) -> None:
    """Whatever is more than words and plain line breaks is left to those who know it."""
    parsed = etree.fromstring(f"<div>钱{inner}呢</div>", etree.HTMLParser()).find(".//div")
    assert parsed is not None
    assert lines_to_text(parsed) is None
