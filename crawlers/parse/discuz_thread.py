"""Thread pages of Discuz! X → floors and 点评. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from parsel import Selector, SelectorList

from crawlers.parse.discuz_body import Body, read_body
from crawlers.parse.discuz_page import (
    UnrecognisedError,
    by_id,
    count_in,
    moment_in,
    next_page,
    page_title,
    pid_quoted,
    text_of,
    uid_of,
)
from crawlers.parse.forum_times import Moment

_POST = re.compile(r"^post_(\d+)$")


@dataclass(frozen=True, slots=True)
class Remark:
    """A 点评 under a floor; its id is made of floor, author, time and words, for the page gives none."""

    id: str
    author: str | None
    uid: int | None
    at: Moment | None
    text: str


@dataclass(frozen=True, slots=True)
class Floor:
    """One floor. Without ``author`` and ``uid`` it is anonymous; some sites show a picture and no name.

    ``hidden``: it stands there, but its words may not be read.

    ``opening`` marks the thread's first post; ``quoted`` is the pid that it quotes, where the quote says so;
    ``remarks_cut``: the site has more 点评 than it shows.
    """

    pid: int
    opening: bool
    author: str | None
    uid: int | None
    at: Moment | None
    text: str
    edited: bool
    quoted: int | None
    hidden: bool
    remarks: tuple[Remark, ...]
    remarks_cut: bool


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One page of a thread; the counters stand on page 1 only, and the replies include 点评.

    ``split``: the opening post has pages of its own, of which this shows the first.
    """

    subject: str
    views: int | None
    replies: int | None
    floors: tuple[Floor, ...]
    next_page: int | None
    split: bool = False


def parse_thread(html: str, now: datetime) -> ThreadPage:
    """One page of a thread; `UnrecognisedError` where it has no list of posts."""
    page = Selector(html)
    posts = page.css("#postlist")
    if not posts:
        raise UnrecognisedError(page_title(page))
    counters = posts.css("td.pls .hm .xi1")
    return ThreadPage(
        subject=text_of(page.css("#thread_subject")),
        views=count_in(counters[:1]),
        replies=count_in(counters[1:2]),
        floors=_floors(posts, now),
        next_page=next_page(page),
        split=bool(posts.css("#threadpage")),
    )


def _floors(posts: SelectorList[Selector], now: datetime) -> tuple[Floor, ...]:
    floors = {}
    for post in posts.css('div[id^="post_"]'):
        name = _POST.match(post.attrib["id"])
        # A floor that was pinned to the top stands on the page twice.
        if name and int(name[1]) not in floors:
            floors[int(name[1])] = _floor(post, int(name[1]), now)
    return tuple(floors.values())


def _floor(post: Selector, pid: int, now: datetime) -> Floor:
    message = by_id(post, f"postmessage_{pid}")
    # The counter-offer of a trade repeats the id; the first is the author's own text.
    body = read_body(message[0].root) if message else Body("", edited=False, quoted_href=None)
    subject = text_of(post.css(".pcb > h2"))
    # What was filled into the form of a classified thread (a complaint form, say).
    options = "\n".join(text_of(row) for row in post.css(".pcb > .typeoption tr"))
    author, uid = _author(post)
    return Floor(
        pid=pid,
        opening=_is_opening(post, pid),
        author=author,
        uid=uid,
        at=moment_in(by_id(post, f"authorposton{pid}"), now),
        text="\n".join(part for part in (subject, options, body.text) if part),
        edited=body.edited,
        quoted=pid_quoted(body.quoted_href),
        hidden=not message,
        remarks=_remarks(post, pid, now),
        remarks_cut=bool(by_id(post, f"comment_{pid}").css("a.nxt")),
    )


def _is_opening(post: Selector, pid: int) -> bool:
    """The number of a reply links to "find this post", that of the opening post to the thread itself."""
    number = by_id(post, f"postnum{pid}")
    if not number:
        return False
    href = number.attrib.get("href") or ""
    return "findpost" not in href or text_of(number) == "楼主"


def _author(post: Selector) -> tuple[str | None, int | None]:
    """Name and uid; the name stands left of the post or above it, as the site likes."""
    # Bought templates drop the classes; a link to a member's space with words in it is the name there too.
    named = post.css(".authi a.xw1, td.plc .authi a.xi2")
    spaces = [link for link in post.css(".authi a") if uid_of(link.attrib.get("href"))]
    for link in (*named, *spaces):
        if name := text_of(link):
            return name, uid_of(link.attrib.get("href"))
    # A member who was deleted has a name and no link.
    bare = post.css("td.pls > div > .pi")
    if bare.css("em"):
        return " ".join("".join(bare.xpath("./text()").getall()).split()) or None, None
    # With the left column shut (close_leftinfo) the picture alone leads to the member.
    return None, uid_of(post.css("td.plc .authi a.avt::attr(href)").get()) or None


def _remarks(post: Selector, pid: int, now: datetime) -> tuple[Remark, ...]:
    remarks = (_remark(line, pid, now) for line in by_id(post, f"comment_{pid}").css("* > .pstl"))
    return tuple(remark for remark in remarks if remark)


def _remark(line: Selector, pid: int, now: datetime) -> Remark | None:
    words = line.css(".psti")
    # A 点评 with a link to its details is a copy of a reply, which has its own floor.
    if not words or any(map(pid_quoted, words.css("a.xi2::attr(href)").getall())):
        return None
    text = " ".join("".join(words.xpath("./text() | ./*[not(self::span) and not(self::a)]//text()").getall()).split())
    writer = line.css(".psta a.xi2")
    at = moment_in(words.css("span.xg1"), now)
    author = text_of(writer) or None
    return (
        Remark(_remark_id(pid, author, at, text), author, uid_of(writer.attrib.get("href")), at, text) if text else None
    )


def _remark_id(pid: int, author: str | None, at: Moment | None, text: str) -> str:
    # A time known only to the day or hour is spelt anew every day, so it may not make the id.
    when = f"{at.at:%Y%m%d%H%M}" if at and at.precision in ("second", "minute") else ""
    digest = hashlib.sha256("\0".join((author or "", when, text)).encode()).hexdigest()
    return f"{pid}-c-{digest[:12]}"
