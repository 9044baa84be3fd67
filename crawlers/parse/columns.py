"""One row of a vendor's file + the columns of the configuration → an observation record. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Literal

from crawlers.parse.counts import parse_count
from crawlers.parse.dates import parse_epoch, parse_time
from domain.clock import iso
from domain.posts import PLATFORM_NAMES

FieldName = Literal[
    "id", "thread", "reply_to", "url", "title", "text", "kind", "platform", "author_id", "author_name", "followers",
    "published_at", "observed_at", "views", "likes", "comments", "shares", "favorites",
]  # fmt: skip
_COUNTERS = ("views", "likes", "comments", "shares", "favorites")
_PLATFORMS = {
    **{platform: platform for platform in PLATFORM_NAMES},
    **{name: platform for platform, name in PLATFORM_NAMES.items()},
    "微信": "wechat", "公众号": "wechat", "百度贴吧": "tieba", "新浪微博": "weibo", "B站": "bilibili",
    "新闻": "news", "网媒": "news",
}  # fmt: skip


def mapped_record(
    row: Mapping[str, Any],
    columns: Mapping[FieldName, str],
    constants: Mapping[FieldName, str],
    zone: tzinfo,
    observed_at: datetime,
) -> dict[str, Any]:
    """The row in the words of docs/interfaces.md, without ``source``; ``observed_at`` where the row does not say it.

    A platform that we have no name for is ``other``; a time that is none goes to the door as it is, which refuses it.
    """
    said: dict[str, Any] = {str(name): value for name, value in constants.items()}
    said |= {str(name): row.get(column) for name, column in columns.items()}
    platform = said.get("platform")
    author = {"id": said.get("author_id"), "name": said.get("author_name")}
    followers = parse_count(said.get("followers"))
    return {
        "platform": _PLATFORMS.get(str(platform).strip(), "other") if platform else None,
        "id": said.get("id"),
        "kind": said.get("kind") or None,
        "thread": said.get("thread"),
        "reply_to": said.get("reply_to"),
        "url": said.get("url"),
        "author": {**author, "followers": followers} if any(author.values()) else None,
        "title": said.get("title"),
        "text": said.get("text") or ("" if said.get("title") else None),
        "published_at": _time(said.get("published_at"), zone),
        "observed_at": _time(said.get("observed_at"), zone) or iso(observed_at),
        "metrics": {name: parse_count(said.get(name)) for name in _COUNTERS},
    }


def _time(value: Any, zone: tzinfo) -> Any:
    if not isinstance(value, str):
        moment = parse_epoch(value)
        return iso(moment) if moment else value
    plain = value.strip()
    # Eight digits are a day and not the first months of 1970.
    moment = None if len(plain) == 8 else parse_epoch(plain)
    moment = moment or parse_time(plain, zone)
    return iso(moment) if moment else plain
