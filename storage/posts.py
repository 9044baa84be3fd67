"""Collecting: observations become posts, sightings and texts; a source's coverage and memory go with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.coverage import Collected
from domain.posts import Observation
from storage import schema
from storage.database import Database, insert_by, insert_into, upsert
from storage.fold import Fold, PostRow, newest_counters, storable, storable_observation
from storage.pictures import save_addresses
from storage.rows import chunks
from storage.schema import COUNTERS, observations, post_texts, posts
from storage.search import index_posts, searched

Identity = tuple[str, str]
MANY = 1000


class PostRepository:
    """What was collected. Reading it is `ReadingRepository`'s, grouping it `IncidentRepository`'s."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def memory_of(self, source: str) -> dict[str, Any]:
        """The source's note to its next run; empty before its first."""
        with self._database.read() as connection:
            return dict(connection.execute(_MEMORY, {"name": source}).scalar() or {})

    def save_collected(self, collected: Collected, run: int | None) -> int:
        """Observations, rejects, coverage and memory of one source; returns how many posts were new.

        The same observation again changes nothing, and the order of arrival does not matter. An edited post
        keeps its earlier text in ``post_texts`` and becomes unread; a deleted one keeps its text; one that is
        seen again is no longer deleted.
        """
        with self._database.write() as connection:
            new = _save_observations(connection, collected.observations)
            _save_account(connection, collected, run, new)
        return new

    def unknown_posts(self, observed: Sequence[Observation]) -> list[Observation]:
        """The first observation of each post that is not stored yet, in order."""
        with self._database.read() as connection:
            known = set(_stored_posts(connection, observed))
        first: dict[Identity, Observation] = {}
        for seen in map(storable_observation, observed):
            first.setdefault((seen.source, seen.id), seen)
        return [seen for identity, seen in first.items() if identity not in known]

    def sights_of(self, source: str, since: datetime) -> list[tuple[datetime, datetime | None]]:
        """When each post of the source first seen at or after ``since`` was seen, and when it was published."""
        query = select(posts.c.first_seen_at, posts.c.published_at)
        with self._database.read() as connection:
            mine = (posts.c.source == source, posts.c.first_seen_at >= since)
            return [(row.first_seen_at, row.published_at) for row in connection.execute(query.where(*mine))]


# Put together once: that takes longer than running them, and every look asks them all.
_MEMORY = select(schema.source_memory.c.memory).where(schema.source_memory.c.source == bindparam("name"))
_STORED = select(posts).where(posts.c.source == bindparam("name"), posts.c.id.in_(bindparam("chosen", expanding=True)))
_INSERT_POSTS = insert(posts).returning(posts.c.source, posts.c.id, posts.c.key)
_UPDATE_POST = (
    update(posts)
    .where(posts.c.key == bindparam("row_key"))
    .values({column.name: bindparam(column.name) for column in posts.c if column.name != "key"})
)
_INSERT_COVERAGE = insert(schema.coverage)


def _save_observations(connection: Connection, observed: Sequence[Observation]) -> int:
    seen = [storable_observation(observation) for observation in observed]
    fold = Fold(_stored_posts(connection, seen))
    for observation in seen:
        fold.add(observation)
    new = [row for row in fold.posts.values() if "key" not in row]
    _insert_posts(connection, new)
    fresh = {id(row) for row in new}
    _update_posts(connection, [row for row in _rows(fold, fold.changed) if id(row) not in fresh])
    _insert_sightings(connection, fold)
    _insert_earlier_texts(connection, fold)
    _settle_counters(connection, _rows(fold, fold.late))
    _count_anew(connection, len(new))
    save_addresses(
        connection, ((fold.posts[item.source, item.id]["key"], url) for item in seen for url in item.pictures)
    )
    index_posts(connection, [_index_words(row) for row in _rows(fold, fold.reworded)])
    return len(new)


def _index_words(row: PostRow) -> tuple[int, str | None, str]:
    return row["key"], row["title"], searched(row["text"], row["picture_text"])


def _rows(fold: Fold, identities: Iterable[Identity]) -> list[PostRow]:
    return [fold.posts[identity] for identity in identities]


