"""The ledger: what ran, when, how it ended, and what could not be seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from domain.alerts import Blind
from domain.coverage import SEEING, Run
from storage.database import Database
from storage.process import is_gone, this_host, this_process
from storage.rows import AnyRow
from storage.schema import coverage, posts, readings, runs

EXCLUDING = {"sweep": ("sweep", "revisit"), "revisit": ("sweep", "revisit")}
"""Which kinds of run exclude one another; any other kind excludes only itself."""


class LedgerRepository:
    """Runs and coverage. What a run does is the pipeline's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim_run(self, kind: str, now: datetime, stale_after_s: int) -> int | None:
        """Begin a run and return its number; None where one that excludes it is running, in whatever process.

        A run whose process is gone, or that is older than ``stale_after_s``, is marked failed and taken over.
        """
        with self._database.write() as connection:
            if not _make_way(connection, EXCLUDING.get(kind, (kind,)), now, timedelta(seconds=stale_after_s)):
                return None
            values = {"kind": kind, "started_at": now, "status": "running", "detail": ""}
            statement = insert(runs).values(**values, host=this_host(), process=this_process())
            run: int = connection.execute(statement.returning(runs.c.id)).scalar_one()
            return run

    def finish_run(self, run: int, now: datetime, status: str, detail: str) -> None:
        """Note how the run ended. One that was taken over meanwhile stays failed."""
        is_mine = and_(runs.c.id == run, runs.c.status == "running")
        with self._database.write() as connection:
            connection.execute(update(runs).where(is_mine).values(finished_at=now, status=status, detail=detail))

    def last_run(self, kind: str, statuses: Sequence[str] = ("done", "attention")) -> Run | None:
        """The newest run of the kind that stands in one of ``statuses``."""
        query = select(runs).where(runs.c.kind == kind, runs.c.status.in_(statuses)).order_by(runs.c.id.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return Run(row.id, row.kind, row.started_at, row.finished_at, row.status, row.detail)

    def blind_sources(self, now: datetime) -> list[Blind]:
        """Sources whose last run until ``now`` did not see everything, by name.

        The blindness begins with the end of the last run that saw, or with the first run where none ever did.
        """
        with self._database.read() as connection:
            last = connection.execute(_last_coverage(now)).all()
            return [_blind(connection, row, now) for row in last if row.status not in SEEING]

    def counts_since(self, bank: str, since: datetime) -> tuple[int, int, int]:
        """Posts first seen at or after ``since``: all, those about the bank, and the negative among these."""
        is_read = and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest)
        about = func.count().filter(readings.c.about)
        negative = func.count().filter(and_(readings.c.about, readings.c.negative))
        query = (
            select(func.count(), about, negative)
            .select_from(posts)
            .outerjoin(readings, is_read)
            .where(posts.c.first_seen_at >= since)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one()
        return row[0], row[1], row[2]


def _make_way(connection: Connection, kinds: Sequence[str], now: datetime, stale_after: timedelta) -> bool:
    """Mark failed what no longer runs; True where nothing is left."""
    running = connection.execute(select(runs).where(runs.c.kind.in_(kinds), runs.c.status == "running")).all()
    for row in running:
        cause = _cause_of_death(row, now, stale_after)
        if cause is None:
            return False
        values = {"status": "failed", "finished_at": now, "detail": cause}
        connection.execute(update(runs).where(runs.c.id == row.id).values(values))
    return True


def _cause_of_death(run: AnyRow, now: datetime, stale_after: timedelta) -> str | None:
    if is_gone(run.host, run.process):
        return "进程中途退出，没有完成"
    if now - run.started_at > stale_after:
        return f"超过 {stale_after.total_seconds() / 60:.0f} 分钟没有结束，视为失败"
    return None


def _last_coverage(now: datetime) -> Any:
    newest = (
        select(func.max(coverage.c.key).label("key")).where(coverage.c.finished_at <= now).group_by(coverage.c.source)
    ).subquery()
    return select(coverage).join(newest, newest.c.key == coverage.c.key).order_by(coverage.c.source)


def _blind(connection: Connection, last: AnyRow, now: datetime) -> Blind:
    mine = and_(coverage.c.source == last.source, coverage.c.finished_at <= now)
    seeing = select(func.max(coverage.c.finished_at)).where(mine, coverage.c.status.in_(SEEING))
    first = select(func.min(coverage.c.started_at)).where(mine)
    since = connection.execute(seeing).scalar() or connection.execute(first).scalar_one()
    return Blind(last.source, since, last.status, last.cause or "")
