"""Rows of MediaCrawler's tables, as it wrote them when it still knew people and as it writes them now."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.parse.mediacrawler import BY_TABLE, SHAPES, record, shape_of

SEEN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
NEW = {"creator_hash": "0123456789abcdef", "nickname": "清***河", "last_modify_ts": 1773133200000}
OLD = {
    "user_id": "62300000001", "sec_uid": "SEC-UID-1", "short_user_id": "SHORT-1", "user_unique_id": "UNIQUE-1",
    "nickname": "清溪河", "avatar": "https://img.example/face.jpg", "user_signature": "一县之长", "gender": "m",
    "profile_url": "https://example.com/u/62300000001", "user_link": "https://example.com/u/62300000001",
    "ip_location": "河南许昌", "last_modify_ts": 1773133200000,
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "douyin_aweme": {"aweme_id": "a1", "title": "排队", "desc": "排队两小时", "create_time": 1773100800,
                     "liked_count": "1.2万", "comment_count": "3", "share_count": "2", "collected_count": "1"},
    "douyin_aweme_comment": {"comment_id": "c1", "aweme_id": "a1", "content": "是的", "create_time": 1773100800,
                             "sub_comment_count": "0", "parent_comment_id": "0"},
    "kuaishou_video": {"video_id": "k1", "video_type": "1", "title": "排队", "desc": "排队两小时", "liked_count": "9",
                       "create_time": 1773100800000, "viewd_count": "1000", "video_play_url": ""},
    "kuaishou_video_comment": {"comment_id": "c1", "video_id": "k1", "content": "是的", "create_time": 1773100800000,
                               "sub_comment_count": "0"},
    "tieba_note": {"note_id": "t1", "title": "亏了", "desc": "保本的呢", "publish_time": "2026-03-10 08:00",
                   "tieba_name": "青禾吧", "total_replay_num": 27},
    "tieba_comment": {"comment_id": "c1", "note_id": "t1", "content": "是的", "publish_time": "2026-03-10 08:00",
                      "tieba_name": "青禾吧", "parent_comment_id": ""},
    "weibo_note": {"note_id": "w1", "content": "排队两小时", "create_time": 1773100800, "liked_count": "5",
                   "comments_count": "3", "shared_count": "1"},
    "weibo_note_comment": {"comment_id": "c1", "note_id": "w1", "content": "是的", "create_time": 1773100800,
                           "create_date_time": "2026-03-10 08:00:00", "comment_like_count": "4"},
    "xhs_note": {"note_id": "x1", "type": "normal", "title": "避雷", "desc": "排队两小时", "time": 1773100800000,
                 "liked_count": "10+", "collected_count": "1", "image_list": ""},
    "xhs_note_comment": {"comment_id": "c1", "note_id": "x1", "content": "是的", "create_time": 1773100800000,
                         "pictures": "", "parent_comment_id": 0, "like_count": "0"},
    "bilibili_video": {"video_id": "b1", "title": "安全吗", "desc": "-", "create_time": 1773100800,
                       "video_play_count": "35000", "video_comment": "2"},
    "bilibili_video_comment": {"comment_id": "c1", "video_id": "b1", "content": "是的", "create_time": 1773100800,
                               "parent_comment_id": "0", "like_count": 3},
    "zhihu_content": {"content_id": "z1", "content_type": "answer", "content_text": "看标识", "title": "安全吗",
                      "desc": "看", "created_time": 1773100800, "voteup_count": 64},
    "zhihu_comment": {"comment_id": "c1", "content_id": "z1", "content": "是的", "publish_time": 1773100800,
                      "parent_comment_id": ""},
}  # fmt: skip


def read(table: str, **changes: Any) -> dict[str, Any]:
    """The record of a table's row with these changes."""
    return record({**NEW, **ROWS[table], **changes}, BY_TABLE[table], datetime(2030, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("table", list(ROWS))
@pytest.mark.parametrize("person", [OLD, NEW], ids=["old", "new"])
def test_columns_alone_say_which_table_it_is(table: str, person: dict[str, Any]) -> None:
    """A file may lie outside its folder; what older versions wrote beside does not confuse it."""
    assert shape_of({**person, **ROWS[table]}) is BY_TABLE[table]


@pytest.mark.parametrize("table", list(ROWS))
def test_old_and_new_rows_give_the_same_record(table: str) -> None:
    """Only the display name differs, for the new version masks it; an author has the same id in both."""
    shape = BY_TABLE[table]
    same_person = {**NEW, "creator_hash": hashlib.sha256(b"62300000001").hexdigest()[:16]}
    old, new = (record({**person, **ROWS[table]}, shape, SEEN) for person in (OLD, same_person))
    assert (old.pop("author")["name"], new["author"]["name"]) == ("清溪河", "清***河")
    assert old == {name: value for name, value in new.items() if name != "author"}
    assert record({**OLD, **ROWS[table]}, shape, SEEN)["author"]["id"] == new["author"]["id"]


@pytest.mark.parametrize("table", list(ROWS))
def test_nothing_of_a_person_passes(table: str) -> None:
    """Ids, avatar, IP location, signature and links of older exports are dropped before the door."""
    told = json.dumps(record({**OLD, **ROWS[table]}, BY_TABLE[table], SEEN), ensure_ascii=False)
    personal = {value for name, value in OLD.items() if name not in ("nickname", "last_modify_ts")}
    assert [value for value in personal if len(str(value)) > 1 and str(value) in told] == []


@pytest.mark.parametrize("table", list(ROWS))
def test_posts_are_roots_and_comments_hang_on_them(table: str) -> None:
    """The thread is the post's id; ids, time and platform are read from every table."""
    shape, seen = BY_TABLE[table], read(table)
    assert (seen["id"] == seen["thread"]) is not shape.comment
    assert seen["thread"] == ROWS[table][shape.root]
    assert seen["reply_to"] is None
    assert (seen["published_at"], seen["observed_at"]) == ("2026-03-10T00:00:00Z", "2026-03-10T09:00:00Z")
    assert seen["platform"] == shape.platform


def test_every_table_is_tried_here() -> None:
    """A table added later needs a row of its own in these tests."""
    assert {shape.table for shape in SHAPES} == ROWS.keys()


def test_the_folder_decides_where_the_columns_do_not() -> None:
    """A Bilibili comment of an early version has no columns of its own; its folder says what it is."""
    columns = {"comment_id", "video_id", "content", "create_time", "sub_comment_count"}
    assert shape_of(columns, "bili") is BY_TABLE["bilibili_video_comment"]
    assert shape_of(columns, "ks") is BY_TABLE["kuaishou_video_comment"]
    assert shape_of(columns) is BY_TABLE["kuaishou_video_comment"]


@pytest.mark.parametrize("columns", [{"user_id", "nickname"}, {"video_id"}, {"comment_id", "content"}, set()])
def test_other_columns_are_no_table(columns: set[str]) -> None:
    """Profiles and tables of others are not taken for posts."""
    assert shape_of(columns) is None


@pytest.mark.parametrize("root", ["", "0", 0, None, "c1", " "])
def test_a_comment_without_a_parent_answers_the_post(root: object) -> None:
    """Each platform writes the lack of a parent in its own way; Weibo gives the comment's own id."""
    assert read("weibo_note_comment", parent_comment_id=root)["reply_to"] is None
    assert read("weibo_note_comment", parent_comment_id="c0")["reply_to"] == "c0"


@pytest.mark.parametrize("value", ["1773100800", 1773100800000, "2026-03-10 08:00:00", "2026-03-10T08:00:00+08:00"])
def test_times_come_in_every_form(value: object) -> None:
    """Seconds, milliseconds and text are told apart; a wall clock is that of Shanghai."""
    assert read("zhihu_comment", publish_time=value)["published_at"] == "2026-03-10T00:00:00Z"


def test_what_is_no_time_or_count_is_unknown() -> None:
    """The words 赞 and 收藏 stand where a counter is empty."""
    seen = read("xhs_note", time="", liked_count="赞", collected_count="1.2万")
    assert seen["published_at"] is None
    assert seen["metrics"] == {"likes": None, "comments": None, "shares": None, "favorites": 12_000}


def test_the_files_own_time_stands_in_for_the_crawls() -> None:
    """A row without last_modify_ts was observed when its file was written."""
    assert record(ROWS["weibo_note"], BY_TABLE["weibo_note"], SEEN)["observed_at"] == "2026-03-10T09:00:00Z"


def test_a_title_that_repeats_the_text_is_left_out() -> None:
    """Otherwise the text stage would read the same words twice."""
    assert (read("douyin_aweme")["title"], read("douyin_aweme")["text"]) == (None, "排队两小时")
    assert (read("xhs_note")["title"], read("xhs_note")["text"]) == ("避雷", "排队两小时")
    assert (read("bilibili_video")["title"], read("bilibili_video")["text"]) == ("安全吗", "")


def test_a_post_without_words_says_what_it_is() -> None:
    """Pictures and videos alone are posts all the same."""
    assert read("xhs_note_comment", content="", pictures="https://img.example/1.jpg")["text"] == "[图片]"
    video = read("xhs_note", type="video", title="", desc="")
    assert (video["kind"], video["text"]) == ("video", "[视频]")


@given(
    st.sampled_from(SHAPES),
    st.dictionaries(
        st.sampled_from(sorted({*OLD, *NEW, *ROWS["tieba_comment"], *ROWS["xhs_note"]})),
        st.none()
        | st.text(max_size=8)
        | st.integers()
        | st.floats(allow_nan=True)
        | st.lists(st.text(max_size=3), max_size=2),
    ),
)
def test_no_row_breaks_the_mapping(shape: Any, row: dict[str, Any]) -> None:
    """Whatever stands in a cell, there is a record for the door to judge."""
    seen = record(row, shape, SEEN)
    assert seen["platform"] == shape.platform
    assert all(count is None or count >= 0 for count in seen["metrics"].values())
