"""One answer of a comment interface and its description: items, next cursor, errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.parse.json_items import (
    BusyError,
    ExpiredError,
    Page,
    PageGuard,
    decode_answer,
    filled,
    item_record,
    own_reply,
    read_page,
)
from crawlers.pollers.config import load_preset
from domain.errors import SourceError

DOUYIN, KUAISHOU = load_preset("douyin"), load_preset("kuaishou")
COMMENT = {
    "comment_id": "@c1",
    "comment_user_id": "u1",
    "content": "排了两小时",
    "create_time": 1773100800,
    "digg_count": "1.2万",
    "reply_comment_total": 2,
}


def douyin(**data: Any) -> dict[str, Any]:
    """Douyin's envelope with these data."""
    return {"data": {"error_code": 0, "cursor": 50, "has_more": True, "list": [COMMENT], **data}, "extra": {}}


def page(answer: Any) -> Page:
    """The page that Douyin's description finds in an answer."""
    return read_page(answer, DOUYIN.comments, DOUYIN.error)


def test_a_page_gives_items_and_the_next_cursor() -> None:
    """has_more decides, the cursor tells where to go on."""
    assert page(douyin()).cursor == 50
    assert page(douyin(has_more=False)).cursor is None
    assert page(douyin(has_more=0)).cursor is None
    assert page(douyin(has_more=1, cursor="50")).cursor == "50"
    assert len(page(douyin()).items) == 1


def test_a_sentinel_ends_a_list() -> None:
    """Kuaishou's last page has no_more where the cursor stands, and its own count is read."""
    answer = {"result": 1, "pcursorV2": "no_more", "rootCommentsV2": None, "commentCountV2": 7}
    assert read_page(answer, KUAISHOU.comments, KUAISHOU.error) == Page((), None, 7)
    assert read_page({**answer, "pcursorV2": "x1"}, KUAISHOU.comments, KUAISHOU.error).cursor == "x1"


def test_an_item_becomes_a_record() -> None:
    """The field map names where things stand; counts and epochs are made numbers and times."""
    record = item_record(COMMENT, DOUYIN.comments)
    assert record["id"] == "@c1"
    assert record["author"] == {"id": "u1", "name": None}
    assert record["published_at"] == "2026-03-10T00:00:00Z"
    assert record["metrics"] == {"likes": 12000, "comments": 2}


def test_ids_may_be_numbers_and_times_milliseconds() -> None:
    """Kuaishou writes both so."""
    item = {"comment_id": 930000000001, "author_id": 5, "content": "x", "timestamp": 1773100800123}
    record = item_record(item, KUAISHOU.comments)
    assert (record["id"], record["author"]["id"]) == ("930000000001", "5")
    assert record["published_at"] == "2026-03-10T00:00:00Z"


@pytest.mark.parametrize(
    ("code", "status"),
    [(28001008, "login"), ("28001008", "login"), (28003018, "blocked"), (28001056, "off"), (99, "changed")],
)
def test_an_error_with_http_200_is_an_error(code: object, status: str) -> None:
    """The envelope's code says what it is, as a number or as text; an unknown one is a change."""
    with pytest.raises(SourceError, match="令牌过期") as caught:
        page({"data": {"error_code": code, "description": "令牌过期"}})
    assert caught.value.status == status
    assert not isinstance(caught.value, BusyError)


def test_a_busy_interface_may_be_asked_again() -> None:
    """Busy is told apart from the errors that stay."""
    with pytest.raises(BusyError):
        page({"data": {"error_code": 2100004}})


@pytest.mark.parametrize("answer", [{}, [], None, {"data": None}, {"data": {"error_code": 0}}, douyin(list={"a": 1})])
def test_another_shape_is_a_change(answer: Any) -> None:
    """A structure that is not as described is never taken for an empty list."""
    with pytest.raises(SourceError) as caught:
        page(answer)
    assert caught.value.status == "changed"


def test_a_promised_cursor_that_is_not_given_is_a_problem_of_the_page() -> None:
    """The items of such a page are kept; why there is no next one is said."""
    found = page(douyin(cursor=None))
    assert len(found.items) == 1
    assert found.problem is not None
    assert PageGuard().objection(found, ["@c1"]) == found.problem


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>\xe8\xaf\xb7\xe7\x99\xbb\xe5\xbd\x95</html>", "login"),
        (b"<html>hi</html>", "changed"),
        (b'{"data": {"list": [1,', "down"),
        (b"", "down"),
        (b"[" * 100_000, "down"),
    ],
)
def test_an_answer_that_is_no_json_says_what_it_is(body: bytes, status: str) -> None:
    """A web page and half an answer are different failures."""
    with pytest.raises(SourceError) as caught:
        decode_answer(body)
    assert caught.value.status == status


