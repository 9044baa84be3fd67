"""RSS, Atom and JSON Feed → entries. Pure; what is no feed raises `SourceError`.

The oddities that are met are those of the feed library of the 公众号 bridges (Atom ids that are no URI, ``updated``
without ``published``, JSON Feed with ``date_modified`` alone) and of Chinese sites (GB2312, dates without a zone).
"""

from __future__ import annotations

import io
import json
import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import feedparser
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

from crawlers.parse.charsets import is_charset, proven
from crawlers.parse.dates import parse_epoch, parse_time
from crawlers.parse.html import clean, html_to_text, one_line, shown_words
from crawlers.parse.selected_faults import instead
from domain.errors import SourceError

# What bridges and WeChat say in place of the article. A longer text that quotes one of these is an article.
_FAILURES = re.compile(
    r"获取全文失败|环境异常.{0,4}完成验证后即可继续访问|内容已被发布者删除|请在微信客户端打开链接"
    r"|^\W*(?:此|该)(?:内容|文章|微信号|公众号|[帐账]号)[^。]{0,30}?(?:无法(?:查看|访问)|发送失败|屏蔽|迁移|注销|停止使用)"
)
# Words that a customer may quote are a failure where nothing else stands with them. DELETED is we-mp-rss's.
_ALONE = re.compile(
    r"\W*(?:参数错误|系统出错|链接已过期|(?:操作|访问)频繁\W*请稍后再试|轻触(?:查看|阅读)原文\s*向上滑动看下一个|DELETED)\W*"
)
# RSS-Bridge tells its errors as an entry of the feed.
_FAILED_TITLE = re.compile(r"Bridge returned error \d+!")
_LONGEST_FAILURE = 80
_LONGEST_NAME = 200
# What a feed calls its content may still be its beginning; but many an article ends in an ellipsis.
_CUT = re.compile(
    r"(?:…|\.{3,}|\[(?:…|\.{3}|&hellip;)\]|(?:阅读|查看|点击)(?:全文|原文|更多|详情)|read more)\W*$", re.IGNORECASE
)
_LONGEST_CUT = 500
_LONGEST_SUMMARY = 200
_MOST_TAGS = 200_000
_MOST_ATTRIBUTES = 300
_LOGIN_WORDS = re.compile(r"登录|登陆|扫码|验证码|login|sign in|passport", re.IGNORECASE)
_ACCOUNT_WORDS = re.compile(r"账号|帐号|account|authenticat|unauthorized", re.IGNORECASE)
_PAGE_TITLE = re.compile(r"<title[^>]*>(.{0,200}?)</title", re.IGNORECASE | re.DOTALL)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]*encoding=[\"']([\w-]+)", re.IGNORECASE)
_WITH_ADDRESS = re.compile(r"\S+@\S+\s+\((.+)\)|(.+?)\s+\(\S+@\S+\)")
_XML_DATES = ("published", "created", "updated")
_JSON_DATES = ("date_published", "date_modified")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``html`` is the fullest text that the feed gives, empty where it gives a title alone.

    ``whole``: the feed calls that text the content, and not a summary.
    """

    id: str
    url: str | None
    title: str
    html: str
    author: str | None
    published: datetime | None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed: its title and its entries, each id once, in the order of the feed."""

    title: str
    entries: tuple[Entry, ...]


def parse_feed(body: bytes, content_type: str = "", base_url: str = "") -> ParsedFeed:
    """The entries of a feed in any of the three formats; relative links are taken from ``base_url``.

    SourceError ``login`` or ``blocked`` where a login or captcha page stands in its place, ``changed`` where it is no
    feed at all.
    """
    text = clean(decode(body, content_type)).lstrip("\ufeff \n\t")
    if not text:
        raise SourceError("changed", "订阅源的回答是空的")
    if text[0] in "{[":
        title, entries = _json_feed(text)
    else:
        _refuse_pages(text)
        _refuse_bombs(text)
        title, entries = _xml_feed(text)
    unique: dict[str, Entry] = {}
    for entry in entries:
        unique.setdefault(entry.id, _absolute(entry, base_url))
    return ParsedFeed(title, tuple(unique.values()))


