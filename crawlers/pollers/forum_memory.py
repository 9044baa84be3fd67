"""What a forum's sweep notes for the next one, and which threads it therefore reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from crawlers.parse.forum_times import Precision, coarser
from crawlers.parse.numbers import mask
from crawlers.parse.selected import Entry

VERSION = 1
MOST_THREADS = 5_000
_NEVER = datetime.min.replace(tzinfo=UTC)


class ThreadState(BaseModel):
    """A thread as it was when last read.

    ``due``: not read yet, or not to its end. ``views`` as last told, and ``requests`` of our own since then, which the
    site may have counted as views. ``last`` reply as the list showed it, to the unit ``last_unit``; ``active`` the
    newest time that is known of it. ``resume`` the page to begin with where the thread is too long for one reading.
    ``root`` the opening post's own id on the page; ``posts`` the digest of each post, empty for one that is gone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    title: str
    due: bool = True
    gone: bool = False
    replies: int | None = None
    views: int | None = None
    requests: int = 0
    last: datetime | None = None
    last_unit: Precision | None = None
    active: datetime | None = None
    visited: datetime | None = None
    resume: str | None = None
    root: str | None = None
    posts: dict[str, str] = {}
    short: int = 0

    def moved(self, entry: Entry) -> bool:
        """Whether the thread must be read: it was never read to its end, or the list shows other replies than then."""
        if self.due or (entry.replies is not None and entry.replies != self.replies):
            return True
        if entry.last is None or self.last is None or self.last_unit is None:
            return entry.last is not None
        step = coarser(entry.last.precision, self.last_unit)
        # Times given in full repeat exactly; "3 小时前" drifts by its unit.
        return abs(entry.last.at - self.last) > (step if step > timedelta(minutes=1) else timedelta(0))

    def last_of(self, entry: Entry | None) -> dict[str, Any]:
        """The fields that say when the list saw the last reply."""
        if entry is None or entry.last is None:
            return {}
        return {"last": entry.last.at, "last_unit": entry.last.precision}


class Memory(BaseModel):
    """All that one source remembers, as JSON values between runs. ``closes``: see `ForumPages`.

    ``ends``: by list, the number of the page on which no thread was found although a link led there.
    """

    model_config = ConfigDict(extra="forbid")

    version: int = VERSION
    closes: tuple[str, ...] = ()
    ends: dict[str, int] = {}
    threads: dict[str, ThreadState] = {}

    def ends_at(self, url: str, number: int) -> bool:
        """Whether the list is known to end before this page, which is empty: some sites always show a next page.

        Another template is empty too, so it is believed where the last sweep found it there or earlier.
        """
        before = self.ends.get(url)
        self.ends[url] = number
        return before is not None and number >= before

    def note(self) -> dict[str, Any]:
        """The JSON values: of very many threads those that are due or were active last; numbers in titles masked."""
        kept = sorted(self.threads.items(), key=lambda pair: (pair[1].due, _activity(pair[1])), reverse=True)
        threads = {tid: state.model_copy(update={"title": mask(state.title)}) for tid, state in kept[:MOST_THREADS]}
        memory = Memory(closes=self.closes, ends=self.ends, threads=threads)
        return {**memory.model_dump(mode="json", exclude_defaults=True), "version": VERSION}


def recall(note: Mapping[str, Any]) -> Memory:
    """The memory in a note; a note of another version counts as none, so that everything is read again."""
    if note.get("version") != VERSION:
        return Memory()
    return Memory.model_validate(note)


def must_read(memory: Memory, entries: Mapping[str, Entry]) -> list[str]:
    """Threads that are due, or whose replies moved: those of the lists in their order first."""
    listed = [tid for tid, entry in entries.items() if memory.threads[tid].moved(entry)]
    return listed + [tid for tid, state in memory.threads.items() if state.due and tid not in entries]


def read_again(memory: Memory, entries: Mapping[str, Entry], since: datetime) -> list[str]:
    """Threads to look for edits and deletions in, which no list shows: the least recently visited first.

    Threads active since ``since``; and those on the lists that show neither replies nor last reply.
    """
    blind = {tid for tid, entry in entries.items() if entry.replies is None and entry.last is None}
    found = [
        (state.visited or _NEVER, tid)
        for tid, state in memory.threads.items()
        if not state.due and not state.gone and (tid in blind or _activity(state) >= since)
    ]
    return [tid for _, tid in sorted(found)]


def _activity(state: ThreadState) -> datetime:
    return state.active or state.visited or _NEVER
