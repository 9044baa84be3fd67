"""What Tieba answers, in our own records. Times are seconds since 1970, counts are counts; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer as it came over the wire: lower-case header names, the unpacked body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote: the user's id at Tieba and the name as shown. Where a user is, is not read."""

    id: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a post, and the addresses of its pictures."""

    text: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """The counters of a thread; None is unknown."""

    replies: int | None = None
    views: int | None = None
    likes: int | None = None
    shares: int | None = None
    favorites: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A thread on a list. ``pinned`` ones stand on top whatever their age."""

    tid: int
    title: str
    counts: Counts
    created: int
    last: int
    pinned: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a bar's threads. ``threads_in_bar`` is the bar's own count."""

    entries: tuple[Entry, ...]
    threads_in_bar: int
    more: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """What a search found: a post, or a comment under it."""

    tid: int
    post: int
    comment: int | None
    created: int


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what a search found, newest first."""

    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment under a post (楼中楼). ``likes`` None: it came with the post, which does not say them."""

    id: int
    writer: Writer
    said: Said
    created: int
    likes: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a thread. ``replies`` is how many comments it has, ``comments`` the first of them."""

    id: int
    floor: int
    writer: Writer
    said: Said
    created: int
    likes: int | None
    replies: int
    comments: tuple[Comment, ...]


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One page of a thread. ``opening`` is the id of its opening post, ``said`` and ``writer`` are of that post."""

    title: str
    opening: int
    counts: Counts
    writer: Writer
    said: Said
    created: int
    posts: tuple[Post, ...]
    number: int
    more: bool
    answer: Answer


@dataclass(frozen=True, slots=True)
class CommentPage:
    """One page of the comments under a post."""

    comments: tuple[Comment, ...]
    more: bool
    answer: Answer