def decode(body: bytes, content_type: str = "") -> str:
    """Bytes → text by the first of these that fits: BOM, what the bytes prove, header, declaration, UTF-8, GB18030."""
    bom, mark = read_bom(body)
    header = http_content_type_encoding(content_type or None)
    xml = _XML_ENCODING.match(body)
    declared = xml.group(1).decode("ascii", "replace") if xml else html_body_declared_encoding(body[:4096])
    for name in (bom, proven(body, header or declared), header, declared, "utf-8", "gb18030"):
        try:
            if name:
                # resolve_encoding: pages that say gb2312 use the characters of gb18030.
                found = resolve_encoding(name) or name
                if is_charset(found):
                    return body.removeprefix(mark or b"").decode(found)
        except (UnicodeError, LookupError):
            continue
    return body.decode("gb18030", "replace")


def failure_text(entry: Entry) -> str | None:
    """The words of a bridge that could not read the article; None where this is an article."""
    if _FAILED_TITLE.match(entry.title):
        return one_line(entry.title)
    text = html_to_text(entry.html)
    if len(text) > _LONGEST_FAILURE:
        return None
    return text if _FAILURES.search(text) or _ALONE.fullmatch(text) else None


def is_digest(entry: Entry) -> bool:
    """Whether the feed has only the beginning or a summary of the article, or its title alone."""
    text = html_to_text(entry.html)
    is_cut = bool(_CUT.search(text[-40:]))
    return (is_cut and len(text) < _LONGEST_CUT) if entry.whole else (is_cut or len(text) < _LONGEST_SUMMARY)


def _refuse_pages(text: str) -> None:
    head = text[:2000].lower()
    if "<!doctype html" in head or re.search(r"<html[\s>]", head):
        found = _PAGE_TITLE.search(text[:20_000])
        title = (one_line(found.group(1)) if found else "") or "无标题"
        status, what = _page_in_place(title, text[:20_000])
        raise SourceError(status, f"订阅地址返回的是{what}（{title}），不是订阅源")


def _page_in_place(title: str, text: str) -> tuple[str, str]:
    """Status and name of the page that stands in a feed's place; a bridge's own login asks to scan a code."""
    status, _ = instead(title, shown_words(text)) or ("login" if _LOGIN_WORDS.search(text) else "changed", "")
    return status, {"login": "登录页面", "blocked": "安全验证页面", "down": "报错页面"}.get(status, "网页")


def _refuse_bombs(text: str) -> None:
    """Refuse what makes the parser work for minutes. CDATA is passed over: articles may have any number of tags."""
    if "<!ENTITY" in text:
        raise SourceError("changed", "订阅源里有实体定义，可能是 XML 炸弹，已拒绝")
    first, *others = text.split("<![CDATA[")
    tags = "".join([first, *(other.partition("]]>")[2] for other in others)]).split("<")
    if len(tags) > _MOST_TAGS or any(tag.count("=") > _MOST_ATTRIBUTES for tag in tags):
        raise SourceError("changed", "订阅源的标签或属性多得反常，已拒绝")


