"""Rows of the tables as the domain's records, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Row, func

from domain.alerts import AlertState, Level
from domain.incidents import Incident, Sighting, Snapshot
from domain.posts import Author, Metrics, Post
from domain.readings import Evidence, Reading
from storage.schema import COUNTERS, posts, readings

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
T = TypeVar("T")

CHUNK = 500
"""How many values one IN list takes."""

MOMENT: ColumnElement[Any] = func.coalesce(posts.c.published_at, posts.c.first_seen_at)
"""`Post.moment` in SQL."""

IN_ORDER = (MOMENT, posts.c.source, posts.c.id)
"""The order in which posts are read and grouped: by moment, then source and id, the same on every machine."""

POST_COLUMNS = tuple(posts.c)
READING_COLUMNS = tuple(column.label(f"reading_{column.name}") for column in readings.c)


_NOBODY = Author()


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists of at most `CHUNK`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def post_of(row: AnyRow) -> Post:
    """The post of a row that has `POST_COLUMNS`."""
    author = Author(row.author_key, row.author_name, row.author_followers, row.author_verified)
    return Post(
        key=row.key,
        source=row.source,
        platform=row.platform,
        id=row.id,
        kind=row.kind,
        thread=row.thread,
        text=row.text,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        title=row.title,
        reply_to=row.reply_to,
        url=row.url,
        author=author if author != _NOBODY else None,
        published_at=row.published_at,
        metrics=Metrics(*(getattr(row, name) for name in COUNTERS)),
        deleted=row.deleted,
        picture_text=row.picture_text,
    )


def reading_of(row: AnyRow) -> Reading:
    """The reading of a row that has `READING_COLUMNS`."""
    return Reading(
        about=row.reading_about,
        topics=tuple(row.reading_topics),
        negative=row.reading_negative,
        negativity=row.reading_negativity,
        severity=row.reading_severity,
        evidence=tuple(Evidence(*item) for item in row.reading_evidence),
        version=row.reading_version,
        leaning=tuple(row.reading_leaning),
        unnamed=row.reading_unnamed,
    )


def evidence_json(evidence: Iterable[Evidence]) -> list[list[Any]]:
    """The evidence as JSON: ``[topic, start, end, text]`` for each."""
    return [[item.topic, item.start, item.end, item.text] for item in evidence]


def incident_of(row: AnyRow) -> Incident:
    """The incident of a row of the table ``incidents``."""
    values = row._asdict()
    return Incident(**{**values, "topics": tuple(values["topics"])})


def incident_row(incident: Incident) -> dict[str, Any]:
    """The row of an incident."""
    return {**asdict(incident), "topics": list(incident.topics)}


def snapshot_of(row: AnyRow) -> Snapshot:
    """The snapshot of a row of the table ``snapshots``."""
    return Snapshot(**row._asdict())


def snapshot_row(snapshot: Snapshot) -> dict[str, Any]:
    """The row of a snapshot."""
    values = {name: getattr(snapshot, name) for name in Snapshot.__slots__}
    return {**values, "parts": dict(snapshot.parts)}


def sighting_of(row: AnyRow) -> Sighting:
    """The counters of a row of the table ``observations``."""
    return Sighting(row.post, row.observed_at, *(getattr(row, name) for name in COUNTERS))


def state_of(row: AnyRow) -> AlertState:
    """The alert state of a row of the table ``alert_states``."""
    values = row._asdict()
    return AlertState(**{**values, "level": Level(values["level"]), "notified": Level(values["notified"])})
