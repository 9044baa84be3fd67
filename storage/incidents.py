"""Grouping and measuring: incidents, why each post is in one, and how far they have spread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Subquery, and_, func, or_, select, update

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


class IncidentRepository:
    """Incidents, members and snapshots. A post is in at most one incident of a bank, and stays in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ungrouped(self, bank: str, limit: int) -> list[ReadPost]:
        """Posts about the bank, or in a thread of one of its incidents, that are no members yet.

        Left out are those that were considered before, unless they were read anew since, or their thread has
        come into an incident since. In order of `Post.moment`, source and id.
        """
        threads = _threads_of(bank)
        was_considered = and_(considered.c.post == posts.c.key, considered.c.bank == bank)
        is_member = and_(memberships.c.post == posts.c.key, memberships.c.bank == bank)
        in_thread = threads.c.thread.is_not(None)
        query = (
            select(*POST_COLUMNS, *READING_COLUMNS)
            .join(readings, and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest))
            .outerjoin(threads, and_(threads.c.source == posts.c.source, threads.c.thread == posts.c.thread))
            .outerjoin(memberships, is_member)
            .outerjoin(considered, was_considered)
            .where(memberships.c.post.is_(None), or_(readings.c.about, in_thread))
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
        with self._database.read() as connection:
            return [ReadPost(post_of(row), reading_of(row)) for row in connection.execute(query)]

    def open_incidents(
        self, bank: str, since: datetime, threads: Collection[tuple[str, str]]
    ) -> list[tuple[Incident, list[ReadPost]]]:
        """Incidents with a post since ``since`` or in one of ``threads`` (source, root id), with members."""
        recent = select(incidents.c.id).where(incidents.c.bank == bank, incidents.c.last_post_at >= since)
        with self._database.read() as connection:
            chosen = set(connection.execute(recent).scalars()) | _incidents_of(connection, bank, threads)
            members = _members(connection, chosen)
            found = _incidents(connection, chosen)
        return [
            (incident, [ReadPost(post_of(row), reading_of(row)) for row in members[incident.id]]) for incident in found
        ]

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

    def active_incidents(self, bank: str, since: datetime) -> list[tuple[Incident, list[Member], Snapshot | None]]:
        """Incidents not closed, or with a post since ``since``; with members and the last snapshot."""
        active = or_(incidents.c.closed_at.is_(None), incidents.c.last_post_at >= since)
        with self._database.read() as connection:
            chosen = set(connection.execute(select(incidents.c.id).where(incidents.c.bank == bank, active)).scalars())
            found = _incidents(connection, chosen)
            members = _members(connection, chosen)
            sightings = _sightings(connection, chosen)
            last = _last_snapshots(connection, chosen)
        return [
            (incident, [_member(row, sightings) for row in members[incident.id]], last.get(incident.id))
            for incident in found
        ]

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


def _threads_of(bank: str) -> Subquery:
    return (
        select(posts.c.source, posts.c.thread)
        .join(memberships, memberships.c.post == posts.c.key)
        .where(memberships.c.bank == bank)
        .distinct()
        .subquery("threads")
    )


def _incidents_of(connection: Connection, bank: str, threads: Collection[tuple[str, str]]) -> set[str]:
    by_source: defaultdict[str, set[str]] = defaultdict(set)
    for source, thread in threads:
        by_source[source].add(thread)
    found: set[str] = set()
    for source, roots in by_source.items():
        for chunk in chunks(sorted(roots)):
            query = (
                select(memberships.c.incident)
                .join(posts, posts.c.key == memberships.c.post)
                .where(memberships.c.bank == bank, posts.c.source == source, posts.c.thread.in_(chunk))
            )
            found.update(connection.execute(query).scalars())
    return found


def _incidents(connection: Connection, chosen: Collection[str]) -> list[Incident]:
    found = [
        incident_of(row)
        for chunk in chunks(sorted(chosen))
        for row in connection.execute(select(incidents).where(incidents.c.id.in_(chunk)))
    ]
    return sorted(found, key=lambda incident: (incident.opened_at, incident.id))


def _members(connection: Connection, chosen: Collection[str]) -> dict[str, list[AnyRow]]:
    members: defaultdict[str, list[AnyRow]] = defaultdict(list)
    is_read = and_(readings.c.post == memberships.c.post, readings.c.bank == memberships.c.bank, readings.c.latest)
    for chunk in chunks(sorted(chosen)):
        query = (
            select(*POST_COLUMNS, *READING_COLUMNS, memberships.c.incident, memberships.c.how)
            .select_from(memberships)
            .join(posts, posts.c.key == memberships.c.post)
            .join(readings, is_read)
            .where(memberships.c.incident.in_(chunk))
            .order_by(*IN_ORDER)
        )
        for row in connection.execute(query):
            members[row.incident].append(row)
    return members


def _member(row: AnyRow, sightings: dict[int, list[Sighting]]) -> Member:
    return Member(post_of(row), reading_of(row), row.how, tuple(sightings[row.key]))


def _sightings(connection: Connection, chosen: Collection[str]) -> dict[int, list[Sighting]]:
    sightings: defaultdict[int, list[Sighting]] = defaultdict(list)
    for chunk in chunks(sorted(chosen)):
        query = (
            select(observations)
            .join(memberships, memberships.c.post == observations.c.post)
            .where(memberships.c.incident.in_(chunk))
            .order_by(observations.c.post, observations.c.observed_at)
        )
        for row in connection.execute(query):
            sightings[row.post].append(sighting_of(row))
    return sightings


def _last_snapshots(connection: Connection, chosen: Collection[str]) -> dict[str, Snapshot]:
    last: dict[str, Snapshot] = {}
    for chunk in chunks(sorted(chosen)):
        newest = (
            select(snapshot_table.c.incident, func.max(snapshot_table.c.at).label("at"))
            .where(snapshot_table.c.incident.in_(chunk))
            .group_by(snapshot_table.c.incident)
            .subquery()
        )
        is_newest = and_(snapshot_table.c.incident == newest.c.incident, snapshot_table.c.at == newest.c.at)
        for row in connection.execute(select(snapshot_table).join(newest, is_newest)):
            last[row.incident] = snapshot_of(row)
    return last


def _marks(connection: Connection, bank: str, keys: list[int], now: datetime) -> list[dict[str, Any]]:
    threads = _threads_of(bank)
    query = (
        select(posts.c.key, readings.c.key.label("reading"), threads.c.thread.is_not(None).label("in_thread"))
        .join(readings, and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest))
        .outerjoin(threads, and_(threads.c.source == posts.c.source, threads.c.thread == posts.c.thread))
        .where(posts.c.key.in_(keys))
    )
    return [
        {
            "post": row.key,
            "bank": bank,
            "reading": row.reading,
            "in_thread": row.in_thread,
            "considered_at": now,
        }
        for row in connection.execute(query)
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
