"""A small bank, and posts about it in one line each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from domain.incidents import ReadPost
from domain.posts import Author, Post
from domain.readings import Bank, Reading

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

Say = Callable[..., ReadPost]


def make_post(key: int, text: str, moment: datetime) -> Post:
    """A root in a forum."""
    return Post(
        key=key, source="bbs", platform="forum", id=f"p{key}", kind="thread", thread=f"p{key}", text=text,
        first_seen_at=moment, last_seen_at=moment, published_at=moment,
    )  # fmt: skip


@pytest.fixture
def bank() -> Bank:
    """A bank of three branches."""
    return Bank("青莲湖村镇银行", ("青莲湖银行",), (), ("城南支行", "桥头支行", "柳塘分理处"), "青莲县")


@pytest.fixture
def say() -> Say:
    """Makes a post with its reading: negative where it has topics, a root where no thread is given."""
    numbers = count(1)

    def make(
        text: str,
        *topics: str,
        hours: float = 0,
        thread: str | None = None,
        source: str = "bbs",
        platform: str = "forum",
        title: str | None = None,
        about: bool = True,
        negative: bool | None = None,
        author: str | None = None,
        severity: int = 2,
        leaning: tuple[str, ...] = (),
        negativity: float | None = None,
        unnamed: int = 0,
        name: str | None = None,
    ) -> ReadPost:
        number = next(numbers)
        own, moment = f"p{number:03}", START + timedelta(hours=hours)
        post = Post(
            key=number, source=source, platform=platform, id=own, kind="reply" if thread else "thread",
            thread=thread or own, text=text, first_seen_at=moment, last_seen_at=moment, title=title,
            published_at=moment, author=Author(key=author, name=name) if author or name else None,
        )  # fmt: skip
        bad = bool(topics) if negative is None else negative
        chance = negativity if negativity is not None else 0.9 if bad else 0.1
        return ReadPost(post, Reading(about, topics, bad, chance, severity if bad else 0, (), "test", leaning, unnamed))

    return make
