"""Posts: what one looked like at one moment (`Observation`), and what the store knows of it (`Post`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

PLATFORMS = (
    "forum", "tieba", "wechat", "douyin", "kuaishou", "weibo",
    "xiaohongshu", "bilibili", "zhihu", "news", "other",
)  # fmt: skip
KINDS = ("thread", "reply", "article", "video", "comment", "news")
PLATFORM_NAMES = {
    "forum": "论坛", "tieba": "贴吧", "wechat": "微信公众号", "douyin": "抖音", "kuaishou": "快手", "weibo": "微博",
    "xiaohongshu": "小红书", "bilibili": "哔哩哔哩", "zhihu": "知乎", "news": "新闻媒体", "other": "其他",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Author:
    """Who published: a keyed hash, never the platform's id, and the display name in short form."""

    key: str | None = None
    name: str | None = None
    followers: int | None = None
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counters as the source shows them, in counts; None is unknown, not 0."""

    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    favorites: int | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One post as it was seen at one moment (docs/interfaces.md), after the door: times in UTC, author hashed.

    ``text`` is plain text: mark-up is taken off at the door, the words stay as published. ``capture`` names the kept
    page on which it was seen (`crawlers.archive`), ``pictures`` the addresses of its pictures and video covers.
    """

    source: str
    platform: str
    id: str
    kind: str
    thread: str
    text: str
    observed_at: datetime
    title: str | None = None
    reply_to: str | None = None
    url: str | None = None
    author: Author | None = None
    published_at: datetime | None = None
    metrics: Metrics = field(default_factory=Metrics)
    deleted: bool = False
    capture: str | None = None
    pictures: tuple[str, ...] = ()


PICTURE_MARK = "［图中文字］"
"""Stands before words that were read from a post's pictures."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post as the store knows it now: the newest text and counters of all its observations.

    ``key`` is the store's number. ``published_at`` falls back to ``first_seen_at`` where the source gives no time.
    ``picture_text`` are the words that were read from its pictures, None where there are none.
    """

    key: int
    source: str
    platform: str
    id: str
    kind: str
    thread: str
    text: str
    first_seen_at: datetime
    last_seen_at: datetime
    title: str | None = None
    reply_to: str | None = None
    url: str | None = None
    author: Author | None = None
    published_at: datetime | None = None
    metrics: Metrics = field(default_factory=Metrics)
    deleted: bool = False
    picture_text: str | None = None

    @property
    def full_text(self) -> str:
        """What is read: the title, the text, and `PICTURE_MARK` with the words in its pictures, a line each.

        Evidence of a stored reading points into this.
        """
        return full_text(self.title, self.text, self.picture_text)

    @property
    def is_root(self) -> bool:
        """Whether its thread begins with it."""
        return self.id == self.thread

    @property
    def moment(self) -> datetime:
        """When it was published, or first seen where the source does not say."""
        return self.published_at or self.first_seen_at


def full_text(title: str | None, text: str, picture_text: str | None = None) -> str:
    """The words of a post as they are read, see `Post.full_text`."""
    words = f"{title}\n{text}" if title else text
    return f"{words}\n{PICTURE_MARK}{picture_text}" if picture_text else words


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was refused at the door: where it stood, why, and the beginning of what it was."""

    source: str
    line: int | None
    reason: str
    detail: str
    raw: str
