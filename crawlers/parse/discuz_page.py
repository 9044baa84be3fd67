"""What all pages of a Discuz! X site have in common: links, counters, times, page bars. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from parsel import Selector, SelectorList
from w3lib.encoding import html_body_declared_encoding, html_to_unicode, http_content_type_encoding

from crawlers.parse.charsets import is_charset
from crawlers.parse.forum_times import Moment, parse_first

# The third number of a rewritten thread address is the list page one came from and says nothing.
_TID = re.compile(r"[?&;]tid=(\d+)|(?:^|/)thread-(\d+)-\d+-\d+\.html")
_FID = re.compile(r"mod=forumdisplay(?:&(?:amp;)?\w+=[^&]*)*?&(?:amp;)?fid=(\d+)|(?:^|/)forum-(\d+)-\d+\.html")
_UID = re.compile(r"[?&;]uid=(\d+)|(?:^|/)space-uid-(\d+)\.html")
_PAGE = re.compile(r"[?&;]page=(\d+)|(?:^|/)forum-\w+-(\d+)\.html|(?:^|/)thread-\d+-(\d+)-\d+\.html")
_QUOTED = re.compile(r"goto=findpost.*?[?&;]pid=(\d+)|[?&;]pid=(\d+).*?goto=findpost")
_DIGITS = re.compile(r"\d+")


class UnrecognisedError(Exception):
    """The page is not what its address promises; the message is its title."""


def decode_page(body: bytes, content_type: str) -> str:
    """The text of a page, by its BOM, header or meta; where none says, it is UTF-8 or else GBK.

    A guess by the frequency of letters makes Cyrillic of a GBK page with few Chinese characters.
    """
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    if declared and not is_charset(declared):
        return body.decode(_undeclared(body), "replace")
    return html_to_unicode(content_type, body, auto_detect_fun=_undeclared)[1]


def _undeclared(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def page_title(page: Selector) -> str:
    """The page's ``<title>`` on one line, for evidence."""
    return " ".join("".join(page.css("title::text").getall()).split())[:120]


def tid_of(href: str | None) -> int | None:
    """The thread that an address leads to."""
    return _number_in(_TID, href)


def fid_of(href: str | None) -> int | None:
    """The board that an address leads to."""
    return _number_in(_FID, href)


def uid_of(href: str | None) -> int | None:
    """The member whose space an address leads to."""
    return _number_in(_UID, href)


def pid_quoted(href: str | None) -> int | None:
    """The post that a "find this post" address leads to."""
    return _number_in(_QUOTED, href)


def next_page(page: Selector) -> int | None:
    """The number behind the page bar's 下一页; None on the last page. Script links (点评, votes) are none."""
    numbers = (_number_in(_PAGE, href) for href in page.css(".pg a.nxt::attr(href)").getall())
    return next((number for number in numbers if number), None)


def count_in(texts: SelectorList[Selector]) -> int | None:
    """The first whole number in what was selected; None where the site hides the counter."""
    found = _DIGITS.search(text_of(texts).replace(",", ""))
    return int(found[0]) if found else None


def moment_in(node: SelectorList[Selector] | Selector, now: datetime) -> Moment | None:
    """The time in a node: the title of a span goes before the words, for it gives the exact time."""
    titles = node.css("span::attr(title)").getall()
    return parse_first([*titles, text_of(node)], now)


def text_of(node: SelectorList[Selector] | Selector) -> str:
    """All text of a node on one line."""
    return " ".join("".join(node.xpath("string()").getall()).split())


def by_id(node: Selector, id_: str) -> SelectorList[Selector]:
    """The elements of an id inside a node; unlike a selector with the id in it, compiled once for all."""
    return node.xpath(".//*[@id=$id]", id=id_)


def _number_in(pattern: re.Pattern[str], href: str | None) -> int | None:
    found = pattern.search(href or "")
    return next((int(group) for group in found.groups() if group), None) if found else None
