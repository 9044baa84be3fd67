"""What a person found → an observation record: a page that is fetched once, or words that were copied."""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawlers.http import Ask, HttpClient
from crawlers.parse.article import Article, read_article
from crawlers.paste.places import is_film, kind_of, platform_of, same_page
from domain.clock import iso
from domain.errors import SourceError

_HTML = "text/html, application/xhtml+xml, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Given:
    """What the person says of it; it goes over what the page says. ``url`` has its scheme."""

    url: str | None = None
    text: str | None = None
    title: str | None = None
    platform: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The record without its source, and why its text may not be the whole or the right one."""

    record: dict[str, Any]
    doubt: str | None = None


def read_page(client: HttpClient, given: Given, now: datetime) -> Found:
    """The page at ``given.url``, fetched once as robots.txt allows it.

    SourceError where it cannot be read: a login, a captcha, a video, no article on it.
    """
    url = given.url or ""
    if is_film(url):
        raise SourceError("changed", "短视频的网页要登录或在手机里看，本程序读不到画面和文案")
    answer = client.request(Ask(url, headers={"Accept": _HTML}, found=True), robots=True)
    article = read_article(answer.body, answer.content_type, answer.url, now)
    record = {
        **_record(given, same_page(answer.url), now),
        "title": html.escape(given.title or article.title, quote=False) or None,
        "text": html.escape(article.text, quote=False),
        "author": {"name": html.escape(article.author, quote=False)} if article.author else None,
        "published_at": _published(given, article),
        "pictures": article.pictures,
    }
    return Found({**record, "capture": client.keep(answer)}, article.doubt)


def take_words(given: Given, now: datetime) -> Found:
    """The words that were copied; with the address of their page they are that page, else they are their own."""
    words = given.text or ""
    key = same_page(given.url) if given.url else None
    record = {
        **_record(given, key or f"text {' '.join(words.split())}", now),
        "title": html.escape(given.title, quote=False) if given.title else None,
        "text": html.escape(words, quote=False),
        "published_at": iso(given.at) if given.at else None,
    }
    return Found(record)


def _record(given: Given, key: str, now: datetime) -> dict[str, Any]:
    platform = given.platform or (platform_of(given.url) if given.url else None) or "other"
    id_ = hashlib.sha256(key.encode(errors="replace")).hexdigest()[:24]
    return {
        "platform": platform,
        "id": id_,
        "kind": kind_of(platform),
        "thread": id_,
        "url": given.url,
        "observed_at": iso(now),
    }


def _published(given: Given, article: Article) -> str | None:
    if given.at:
        return iso(given.at)
    return iso(article.at.at) if article.at else None
