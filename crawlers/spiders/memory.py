"""What a forum's sweep notes for the next one: its boards, and each thread as it was when last read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from crawlers.parse.discuz_list import Entry
from crawlers.parse.forum_times import Moment, Precision, coarser

VERSION = 1


class ThreadState(BaseModel):
    """A thread as it was when last read, or as the list shows it where it was never read (``visited`` None).

    ``views`` without our own visits, of which there were ``hits``; ``root`` the pid of the opening post;
    ``posts`` the fingerprint of each post by id, empty for one that cannot be seen (any more); ``short`` how
    many floors were fewer than the site's counter says; ``gone``: the thread itself cannot be seen any more;
    ``newest`` the time of the last post that was told by its number; ``archived``: some were told without one;
    ``told`` the counters as last told, also of a thread that could not be read to its end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    replies: int | None = None
    views: int | None = None
    last: datetime | None = None
    last_unit: Precision | None = None
    visited: datetime | None = None
    hits: int = 0
    root: int | None = None
    posts: dict[str, str] = {}
    short: int = 0
    gone: bool = False
    newest: datetime | None = None
    archived: bool = False
    told: str = ""

    def net_views(self, shown: int | None) -> int | None:
        """The site's counter without our own visits; never less than what was said before."""
        if shown is None:
            return self.views
        return max(shown - self.hits, self.views or 0, 0)

    def bumped(self, entry: Entry) -> bool:
        """Whether the list shows a reply that was not there before, or fewer of them."""
        if entry.replies is not None and entry.replies != self.replies:
            return True
        if entry.last is None or self.last is None or self.last_unit is None:
            return entry.last is not None
        return abs(entry.last.at - self.last) > _indistinct(entry.last, self.last_unit)

    def why(self, entry: Entry | None) -> str:
        """Why the thread is read, for whoever asks."""
        if self.visited is None:
            return "没有读过，读"
        if entry is None or not self.moved(entry):
            return "看有没有改动或删除，再读"
        return "有新回复，读" if self.bumped(entry) else "浏览数变了，读"

    def moved(self, entry: Entry) -> bool:
        """Whether the thread must be read: never read, bumped, or looked at by others."""
        if self.visited is None or self.bumped(entry):
            return True
        return not self.gone and self.net_views(entry.views) != self.views


class BoardState(BaseModel):
    """A board: whether a guest may read it, whether its list was once read to the end, and had threads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    readable: bool
    listed: bool = False
    filled: bool = False


class Memory(BaseModel):
    """All that one source remembers, as JSON values between runs.

    ``each_request_counts``: the site counts a view for each page that we ask for, not one for a visit. ``closes``: it
    ends its pages with ``</html>``. ``rules``: its own forms of address, where they are needed.
    """

    model_config = ConfigDict(extra="forbid")

    version: int = VERSION
    each_request_counts: bool = False
    closes: bool = False
    rules: dict[str, str] = {}
    boards: dict[int, BoardState] = {}
    threads: dict[int, ThreadState] = {}


def recall(note: Mapping[str, Any]) -> Memory:
    """The memory in a note; a note of another version counts as none, so that everything is read again."""
    if note.get("version") != VERSION:
        return Memory()
    return Memory.model_validate(note)


def listed(entry: Entry, before: ThreadState | None) -> ThreadState:
    """The state of a thread of which only the list tells."""
    return (before or ThreadState()).model_copy(update={"replies": entry.replies, **last_reply(entry)})


def last_reply(entry: Entry | None) -> dict[str, Any]:
    """The fields of a state that say when the list saw the last reply."""
    if entry is None or entry.last is None:
        return {}
    return {"last": entry.last.at, "last_unit": entry.last.precision}


def _indistinct(moment: Moment, unit: Precision) -> timedelta:
    """Times given in full repeat exactly; "3 小时前" drifts by its unit."""
    step = coarser(moment.precision, unit)
    return step if step > timedelta(minutes=1) else timedelta(0)
