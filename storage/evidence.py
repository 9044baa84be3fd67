"""Evidence: which kept pages incidents rest on, and the legal holds. The pages lie in the archive, not here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, insert, or_, select, update

from domain.alerts import Level, LevelChange
from domain.evidence import Capture, Dossier, Hold
from storage.database import Database
from storage.rows import IN_ORDER, POST_COLUMNS, AnyRow, incident_of, post_of
from storage.schema import holds, incidents, level_changes, memberships, observations, posts


class EvidenceRepository:
    """Captures of incidents, and holds. A page that is named here may be gone from the archive, or damaged."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def captures_to_keep(self, since: datetime) -> set[str]:
        """The pages of incidents that are open, closed at or after ``since``, have a post since then, or are held."""
        query = (
            select(observations.c.capture)
            .join(memberships, memberships.c.post == observations.c.post)
            .join(incidents, incidents.c.id == memberships.c.incident)
            .where(observations.c.capture.is_not(None), _is_kept(since))
            .distinct()
        )
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def dossier(self, incident: str) -> Dossier | None:
        """All that is known of an incident and its evidence, from one look; None where there is no such incident."""
        with self._database.read() as connection:
            row = connection.execute(select(incidents).where(incidents.c.id == incident)).one_or_none()
            if row is None:
                return None
            return Dossier(
                incident=incident_of(row),
                posts=tuple(map(post_of, connection.execute(_posts_of(incident)))),
                changes=tuple(map(_change_of, connection.execute(_changes_of(incident)))),
                captures=tuple(map(_capture_of, connection.execute(_captures_of(incident)))),
                holds=tuple(_holds(connection, holds.c.incident == incident)),
            )

    def kept_posts(self, incident: str) -> set[str]:
        """The posts of an incident (``source:id``) with an address of their own that stand on a kept page.

        What has no address came as an interface's answer, in which there is nothing to look at.
        """
        query = (
            select(posts.c.source, posts.c.id)
            .join(memberships, memberships.c.post == posts.c.key)
            .join(observations, observations.c.post == posts.c.key)
            .where(memberships.c.incident == incident, observations.c.capture.is_not(None), posts.c.url.is_not(None))
            .distinct()
        )
        with self._database.read() as connection:
            return {f"{row.source}:{row.id}" for row in connection.execute(query)}

    def incident_titles(self) -> dict[str, str]:
        """The title of each incident by its id, the newest first."""
        query = select(incidents.c.id, incidents.c.title).order_by(incidents.c.last_post_at.desc(), incidents.c.id)
        with self._database.read() as connection:
            return {row.id: row.title for row in connection.execute(query)}

    def place_hold(self, incident: str, by: str, reason: str, now: datetime) -> Hold:
        """Hold an incident that is there; one may be held several times, for several matters."""
        values = {"incident": incident, "placed_at": now, "placed_by": by, "reason": reason}
        with self._database.write() as connection:
            return _hold_of(connection.execute(insert(holds).values(values).returning(holds)).one())

    def lift_hold(self, key: int, by: str, now: datetime) -> None:
        """End a hold; its row stays. One that is lifted already keeps its time."""
        standing = (holds.c.key == key) & holds.c.lifted_at.is_(None)
        with self._database.write() as connection:
            connection.execute(update(holds).where(standing).values(lifted_at=now, lifted_by=by))

    def holds(self, incident: str | None = None) -> list[Hold]:
        """The holds of an incident, or all of them, lifted ones too, as they were placed."""
        with self._database.read() as connection:
            return _holds(connection, *([] if incident is None else [holds.c.incident == incident]))


def _is_kept(since: datetime) -> ColumnElement[bool]:
    held = select(holds.c.incident).where(holds.c.lifted_at.is_(None))
    return or_(
        incidents.c.closed_at.is_(None),
        incidents.c.closed_at >= since,
        incidents.c.last_post_at >= since,
        incidents.c.id.in_(held),
    )


def _posts_of(incident: str) -> Select[Any]:
    joined = select(*POST_COLUMNS).join(memberships, memberships.c.post == posts.c.key)
    return joined.where(memberships.c.incident == incident).order_by(*IN_ORDER)


def _changes_of(incident: str) -> Select[Any]:
    return select(level_changes).where(level_changes.c.incident == incident).order_by(level_changes.c.at)


def _captures_of(incident: str) -> Select[Any]:
    return (
        select(posts.c.source, posts.c.id, posts.c.url, *observations.c)
        .select_from(observations)
        .join(posts, posts.c.key == observations.c.post)
        .join(memberships, memberships.c.post == observations.c.post)
        .where(memberships.c.incident == incident, observations.c.capture.is_not(None))
        .order_by(observations.c.observed_at, *IN_ORDER)
    )


def _holds(connection: Connection, *conditions: ColumnElement[bool]) -> list[Hold]:
    return [_hold_of(row) for row in connection.execute(select(holds).where(*conditions).order_by(holds.c.key))]


def _change_of(row: AnyRow) -> LevelChange:
    values = row._asdict()
    return LevelChange(**{**values, "before": Level(values["before"]), "after": Level(values["after"])})


def _capture_of(row: AnyRow) -> Capture:
    return Capture(row.source, row.id, row.url, row.observed_at, row.capture, row.deleted)


def _hold_of(row: AnyRow) -> Hold:
    return Hold(**row._asdict())
