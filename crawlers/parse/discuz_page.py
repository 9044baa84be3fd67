"""What all pages of a Discuz! X site have in common: links, counters, times, page bars. Pure."""

from __future__ import annotations

import re

from parsel import Selector, SelectorList

from crawlers.parse.nodes import Node, count_of, css, xpath

# The third number of a rewritten thread address is the list page one came from and says nothing.
_TID = re.compile(r"[?&;]tid=(\d+)|(?:^|/)thread-(\d+)-\d+-\d+\.html")
_FID = re.compile(r"mod=forumdisplay(?:&(?:amp;)?\w+=[^&]*)*?&(?:amp;)?fid=(\d+)|(?:^|/)forum-(\d+)-\d+\.html")
_UID = re.compile(r"[?&;]uid=(\d+)|(?:^|/)space-uid-(\d+)\.html")
_PAGE = re.compile(r"[?&;]page=(\d+)|(?:^|/)forum-\w+-(\d+)\.html|(?:^|/)thread-\d+-(\d+)-\d+\.html")
_QUOTED = re.compile(r"goto=findpost.*?[?&;]pid=(\d+)|[?&;]pid=(\d+).*?goto=findpost")
_PRESENT = css("strong")
_NEXT = xpath(
    "descendant::a[contains(@class, 'nxt')][contains(concat(' ', normalize-space(@class), ' '), ' nxt ')]"
    "[ancestor::*[contains(concat(' ', normalize-space(@class), ' '), ' pg ')]]"
)


class UnrecognisedError(Exception):
    """The page is not what its address promises; the message is its title."""


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


def next_page(page: Node) -> int | None:
    """The number behind the page bar's 下一页; None on the last page. Script links (点评, votes) are none.

    Where a site writes its addresses by a rule of its own, it is the one after the page that the bar marks.
    """
    for link in _NEXT(page):
        href = link.get("href") or "javascript:"
        if not href.startswith("javascript:"):
            return _number_in(_PAGE, href) or (count_of(_PRESENT(link.getparent())) or 0) + 1
    return None


def text_of(node: SelectorList[Selector] | Selector) -> str:
    """All text of a node on one line."""
    return " ".join("".join(node.xpath("string()").getall()).split())


def _number_in(pattern: re.Pattern[str], href: str | None) -> int | None:
    found = pattern.search(href or "")
    return next((int(group) for group in found.groups() if group), None) if found else None
