"""Selectors as they may be written, and what a page is that they do not fit."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crawlers.parse.selected import (
    MOST_ITEMS,
    ListPage,
    ListSelectors,
    PostSelectors,
    ThreadPage,
    read_list,
    read_thread,
)
from crawlers.parse.selected_faults import GoneError, PageError, list_fault, thread_fault
from crawlers.pollers.config import ForumConfig

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
URL = "http://bbs.test/list"
ROWS = ListSelectors(each="li", link="a", id_pattern=r"t=(\d+)", replies="i")
POSTS = PostSelectors(each=".post", id="@id", id_pattern=r"\d+", text=".text", likes=".up")


def listed(html: str, selectors: ListSelectors = ROWS) -> ListPage:
    """The list page that ``html`` is."""
    return read_list(html, URL, selectors, NOW)


def thread(html: str) -> ThreadPage:
    """The page of a thread that ``html`` is."""
    return read_thread(html, URL, POSTS, NOW)


@pytest.mark.parametrize("selector", ["li[", "//li[", "xpath:li[@", "a::nothing", "(//a", ""])
def test_a_selector_that_is_no_selector_is_refused_in_the_configuration(selector: str) -> None:
    """The mistake is told when the file is read, not in the night by a source that finds nothing."""
    with pytest.raises(ValidationError, match="选择器写错了"):
        ListSelectors(each=selector, link="a")


def test_a_pattern_that_is_none_is_refused_too() -> None:
    """An unbalanced bracket in ``id_pattern`` is told as such."""
    with pytest.raises(ValidationError, match="正则表达式写错了"):
        ListSelectors(each="li", link="a", id_pattern="(")


@pytest.mark.parametrize("link", ["a", "a::attr(href)", "./a/@href", "//a/@href", "xpath:a", "(./a)[1]"])
def test_an_address_is_found_by_its_element_or_its_attribute_and_only_inside_the_row(link: str) -> None:
    """``//`` in a row does not find the first link of the whole page, and the title is the link's words."""
    page = listed(
        "<a href='?t=1'>x</a><li><a href='?t=5'>五</a></li><li><a href='?t=6'>六</a></li>",
        ROWS.model_copy(update={"link": link}),
    )
    assert [entry.id for entry in page.entries] == ["5", "6"]
    if link != "(./a)[1]":
        assert [entry.title for entry in page.entries] == ["五", "六"]


def test_a_row_that_is_itself_the_link_is_read() -> None:
    """``@href`` takes the row's own attribute, and the row's words are the title."""
    page = listed("<a class=row href='?t=5'>五</a>", ListSelectors(each="a.row", link="@href"))
    assert [(entry.id, entry.title) for entry in page.entries] == [("http://bbs.test/list?t=5", "五")]


@pytest.mark.parametrize(
    "href",
    [
        "javascript:void(0)",
        "mailto:a@b.cn",
        "#top",
        "http://[::1",
        "ftp://bbs.test/1",
        "http://169.254.169.254/?t=1",
        "",
    ],
)
def test_what_leads_elsewhere_is_no_thread(href: str) -> None:
    """Scripts, other schemes and other hosts never become an address that is asked for."""
    page = listed(f"<li><a href='{href}'>x</a></li>")
    assert page.entries == ()


@pytest.mark.parametrize(
    ("shown", "count"), [("27", 27), ("回复：27", 27), ("1.2万", 12_000), ("3,214 次", 3214), ("赞", None), ("-", None)]
)
def test_counts_are_read_out_of_their_words(shown: str, count: int | None) -> None:
    """A number among words counts; words alone are unknown and not 0."""
    assert listed(f"<li><a href='?t=1'>x</a><i>{shown}</i></li>").entries[0].replies == count


def test_a_page_without_rows_is_another_template_and_its_title_and_selector_are_the_evidence() -> None:
    """The link 登录, which stands on every page, does not make it a login page."""
    fault = list_fault(listed("<title>百姓话题</title><a href=/login>登录</a><div class=new>新版上线</div>"))
    assert isinstance(fault, PageError)
    assert fault.status == "changed"
    assert "百姓话题" in fault.evidence
    assert "each: li" in fault.evidence


