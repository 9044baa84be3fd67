"""A store on each database, and a small vocabulary for what happens to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.coverage import Collected, Coverage
from domain.incidents import Grouping, Incident, Membership, ReadPost
from domain.posts import Observation, Post, Reject
from domain.readings import Evidence, Reading
from storage.store import SqlStore, open_store

T = datetime(2026, 3, 16, 1, tzinfo=UTC)
BANK = "桐花村镇银行"
VERSION = "rules-1"


def at(minutes: float) -> datetime:
    """So many minutes after the beginning."""
    return T + timedelta(minutes=minutes)


class Scene:
    """What happens: posts are seen, read and grouped."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = T
        self.store = open_store(url)

    def reopened(self) -> SqlStore:
        """Another process on the same store."""
        return open_store(self.url)

    def see(
        self,
        *observations: Observation,
        status: str = "ok",
        when: float = 0,
        rejects: Sequence[Reject] = (),
        **memory: Any,
    ) -> int:
        """A run of the source ``bbs`` brings these home."""
        coverage = Coverage(
            "bbs", at(when), at(when + 1), status, len(observations), cause="连不上" if status == "down" else None
        )
        return self.store.save_collected(Collected(observations, tuple(rejects), coverage, memory), None)

    def unread(self, bank: str = BANK, version: str = VERSION) -> list[tuple[Post, str | None]]:
        """What is to be read."""
        return self.store.unread(bank, version, 100)

    def read(self, *, about: Sequence[str] | None = None, bank: str = BANK, version: str = VERSION) -> list[str]:
        """Read everything that is unread; ``about`` are the ids that are about the bank (None: all)."""
        waiting = self.unread(bank, version)
        pairs = [(post, reading(about is None or post.id in about, version)) for post, _parent in waiting]
        self.store.save_readings(bank, pairs, self.now)
        return [post.id for post, _parent in waiting]

    def ungrouped(self, bank: str = BANK) -> list[ReadPost]:
        """What is to be grouped."""
        return self.store.ungrouped(bank, 100)

    def group(self, *ids: str, incident: str = "i1", closed: datetime | None = None) -> list[str]:
        """Consider everything that is ungrouped; the posts named join the incident. Returns what was considered."""
        batch = self.ungrouped()
        joined = [item.post for item in batch if item.post.id in ids]
        found = [Incident(incident, BANK, "取钱难", ("run",), T, post.moment, closed) for post in joined[-1:]]
        memberships = [Membership(incident, post.key, "opens", "首帖", 1.0) for post in joined]
        seen = [item.post.key for item in batch]
        self.store.save_grouping(BANK, seen, Grouping(tuple(found), tuple(memberships)), self.now)
        return [item.post.id for item in batch]


def seen(
    post: str, text: str = "取钱排队", minute: float = 0, *, under: str | None = None, **facts: Any
) -> Observation:
    """One sighting of a thread, or of a reply ``under`` one."""
    return Observation("bbs", "forum", post, "reply" if under else "thread", under or post, text, at(minute), **facts)


def reading(about: bool = True, version: str = VERSION) -> Reading:
    """A reading with one topic and its evidence."""
    return Reading(
        about, ("run", "service"), about, 0.9, 3, (Evidence("run", 0, 2, "取钱"), Evidence(None, 1, 2, "钱")), version
    )


@pytest.fixture
def scene(store_url: str) -> Iterator[Scene]:
    """An empty store on each database in turn."""
    scene = Scene(store_url)
    yield scene
    scene.store.close()
