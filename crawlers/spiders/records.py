"""A thread that was read → observation records (docs/interfaces.md) of what changed, and its new state. Pure."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawlers.parse.discuz_list import Entry
from crawlers.parse.discuz_thread import Floor, Remark, ThreadPage
from crawlers.parse.forum_times import Moment
from crawlers.spiders.memory import ThreadState, last_reply, listed
from domain.clock import iso

Record = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """A thread's pages as they come in. ``complete``: all pages were read, to the last.

    ``requests`` pages were asked for, which the site took for ``hits`` views.
    """

    tid: int
    subject: str = ""
    views: int | None = None
    replies: int | None = None
    opening: int | None = None
    floors: dict[int, Floor] = field(default_factory=dict)
    complete: bool = False
    requests: int = 0
    hits: int = 1

    def add(self, page: ThreadPage, number: int) -> None:
        """One page; a floor seen before is replaced, so that pages may be read twice."""
        self.requests += 1
        self.floors.update({floor.pid: floor for floor in page.floors})
        if number == 1:
            self.subject = page.subject
            self.views = page.views if self.views is None else self.views
            self.replies = page.replies if page.replies is not None else self.replies
            opening = next((floor.pid for floor in page.floors if floor.opening), None)
            self.opening = opening or min((floor.pid for floor in page.floors), default=None)

    def short(self, entry: Entry | None) -> int:
        """How many floors fewer there are than the site's own counter says."""
        return max(0, self.expected(entry) - len(self.floors))

    def expected(self, entry: Entry | None) -> int:
        """Floors by the site's counter, with the opening post; what was seen where it does not say.

        The counter includes 点评; where some of them are not shown, it says nothing of floors.
        """
        replies = self.replies if self.replies is not None else entry.replies if entry else None
        if replies is None or any(floor.remarks_cut for floor in self.floors.values()):
            return len(self.floors)
        remarks = sum(len(floor.remarks) for floor in self.floors.values())
        return max(len(self.floors), replies + 1 - remarks)


