"""One row of MediaCrawler's files → an observation record (docs/sources-files.md). Pure.

A shape is one of its tables: the posts or the comments of one of its seven platforms. Columns that are named here are
read and all others dropped, so that what older versions wrote of a person (avatar, IP location, links to a profile)
goes no further. Times come in s, in ms or as text, counts as text such as ``1.2万``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawlers.parse.counts import parse_count
from crawlers.parse.dates import parse_epoch
from crawlers.parse.forum_times import parse_time
from domain.clock import iso

_FOLDERS = {
    "douyin": ("douyin", "dy"),
    "kuaishou": ("kuaishou", "ks"),
    "tieba": ("tieba",),
    "weibo": ("weibo", "wb"),
    "xiaohongshu": ("xhs", "xiaohongshu"),
    "bilibili": ("bili", "bilibili"),
    "zhihu": ("zhihu",),
}
_REACTIONS = {
    "likes": "liked_count", "comments": "comment_count", "shares": "share_count", "favorites": "collected_count",
}  # fmt: skip
_BETWEEN_PICTURES = re.compile(r",(?=\s*https?://)")
_ANSWERS = {"likes": "like_count", "comments": "sub_comment_count"}


@dataclass(frozen=True)
class Shape:
    """One table. ``root`` is the column of the post's id; a row with a ``comment_id`` is a comment.

    ``marks`` are columns by which it is told from another table with the same id columns. ``video`` names the column
    that says whether a post is a video. ``counters`` maps our metrics to columns.
    """

    table: str
    platform: str
    kind: str
    root: str
    comment: bool = False
    title: str | None = None
    texts: tuple[str, ...] = ("content",)
    url: str | None = None
    published: str = "create_time"
    video: str | None = None
    counters: Mapping[str, str] = field(default_factory=lambda: _ANSWERS)
    marks: frozenset[str] = frozenset()


SHAPES = (
    Shape(
        "douyin_aweme", "douyin", "video", "aweme_id",
        title="title", texts=("desc",), url="aweme_url",
        counters=_REACTIONS,
    ),
    Shape("douyin_aweme_comment", "douyin", "comment", "aweme_id", comment=True),
    Shape(
        "bilibili_video", "bilibili", "video", "video_id",
        title="title", texts=("desc",), url="video_url",
        counters={
            "views": "video_play_count", "likes": "liked_count", "comments": "video_comment",
            "shares": "video_share_count", "favorites": "video_favorite_count",
        },
        marks=frozenset({"video_play_count", "video_danmaku", "video_comment", "video_coin_count"}),
    ),
    Shape(
        "bilibili_video_comment", "bilibili", "comment", "video_id", comment=True,
        marks=frozenset({"parent_comment_id", "like_count"}),
    ),
    Shape(
        "kuaishou_video", "kuaishou", "video", "video_id",
        title="title", texts=("desc",), url="video_url",
        counters={"views": "viewd_count", "likes": "liked_count"},
        marks=frozenset({"viewd_count", "video_play_url"}),
    ),
    Shape("kuaishou_video_comment", "kuaishou", "comment", "video_id", comment=True),
    Shape(
        "tieba_note", "tieba", "thread", "note_id",
        title="title", texts=("desc",), url="note_url", published="publish_time",
        counters={"comments": "total_replay_num"},
        marks=frozenset({"tieba_id", "tieba_name", "total_replay_num"}),
    ),
    Shape(
        "tieba_comment", "tieba", "reply", "note_id", comment=True, url="note_url", published="publish_time",
        marks=frozenset({"tieba_id", "tieba_name"}),
    ),
    Shape(
        "weibo_note", "weibo", "thread", "note_id", url="note_url",
        counters={"likes": "liked_count", "comments": "comments_count", "shares": "shared_count"},
        marks=frozenset({"comments_count", "shared_count"}),
    ),
    Shape(
        "weibo_note_comment", "weibo", "comment", "note_id", comment=True,
        counters={"likes": "comment_like_count", "comments": "sub_comment_count"},
        marks=frozenset({"comment_like_count", "create_date_time"}),
    ),
    Shape(
        "xhs_note", "xiaohongshu", "article", "note_id",
        title="title", texts=("desc",), url="note_url", published="time", video="type",
        counters=_REACTIONS,
        marks=frozenset({"collected_count", "image_list", "xsec_token"}),
    ),
    Shape("xhs_note_comment", "xiaohongshu", "comment", "note_id", comment=True),
    Shape(
        "zhihu_content", "zhihu", "article", "content_id",
        title="title", texts=("content_text", "desc"), url="content_url", published="created_time",
        video="content_type",
        counters={"likes": "voteup_count", "comments": "comment_count"},
    ),
    Shape("zhihu_comment", "zhihu", "comment", "content_id", comment=True, published="publish_time"),
)  # fmt: skip
BY_TABLE = {shape.table: shape for shape in SHAPES}


def shape_of(columns: Collection[str], folder: str = "") -> Shape | None:
    """The table with these columns; ``folder``, the name of the platform's folder, decides between two that fit."""
    names = set(columns)
    comment = "comment_id" in names
    fitting = [shape for shape in SHAPES if shape.root in names and shape.comment == comment]
    placed = [shape for shape in fitting if folder in _FOLDERS[shape.platform]]
    marked = [shape for shape in fitting if shape.marks & names]
    plain = [shape for shape in fitting if not shape.marks and ("content" in names or not comment)]
    return next(iter(placed + marked + plain), None)


