"""An XML sitemap, sitemap index or news sitemap, packed or not → addresses with their times. Pure."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from crawlers.parse.charsets import decode_page
from crawlers.parse.dates import parse_time
from crawlers.parse.html import one_line, shown_words
from crawlers.parse.news_list import Listed
from crawlers.parse.selected_faults import PageError, instead
from domain.errors import SourceError

MOST_ENTRIES = 50_000
"""The protocol allows no more in one file."""

_GZIP = b"\x1f\x8b"
_HEAD = 2_000
_END = re.compile(rb"</(?:\w+:)?(?:urlset|sitemapindex)\s*>\s*$")
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,200}?)</title", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sitemap:
    """``entries`` are pages, ``children`` other sitemaps; ``whole`` false where the file was cut short."""

    entries: tuple[Listed, ...]
    children: tuple[Listed, ...]
    whole: bool


def read_sitemap(body: bytes, longest: int) -> Sitemap:
    """A sitemap of at most ``longest`` bytes unpacked. ``at`` of an entry is that of its news, else its last change.

    SourceError: ``login`` or ``changed`` for a page in its place, ``changed`` for a bomb, ``down`` for a broken file.
    """
    body = _unpacked(body, longest).lstrip(b"\xef\xbb\xbf \r\n\t")
    _refuse(body)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or _name(root) not in ("urlset", "sitemapindex"):
        raise SourceError("changed", "站点地图的回答不是 XML 站点地图")
    whole = bool(_END.search(body[-500:].rstrip()))
    items = [_listed(item) for item in root[:MOST_ENTRIES] if _name(item) in ("url", "sitemap")]
    # The last of a file that was cut short has half an address.
    items = items if whole else items[:-1]
    found = tuple({item.url: item for item in items if item is not None}.values())
    return Sitemap(found, (), whole) if _name(root) == "urlset" else Sitemap((), found, whole)


def _unpacked(body: bytes, longest: int) -> bytes:
    """Files named ``.xml.gz`` come packed in themselves, also where the transport is not."""
    if not body.startswith(_GZIP):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(body, longest + 1)
    except zlib.error:
        raise SourceError("down", "站点地图的压缩内容损坏") from None
    if len(text) > longest:
        raise SourceError("changed", f"站点地图解压后超过 {longest // 1000} KB，已停止读取")
    return text


def _refuse(body: bytes) -> None:
    head = body[:_HEAD].decode("utf-8", "replace")
    if not body.strip():
        raise SourceError("changed", "站点地图的回答是空的")
    if b"<!ENTITY" in body:
        raise SourceError("changed", "站点地图里有实体定义，可能是 XML 炸弹，已拒绝")
    if re.search(r"<!doctype html|<html[\s>]", head, re.IGNORECASE):
        page = decode_page(body[:20_000], "")
        found = _TITLE.search(page)
        title = (one_line(found.group(1)) if found else "") or "无标题"
        what = instead(title, shown_words(page)) or ("changed", "是网页")
        raise PageError(what[0], f"站点地图的地址{what[1]}（标题“{title}”）", f"标题“{title}”")


def _listed(item: Any) -> Listed | None:
    address = _child(item, "loc")
    if not address.startswith(("http://", "https://")):
        return None
    news = next((child for child in item if _name(child) == "news"), None)
    published = _child(news, "publication_date") if news is not None else ""
    return Listed(
        address, _child(news, "title") if news is not None else "", _moment(published, _child(item, "lastmod"))
    )


def _moment(*texts: str) -> datetime | None:
    return next((moment for moment in map(parse_time, filter(None, texts)) if moment), None)


def _child(item: Any, name: str) -> str:
    found = next((child for child in item if _name(child) == name), None)
    return " ".join((found.text or "").split())[:2_000] if found is not None else ""


def _name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
