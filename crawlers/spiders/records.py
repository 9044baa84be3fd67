"""A thread that was read → observation records (docs/interfaces.md) of what changed, and its new state. Pure."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawlers.parse.discuz_list import Entry
from crawlers.parse.discuz_thread import Floor, Remark
from crawlers.parse.forum_times import Moment
from crawlers.spiders.memory import ThreadState, last_reply, listed
from crawlers.spiders.reading import Reading
from domain.clock import iso

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Teller:
    """Writes the records of one site; ``base`` is its address with a slash at the end.

    In ``capture`` of a record stands the key of its floor, until its page is kept.
    """

    source: str
    platform: str
    base: str

    def missing(self, reading: Reading, state: ThreadState) -> bool:
        """Whether a post that was there before is not on the pages."""
        if reading.guest or not state.posts:
            return False
        shown = self._ids(reading, state)
        hidden = {self._floor_id(reading, state, floor) for floor in reading.floors.values() if floor.hidden}
        return any(
            mark and id_ not in shown and id_ not in hidden and _is_seen_by(reading, id_)
            for id_, mark in state.posts.items()
        )

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
        told = f"{views}/{replies}"
        counters_moved = told != (state.told or f"{state.views}/{state.replies}")
        records, posts = [], dict(state.posts)
        root_id = f"t{reading.tid}"
        for id_, record in self._shown(reading, state):
            if posts.get(id_) and _only_adds(reading, state):
                continue
            mark = _fingerprint(record)
            if posts.get(id_) != mark or (id_ == root_id and counters_moved):
                records.append(record)
            posts[id_] = mark
        if not reading.guest:
            records += self._lost(reading, state, posts)
        observed_at = iso(now)
        for record in records:
            record["observed_at"] = observed_at
            if record["id"] == root_id and "deleted" not in record:
                record["metrics"] = {name: count for name, count in counters.items() if count is not None}
        seen: Record = {"hits": state.hits + reading.hits, "posts": posts, **_bounds(reading, state), "told": told}
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
        for floor in _floors(reading, state):
            id_ = self._floor_id(reading, state, floor)
            if not floor.hidden:
                yield id_, self._post(reading, state, floor, id_)
            for remark in floor.remarks:
                yield remark.id, self._remark(reading, floor, id_, remark)

    def _ids(self, reading: Reading, state: ThreadState) -> set[str]:
        """The ids of all that `_shown` gives."""
        floors = list(_floors(reading, state))
        ids = {self._floor_id(reading, state, floor) for floor in floors if not floor.hidden}
        return ids.union(remark.id for floor in floors for remark in floor.remarks)

    def _lost(self, reading: Reading, state: ThreadState, posts: dict[str, str]) -> Iterator[Record]:
        """Posts that cannot be read: hidden floors, and on a complete reading all that are missing."""
        shown = self._ids(reading, state) if state.posts else set()
        hidden = {self._floor_id(reading, state, f): f for f in _floors(reading, state) if f.hidden}
        cut = tuple(f"{f.pid}-c-" for f in reading.floors.values() if f.remarks_cut)
        for id_, floor in hidden.items():
            if id_ == f"t{reading.tid}" and id_ not in state.posts:
                # The title of a blocked opening post is there for all to read.
                yield {**self._post(reading, state, floor, id_), "text": ""}
            posts.setdefault(id_, "")
        for id_, mark in state.posts.items():
            missing = reading.complete and not (cut and id_.startswith(cut)) and _is_seen_by(reading, id_)
            if mark and id_ not in shown and (missing or id_ in hidden):
                posts[id_] = ""
                yield self._gone(reading.tid, id_)

    def _floor_id(self, reading: Reading, state: ThreadState, floor: Floor) -> str:
        if floor.key == (reading.opening or f"p{state.root}"):
            return f"t{reading.tid}"
        # A post that was first seen in the archiver keeps the id that it got there.
        archived = f"{reading.tid}-a-{floor.stamp}" if state.archived or floor.pid is None else ""
        return archived if floor.pid is None or archived in state.posts else f"p{floor.pid}"

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
            "pictures": list(floor.pictures),
            "capture": floor.key,
        }

    def _answered(self, reading: Reading, state: ThreadState, floor: Floor) -> str:
        quoted = f"p{floor.quoted}"
        if quoted in reading.floors:
            return self._floor_id(reading, state, reading.floors[quoted])
        return quoted if quoted in state.posts else f"t{reading.tid}"

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
            "capture": floor.key,
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
        if id_ == f"t{tid}" or "-a-" in id_:
            return f"{self.base}forum.php?mod=viewthread&tid={tid}"
        pid = id_.removeprefix("p").partition("-")[0]
        return f"{self.base}forum.php?mod=redirect&goto=findpost&ptid={tid}&pid={pid}"


def _floors(reading: Reading, state: ThreadState) -> Iterator[Floor]:
    """The floors that are told. One without a number is known by its time: no later than those told by number."""
    until = state.newest or (state.visited if state.root else None)
    for floor in reading.floors.values():
        told = floor.pid is None and until is not None and floor.at is not None and floor.at.at <= until
        if not told or floor.key == reading.opening or f"{reading.tid}-a-{floor.stamp}" in state.posts:
            yield floor


def _only_adds(reading: Reading, state: ThreadState) -> bool:
    """Whether words that differ are no edit: a guest sees less, and the archiver shows what pages show otherwise."""
    return reading.guest or (not reading.by_pid and state.root is not None)


def _is_seen_by(reading: Reading, id_: str) -> bool:
    """Whether a post would be on these pages: the archiver shows no numbers and no 点评."""
    return reading.by_pid or id_ == f"t{reading.tid}" or "-a-" in id_


def _bounds(reading: Reading, state: ThreadState) -> Record:
    """The opening post's number, and the time of the newest post told by number."""
    if not reading.by_pid:
        return {"archived": True}
    opening = reading.floors.get(reading.opening or "")
    times = [floor.at.at for floor in reading.floors.values() if floor.at]
    newest = max([*times, *([state.newest] if state.newest else [])], default=None)
    return {"root": (opening.pid if opening else None) or state.root, "newest": newest}


def _author(name: str | None, uid: int | None) -> Record | None:
    known = {"name": html.escape(name, quote=False)} if name else {}
    return (known | ({"id": str(uid)} if uid else {})) or None


def _time(moment: Moment | None) -> str | None:
    return iso(moment.at) if moment else None


def _fingerprint(record: Record) -> str:
    """Over the words alone: a counter or a time spelt anew is no edit."""
    words = "\0".join((record["title"] or "", record["text"]))
    return hashlib.sha256(words.encode()).hexdigest()[:12]