def test_paging_in_circles_is_noticed() -> None:
    """A cursor or a page that comes again, and pages without items, end the reading."""
    assert PageGuard({"0"}).objection(Page((1,), 0, None), ["a"]) == "游标 0 重复出现"
    guard = PageGuard({"0"})
    assert guard.objection(Page((1,), 1, None), ["a"]) is None
    assert guard.objection(Page((1,), 2, None), ["a"]) == "与前面的页重复"
    guard = PageGuard({"0"})
    empty = [guard.objection(Page((), number, None), []) for number in (1, 2, 3)]
    assert empty == [None, None, "说还有更多，却没有内容"]


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.sampled_from("abc"), max_size=2)), min_size=9, max_size=9))
def test_no_sequence_of_pages_is_endless(pages: list[tuple[int, list[str]]]) -> None:
    """With six cursors to give, an interface is stopped by the seventh page at the latest."""
    guard = PageGuard()
    objections = [guard.objection(Page(tuple(ids), cursor, None), ids) for cursor, ids in pages]
    assert any(objections[:7])


def test_parameters_are_filled_in() -> None:
    """A lone size stays a number; text around a placeholder stays."""
    values: dict[str, int | str] = {"target": "v/1", "size": 50}
    assert filled({"a": "{size}", "b": "x-{target}", "c": 3}, values) == {"a": 50, "b": "x-v/1", "c": 3}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(COMMENT)), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
def test_any_item_gives_a_record(item: Any) -> None:
    """Whatever stands in a list, a record comes of it that the door can judge."""
    assert set(item_record(item, DOUYIN.comments)) >= {"id", "text", "metrics"}


@given(JSON, JSON, JSON)
def test_any_answer_gives_a_page_or_a_failure(items: Any, cursor: Any, more: Any) -> None:
    """No answer breaks the reader."""
    try:
        found = page(json.loads(json.dumps(douyin(list=items, cursor=cursor, has_more=more))))
    except SourceError as error:
        assert error.status == "changed"  # noqa: PT017 - either outcome is right
        return
    assert found.items == tuple(items or ())


WECHAT = load_preset("wechat_account")


def test_an_error_may_stand_in_another_place() -> None:
    """Every path has to be good; the words come from where there are some."""
    answer = {"data": {"error_code": 0}, "extra": {"error_code": 10008, "description": "", "sub_description": "过期"}}
    with pytest.raises(ExpiredError, match="过期") as caught:
        page(answer)
    assert caught.value.status == "login"


def test_a_good_answer_may_bear_no_code() -> None:
    """Only where the description says so; another shape is a change all the same."""
    assert WECHAT.videos
    found = read_page({"total_count": 0, "item_count": 0, "item": []}, WECHAT.videos, WECHAT.error, 0)
    assert found == Page((), None, 0)
    for answer in ([], "x", None, {"total_count": 0}):
        with pytest.raises(SourceError, match="接口可能改了"):
            read_page(answer, WECHAT.videos, WECHAT.error, 0)


def test_a_page_may_be_asked_for_by_the_number_of_items_before_it() -> None:
    """The total, or an empty page, is the end."""
    assert WECHAT.comments
    answer = {"errcode": 0, "total": 100, "comment": [{"user_comment_id": 1}] * 49}
    assert read_page(answer, WECHAT.comments, WECHAT.error, 0).cursor == 49
    assert read_page({**answer, "total": 98}, WECHAT.comments, WECHAT.error, 49).cursor is None
    assert read_page({**answer, "comment": []}, WECHAT.comments, WECHAT.error, 49).cursor is None
    assert read_page({**answer, "total": 0, "comment_cnt": 99}, WECHAT.comments, WECHAT.error, 49).total == 99


def test_the_last_of_a_list_may_be_the_cursor() -> None:
    """Kuaishou goes on after the last video's id; an empty list has none."""
    listing = load_preset("kuaishou_open").videos
    assert listing
    answer = {"result": 1, "video_list": [{"photo_id": "a"}, {"photo_id": "b"}]}
    assert read_page(answer, listing, None).cursor == "b"
    assert read_page({"result": 1, "video_list": []}, listing, None).cursor is None


@given(JSON)
def test_no_comment_breaks_the_reading_of_the_accounts_answer(item: Any) -> None:
    """There is one with words, or none."""
    assert WECHAT.comments
    found = own_reply(item, WECHAT.comments)
    assert found is None or found["text"]
