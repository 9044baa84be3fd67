"""Reads one thread, its posts page after page and the comments under them, as far as Tieba lets us."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from crawlers.tieba.answers import Answer, Comment, CommentPage, Post, ThreadPage
from crawlers.tieba.faults import GoneError, TiebaError
from crawlers.tieba.memory import FloorState, ThreadState
from domain.errors import SourceError


class Asker(Protocol):
    """What this module needs of `crawlers.tieba.client.TiebaClient`."""

    async def thread(self, tid: int, page: int) -> ThreadPage: ...

    async def comments(self, tid: int, post: int, page: int) -> CommentPage: ...


@dataclass(slots=True)
class Reading:
    """A thread as it comes in. ``head`` is its first page; ``answers`` the answer in which each post (``p`` and its
    id) and comment (``c``) stood; ``floors`` the comments under each post, ``complete`` the posts whose comments
    are all there, ``overlong`` those that have more than may be read; ``following`` the page at which the page limit
    ended the reading; ``skipped``: pages in the middle, known from before, were passed over.
    """

    head: ThreadPage | None = None
    posts: dict[int, Post] = field(default_factory=dict)
    floors: dict[int, dict[int, Comment]] = field(default_factory=dict)
    complete: set[int] = field(default_factory=set)
    overlong: set[int] = field(default_factory=set)
    answers: dict[str, Answer] = field(default_factory=dict)
    pages: int = 0
    last_page: int = 1
    skipped: bool = False
    following: int | None = None
    fault: SourceError | None = None

    @property
    def whole(self) -> bool:
        """Whether every page of posts was read, from the first to the last."""
        return self.head is not None and not (self.skipped or self.following or self.fault)

    def add(self, page: ThreadPage) -> bool:
        """One page; tells whether it had a post that was not there before."""
        self.head = self.head or page
        fresh = [post for post in page.posts if post.id not in self.posts]
        for post in fresh:
            self.posts[post.id] = post
            self.answers[f"p{post.id}"] = page.answer
            self.add_comments(post.id, post.comments, page.answer)
        return bool(fresh)

    def merge(self, earlier: Reading) -> None:
        """What an earlier reading of the same moment saw and this one did not; it is no whole reading of its own."""
        self.posts = {**earlier.posts, **self.posts}
        self.floors = {post: {**earlier.floors.get(post, {}), **self.floors.get(post, {})} for post in self.posts}
        self.complete |= earlier.complete
        self.answers = {**earlier.answers, **self.answers}
        self.pages += earlier.pages

    def add_comments(self, post: int, comments: Iterable[Comment], answer: Answer) -> bool:
        """Comments under a post; what comes later says more. Tells whether one was not there before."""
        floor = self.floors.setdefault(post, {})
        before = len(floor)
        for comment in comments:
            floor[comment.id] = comment
            self.answers[f"c{comment.id}"] = answer
        return len(floor) > before


async def read_thread(client: Asker, tid: int, state: ThreadState, most_pages: int) -> Reading:
    """The first page, and from there (or from where the last reading ended) to the end, the limit or a fault."""
    reading = Reading()
    try:
        await _read_pages(client, tid, state.resume, most_pages, reading)
    except SourceError as error:
        reading.fault = error
    try:
        await _read_floors(client, tid, state, most_pages, reading)
    except SourceError as error:
        reading.fault = reading.fault or error
    return reading


async def _read_pages(client: Asker, tid: int, resume: int | None, most_pages: int, reading: Reading) -> None:
    number = 1
    for _ in range(most_pages + bool(resume)):
        page = await client.thread(tid, number)
        fresh = reading.add(page)
        reading.pages += 1
        if number > 1 and not fresh:
            # Beyond its end Tieba answers the last page again, and there it may still say that there is more.
            _check_end(page, number, reading)
            return
        reading.last_page = number
        if not page.more:
            return
        reading.skipped = reading.skipped or (number == 1 and resume is not None and resume > 2)
        number = resume if number == 1 and resume else number + 1
    reading.following = number


def _check_end(page: ThreadPage, number: int, reading: Reading) -> None:
    """Whether the repeated page hides something: fewer posts are there than the thread has replies."""
    got = len(reading.posts) - 1 + sum(post.replies for post in reading.posts.values())
    short = (page.counts.replies or 0) - got
    if page.number == number and page.posts and page.more and short > max(2, got // 10):
        told = f"第 {number} 页与前面的页相同"
        raise TiebaError("changed", told, told)


async def _read_floors(client: Asker, tid: int, state: ThreadState, most_pages: int, reading: Reading) -> None:
    """The comments that did not come with their posts, where there are more or fewer than when last read."""
    for post in reading.posts.values():
        known = state.floors.get(str(post.id), FloorState())
        if len(reading.floors[post.id]) >= post.replies:
            reading.complete.add(post.id)
        elif known.told != post.replies and not hopeless(reading.fault):
            try:
                await _read_floor(client, tid, post.id, most_pages, reading)
            except GoneError:
                continue  # deleted in between: the next reading of the thread shows it


def hopeless(fault: SourceError | None) -> bool:
    """Whether a further request would only meet the same fault."""
    return fault is not None and fault.status != "changed"


async def _read_floor(client: Asker, tid: int, post: int, most_pages: int, reading: Reading) -> None:
    seen: set[int] = set()
    for number in range(1, most_pages + 1):
        page = await client.comments(tid, post, number)
        reading.add_comments(post, page.comments, page.answer)
        fresh = {comment.id for comment in page.comments} - seen
        seen |= fresh
        if not page.more or not fresh:
            reading.complete.add(post)
            return
    reading.overlong.add(post)
