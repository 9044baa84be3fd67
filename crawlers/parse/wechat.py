"""Articles of a 公众号 as its own interfaces give them → records. Pure."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crawlers.parse.dates import parse_epoch
from domain.clock import iso

_NUMBER = re.compile(r"\d{1,19}")


def article_place(url: str) -> tuple[int, int] | None:
    """``(msg_data_id, index)`` in a long article address (``mid``, and ``idx`` from 1); None where it has none."""
    query = parse_qs(urlsplit(url.replace("&amp;", "&")).query)
    mid, idx = query.get("mid", [""])[0], query.get("idx", ["1"])[0]
    if not _NUMBER.fullmatch(mid) or not _NUMBER.fullmatch(idx) or int(idx) < 1:
        return None
    return int(mid), int(idx) - 1


def article_id(msg_data_id: int, index: int) -> str:
    """The id of an article's record: one message may hold several articles."""
    return f"{msg_data_id}_{index}"


def published_articles(item: Any) -> list[dict[str, Any]]:
    """The articles in one item of 获取已发布的消息列表, without those that are marked as deleted.

    Each is told by the item's ``article_id`` and its place in the item; no comment can be asked for with that.
    """
    content = item.get("content") if isinstance(item, dict) else None
    news = content.get("news_item") if isinstance(content, dict) else None
    if not isinstance(news, list) or not isinstance(item.get("article_id"), str):
        return []
    changed = parse_epoch(item.get("update_time"))
    return [
        _article(article, f"{item['article_id']}_{place}", iso(changed) if changed else None)
        for place, article in enumerate(news)
        if isinstance(article, dict) and not article.get("is_deleted")
    ]


def _article(article: dict[str, Any], key: str, changed: str | None) -> dict[str, Any]:
    title = _words(article, "title") or "（没有标题的文章）"
    author = _words(article, "author")
    return {
        "id": key,
        "title": title,
        "text": _words(article, "content") or _words(article, "digest") or "",
        "url": _words(article, "url"),
        "author": {"name": author} if author else None,
        "published_at": changed,
        "reply_to": None,
        "metrics": {},
        "pictures": [cover] if (cover := _words(article, "thumb_url")) else [],
    }


def _words(article: dict[str, Any], name: str) -> str | None:
    value = article.get(name)
    return value if isinstance(value, str) and value else None
