"""Board index and thread lists of Discuz! X → boards and thread entries. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parsel import Selector

from crawlers.parse.discuz_page import (
    UnrecognisedError,
    count_in,
    fid_of,
    moment_in,
    next_page,
    page_title,
    text_of,
    tid_of,
    uid_of,
)
from crawlers.parse.forum_times import Moment


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a thread list.

    ``replies`` and ``views`` are None where the list does not show them; ``author`` and ``uid`` are None
    for an anonymous thread; ``moved``: the line only points to a thread in another board.
    """

    tid: int
    subject: str
    author: str | None
    uid: int | None
    replies: int | None
    views: int | None
    posted: Moment | None
    last: Moment | None
    sticky: bool = False
    moved: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a board: its threads, the number of the next page, and boards below it."""

    entries: tuple[Entry, ...]
    next_page: int | None
    boards: tuple[int, ...]


def parse_index(html: str) -> tuple[int, ...]:
    """The boards on the board index, with those below them; `UnrecognisedError` where it shows none."""
    page = Selector(html)
    boards = _boards(page.css(".fl_tb a::attr(href)").getall()) or _boards(page.css("#ct a::attr(href)").getall())
    if not boards:
        raise UnrecognisedError(page_title(page))
    return boards


def parse_list(html: str, now: datetime) -> ListPage:
    """One page of a thread list; a board without threads has no entries.

    `UnrecognisedError` where the page has neither a thread list nor boards.
    """
    page = Selector(html)
    boards = _boards(page.css(".fl_tb a::attr(href)").getall())
    if not page.css("#threadlist") and not boards:
        raise UnrecognisedError(page_title(page))
    lines = page.css('tbody[id^="normalthread_"], tbody[id^="stickthread_"]')
    entries = [_entry(line, now) for line in lines] or [_tile(tile) for tile in page.css("#waterfall > li")]
    return ListPage(tuple(entry for entry in entries if entry), next_page(page), boards)


def _boards(hrefs: list[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(fid for fid in map(fid_of, hrefs) if fid))


def _entry(line: Selector, now: datetime) -> Entry | None:
    id_ = line.attrib["id"]
    link = line.css("th a.xst")
    tid = tid_of(link.attrib.get("href")) or _trailing_number(id_)
    if not link or not tid:
        return None
    cells = line.css("td.by")
    writer = cells[:1].css("cite a")
    return Entry(
        tid=tid,
        subject=text_of(link),
        author=text_of(writer) or None,
        uid=uid_of(writer.attrib.get("href")),
        replies=count_in(line.css("td.num a")),
        views=count_in(line.css("td.num em")),
        posted=moment_in(cells[:1].css("em"), now),
        last=moment_in(cells[-1:].css("em"), now),
        sticky=id_.startswith("stickthread_"),
        moved=tid != _trailing_number(id_),
    )


def _tile(tile: Selector) -> Entry | None:
    """A thread of a board that shows pictures: no times and no views there."""
    link = tile.css("h3 a")
    tid = tid_of(link.attrib.get("href"))
    if not tid:
        return None
    writer = tile.css(".auth > a")
    return Entry(
        tid=tid,
        subject=text_of(link),
        author=text_of(writer) or None,
        uid=uid_of(writer.attrib.get("href")),
        replies=count_in(tile.css(".auth cite a")),
        views=None,
        posted=None,
        last=None,
    )


def _trailing_number(id_: str) -> int | None:
    tail = id_.rpartition("_")[2]
    return int(tail) if tail.isdigit() else None
