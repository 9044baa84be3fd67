"""Thread pages of Discuz! X → floors and 点评. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from crawlers.parse.discuz_body import Body, pictures_of, read_body
from crawlers.parse.discuz_page import UnrecognisedError, next_page, pid_quoted, uid_of
from crawlers.parse.forum_times import Moment
from crawlers.parse.nodes import Node, count_of, css, href_of, moment_of, title_of, tree_of, words_of, xpath

_POST = re.compile(r"^post_(\d+)$")
_LIST = xpath("id('postlist')")
_SUBJECT = xpath("id('thread_subject')")
_COUNTERS = css("td.pls .hm .xi1")
_SPLIT = xpath("id('threadpage')")
_POSTS = css('div[id^="post_"]')
# The parts of a floor that carry its number in their id.
_NUMBERED = xpath(".//*[starts-with(@id, 'post') or starts-with(@id, 'authorposton') or starts-with(@id, 'comment_')]")
_OWN_SUBJECT = css(".pcb > h2")
_OPTIONS = css(".pcb > .typeoption tr")
_MORE_REMARKS = css("a.nxt")
_SPACES = css(".authi a")
_BARE = css("td.pls > div > .pi")
_EM = css("em")
_ATTACHED = css("div.pattl")
# What few posts have: a title, a form that was filled in, attachments. Most pages are without any of them.
_EXTRAS = ("<h2", "typeoption", "pattl")
_OWN_WORDS = xpath("./text()")
_AVATAR = css("td.plc .authi a.avt")
_REMARKS = css("* > .pstl")
_SAID = css(".psti")
_LINKS = css("a.xi2")
_SAID_WORDS = xpath("./text() | ./*[not(self::span) and not(self::a)]//text()")
_SAID_AT = css("span.xg1")
_SAID_BY = css(".psta a.xi2")


@dataclass(frozen=True, slots=True)
class Remark:
    """A 点评 under a floor; its id is made of floor, author and words, for the page gives none.

    The time is no part of it: pages and the mobile interface give it with different precision.
    """

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
    ``remarks_cut``: the site has more 点评 than it shows. ``pid`` is None in the archiver, which shows no numbers.
    """

    pid: int | None
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
    pictures: tuple[str, ...] = ()

    @property
    def stamp(self) -> str:
        """What tells the floor from others of its thread without a number: author and second, which no edit changes.

        Where the site does not say the second, the words stand for it.
        """
        exact = self.at is not None and self.at.precision == "second"
        when = f"{self.at.at:%Y%m%d%H%M%S}" if self.at and exact else self.text
        return hashlib.sha256("\0".join((self.author or "", when)).encode()).hexdigest()[:12]

    @property
    def key(self) -> str:
        """The floor's name inside its thread."""
        return f"p{self.pid}" if self.pid is not None else f"a{self.stamp}"


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


def parse_thread(html: str, now: datetime, base: str = "") -> ThreadPage:
    """One page of a thread; `UnrecognisedError` where it has no list of posts. ``base`` is the site's address."""
    page = tree_of(html)
    posts = _LIST(page)
    if not posts:
        raise UnrecognisedError(title_of(page))
    counters = _COUNTERS(posts[0])
    return ThreadPage(
        subject=words_of(*_SUBJECT(page)),
        views=count_of(counters[:1]),
        replies=count_of(counters[1:2]),
        floors=_floors(posts[0], now, base, extras=any(mark in html for mark in _EXTRAS)),
        next_page=next_page(page),
        split=bool(_SPLIT(page)),
    )


def _floors(posts: Node, now: datetime, base: str, *, extras: bool) -> tuple[Floor, ...]:
    floors = {}
    for post in _POSTS(posts):
        name = _POST.match(post.get("id"))
        # A floor that was pinned to the top stands on the page twice.
        if name and int(name[1]) not in floors:
            floors[int(name[1])] = _floor(post, int(name[1]), now, base, extras=extras)
    return tuple(floors.values())


