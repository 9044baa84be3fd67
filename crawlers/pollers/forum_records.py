"""A thread that was read → observation records (docs/interfaces.md) of what changed, and its new state. Pure."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawlers.http import Response
from crawlers.parse.selected import Entry, Item, ThreadPage
from crawlers.pollers.forum_memory import ThreadState
from domain.clock import iso
from domain.errors import SourceError

Record = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """A thread's pages as they come in, from its first page or (``from_start`` false) from one in the middle.

    ``first`` is the id of the very first post; ``following`` the page at which the page limit ended the reading;
    ``odd`` posts that have a text but no id; ``fault`` why it broke off. ``page_of`` is the answer in which each item
    stood, ``last_page`` the last one.
    """

    from_start: bool
    subject: str | None = None
    first: str | None = None
    items: dict[str, Item] = field(default_factory=dict)
    page_of: dict[str, Response | None] = field(default_factory=dict)
    odd: list[Item] = field(default_factory=list)
    pages: int = 0
    last_url: str = ""
    last_page: Response | None = None
    following: str | None = None
    fault: SourceError | None = None

    @property
    def whole(self) -> bool:
        """Whether every page was read, from the first to the last."""
        return self.from_start and self.fault is None and self.following is None and not self.odd

    def add(self, page: ThreadPage, url: str, answer: Response | None) -> bool:
        """One page, and the answer that it was read from; tells whether it had a post that was not there before."""
        if self.from_start and self.pages == 0:
            self.subject = page.subject
            self.first = page.items[0].id
        self.pages, self.last_url, self.last_page = self.pages + 1, url, answer
        fresh = [item for item in page.items if item.id and item.id not in self.items]
        self.items.update({item.id: item for item in fresh})
        self.page_of.update(dict.fromkeys((item.id for item in fresh), answer))
        # What has neither id nor text is an advertisement between the posts.
        self.odd += [item for item in page.items if not item.id and item.text]
        return bool(fresh)


@dataclass(frozen=True, slots=True)
class Teller:
    """Writes the records of one forum: an opening post is ``t`` and the thread's id, a reply ``p`` and its own."""

    source: str
    platform: str

    def missing(self, reading: Reading, tid: str, state: ThreadState) -> bool:
        """Whether a post that was there before is not on the pages of a whole reading."""
        shown = {id_ for id_, _ in self._shown(reading, tid, state)}
        return reading.whole and any(mark and id_ not in shown for id_, mark in state.posts.items())

    def settle(
        self, reading: Reading, tid: str, state: ThreadState, entry: Entry | None, now: datetime
    ) -> tuple[list[Record], ThreadState]:
        """What changed since ``state``, and the state from now on.

        Posts that were there and are not on a whole reading are told as deleted; a reading that broke off only adds
        what it saw, and the thread stays due. ``page`` of a record is the answer that shows it, or that it is
        gone; None where no single one does.
        """
        title = reading.subject or state.title
        metrics = _counters(reading, state, entry)
        posts, told = dict(state.posts), list[Record]()
        for id_, item in self._shown(reading, tid, state):
            record = self._record(tid, id_, state.url, item, title)
            mark = _digest(record)
            if id_ == f"t{tid}":
                record["metrics"] |= metrics
            if posts.get(id_) != mark or (id_ == f"t{tid}" and _counters_moved(metrics, state)):
                told.append(record)
            posts[id_] = mark
        if reading.whole:
            shown = {id_ for id_, _ in self._shown(reading, tid, state)}
            lost = [id_ for id_, mark in state.posts.items() if mark and id_ not in shown]
            told += [self._gone(tid, id_, state.url) for id_ in lost]
            posts |= dict.fromkeys(lost, "")
        pages = self._pages(reading, tid, state)
        told += [self._record(tid, "", state.url, item, None) for item in reading.odd]
        after = _after(reading, state, entry, now)
        after |= {"title": title, "posts": posts, "root": state.root or reading.first or None}
        after |= _views_after(reading, state, metrics, told_root=any(record["id"] == f"t{tid}" for record in told))
        told = [{**record, "observed_at": iso(now), "page": pages.get(record["id"])} for record in told]
        return told, state.model_copy(update=after)

    def vanish(self, tid: str, state: ThreadState, now: datetime) -> tuple[list[Record], ThreadState]:
        """All posts of a thread that the site says is not there any more, as deleted."""
        visible = [id_ for id_, mark in state.posts.items() if mark]
        records = [{**self._gone(tid, id_, state.url), "observed_at": iso(now)} for id_ in visible]
        after = {"posts": dict.fromkeys(state.posts, ""), "visited": now, "gone": True, "due": False}
        return records, state.model_copy(update=after)

    def _pages(self, reading: Reading, tid: str, state: ThreadState) -> dict[str, Response | None]:
        """The page of each post: the one on which it stood, or the thread's only one, on which it no longer does."""
        only = dict.fromkeys(state.posts, reading.last_page) if reading.pages == 1 else {}
        return only | {id_: reading.page_of[item.id] for id_, item in self._shown(reading, tid, state)}

    def _shown(self, reading: Reading, tid: str, state: ThreadState) -> Iterator[tuple[str, Item]]:
        root = state.root or reading.first
        for item in reading.items.values():
            yield (f"t{tid}" if item.id == root else f"p{item.id}"), item

    def _record(self, tid: str, id_: str, url: str, item: Item, title: str | None) -> Record:
        is_root = id_ == f"t{tid}"
        text = "" if is_root and item.text is None else item.text
        return {
            **self._bare(tid, id_, url),
            "reply_to": None if is_root else f"t{tid}",
            "author": {"name": html.escape(item.author, quote=False)} if item.author else None,
            "title": html.escape(title, quote=False) if is_root and title else None,
            # The door takes mark-up off; what is left of it in a text are the author's own signs.
            "text": None if text is None else html.escape(text, quote=False),
            "published_at": iso(item.at.at) if item.at else None,
            "metrics": {} if item.likes is None else {"likes": item.likes},
            "pictures": item.pictures,
        }

    def _gone(self, tid: str, id_: str, url: str) -> Record:
        return {**self._bare(tid, id_, url), "text": "", "deleted": True}

    def _bare(self, tid: str, id_: str, url: str) -> Record:
        return {
            "source": self.source,
            "platform": self.platform,
            "id": id_,
            "kind": "thread" if id_ == f"t{tid}" else "reply",
            "thread": f"t{tid}",
            "url": url,
        }