def _xml_feed(text: str) -> tuple[str, list[Entry]]:
    # A stream and not bytes: feedparser takes a short string for an address or the name of a file.
    stream = io.BytesIO(_XML_DECLARATION.sub("", text).encode())
    parsed = feedparser.parse(
        stream,
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.get("version") and not parsed.entries:
        raise SourceError("changed", "回答既不是 RSS、Atom，也不是 JSON Feed")
    if parsed.get("bozo") and not _is_closed(text):
        raise SourceError("down", "订阅源不完整，中途被截断")
    return one_line(parsed.feed.get("title") or ""), [_xml_entry(item) for item in parsed.entries]


def _is_closed(text: str) -> bool:
    return bool(re.search(r"</(?:\w+:)?(?:rss|feed|rdf)>\s*(?:<!--.*-->\s*)?$", text[-500:], re.IGNORECASE | re.DOTALL))


def _xml_entry(item: Any) -> Entry:
    bodies = [content.get("value") or "" for content in item.get("content") or ()]
    bodies.append(item.get("summary") or "")
    link = item.get("link") or None
    # feedparser takes a guid for the link where there is none; many a guid is no address.
    if link and link == item.get("id") and not link.startswith(("http://", "https://")):
        link = None
    return Entry(
        id=str(item.get("id") or link or "").strip(),
        url=link,
        title=item.get("title") or "",
        html=max(bodies, key=len),
        author=_person(item.get("author") or ""),
        published=_xml_date(item),
        whole=len(bodies) > 1 and len(max(bodies[:-1], key=len)) >= len(bodies[-1]),
    )


def _person(text: str) -> str | None:
    """The name alone: libraries write ``name (address)`` or, as RSS wants it, ``address (name)``."""
    found = _WITH_ADDRESS.fullmatch(text.strip()[:_LONGEST_NAME])
    return (found.group(1) or found.group(2)) if found else text.strip()[:_LONGEST_NAME] or None


def _xml_date(item: Any) -> datetime | None:
    """The raw string first: feedparser takes a date without a zone as UTC, and here it is Asia/Shanghai."""
    for name in _XML_DATES:
        moment = parse_time(str(item[name])) if name in item else None
        if moment:
            return moment
    for name in _XML_DATES:
        parts = item.get(f"{name}_parsed")
        if parts:
            return parse_epoch(timegm(parts))
    return None


def _json_feed(text: str) -> tuple[str, list[Entry]]:
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        raise SourceError("down", "JSON 订阅源不完整或格式不对") from None
    items = feed.get("items") if isinstance(feed, Mapping) else None
    if not isinstance(items, list):
        message = _message(feed) if isinstance(feed, Mapping) else ""
        status = "login" if _LOGIN_WORDS.search(message) or _ACCOUNT_WORDS.search(message) else "changed"
        raise SourceError(status, f"回答不是 JSON Feed{f'（{message[:80]}）' if message else ''}")
    return one_line(_string(feed, "title") or ""), [
        _json_entry(item if isinstance(item, Mapping) else {}) for item in items
    ]


def _message(answer: Mapping[str, Any]) -> str:
    """What a bridge says in place of a feed, under the names that bridges use."""
    said = (_string(answer, name) for name in ("message", "msg", "errmsg", "detail", "err", "error"))
    return one_line(next((words for words in said if words), ""))


def _json_entry(item: Mapping[str, Any]) -> Entry:
    url = _string(item, "url") or _string(item, "external_url")
    dates = (parse_time(_string(item, name) or "") for name in _JSON_DATES)
    return Entry(
        id=(_string(item, "id") or url or "").strip(),
        url=url,
        title=_string(item, "title") or "",
        html=_string(item, "content_html") or _string(item, "content_text") or _string(item, "summary") or "",
        author=_json_author(item),
        published=next((moment for moment in dates if moment), None),
        whole=bool(_string(item, "content_html") or _string(item, "content_text")),
    )


def _json_author(item: Mapping[str, Any]) -> str | None:
    """Version 1 has ``author``, version 1.1 ``authors``."""
    many = item.get("authors")
    found = many[0] if isinstance(many, list) and many else item.get("author")
    return _string(found, "name") if isinstance(found, Mapping) else None


def _string(item: Mapping[str, Any], name: str) -> str | None:
    """A number as text: bridges give ids as either. Anything else is as good as missing."""
    value = item.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _absolute(entry: Entry, base_url: str) -> Entry:
    if not entry.url or not base_url:
        return entry
    return replace(entry, url=urljoin(base_url, entry.url))
