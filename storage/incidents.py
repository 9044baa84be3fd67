"""Grouping and measuring: incidents, why each post is in one, and how far they have spread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, Subquery, and_, bindparam, func, or_, select, update

from domain.incidents import Grouping, Incident, Member, Membership, ReadPost, Sighting, Snapshot
from storage.database import Database, insert_into, upsert
from storage.rows import (
    IN_ORDER,
    POST_COLUMNS,
    READING_COLUMNS,
    AnyRow,
    chunks,
    incident_of,
    incident_row,
    post_of,
    reading_of,
    sighting_of,
    snapshot_of,
    snapshot_row,
)
from storage.schema import considered, incidents, memberships, observations, posts, readings
from storage.schema import snapshots as snapshot_table

Measured = tuple[Incident, list[Member], Snapshot | None]
"""An incident with its members and its last snapshot."""


class IncidentRepository:
    """Incidents, members and snapshots. A post is in at most one incident of a bank, and stays in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ungrouped(self, bank: str, limit: int) -> list[ReadPost]:
        """Posts that were read for the bank and are no members yet, at most ``limit``; and the rest of their threads.

        Left out are those that were considered before, unless they were read anew since, or their thread has
        come into an incident since. Beyond the limit come, to be looked at again, the posts of the same threads that
        were passed over: what a reply means may hang on its root. In order of `Post.moment`, source and id.
        """
        with self._database.read() as connection:
            fresh = list(connection.execute(_ungrouped(bank, limit)))
            rows = [*fresh, *_passed_over(connection, bank, fresh)]
        batch = [ReadPost(post_of(row), reading_of(row)) for row in rows]
        return sorted(batch, key=lambda item: (item.post.moment, item.post.source, item.post.id))

    def open_incidents(
        self, bank: str, since: datetime, threads: Collection[tuple[str, str]]
    ) -> list[tuple[Incident, list[ReadPost]]]:
        """Incidents with a post since ``since`` or in one of ``threads`` (source, root id), with members."""
        with self._database.read() as connection:
            return self._read(connection, self._recent(connection, bank, since) | in_threads(connection, bank, threads))

    def save_grouping(self, bank: str, seen: Iterable[int], grouping: Grouping, now: datetime) -> None:
        """Incidents and memberships; ``seen`` are the posts that were considered, members or not."""
        with self._database.write() as connection:
            # Before the memberships: a post that was passed over before its thread came into an incident gets
            # another look.
            marks = [mark for chunk in chunks(seen) for mark in _marks(connection, bank, chunk, now)]
            upsert(connection, incidents, ("id",), [incident_row(incident) for incident in grouping.incidents])
            rows = [_membership_row(bank, membership, now) for membership in grouping.memberships]
            if rows:
                connection.execute(insert_into(connection, memberships).on_conflict_do_nothing(), rows)
            upsert(connection, considered, ("post", "bank"), marks)

    def active_incidents(self, bank: str, since: datetime) -> list[Measured]:
        """Incidents not closed, or with a post since ``since``, not merged; with members and the last snapshot."""
        with self._database.read() as connection:
            return self._measured(connection, self._active(connection, bank, since))

    def incidents_of(self, wanted: Collection[str]) -> list[Measured]:
        """These incidents, as far as they are there; with members and the last snapshot."""
        with self._database.read() as connection:
            return self._measured(connection, wanted)

    def close_incident(self, incident: str, now: datetime) -> None:
        """Mark the incident closed at ``now``; one that is closed already keeps its time."""
        is_open = and_(incidents.c.id == incident, incidents.c.closed_at.is_(None))
        with self._database.write() as connection:
            connection.execute(update(incidents).where(is_open).values(closed_at=now))

    def save_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Keep the snapshots; one of the same incident and moment is replaced."""
        with self._database.write() as connection:
            upsert(
                connection,
                snapshot_table,
                ("incident", "at"),
                [snapshot_row(snapshot) for snapshot in snapshots],
            )

    def snapshots(self, incident: str, since: datetime | None = None) -> list[Snapshot]:
        """The incident's snapshots in order of time, all of them or those at and after ``since``."""
        query = select(snapshot_table).where(snapshot_table.c.incident == incident).order_by(snapshot_table.c.at)
        if since is not None:
            query = query.where(snapshot_table.c.at >= since)
        with self._database.read() as connection:
            return [snapshot_of(row) for row in connection.execute(query)]

    def snapshots_of(self, wanted: Mapping[str, datetime]) -> dict[str, list[Snapshot]]:
        """For each incident its snapshots at and after the moment beside it, in order of time."""
        found: dict[str, list[Snapshot]] = {incident: [] for incident in wanted}
        with self._database.read() as connection:
            for chunk in chunks(sorted(wanted)):
                asked = {"chosen": chunk, "since": min(wanted[incident] for incident in chunk)}
                for row in connection.execute(_SNAPSHOTS_SINCE, asked):
                    if row.at >= wanted[row.incident]:
                        found[row.incident].append(snapshot_of(row))
        return found

    def _recent(self, connection: Connection, bank: str, since: datetime) -> set[str]:
        return set(connection.execute(_RECENT, {"whose": bank, "since": since}).scalars())

    def _active(self, connection: Connection, bank: str, since: datetime) -> set[str]:
        return set(connection.execute(_ACTIVE, {"whose": bank, "since": since}).scalars())

    def _read(self, connection: Connection, chosen: Collection[str]) -> list[tuple[Incident, list[ReadPost]]]:
        members = _members(connection, chosen)
        return [
            (incident, [ReadPost(post_of(row), reading_of(row)) for row in members[incident.id]])
            for incident in incidents_by_id(connection, chosen)
        ]

    def _measured(self, connection: Connection, chosen: Collection[str]) -> list[Measured]:
        members = members_of(connection, chosen)
        last = _last_snapshots(connection, chosen)
        return [
            (incident, members.get(incident.id, []), last.get(incident.id))
            for incident in incidents_by_id(connection, chosen)
        ]


