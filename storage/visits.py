"""Visits: when each thread of an incident was read again, and how often on that day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select

from storage.database import Database, insert_into
from storage.schema import thread_visits

KEPT = timedelta(days=90)
"""Longer than any incident is followed."""


class VisitRepository:
    """Re-visits of threads. Which thread is due is `pipeline.revisits`'."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def visits(self) -> dict[tuple[str, str], datetime]:
        """The last re-visit of each thread (source, root id)."""
        with self._database.read() as connection:
            rows = connection.execute(select(thread_visits)).all()
        return {(row.source, row.thread): row.visited_at for row in rows}

    def visits_since(self, midnight: datetime) -> dict[str, int]:
        """How many re-visits each source has had since ``midnight``, the begin of the present day."""
        query = select(thread_visits.c.source, func.sum(thread_visits.c.visits).label("number"))
        query = query.where(thread_visits.c.visited_at >= midnight).group_by(thread_visits.c.source)
        with self._database.read() as connection:
            return {row.source: int(row.number) for row in connection.execute(query)}

    def note_visits(self, source: str, threads: Collection[str], now: datetime, midnight: datetime) -> None:
        """These threads were visited at ``now``, well or not; the count of visits begins anew every ``midnight``."""
        rows = [{"source": source, "thread": thread, "visited_at": now, "visits": 1} for thread in sorted(threads)]
        if not rows:
            return
        with self._database.write() as connection:
            statement = insert_into(connection, thread_visits)
            today = thread_visits.c.visited_at >= midnight
            values = {"visited_at": now, "visits": case((today, thread_visits.c.visits + 1), else_=1)}
            statement = statement.on_conflict_do_update(index_elements=["source", "thread"], set_=values)
            connection.execute(statement, rows)
            connection.execute(delete(thread_visits).where(thread_visits.c.visited_at < now - KEPT))
