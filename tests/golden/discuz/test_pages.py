"""Pages in the shape of Discuz! X, and beside each the records that must come out of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawlers.parse.discuz_list import parse_list
from crawlers.parse.discuz_thread import parse_thread

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 23, 8, 30, 5, tzinfo=UTC)


CARD = (
    '<div class="i y"><strong><a href="space-uid-9.html" class="xi2 xw1">别人</a></strong><h2>名片</h2>'
    '<table><tr><td>9</td></tr></table><p class="nxt"><a href="x" class="avtm"><img src="9.jpg" /></a></p></div>'
)
BUTTONS = (
    '<div class="po hin"><div class="pob cl"><em><a class="fastre xw1" href="space-uid-9.html">回复</a></em>'
    '<p><script>checkmgcmn("post_501")</script><a href="javascript:;">举报</a></p></div></div>'
)


def page(name: str) -> str:
    """The page's HTML."""
    return (HERE / name).read_text(encoding="utf-8")


def as_json(record: Any) -> Any:
    """A record as plain JSON values."""
    return json.loads(json.dumps(asdict(record), default=lambda moment: moment.isoformat()))


def expected(name: str) -> Any:
    """The records that belong to a page."""
    return json.loads(page(name))


def test_a_thread_page_gives_its_floors_and_remarks() -> None:
    """Floors with own words, authors, exact times, 点评; blocked, anonymous and deleted members told apart."""
    assert as_json(parse_thread(page("thread.html"), NOW, "http://bbs.test/")) == expected("thread.json")


def test_a_list_page_gives_its_threads_and_boards() -> None:
    """Sticky and moved threads, counters, both time forms, the next page and boards below."""
    assert as_json(parse_list(page("list.html"), NOW)) == expected("list.json")


@pytest.mark.parametrize(
    ("part", "moved"),
    [
        ("</body>", '<div id="ft">Powered by <a class="nxt" href="x">Discuz!</a></div></body>'),
        ('<div id="postlist"', '<div id="nv"><table><td>菜单<script>var a = "<div>";</script><div id="postlist"'),
        ('<div id="postlist"', '<!-- <div id="postlist"> --><div id="postlist"'),
        ('<div id="post_501"', '<div id="ft">页脚</div><div id="post_501"'),
        ('<div class="p_pop" id="userinfo501"', CARD + '<div class="p_pop" id="userinfo501"'),
        ('<div class="avatar"></div>', CARD),
        ('<div class="sign">', BUTTONS + '<div class="sign">'),
    ],
    ids=["a foot", "menus", "the word twice", "a foot among the posts", "a card", "a card without a name", "buttons"],
)
def test_what_stands_around_the_posts_makes_no_difference(part: str, moved: str) -> None:
    """With menus before and a foot behind its posts, cards beside and buttons below, a page is read as one without."""
    whole = page("thread.html").replace("</body>", '<div id="ft"></div></body>' if part != "</body>" else part)
    assert as_json(parse_thread(whole.replace(part, moved, 1), NOW, "http://bbs.test/")) == expected("thread.json")


def test_a_page_bar_above_the_posts_is_found() -> None:
    """Some templates have none below."""
    bar = '<div class="pg"><a href="thread-7-2-1.html" class="nxt">下一页</a></div>'
    post = '<div id="postlist"><div id="post_1"><table></table></div></div><div id="ft"></div>'
    assert parse_thread(f"<body>{bar}{post}</body>", NOW).next_page == 2
