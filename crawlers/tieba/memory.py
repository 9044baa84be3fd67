"""What a Tieba sweep notes for the next one, and which threads it therefore reads. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from crawlers.parse.numbers import mask
from crawlers.tieba.answers import Entry

VERSION = 1
MOST_THREADS = 5_000
_NEVER = datetime.min.replace(tzinfo=UTC)


class FloorState(BaseModel):
    """The comments under one post. ``told`` is how many the site said there are when they were last all read,
    -1 where they never were; ``marks`` the digest of each comment, empty for one that is gone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    told: int = -1
    marks: dict[str, str] = {}


class ThreadState(BaseModel):
    """A thread as it was when last read.

    ``due``: not read yet, or not to its end. ``counts`` as last told, and ``requests`` of our own since then, which the
    site may have counted as views. ``last`` reply and ``listed`` replies as the list showed them, the time in seconds
    since 1970; ``active`` the newest time that is known of it. ``resume``: the page to go on with where the thread is
    too long for one reading. ``opening`` is the number of its opening post; ``posts`` the digest of each post, empty
    for one that is gone; ``doubted`` those that were missing once among many, and are believed to be gone if they are
    missing again. ``short``: so many fewer posts than the site says, which was told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    due: bool = True
    gone: bool = False
    counts: dict[str, int] = {}
    requests: int = 0
    listed: int | None = None
    last: int | None = None
    active: datetime | None = None
    visited: datetime | None = None
    resume: int | None = None
    opening: int | None = None
    posts: dict[str, str] = {}
    floors: dict[str, FloorState] = {}
    doubted: tuple[str, ...] = ()
    short: int = 0

    @property
    def seen(self) -> bool:
        """Whether anything of it was ever told."""
        return bool(self.posts)

    def comments_of(self, post: int) -> int:
        """How many comments under a post were told and are not gone."""
        floor = self.floors.get(str(post))
        return sum(bool(mark) for mark in floor.marks.values()) if floor else 0

    def moved(self, entry: Entry) -> bool:
        """Whether it must be read: never read to its end, or the list shows other replies than then."""
        return self.due or entry.counts.replies != self.listed or entry.last != self.last


class Memory(BaseModel):
    """All that one source remembers, as JSON values between runs.

    ``reached``: for each bar and order of its list, and for each search, the newest time (seconds since 1970) that was
    on it; the next reading must come down to it.
    """

    model_config = ConfigDict(extra="forbid")

    version: int = VERSION
    reached: dict[str, int] = {}
    threads: dict[str, ThreadState] = {}

    def note(self) -> dict[str, Any]:
        """The JSON values: of very many threads those that are due or were active last; numbers in titles masked."""
        kept = sorted(self.threads.items(), key=lambda pair: (pair[1].due, _activity(pair[1])), reverse=True)
        threads = {tid: state.model_copy(update={"title": mask(state.title)}) for tid, state in kept[:MOST_THREADS]}
        memory = Memory(reached=self.reached, threads=threads)
        return {**memory.model_dump(mode="json", exclude_defaults=True), "version": VERSION}


def recall(note: Mapping[str, Any]) -> Memory:
    """The memory in a note; a note of another version counts as none, so that everything is read again."""
    if note.get("version") != VERSION:
        return Memory()
    return Memory.model_validate(note)


def must_read(memory: Memory, entries: Mapping[str, Entry], hit: Collection[str]) -> list[str]:
    """Threads that are due, whose replies moved, or in which a search found something new: the listed ones first."""
    listed = [tid for tid, entry in entries.items() if memory.threads[tid].moved(entry)]
    others = [tid for tid, state in memory.threads.items() if tid not in entries and (state.due or tid in hit)]
    return listed + [tid for tid in entries if tid in hit and tid not in set(listed)] + others


def read_again(memory: Memory, since: datetime) -> list[str]:
    """Threads active since ``since``, in which edits and deletions are looked for: the least recently visited first."""
    found = [
        (state.visited or _NEVER, tid)
        for tid, state in memory.threads.items()
        if not state.due and not state.gone and _activity(state) >= since
    ]
    return [tid for _, tid in sorted(found)]


def _activity(state: ThreadState) -> datetime:
    return state.active or state.visited or _NEVER
