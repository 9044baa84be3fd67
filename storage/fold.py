"""How observations of one post become what the store knows of it. Pure: rows in, rows out.

The newest sighting wins, whatever the order of arrival; what a sighting does not say (None) erases nothing.
A counter that only an earlier, late arriving sighting knows is settled afterwards from what is stored.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import Any

from domain.posts import Author, Metrics, Observation, full_text
from storage.schema import COUNTERS

PostRow = dict[str, Any]
"""One row of the table ``posts``, by column; a post that is not stored yet has no ``key``."""

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
LARGEST = 2**63 - 1


def text_hash(title: str | None, text: str, picture_text: str | None = None) -> str:
    """Names one version of a post's words: 32 hex digits of the SHA-256 of its ``Post.full_text``."""
    return hashlib.sha256(full_text(title, text, picture_text).encode()).hexdigest()[:32]


def storable(value: str | None) -> str | None:
    """The text with U+FFFD for what no database keeps (NUL, halves of surrogate pairs); offsets stay."""
    return UNSTORABLE.sub("�", value) if value else value


def storable_observation(seen: Observation) -> Observation:
    """The observation with every text `storable`."""
    if seen.author is not None:
        seen = replace(seen, author=replace(seen.author, name=storable(seen.author.name)))
    words = {name: getattr(seen, name) for name in ("source", "id", "thread", "reply_to", "url", "title", "text")}
    clean: dict[str, Any] = {name: storable(value) for name, value in words.items()}
    return seen if clean == words else replace(seen, **clean)


@dataclass
class Fold:
    """Gathers a batch: posts by (source, id), which of them changed, earlier texts, and sightings."""

    posts: dict[tuple[str, str], PostRow]
    changed: set[tuple[str, str]] = field(default_factory=set)
    reworded: set[tuple[str, str]] = field(default_factory=set)
    late: set[tuple[str, str]] = field(default_factory=set)
    earlier_texts: list[tuple[tuple[str, str], dict[str, Any]]] = field(default_factory=list)
    sightings: list[tuple[tuple[str, str], dict[str, Any]]] = field(default_factory=list)

    def add(self, seen: Observation) -> None:
        """Take one observation in; its texts are `storable_observation`'s."""
        identity = (seen.source, seen.id)
        facts = _facts(seen)
        row = self.posts.get(identity)
        if row is None:
            row = self.posts[identity] = _first_row(seen, facts)
            self.reworded.add(identity)
        before = dict(row)
        self._describe(identity, row, facts, seen)
        self._word(identity, row, seen)
        if row != before or "key" not in row:
            self.changed.add(identity)
        self.sightings.append((identity, _sighting(seen, row)))

    def _describe(self, identity: tuple[str, str], row: PostRow, facts: dict[str, Any], seen: Observation) -> None:
        late = seen.observed_at < row["last_seen_at"]
        for name, value in facts.items():
            if value is not None and (not late or row[name] is None):
                row[name] = value
        if late:
            self.late.add(identity)
        else:
            row["deleted"] = seen.deleted
        row["first_seen_at"] = min(row["first_seen_at"], seen.observed_at)
        row["last_seen_at"] = max(row["last_seen_at"], seen.observed_at)

    def _word(self, identity: tuple[str, str], row: PostRow, seen: Observation) -> None:
        if not _carries_text(seen):
            _retitle(row, row["title"] or seen.title)
        elif row["text_seen_at"] is None or seen.observed_at >= row["text_seen_at"]:
            self._replace_text(identity, row, seen)
        else:
            _retitle(row, row["title"] or seen.title)
            self._keep_earlier(identity, row, seen.title or row["title"], seen.text, seen.observed_at)

    def _replace_text(self, identity: tuple[str, str], row: PostRow, seen: Observation) -> None:
        old_title, old_text, old_seen_at = row["title"], row["text"], row["text_seen_at"]
        row["text"], row["text_seen_at"] = seen.text, seen.observed_at
        _retitle(row, seen.title or old_title)
        if old_seen_at is not None:
            self._keep_earlier(identity, row, old_title, old_text, old_seen_at)

    def _keep_earlier(
        self, identity: tuple[str, str], row: PostRow, title: str | None, text: str, seen_at: Any
    ) -> None:
        digest = text_hash(title, text)
        if digest != row["text_hash"]:
            row["edited"] = True
            self.reworded.add(identity)
            version = {"text_hash": digest, "title": title, "text": text, "seen_at": seen_at}
            self.earlier_texts.append((identity, version))


def newest_counters(sightings: list[dict[str, Any]]) -> dict[str, int | None]:
    """Each counter's newest known value; ``sightings`` are in order of time."""
    newest: dict[str, int | None] = dict.fromkeys(COUNTERS)
    for sighting in sightings:
        newest.update({name: sighting[name] for name in COUNTERS if sighting[name] is not None})
    return newest


def _facts(seen: Observation) -> dict[str, Any]:
    author, metrics = seen.author or Author(), seen.metrics
    return {
        "platform": seen.platform,
        "kind": seen.kind,
        "thread": seen.thread,
        "reply_to": seen.reply_to,
        "url": seen.url,
        "published_at": seen.published_at,
        "author_key": author.key,
        "author_name": author.name,
        "author_followers": _count(author.followers),
        "author_verified": author.verified,
        **_counts(metrics),
    }


def _counts(metrics: Metrics) -> dict[str, int | None]:
    return {name: _count(getattr(metrics, name)) for name in COUNTERS}


def _count(value: int | None) -> int | None:
    return None if value is None else min(value, LARGEST)


def _carries_text(seen: Observation) -> bool:
    # A deletion shows an empty page: that says nothing about what stood there.
    return bool(seen.text) or not seen.deleted


def _first_row(seen: Observation, facts: dict[str, Any]) -> PostRow:
    return {
        "source": seen.source,
        "id": seen.id,
        **facts,
        "title": None,
        "text": "",
        "text_hash": text_hash(None, ""),
        "read_hash": text_hash(None, ""),
        "picture_text": None,
        "text_seen_at": None,
        "first_seen_at": seen.observed_at,
        "last_seen_at": seen.observed_at,
        "edited": False,
        "deleted": seen.deleted,
    }


def _retitle(row: PostRow, title: str | None) -> None:
    row["title"] = title
    row["text_hash"] = text_hash(title, row["text"])
    row["read_hash"] = text_hash(title, row["text"], row["picture_text"])


def _sighting(seen: Observation, row: PostRow) -> dict[str, Any]:
    digest = text_hash(seen.title or row["title"], seen.text) if _carries_text(seen) else None
    counts = _counts(seen.metrics)
    facts = {"text_hash": digest, "capture": seen.capture, "deleted": seen.deleted}
    return {"observed_at": seen.observed_at, **counts, **facts}