@cache
def _ungrouped(bank: str, limit: int) -> Select[Any]:
    threads = _threads_of(bank)
    was_considered = and_(considered.c.post == posts.c.key, considered.c.bank == bank)
    is_member = and_(memberships.c.post == posts.c.key, memberships.c.bank == bank)
    in_thread = threads.c.thread.is_not(None)
    return (
        select(*POST_COLUMNS, *READING_COLUMNS)
        .join(readings, and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest))
        .outerjoin(threads, and_(threads.c.source == posts.c.source, threads.c.thread == posts.c.thread))
        .outerjoin(memberships, is_member)
        .outerjoin(considered, was_considered)
        .where(memberships.c.post.is_(None))
        .where(
            or_(
                considered.c.post.is_(None),
                considered.c.reading != readings.c.key,
                and_(in_thread, ~considered.c.in_thread),
            )
        )
        .order_by(*IN_ORDER)
        .limit(limit)
    )


def _passed_over(connection: Connection, bank: str, fresh: Sequence[AnyRow]) -> list[AnyRow]:
    """Posts in the threads of ``fresh`` that are no members and are not among them."""
    known = {row.key for row in fresh}
    by_source: defaultdict[str, set[str]] = defaultdict(set)
    for row in fresh:
        by_source[row.source].add(row.thread)
    return [
        row
        for source, roots in by_source.items()
        for chunk in chunks(sorted(roots))
        for row in connection.execute(_no_members(bank), {"name": source, "chosen": chunk})
        if row.key not in known
    ]


@cache
def _no_members(bank: str) -> Select[Any]:
    """Posts in the ``chosen`` threads of a source that were read and are in no incident."""
    is_member = and_(memberships.c.post == posts.c.key, memberships.c.bank == bank)
    return (
        select(*POST_COLUMNS, *READING_COLUMNS)
        .join(readings, and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest))
        .outerjoin(memberships, is_member)
        .where(memberships.c.post.is_(None), posts.c.source == bindparam("name"), posts.c.thread.in_(_CHOSEN))
    )


@cache
def _threads_of(bank: str) -> Subquery:
    return (
        select(posts.c.source, posts.c.thread)
        .join(memberships, memberships.c.post == posts.c.key)
        .where(memberships.c.bank == bank)
        .distinct()
        .subquery("threads")
    )


def in_threads(connection: Connection, bank: str, threads: Collection[tuple[str, str]]) -> set[str]:
    """The incidents that have a post in one of ``threads`` (source, root id)."""
    by_source: defaultdict[str, set[str]] = defaultdict(set)
    for source, thread in threads:
        by_source[source].add(thread)
    found: set[str] = set()
    for source, roots in by_source.items():
        for chunk in chunks(sorted(roots)):
            asked = {"whose": bank, "name": source, "chosen": chunk}
            found.update(connection.execute(_IN_THREADS, asked).scalars())
    return found


def incidents_by_id(connection: Connection, chosen: Collection[str]) -> list[Incident]:
    """These incidents, as far as they are there, by the time of their first post."""
    found = [incident_of(row) for row in _rows(connection, _INCIDENTS, chosen)]
    return sorted(found, key=lambda incident: (incident.opened_at, incident.id))


def _members(connection: Connection, chosen: Collection[str]) -> dict[str, list[AnyRow]]:
    members: defaultdict[str, list[AnyRow]] = defaultdict(list)
    for row in _rows(connection, _MEMBERS, chosen):
        members[row.incident].append(row)
    return members


