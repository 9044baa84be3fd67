"""Thread pages of Discuz! X → floors and 点评. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile

from crawlers.parse.discuz_body import Body, pictures_of, read_body
from crawlers.parse.discuz_cut import BAR, posts_of
from crawlers.parse.discuz_page import UnrecognisedError, next_page, pid_quoted, uid_of
from crawlers.parse.forum_times import Moment
from crawlers.parse.nodes import (
    Node,
    Page,
    classes_of,
    count_of,
    css,
    href_of,
    moment_of,
    title_of,
    tree_of,
    words_of,
    xpath,
)

_POST = re.compile(r"^post_(\d+)$")
_COUNTERS = xpath(
    "descendant-or-self::td[contains(concat(' ', normalize-space(@class), ' '), ' pls ')]"
    "/descendant::*[contains(@class, 'hm')][contains(concat(' ', normalize-space(@class), ' '), ' hm ')]"
    "/descendant::*[contains(@class, 'xi1')][contains(concat(' ', normalize-space(@class), ' '), ' xi1 ')]"
)
_OWN_SUBJECT = css(".pcb > h2")
_OPTIONS = css(".pcb > .typeoption tr")
_MORE_REMARKS = css("a.nxt")
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
    return open_thread(html, posts_of(html)).read(now, base)


@dataclass(frozen=True, slots=True)
class OpenThread:
    """A page of a thread whose posts are not read yet, but where it leads to is known.

    ``posts`` by their numbers; ``extras``: some of them may have what few have.
    """

    page: Page
    list: Node
    posts: dict[int, Node]
    next_page: int | None
    split: bool
    extras: bool

    def read(self, now: datetime, base: str) -> ThreadPage:
        """The whole page. ``base`` is the site's address."""
        subject = self.page.named("thread_subject")
        counters = self._counters()
        return ThreadPage(
            subject="" if subject is None else words_of(subject),
            views=count_of(counters[:1]),
            replies=count_of(counters[1:2]),
            floors=tuple(self._floor(post, pid, now, base) for pid, post in self.posts.items()),
            next_page=self.next_page,
            split=self.split,
        )

    def _counters(self) -> list[Node]:
        """Views and replies, where the page has them: they stand above the first post."""
        first = next(iter(self.posts.values()), None)
        above = takewhile(lambda node: node is not first, self.list)
        return [counter for node in above for counter in _COUNTERS(node)]

    def _floor(self, post: Node, pid: int, now: datetime, base: str) -> Floor:
        # The counter-offer of a trade repeats the id; the first is the author's own text.
        message = self.page.named(f"postmessage_{pid}")
        body = read_body(message, base) if message is not None else Body("", edited=False, quoted_href=None)
        author, uid = _author(post)
        remarks = self.page.named(f"comment_{pid}")
        posted = self.page.named(f"authorposton{pid}")
        return Floor(
            pid=pid,
            opening=_is_opening(self.page.named(f"postnum{pid}")),
            author=author,
            uid=uid,
            at=moment_of([] if posted is None else [posted], now),
            text="\n".join(part for part in (*(_added(post) if self.extras else ()), body.text) if part),
            edited=body.edited,
            quoted=pid_quoted(body.quoted_href),
            hidden=message is None,
            remarks=_remarks(remarks, pid, now),
            remarks_cut=remarks is not None and len(remarks) > 0 and bool(_MORE_REMARKS(remarks)),
            pictures=_pictures(post, body, base) if self.extras else body.pictures,
        )


def open_thread(html: str, part: str) -> OpenThread:
    """A page of a thread, and `posts_of` it; `UnrecognisedError` where it has no list of posts."""
    page = Page(part)
    found = page.named("postlist")
    if found is None:
        raise UnrecognisedError(title_of(tree_of(html)))
    posts: dict[int, Node] = {}
    for post in found.iter("div"):
        id_ = post.get("id")
        if id_ and (name := _POST.match(id_)):
            # A floor that was pinned to the top stands on the page twice.
            posts.setdefault(int(name[1]), post)
    following = next_page(page.root) if BAR in part else None
    split = page.named("threadpage") is not None
    return OpenThread(page, found, posts, following, split, extras=any(mark in part for mark in _EXTRAS))


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
    # Bought templates drop the classes; a link to a member's space with words in it is the name there too.
    for is_name in (_is_named, _is_space):
        for link in post.iter("a"):
            if is_name(link) and _is_above(post, link) and (name := words_of(link)):
                return name, uid_of(link.get("href"))
    # A member who was deleted has a name and no link.
    bare = _BARE(post)
    if any(map(_EM, bare)):
        return " ".join("".join(text for node in bare for text in _OWN_WORDS(node)).split()) or None, None
    # With the left column shut (close_leftinfo) the picture alone leads to the member.
    return None, uid_of(href_of(_AVATAR(post))) or None


def _is_above(post: Node, link: Node) -> bool:
    """Whether a link stands in a line that says who wrote the post, and when."""
    box = link.getparent()
    while box is not post:
        if "authi" in classes_of(box):
            return True
        box = box.getparent()
    return False


def _is_named(link: Node) -> bool:
    classes = classes_of(link)
    if "xi2" not in classes:
        return "xw1" in classes
    return any("plc" in classes_of(cell) for cell in link.iterancestors("td"))


def _is_space(link: Node) -> bool:
    return bool(uid_of(link.get("href")))


def _remarks(node: Node | None, pid: int, now: datetime) -> tuple[Remark, ...]:
    if node is None or not len(node):
        return ()
    remarks = (_remark(line, now) for line in _REMARKS(node))
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
