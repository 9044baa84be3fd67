"""Board index and thread lists of Discuz! X → boards and thread entries. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from crawlers.parse.discuz_cut import BAR, threads_of
from crawlers.parse.discuz_page import UnrecognisedError, fid_of, next_page, tid_of, uid_of
from crawlers.parse.forum_times import Moment
from crawlers.parse.nodes import Node, count_of, css, href_of, inside, moment_of, title_of, tree_of, words_of, xpath

_BOARDS = css(".fl_tb a")
_ANY_BOARDS = css("#ct a")
_BOARD_NAMES = css(".fl_tb h2 a, .fl_tb dt a")
_LINKS = css("a")
_NOTHING = css("p.emp")
_FIRST_NUMBER = re.compile(r"\d+")
_LIST = xpath("id('threadlist')")
_LINES = css('tbody[id^="normalthread_"], tbody[id^="stickthread_"]')
_TILES = css("#waterfall > li")
_TILE_SUBJECT = css("h3 a")
_TILE_WRITER = css(".auth > a")
_TILE_REPLIES = css(".auth cite a")


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
    """One page of a board: its threads, the number of the next page, and boards below it.

    ``says_empty``: the site itself says that there are no threads.
    """

    entries: tuple[Entry, ...]
    next_page: int | None
    boards: tuple[int, ...]
    says_empty: bool = False


def parse_index(html: str) -> tuple[int, ...]:
    """The boards on the board index, with those below them; `UnrecognisedError` where it shows none."""
    page = tree_of(html)
    boards = _boards(_BOARDS(page)) or _boards(_ANY_BOARDS(page)) or _numbered(_BOARD_NAMES(page))
    if not boards:
        raise UnrecognisedError(title_of(page))
    return boards


def parse_list(html: str, now: datetime) -> ListPage:
    """One page of a thread list; a board without threads has no entries.

    `UnrecognisedError` where the page has neither a thread list nor boards.
    """
    part = threads_of(html)
    page = tree_of(part)
    boards = _boards(_BOARDS(page)) if "fl_tb" in part else ()
    if not _LIST(page) and not boards:
        raise UnrecognisedError(title_of(tree_of(html)))
    lines = [_entry(line, now) for line in _LINES(page)] or [_tile(tile) for tile in _TILES(page)]
    entries = tuple(entry for entry in lines if entry)
    if not entries and any(tid_of(link.get("href")) for node in _LIST(page) for link in _LINKS(node)):
        # Threads are listed in a way that is not ours: no empty board.
        raise UnrecognisedError(title_of(tree_of(html)))
    following = next_page(page) if BAR in part else None
    return ListPage(entries, following, boards, says_empty=any(map(_NOTHING, _LIST(page))))


def _boards(links: list[Node]) -> tuple[int, ...]:
    numbers = (fid_of(link.get("href")) for link in links)
    return tuple(dict.fromkeys(fid for fid in numbers if fid))


def _numbered(names: list[Node]) -> tuple[int, ...]:
    """The boards of a site that rewrites its addresses by a rule of its own: the first number is the board's."""
    numbers = (_FIRST_NUMBER.search((link.get("href") or "").rpartition("/")[2]) for link in names)
    return tuple(dict.fromkeys(int(number[0]) for number in numbers if number))


def _entry(line: Node, now: datetime) -> Entry | None:
    id_ = line.get("id")
    link = inside(line.iter("th"), "a", "xst")
    tid = tid_of(href_of(link)) or _trailing_number(id_)
    if not link or not tid:
        return None
    cells, counters = inside([line], "td", "by"), inside([line], "td", "num")
    writer = inside(inside(cells[:1], "cite"), "a")
    return Entry(
        tid=tid,
        subject=words_of(*link),
        author=words_of(*writer) or None,
        uid=uid_of(href_of(writer)),
        replies=count_of(inside(counters, "a")),
        views=count_of(inside(counters, "em")),
        posted=moment_of(inside(cells[:1], "em"), now),
        last=moment_of(inside(cells[-1:], "em"), now),
        sticky=id_.startswith("stickthread_"),
        moved=tid != _trailing_number(id_),
    )


def _tile(tile: Node) -> Entry | None:
    """A thread of a board that shows pictures: no times and no views there."""
    link = _TILE_SUBJECT(tile)
    tid = tid_of(href_of(link))
    if not tid:
        return None
    writer = _TILE_WRITER(tile)
    return Entry(
        tid=tid,
        subject=words_of(*link),
        author=words_of(*writer) or None,
        uid=uid_of(href_of(writer)),
        replies=count_of(_TILE_REPLIES(tile)),
        views=None,
        posted=None,
        last=None,
    )


def _trailing_number(id_: str) -> int | None:
    tail = id_.rpartition("_")[2]
    return int(tail) if tail.isdigit() else None