def record(row: Mapping[str, Any], shape: Shape, observed_at: datetime) -> dict[str, Any]:
    """The row in the words of docs/interfaces.md, without ``source``; ``observed_at`` where it has no crawl time."""
    observed = parse_epoch(row.get("last_modify_ts")) or parse_epoch(row.get("add_ts")) or observed_at
    own = row.get("comment_id" if shape.comment else shape.root)
    kind = "video" if shape.video and row.get(shape.video) in ("video", "zvideo") else shape.kind
    title, text = _words(row, shape, kind)
    published = _time(row.get(shape.published), observed)
    return {
        "platform": shape.platform,
        "id": own,
        "kind": kind,
        "thread": row.get(shape.root),
        "reply_to": _parent(row.get("parent_comment_id"), own),
        "url": row.get(shape.url) if shape.url else None,
        "author": _author(row),
        "title": title,
        "text": text,
        "published_at": iso(published) if published else None,
        "observed_at": iso(observed),
        "metrics": {name: parse_count(row.get(column)) for name, column in shape.counters.items()},
        "pictures": list(_pictures(row)),
    }


def _pictures(row: Mapping[str, Any]) -> Iterator[str]:
    """Covers of videos and pictures of posts and comments, which stand in one field with commas between."""
    for column in ("cover_url", "video_cover_url", "image_list", "pictures"):
        value = row.get(column)
        if isinstance(value, str):
            yield from filter(None, (part.strip() for part in _BETWEEN_PICTURES.split(value)))


def _words(row: Mapping[str, Any], shape: Shape, kind: str) -> tuple[Any, Any]:
    """Title and text. MediaCrawler repeats the text, or its beginning, as the title where a post has none."""
    title = row.get(shape.title) if shape.title else None
    text = next((row[column] for column in shape.texts if row.get(column)), "")
    # A description that is empty is a dash on Bilibili.
    text = "" if title and text == "-" else text
    if isinstance(title, str) and isinstance(text, str) and text and text.startswith(title):
        title = None
    if not text and not title:
        text = "[图片]" if row.get("pictures") or row.get("image_list") else "[视频]" if kind == "video" else text
    return title or None, text


def _parent(value: Any, own: Any) -> str | None:
    """The comment that is answered; "0", nothing, and (on Weibo) its own id say that it answers the post."""
    text = str(value).strip() if isinstance(value, str | int) else ""
    return None if text in ("", "0", str(own)) else text


def _author(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The hash that MediaCrawler writes since it is anonymised; of an older user_id the same hash is made here."""
    known = row.get("creator_hash")
    old = str(row.get("user_id") or "").strip()
    if not known and old:
        known = hashlib.sha256(old.encode(errors="replace")).hexdigest()[:16]
    name = row.get("nickname") or row.get("user_nickname")
    return {"id": known, "name": name} if known or name else None


def _time(value: Any, seen: datetime) -> datetime | None:
    moment = parse_epoch(value)
    if moment or not isinstance(value, str):
        return moment
    found = parse_time(value, seen)
    return found.at if found else None