@dataclass(frozen=True, slots=True)
class Teller:
    """Writes the records of one site; ``base`` is its address with a slash at the end."""

    source: str
    platform: str
    base: str

    def missing(self, reading: Reading, state: ThreadState) -> bool:
        """Whether a post that was there before is not on the pages."""
        shown = dict(self._shown(reading, state))
        hidden = {self._floor_id(reading, state, floor) for floor in reading.floors.values() if floor.hidden}
        return any(mark and id_ not in shown and id_ not in hidden for id_, mark in state.posts.items())

    def settle(
        self, reading: Reading, state: ThreadState, entry: Entry | None, now: datetime
    ) -> tuple[list[Record], ThreadState]:
        """What changed since ``state``, and the state from now on.

        Posts that were there and are not on a complete reading are told as deleted; an incomplete one only
        adds what it saw, and the thread stays due.
        """
        # The list was read before this visit, which a redirect may already have counted.
        views = state.net_views(entry.views if entry and entry.views is not None else reading.views)
        replies = reading.replies if reading.replies is not None else entry.replies if entry else state.replies
        counters = {"views": views, "comments": replies}
        counters_moved = (views, replies) != (state.views, state.replies) or state.visited is None
        records, posts = [], dict(state.posts)
        root_id = f"t{reading.tid}"
        for id_, record in self._shown(reading, state):
            mark = _fingerprint(record)
            if posts.get(id_) != mark or (id_ == root_id and counters_moved):
                records.append(record)
            posts[id_] = mark
        records += self._lost(reading, state, posts)
        for record in records:
            record["observed_at"] = iso(now)
            if record["id"] == root_id and "deleted" not in record:
                record["metrics"] = {name: count for name, count in counters.items() if count is not None}
        seen: Record = {"hits": state.hits + reading.hits, "root": reading.opening or state.root, "posts": posts}
        if reading.complete:
            seen |= {"views": views, "replies": replies, "visited": now, "gone": False, **last_reply(entry)}
            seen["short"] = reading.short(entry)
        return records, state.model_copy(update=seen)

    def vanish(
        self, tid: int, state: ThreadState, entry: Entry | None, now: datetime
    ) -> tuple[list[Record], ThreadState]:
        """All posts of a thread that guests cannot see any more, as deleted."""
        visible = [id_ for id_, mark in state.posts.items() if mark]
        records = [{**self._gone(tid, id_), "observed_at": iso(now)} for id_ in visible]
        posts = dict.fromkeys(state.posts, "")
        after = listed(entry, state) if entry else state
        return records, after.model_copy(update={"posts": posts, "visited": now, "gone": True})

    def _shown(self, reading: Reading, state: ThreadState) -> Iterator[tuple[str, Record]]:
        for floor in reading.floors.values():
            id_ = self._floor_id(reading, state, floor)
            if not floor.hidden:
                yield id_, self._post(reading, state, floor, id_)
            for remark in floor.remarks:
                yield remark.id, self._remark(reading, floor, id_, remark)

    def _lost(self, reading: Reading, state: ThreadState, posts: dict[str, str]) -> Iterator[Record]:
        """Posts that cannot be read: hidden floors, and on a complete reading all that are missing."""
        shown = dict(self._shown(reading, state))
        hidden = {self._floor_id(reading, state, f): f for f in reading.floors.values() if f.hidden}
        cut = tuple(f"{f.pid}-c-" for f in reading.floors.values() if f.remarks_cut)
        for id_, floor in hidden.items():
            if id_ == f"t{reading.tid}" and id_ not in state.posts:
                # The title of a blocked opening post is there for all to read.
                yield {**self._post(reading, state, floor, id_), "text": ""}
            posts.setdefault(id_, "")
        for id_, mark in state.posts.items():
            missing = reading.complete and not (cut and id_.startswith(cut))
            if mark and id_ not in shown and (missing or id_ in hidden):
                posts[id_] = ""
                yield self._gone(reading.tid, id_)

    def _floor_id(self, reading: Reading, state: ThreadState, floor: Floor) -> str:
        is_root = floor.pid == (reading.opening or state.root)
        return f"t{reading.tid}" if is_root else f"p{floor.pid}"

    def _post(self, reading: Reading, state: ThreadState, floor: Floor, id_: str) -> Record:
        root_id = f"t{reading.tid}"
        is_root = id_ == root_id
        return {
            **self._bare(reading.tid, id_),
            "reply_to": None if is_root else self._answered(reading, state, floor),
            "author": _author(floor.author, floor.uid),
            "title": html.escape(reading.subject, quote=False) if is_root else None,
            "text": html.escape(floor.text or ("" if is_root else "[图片]"), quote=False),
            "published_at": _time(floor.at),
            "metrics": {},
        }

    def _answered(self, reading: Reading, state: ThreadState, floor: Floor) -> str:
        quoted = f"p{floor.quoted}"
        known = floor.quoted in reading.floors or quoted in state.posts
        return quoted if known and floor.quoted != (reading.opening or state.root) else f"t{reading.tid}"

    def _remark(self, reading: Reading, floor: Floor, floor_id: str, remark: Remark) -> Record:
        return {
            **self._bare(reading.tid, remark.id),
            "url": self._address(reading.tid, f"p{floor.pid}"),
            "reply_to": floor_id,
            "author": _author(remark.author, remark.uid),
            "title": None,
            "text": html.escape(remark.text, quote=False),
            "published_at": _time(remark.at),
            "metrics": {},
        }

    def _gone(self, tid: int, id_: str) -> Record:
        return {**self._bare(tid, id_), "text": "", "metrics": {}, "deleted": True}

    def _bare(self, tid: int, id_: str) -> Record:
        kind = "thread" if id_ == f"t{tid}" else "comment" if "-c-" in id_ else "reply"
        return {
            "source": self.source,
            "platform": self.platform,
            "id": id_,
            "kind": kind,
            "thread": f"t{tid}",
            "url": self._address(tid, id_),
        }

    def _address(self, tid: int, id_: str) -> str:
        if id_ == f"t{tid}":
            return f"{self.base}forum.php?mod=viewthread&tid={tid}"
        pid = id_.removeprefix("p").partition("-")[0]
        return f"{self.base}forum.php?mod=redirect&goto=findpost&ptid={tid}&pid={pid}"


def _author(name: str | None, uid: int | None) -> Record | None:
    known = {"name": html.escape(name, quote=False)} if name else {}
    return (known | ({"id": str(uid)} if uid else {})) or None


def _time(moment: Moment | None) -> str | None:
    return iso(moment.at) if moment else None


def _fingerprint(record: Record) -> str:
    """Over the words alone: a counter or a time spelt anew is no edit."""
    words = "\0".join((record["title"] or "", record["text"]))
    return hashlib.sha256(words.encode()).hexdigest()[:12]
