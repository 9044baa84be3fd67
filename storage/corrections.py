"""Corrections of the grouping by people: kept with their reason, undone without a trace being lost, and obeyed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from domain.actions import ANSWERS
from domain.alerts import AlertState
from domain.corrections import MERGE, Correction, Regrouping, WholeIncident
from domain.incidents import Apart, Membership, ReadPost
from storage.database import Database, upsert
from storage.outbox import put_out, state_row
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
    state_of,
)
from storage.schema import (
    alert_states,
    considered,
    deliveries,
    holds,
    incidents,
    memberships,
    notices,
    posts,
    readings,
)
from storage.schema_actions import incident_actions
from storage.schema_corrections import corrections

COPIED = "（随更正从事件 {} 带来）"


class CorrectionRepository:
    """What people corrected. What follows from a correction is worked out in `incidents.corrections`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def whole_incident(self, incident: str) -> WholeIncident | None:
        """An incident with its members and why they are in it; None where there is no such incident."""
        with self._database.read() as connection:
            row = connection.execute(select(incidents).where(incidents.c.id == incident)).one_or_none()
            if row is None:
                return None
            rows = connection.execute(_members_of(incident)).all()
            state = connection.execute(select(alert_states).where(alert_states.c.incident == incident)).one_or_none()
        return WholeIncident(
            incident_of(row),
            [ReadPost(post_of(member), reading_of(member)) for member in rows],
            [_membership_of(member) for member in rows],
            state_of(state) if state is not None else AlertState(incident),
        )

    def outside(self, bank: str, keys: Iterable[int]) -> list[ReadPost]:
        """Those of the posts that are in no incident of the bank, in order of time."""
        is_member = and_(memberships.c.post == posts.c.key, memberships.c.bank == bank)
        found: list[ReadPost] = []
        with self._database.read() as connection:
            for chunk in chunks(keys):
                query = (
                    select(*POST_COLUMNS, *READING_COLUMNS)
                    .join(readings, and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest))
                    .outerjoin(memberships, is_member)
                    .where(memberships.c.post.is_(None), posts.c.key.in_(chunk))
                )
                found += [ReadPost(post_of(row), reading_of(row)) for row in connection.execute(query)]
        return sorted(found, key=lambda item: (item.post.moment, item.post.source, item.post.id))

    def told_of(self, incident: str) -> list[str]:
        """The contacts to whom anything was written about the incident."""
        query = select(deliveries.c.recipient).join(notices, notices.c.id == deliveries.c.notice).distinct()
        with self._database.read() as connection:
            return sorted(connection.execute(query.where(notices.c.incident == incident)).scalars())

    def corrections(self) -> list[Correction]:
        """All corrections as they were made, those that were undone too."""
        with self._database.read() as connection:
            return [_correction_of(row) for row in connection.execute(select(corrections).order_by(corrections.c.key))]

    def record_correction(self, change: Regrouping, mail_domain: str) -> int:
        """Write a correction and all that it changes; returns its key."""
        made = change.correction
        values = {**asdict(made), "posts": list(made.posts), "before": [_plain(item) for item in made.before]}
        del values["key"]
        with self._database.write() as connection:
            _write(connection, change, made.at, mail_domain)
            row = connection.execute(insert(corrections).values(values).returning(corrections.c.key)).one()
        return int(row.key)

    def record_undoing(self, change: Regrouping, by: str, reason: str, at: datetime) -> None:
        """Write that a correction was undone, by whom and why, and all that this changes."""
        undone = {"undone_at": at, "undone_by": by, "undone_reason": reason}
        with self._database.write() as connection:
            _write(connection, change, at, "")
            statement = update(corrections).where(corrections.c.key == change.correction.key)
            connection.execute(statement.values(undone))

    def apart(self, bank: str) -> Apart:
        """What must not come together again: by post, and by thread where the root was taken out."""
        with self._database.read() as connection:
            made = [_correction_of(row) for row in connection.execute(_STANDING, {"whose": bank})]
            apart = _kept_apart(made, _merged(connection, bank)) if made else {}
            roots = _roots(connection, apart)
        return Apart(
            {key: frozenset(names) for key, names in apart.items()},
            {thread: frozenset(apart[key]) for key, thread in roots.items()},
        )


# Put together once: grouping asks it at every look.
_STANDING = (
    select(corrections)
    .where(corrections.c.bank == bindparam("whose"), corrections.c.undone_at.is_(None))
    .order_by(corrections.c.key)
)


def _members_of(incident: str) -> Any:
    is_read = and_(readings.c.post == memberships.c.post, readings.c.bank == memberships.c.bank, readings.c.latest)
    return (
        select(*POST_COLUMNS, *READING_COLUMNS, *(column.label(f"member_{column.name}") for column in memberships.c))
        .select_from(memberships)
        .join(posts, posts.c.key == memberships.c.post)
        .join(readings, is_read)
        .where(memberships.c.incident == incident)
        .order_by(*IN_ORDER)
    )