def members_of(connection: Connection, chosen: Collection[str]) -> dict[str, list[Member]]:
    """The members of these incidents in `storage.rows.IN_ORDER`; one without any is left out."""
    sightings = _sightings(connection, chosen)
    found = _members(connection, chosen)
    return {incident: [_member(row, sightings) for row in rows] for incident, rows in found.items()}


def _member(row: AnyRow, sightings: dict[int, list[Sighting]]) -> Member:
    return Member(post_of(row), reading_of(row), row.how, tuple(sightings[row.key]))


def _sightings(connection: Connection, chosen: Collection[str]) -> dict[int, list[Sighting]]:
    sightings: defaultdict[int, list[Sighting]] = defaultdict(list)
    for row in _rows(connection, _SIGHTINGS, chosen):
        sightings[row.post].append(sighting_of(row))
    return sightings


def _last_snapshots(connection: Connection, chosen: Collection[str]) -> dict[str, Snapshot]:
    return {row.incident: snapshot_of(row) for row in _rows(connection, _LAST_SNAPSHOTS, chosen)}


def _rows(connection: Connection, statement: Select[Any], chosen: Collection[str]) -> Iterator[AnyRow]:
    """The rows of a statement about ``chosen`` incidents."""
    for chunk in chunks(sorted(chosen)):
        yield from connection.execute(statement, {"chosen": chunk})


# Put together once: that takes longer than running them, and each look asks them several times.
_CHOSEN: BindParameter[Any] = bindparam("chosen", expanding=True)
_INCIDENTS = select(incidents).where(incidents.c.id.in_(_CHOSEN))
_RECENT = select(incidents.c.id).where(
    incidents.c.bank == bindparam("whose"),
    incidents.c.merged_into.is_(None),
    incidents.c.last_post_at >= bindparam("since"),
)
_IN_THREADS = (
    select(memberships.c.incident)
    .join(posts, posts.c.key == memberships.c.post)
    .where(memberships.c.bank == bindparam("whose"), posts.c.source == bindparam("name"), posts.c.thread.in_(_CHOSEN))
)
_ACTIVE = select(incidents.c.id).where(
    incidents.c.bank == bindparam("whose"),
    incidents.c.merged_into.is_(None),
    or_(incidents.c.closed_at.is_(None), incidents.c.last_post_at >= bindparam("since")),
)
_MEMBERS = (
    select(*POST_COLUMNS, *READING_COLUMNS, memberships.c.incident, memberships.c.how)
    .select_from(memberships)
    .join(posts, posts.c.key == memberships.c.post)
    .join(
        readings,
        and_(readings.c.post == memberships.c.post, readings.c.bank == memberships.c.bank, readings.c.latest),
    )
    .where(memberships.c.incident.in_(_CHOSEN))
    .order_by(*IN_ORDER)
)
_SIGHTINGS = (
    select(observations)
    .join(memberships, memberships.c.post == observations.c.post)
    .where(memberships.c.incident.in_(_CHOSEN))
    .order_by(observations.c.post, observations.c.observed_at)
)
_SNAPSHOTS_SINCE = (
    select(snapshot_table)
    .where(snapshot_table.c.incident.in_(_CHOSEN), snapshot_table.c.at >= bindparam("since"))
    .order_by(snapshot_table.c.incident, snapshot_table.c.at)
)
_NEWEST = (
    select(snapshot_table.c.incident, func.max(snapshot_table.c.at).label("at"))
    .where(snapshot_table.c.incident.in_(_CHOSEN))
    .group_by(snapshot_table.c.incident)
    .subquery()
)
_LAST_SNAPSHOTS = select(snapshot_table).join(
    _NEWEST, and_(snapshot_table.c.incident == _NEWEST.c.incident, snapshot_table.c.at == _NEWEST.c.at)
)


@cache
def _considering(bank: str) -> Select[Any]:
    """Of the ``chosen`` posts the reading, and whether the thread has come into an incident."""
    threads = _threads_of(bank)
    return (
        select(posts.c.key, readings.c.key.label("reading"), threads.c.thread.is_not(None).label("in_thread"))
        .join(readings, and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest))
        .outerjoin(threads, and_(threads.c.source == posts.c.source, threads.c.thread == posts.c.thread))
        .where(posts.c.key.in_(_CHOSEN))
    )


def _marks(connection: Connection, bank: str, keys: list[int], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "post": row.key,
            "bank": bank,
            "reading": row.reading,
            "in_thread": row.in_thread,
            "considered_at": now,
        }
        for row in connection.execute(_considering(bank), {"chosen": keys})
    ]


def _membership_row(bank: str, membership: Membership, now: datetime) -> dict[str, Any]:
    return {
        "post": membership.post,
        "bank": bank,
        "incident": membership.incident,
        "how": membership.how,
        "reason": membership.reason,
        "score": membership.score,
        "original": membership.original,
        "joined_at": now,
    }