def _floor(post: Node, pid: int, now: datetime, base: str, *, extras: bool) -> Floor:
    # The counter-offer of a trade repeats the id; the first is the author's own text.
    parts: dict[str, Node] = {}
    for part in _NUMBERED(post):
        parts.setdefault(part.get("id"), part)
    message = parts.get(f"postmessage_{pid}")
    body = read_body(message, base) if message is not None else Body("", edited=False, quoted_href=None)
    author, uid = _author(post)
    remarks = parts.get(f"comment_{pid}")
    return Floor(
        pid=pid,
        opening=_is_opening(parts.get(f"postnum{pid}")),
        author=author,
        uid=uid,
        at=moment_of([parts[id_] for id_ in (f"authorposton{pid}",) if id_ in parts], now),
        text="\n".join(part for part in (*(_added(post) if extras else ()), body.text) if part),
        edited=body.edited,
        quoted=pid_quoted(body.quoted_href),
        hidden=message is None,
        remarks=_remarks(remarks, pid, now),
        remarks_cut=remarks is not None and bool(_MORE_REMARKS(remarks)),
        pictures=_pictures(post, body, base) if extras else body.pictures,
    )


def _added(post: Node) -> list[str]:
    """A title of its own, and what was filled into the form of a classified thread (a complaint form, say)."""
    return [words_of(*_OWN_SUBJECT(post)), *map(words_of, _OPTIONS(post))]


def _pictures(post: Node, body: Body, base: str) -> tuple[str, ...]:
    """Those among the words, and those that were only attached."""
    attached = (address for part in _ATTACHED(post) for address in pictures_of(part, base))
    return tuple(dict.fromkeys((*body.pictures, *attached)))


def _is_opening(number: Node | None) -> bool:
    """The number of a reply links to "find this post", that of the opening post to the thread itself."""
    if number is None:
        return False
    return "findpost" not in (number.get("href") or "") or words_of(number) == "楼主"


def _author(post: Node) -> tuple[str | None, int | None]:
    """Name and uid; the name stands left of the post or above it, as the site likes."""
    links = _SPACES(post)
    named = (link for link in links if _is_name(link))
    # Bought templates drop the classes; a link to a member's space with words in it is the name there too.
    spaces = (link for link in links if uid_of(link.get("href")))
    for link in chain(named, spaces):
        if name := words_of(link):
            return name, uid_of(link.get("href"))
    # A member who was deleted has a name and no link.
    bare = _BARE(post)
    if any(map(_EM, bare)):
        return " ".join("".join(text for node in bare for text in _OWN_WORDS(node)).split()) or None, None
    # With the left column shut (close_leftinfo) the picture alone leads to the member.
    return None, uid_of(href_of(_AVATAR(post))) or None


def _is_name(link: Node) -> bool:
    classes = (link.get("class") or "").split()
    if "xi2" not in classes:
        return "xw1" in classes
    return any("plc" in (cell.get("class") or "").split() for cell in link.iterancestors("td"))


def _remarks(node: Node | None, pid: int, now: datetime) -> tuple[Remark, ...]:
    lines = _REMARKS(node) if node is not None else ()
    remarks = (_remark(line, now) for line in lines)
    return remarks_of(pid, (remark for remark in remarks if remark))


def remarks_of(pid: int, remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """The 点评 of a floor with their ids; words that one author repeats get a number."""
    found, told = [], Counter[str]()
    for remark in remarks:
        digest = hashlib.sha256("\0".join((remark.author or "", remark.text)).encode()).hexdigest()[:12]
        told[digest] += 1
        again = f"-{told[digest]}" if told[digest] > 1 else ""
        found.append(replace(remark, id=f"{pid}-c-{digest}{again}"))
    return tuple(found)


def _remark(line: Node, now: datetime) -> Remark | None:
    said = _SAID(line)
    # A 点评 with a link to its details is a copy of a reply, which has its own floor.
    if not said or any(pid_quoted(link.get("href")) for node in said for link in _LINKS(node)):
        return None
    text = " ".join("".join(part for node in said for part in _SAID_WORDS(node)).split())
    writer = _SAID_BY(line)
    at = moment_of([node for part in said for node in _SAID_AT(part)], now)
    author = words_of(*writer) or None
    return Remark("", author, uid_of(href_of(writer)), at, text) if text else None