def _write(connection: Connection, change: Regrouping, at: datetime, mail_domain: str) -> None:
    """Incidents first: memberships, states and holds point at them."""
    bank = change.correction.bank
    upsert(connection, incidents, ("id",), [incident_row(incident) for incident in change.incidents])
    _move(connection, bank, change.memberships, at)
    for chunk in chunks(change.out):
        connection.execute(delete(memberships).where(memberships.c.bank == bank, memberships.c.post.in_(chunk)))
        was_seen = and_(considered.c.bank == bank, considered.c.post.in_(chunk))
        connection.execute(update(considered).where(was_seen).values(in_thread=True))
    upsert(connection, alert_states, ("incident",), [state_row(state) for state in change.states])
    for source, heir in change.heirs:
        _copy_holds(connection, source, heir, at)
        _copy_answers(connection, source, heir)
    put_out(connection, change.notices, mail_domain)


def _move(connection: Connection, bank: str, moved: Sequence[Membership], at: datetime) -> None:
    rows = [{**asdict(item), "bank": bank, "joined_at": item.joined_at or at} for item in moved]
    upsert(connection, memberships, ("post", "bank"), rows)


def _copy_holds(connection: Connection, source: str, heir: str, at: datetime) -> None:
    """A legal hold follows the posts; the same one is not placed twice."""
    standing = select(holds).where(holds.c.lifted_at.is_(None))
    there = {(row.placed_by, row.reason) for row in connection.execute(standing.where(holds.c.incident == heir))}
    for row in connection.execute(standing.where(holds.c.incident == source)).all():
        reason = row.reason + COPIED.format(source)
        if (row.placed_by, reason) not in there:
            values = {"incident": heir, "placed_at": at, "placed_by": row.placed_by, "reason": reason}
            connection.execute(insert(holds).values(values))


def _copy_answers(connection: Connection, source: str, heir: str) -> None:
    """What somebody answered about the posts stays answered; the same answer is not kept twice."""
    columns = [column for column in incident_actions.c if column.name not in ("key", "incident")]
    given = select(*columns).where(incident_actions.c.incident == source, incident_actions.c.kind.in_(ANSWERS))
    there = set(connection.execute(select(*columns).where(incident_actions.c.incident == heir)).all())
    for row in connection.execute(given.order_by(incident_actions.c.key)).all():
        if row not in there:
            connection.execute(insert(incident_actions).values({**row._asdict(), "incident": heir}))


def _merged(connection: Connection, bank: str) -> dict[str, str]:
    query = select(incidents.c.id, incidents.c.merged_into)
    query = query.where(incidents.c.bank == bank, incidents.c.merged_into.is_not(None))
    return {row.id: row.merged_into for row in connection.execute(query)}


def _kept_apart(made: Sequence[Correction], merged: dict[str, str]) -> dict[int, set[str]]:
    """For each post the incidents that it must not join: where it was taken from, under its present name.

    What was split and merged again is together; merging says so later than splitting did.
    """
    apart: defaultdict[int, set[str]] = defaultdict(set)
    for correction in made:
        home = _present(correction.incident, merged)
        if correction.kind == MERGE or home == _present(correction.target, merged):
            continue
        for key in correction.posts:
            apart[key].add(home or "")
    return dict(apart)


def _present(incident: str | None, merged: dict[str, str]) -> str | None:
    while incident in merged:
        incident = merged[incident]
    return incident


def _roots(connection: Connection, keys: Collection[int]) -> dict[int, tuple[str, str]]:
    """The thread of each of these posts that is its root."""
    found: dict[int, tuple[str, str]] = {}
    for chunk in chunks(sorted(keys)):
        query = select(posts.c.key, posts.c.source, posts.c.thread)
        for row in connection.execute(query.where(posts.c.key.in_(chunk), posts.c.id == posts.c.thread)):
            found[row.key] = (row.source, row.thread)
    return found


def _membership_of(row: AnyRow) -> Membership:
    return Membership(
        incident=row.member_incident,
        post=row.member_post,
        how=row.member_how,
        reason=row.member_reason,
        score=row.member_score,
        original=row.member_original,
        joined_at=row.member_joined_at,
    )


def _plain(membership: Membership) -> dict[str, Any]:
    joined_at = membership.joined_at
    return {**asdict(membership), "joined_at": joined_at.isoformat() if joined_at else None}


def _membership_from(values: Mapping[str, Any]) -> Membership:
    """Corrections that were made before the time was kept do not tell it."""
    joined_at = values.get("joined_at")
    return Membership(**{**values, "joined_at": datetime.fromisoformat(joined_at) if joined_at else None})


def _correction_of(row: AnyRow) -> Correction:
    values = row._asdict()
    before = tuple(_membership_from(item) for item in values["before"])
    return Correction(**{**values, "posts": tuple(values["posts"]), "before": before})