def _stored_posts(connection: Connection, seen: Sequence[Observation]) -> dict[Identity, PostRow]:
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for observation in seen:
        wanted[observation.source].add(observation.id)
    found: dict[Identity, PostRow] = {}
    for source, identifiers in wanted.items():
        for chunk in chunks(sorted(identifiers)):
            for row in connection.execute(_STORED, {"name": source, "chosen": chunk}):
                found[row.source, row.id] = row._asdict()
    return found


def _insert_posts(connection: Connection, new: list[PostRow]) -> None:
    if not new:
        return
    by_identity = {(row["source"], row["id"]): row for row in new}
    for source, identifier, key in connection.execute(_INSERT_POSTS, new).all():
        by_identity[source, identifier]["key"] = key


def _update_posts(connection: Connection, changed: list[PostRow]) -> None:
    if changed:
        connection.execute(_UPDATE_POST, [{**row, "row_key": row["key"]} for row in changed])


def _insert_sightings(connection: Connection, fold: Fold) -> None:
    rows = [{"post": fold.posts[identity]["key"], **values} for identity, values in fold.sightings]
    if not rows:
        return
    connection.execute(_insert_sighting(connection.dialect.name), rows)


@cache
def _insert_sighting(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """Two looks at the same moment complete one another."""
    statement = insert_by(dialect, observations)
    completed = {
        name: func.coalesce(statement.excluded[name], observations.c[name])
        for name in (*COUNTERS, "text_hash", "capture")
    }
    return statement.on_conflict_do_update(
        index_elements=["post", "observed_at"], set_={**completed, "deleted": statement.excluded.deleted}
    )


def _insert_earlier_texts(connection: Connection, fold: Fold) -> None:
    rows = [{"post": fold.posts[identity]["key"], **version} for identity, version in fold.earlier_texts]
    if rows:
        connection.execute(insert_into(connection, post_texts).on_conflict_do_nothing(), rows)


def _settle_counters(connection: Connection, late: list[PostRow]) -> None:
    """A late sighting may know a counter that newer ones do not: take each from the newest that says it."""
    sightings: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for chunk in chunks(row["key"] for row in late):
        query = select(observations).where(observations.c.post.in_(chunk)).order_by(observations.c.observed_at)
        for row in connection.execute(query):
            sightings[row.post].append(row._asdict())
    if sightings:
        statement = (
            update(posts)
            .where(posts.c.key == bindparam("row_key"))
            .values({name: bindparam(name) for name in COUNTERS})
        )
        settled = [{"row_key": key, **newest_counters(seen)} for key, seen in sightings.items()]
        connection.execute(statement, settled)


def _count_anew(connection: Connection, new: int) -> None:
    # PostgreSQL looks up a post by (source, id) badly until it knows how many there are; its own counting comes a
    # minute later, which a large first import cannot wait for.
    if new >= MANY and connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE posts"))


def _save_account(connection: Connection, collected: Collected, run: int | None, new: int) -> None:
    account = collected.coverage
    row = {
        "run": run,
        "source": account.source,
        "started_at": account.started_at,
        "finished_at": account.finished_at,
        "status": account.status,
        "got": account.got,
        "expected": account.expected,
        "new_posts": new,
        "cause": storable(account.cause),
        "evidence": storable(account.evidence),
        "usual": account.usual,
        "filled": None if account.filled is None else {part: dict(counts) for part, counts in account.filled.items()},
    }
    connection.execute(_INSERT_COVERAGE, row)
    _save_rejects(connection, collected, run)
    note = {"source": account.source, "memory": dict(collected.memory), "written_at": account.finished_at}
    upsert(connection, schema.source_memory, ("source",), [note])


def _save_rejects(connection: Connection, collected: Collected, run: int | None) -> None:
    rows = [
        {
            "run": run,
            "source": storable(reject.source),
            "at": collected.coverage.finished_at,
            "line": reject.line,
            "reason": reject.reason,
            "detail": storable(reject.detail),
            "raw": storable(reject.raw),
        }
        for reject in collected.rejects
    ]
    if rows:
        connection.execute(insert(schema.rejects), rows)
