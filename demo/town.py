"""What the town's servers serve. Plain records: the stories fill them (stories.py), the servers render them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Remark:
    """A 点评 under a floor."""

    id: int
    author: str
    uid: int
    text: str
    at: datetime


@dataclass(frozen=True)
class Floor:
    """One post of a thread. ``quote`` is (author, text) of what it quotes; ``state`` is shown, blocked, unapproved.

    ``author`` None is an anonymous post. ``body`` is HTML as Discuz keeps it.
    """

    pid: int
    author: str | None
    uid: int
    at: datetime
    body: str
    quote: tuple[str, str] | None = None
    remarks: tuple[Remark, ...] = ()
    state: str = "shown"


@dataclass(frozen=True)
class Thread:
    """A thread; ``read_permission`` above 0 answers with the permission page. The first floor is the opening post."""

    tid: int
    fid: int
    subject: str
    views: int
    floors: tuple[Floor, ...]
    read_permission: int = 0


@dataclass(frozen=True)
class Board:
    """A board; one that is not ``readable`` answers with the permission page (HTTP 200)."""

    fid: int
    name: str
    readable: bool = True


@dataclass(frozen=True)
class Forum:
    """A Discuz! X site. ``charset`` is utf-8 or gbk; ``now`` is the town's time, which relative times count from."""

    name: str
    charset: str
    boards: tuple[Board, ...]
    threads: tuple[Thread, ...]
    now: datetime


@dataclass(frozen=True)
class Article:
    """An article of a feed. ``html`` is the full text."""

    id: str
    url: str
    title: str
    html: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Feed:
    """A feed in one of three formats: rss, atom, json."""

    name: str
    format: str
    title: str
    articles: tuple[Article, ...]


@dataclass(frozen=True)
class Comment:
    """A comment under a video; ``reply_to`` is the id of the comment it answers."""

    id: str
    user_id: str
    nickname: str
    text: str
    at: datetime
    likes: int = 0
    reply_to: str | None = None


@dataclass(frozen=True)
class Video:
    """A short video with its comments; ``platform`` is douyin or kuaishou."""

    id: str
    platform: str
    caption: str
    author: str
    at: datetime
    url: str
    comments: tuple[Comment, ...] = field(default=())


@dataclass(frozen=True)
class Town:
    """Everything that was said in two weeks."""

    now: datetime
    forums: tuple[Forum, ...]
    feeds: tuple[Feed, ...]
    videos: tuple[Video, ...]