def _counters(reading: Reading, state: ThreadState, entry: Entry | None) -> Record:
    """The root's counters: those of the list; where it shows no replies, those that were counted."""
    replies = entry.replies if entry and entry.replies is not None else None
    if replies is None:
        replies = len(reading.items) - 1 if reading.whole and reading.items else state.replies
    views = entry.views if entry and entry.views is not None else state.views
    return {name: count for name, count in (("comments", replies), ("views", views)) if count is not None}


def _counters_moved(metrics: Record, state: ThreadState) -> bool:
    """More replies, or more views than we ourselves have made since the last word."""
    views = metrics.get("views")
    by_others = views is not None and (state.views is None or views > state.views + state.requests)
    return metrics.get("comments") != state.replies or by_others


def _views_after(reading: Reading, state: ThreadState, metrics: Record, *, told_root: bool) -> Record:
    if told_root:
        return {"views": metrics.get("views"), "requests": reading.pages}
    return {"requests": state.requests + reading.pages}


def _after(reading: Reading, state: ThreadState, entry: Entry | None, now: datetime) -> Record:
    times = [item.at.at for item in reading.items.values() if item.at and item.at.at <= now]
    times += [entry.last.at] if entry and entry.last else []
    active = max((*times, *([state.active] if state.active else [])), default=None)
    replies = _counters(reading, state, entry).get("comments")
    if reading.fault is not None:
        return {"active": active, "due": True, "replies": replies}
    return {
        "active": active,
        "due": reading.following is not None,
        "gone": False,
        "visited": now,
        "resume": reading.following or (None if reading.from_start else reading.last_url),
        "replies": replies,
        **state.last_of(entry),
    }


def _digest(record: Record) -> str:
    """Changes with the words and the likes of a post."""
    words = "\0".join((record["title"] or "", record["text"] or "", str(record["metrics"].get("likes"))))
    return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:12]