@pytest.mark.parametrize(
    ("html", "status"),
    [
        ("<title>用户登录</title><form><input type=password></form>", "login"),
        ("<title>提示</title><p>抱歉，您尚未登录，没有权限访问该版块</p>", "login"),
        ("<title>提示</title><p>登录后才能查看</p>", "login"),
        ("<title>安全验证</title><p>请拖动滑块</p>", "blocked"),
        ("<title>Just a moment...</title>", "blocked"),
        ("", "changed"),
    ],
)
def test_a_page_in_the_list_s_place_is_known_for_what_it_is(html: str, status: str) -> None:
    """Login pages and challenges come with HTTP 200, so their words decide."""
    fault = list_fault(listed(html))
    assert fault is not None
    assert fault.status == status


def test_a_field_that_most_rows_lack_is_told_with_its_selector() -> None:
    """Three rows of four without a thread's number: the pattern no longer fits."""
    fault = list_fault(listed("<li><a href='?t=1'>a</a></li>" + "<li><a href='?u=2'>b</a></li>" * 3))
    assert isinstance(fault, PageError)
    assert fault.status == "changed"
    assert r"字段 id（选择器 t=(\d+)）只在 1/4 项里找到" in fault.cause


def test_what_is_shown_of_a_field_is_short_and_in_beijing_time() -> None:
    """People compare it with the page in their browser."""
    row = f"<li><a href='?t=1'>{'长' * 200}</a><u title='2026-03-16T00:30:00Z'>半小时前</u></li>"
    shown = {fill.field: fill.example for fill in listed(row, ROWS.model_copy(update={"last": "u"})).fills}
    assert shown["last"] == "2026-03-16 08:30:00"
    assert len(shown["title"] or "") == 60


def test_half_of_the_rows_are_enough() -> None:
    """Headings between the threads of a table are usual."""
    assert list_fault(listed("<li>今天</li><li><a href='?t=1'>a</a></li>")) is None


def test_posts_without_text_blind_a_thread_and_posts_of_pictures_do_not() -> None:
    """An element without words is a post without words; no element at all is another template."""
    assert thread_fault(thread("<p class=post id=p1><b class=text></b></p>")) is None
    fault = thread_fault(thread("<p class=post id=p1><b class=words>在</b></p>"))
    assert fault is not None
    assert "字段 text（选择器 .text）" in fault.cause


def test_a_site_that_says_that_a_thread_is_deleted_is_believed_only_where_there_are_no_posts() -> None:
    """The words of a post about deletions are not the site's own."""
    assert isinstance(thread_fault(thread("<title>提示</title><p>该主题不存在或已被删除</p>")), GoneError)
    assert thread_fault(thread("<p class=post id=p1><b class=text>主题不存在了？帖子被删除</b></p>")) is None


@given(st.text(max_size=300))
def test_no_page_makes_the_reading_fail(text: str) -> None:
    """Whatever a site sends is a page with or without items."""
    html = (
        f"<li><a href='{text}'>{text}</a><i>{text}</i></li><div class=post id='{text}'><b class=text>{text}</b></div>"
    )
    for page in (listed(html), listed(text)):
        assert all(fill.found <= fill.of for fill in page.fills)
    assert len(thread(html).items) >= 1


def test_a_page_of_deep_nesting_and_a_page_of_nulls_are_read() -> None:
    """Hostile mark-up costs neither the stack nor the post beside it."""
    deep = "<div>" * 5_000 + "深" + "</div>" * 5_000
    page = thread(f"<p class=post id=p1><b class=text>{deep}\x00好</b></p>")
    assert page.items[0].id == "1"


def test_a_page_of_endless_rows_is_read_within_bounds() -> None:
    """Only so many are taken as nobody would put on one page."""
    assert len(listed("".join(f"<li><a href='?t={n}'>x</a>" for n in range(20_000))).entries) == MOST_ITEMS


def test_the_example_of_the_docs_is_a_configuration() -> None:
    """What people copy has to work."""
    text = (ROOT / "docs" / "sources-forum.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    config = ForumConfig.model_validate(yaml.safe_load(example.group(1))["sources"][0])
    assert config.posts.id == "@data-pid"
