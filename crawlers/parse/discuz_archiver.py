"""The light pages of Discuz! X (``archiver/``) → boards, thread entries and floors. Pure.

A floor shows its author, its time to the second and its words with the marks of BBCode taken out. There are no numbers
of posts, no 点评, no counters but that of replies, and nothing tells quoted words from the author's own but the line
that a quote begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from html import escape

from crawlers.parse.discuz_body import markup_of, own_words
from crawlers.parse.discuz_list import Entry, ListPage
from crawlers.parse.discuz_page import UnrecognisedError
from crawlers.parse.discuz_thread import Floor, ThreadPage
from crawlers.parse.forum_times import Moment, parse_first
from crawlers.parse.nodes import Node, css, title_of, tree_of, words_of, xpath

_CONTENT = css("#content")
_LINES = css("li")
_LINKS = css("a")
_PAGE_BAR = css("div.page")
_PRESENT = css("div.page strong")
_NAME = css("strong")
_NAMELESS = css("strong i")
_TITLED = css("span[title]")
_AFTER_NAME = xpath("strong/following-sibling::node()")
_SUBJECT = css("#end a strong")
_HEADINGS = css("p.author ~ h3")
_FID = re.compile(r"(?:^|[?/])fid-(\d+)\.html")
_TID = re.compile(r"(?:^|[?/])tid-(\d+)\.html")
_PAGE = re.compile(r"[&?]page=(\d+)")
_REPLIES = re.compile(r"\((\d+)[^()]*\)\s*$")
# "张三 发表于 2026-3-1 10:00", the quoted words, and a blank line before the author's own.
_QUOTE = re.compile(
    r"^\s*[^\n<]{1,60}?\s\d{4}-\d{1,2}-\d{1,2}\s\d{1,2}:\d{2}(?::\d{2})?\s*<br/?>.*?<br/?>\s*<br/?>(?=.*\S)", re.DOTALL
)
# What stands for a blocked post where there are no headings.
_NOTICE = re.compile(r"^\s*(?:\*{4}|提示[:：]).{0,40}(?:屏蔽|禁止|删除)")
_COVERED = re.compile(r"\*{4} Hidden Message \*{5}")


def parse_index(html: str) -> tuple[int, ...]:
    """The boards on the first page; `UnrecognisedError` where it shows none."""
    page, content = _content(html)
    boards = _boards(content)
    if not boards:
        raise UnrecognisedError(_evidence(page, content))
    return boards


def parse_list(html: str) -> ListPage:
    """One page of a board: its threads with their replies, by last reply as the site sorts them, and boards below."""
    page, content = _content(html)
    if not _PAGE_BAR(content):
        raise UnrecognisedError(_evidence(page, content))
    entries = (_entry(line) for line in _LINES(content))
    return ListPage(tuple(entry for entry in entries if entry), _next_page(content), _boards(content))


def parse_thread(html: str, number: int, now: datetime) -> ThreadPage:
    """Page ``number`` of a thread; `UnrecognisedError` where it shows no floors.

    The first floor of the first page is the opening post.
    """
    page, content = _content(html)
    floors = tuple(_floors(content, now, begins=number == 1))
    if not floors:
        raise UnrecognisedError(_evidence(page, content))
    return ThreadPage(words_of(*_SUBJECT(page)), None, None, floors, _next_page(content))


def _content(html: str) -> tuple[Node, Node]:
    page = tree_of(html)
    content = _CONTENT(page)
    if not content:
        raise UnrecognisedError(title_of(page))
    return page, content[0]


def _evidence(page: Node, content: Node) -> str:
    """A switched-off archiver says so in place of its lists."""
    return f"{title_of(page)} {words_of(content)[:80]}".strip()


def _boards(content: Node) -> tuple[int, ...]:
    found = (_FID.search(link.get("href") or "") for link in _LINKS(content))
    return tuple(dict.fromkeys(int(fid[1]) for fid in found if fid and "page=" not in fid.string))


def _entry(line: Node) -> Entry | None:
    for link in _LINKS(line):
        if tid := _TID.search(link.get("href") or ""):
            counted = _REPLIES.search(words_of(line))
            replies = int(counted[1]) if counted else None
            return Entry(int(tid[1]), words_of(link), None, None, replies, None, None, None)
    return None


def _next_page(content: Node) -> int | None:
    """The page after the one that the bar marks, where the bar leads to it."""
    present = re.search(r"\d+", words_of(*_PRESENT(content)[:1]))
    bar = _PAGE_BAR(content)
    if not present or not bar:
        return None
    pages = {found[1] for link in _LINKS(bar[-1]) if (found := _PAGE.search(link.get("href") or ""))}
    following = int(present[0]) + 1
    return following if str(following) in pages else None


def _floors(content: Node, now: datetime, *, begins: bool) -> Iterator[Floor]:
    """Each ``p.author`` begins a floor; what stands between it and the next one are its words."""
    head: Node | None = None
    body: list[Node] = []
    headed = bool(_HEADINGS(content))
    for node in content:
        is_head = node.tag == "p" and node.get("class") == "author"
        if (is_head or node.get("class") == "page") and head is not None:
            yield _floor(head, body if headed else _with_heading(head, body), now, opening=begins)
            head, begins = None, False
        if is_head:
            head, body = node, []
        elif head is not None:
            body.append(node)


def _with_heading(head: Node, body: list[Node]) -> list[Node]:
    """On a page without headings (another template) the words begin right behind the head; a blocked post has none."""
    words, _ = own_words(escape(head.tail or "") + "".join(map(markup_of, body)))
    if not words or _NOTICE.search(words):
        return body
    heading = head.makeelement("h3")
    heading.tail = head.tail
    return [heading, *body]


def _floor(head: Node, body: list[Node], now: datetime, *, opening: bool) -> Floor:
    # A blocked post has a head and no heading below it, not even an empty one.
    heading = next((node for node in body if node.tag == "h3"), None)
    rest = body[body.index(heading) + 1 :] if heading is not None else []
    markup = escape((heading.tail if heading is not None else None) or "") + "".join(map(markup_of, rest))
    text, edited = own_words(_COVERED.sub("", _QUOTE.sub("", markup, count=1)))
    # The opening post's heading is the thread's title.
    subject = words_of(heading) if heading is not None and not opening else ""
    return Floor(
        pid=None,
        opening=opening,
        author=None if _NAMELESS(head) else words_of(*_NAME(head)[:1]) or None,
        uid=None,
        at=_time(head, now),
        text="\n".join(part for part in (subject, text) if part),
        edited=edited,
        quoted=None,
        hidden=heading is None,
        remarks=(),
        remarks_cut=False,
    )


def _time(head: Node, now: datetime) -> Moment | None:
    """The time behind the name, for many a name looks like a date."""
    titles = [node.get("title") or "" for node in _TITLED(head)]
    said = " ".join(node if isinstance(node, str) else words_of(node) for node in _AFTER_NAME(head))
    return parse_first([*titles, said], now)
