"""The ledger: what ran, when, how it ended, and what could not be seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, insert, literal_column, or_, select, update

from domain.alerts import Blind
from domain.coverage import SEEING, Look, Outage, Run
from domain.runs import RunTally
from storage.database import Database
from storage.process import is_gone, this_host, this_process
from storage.rows import AnyRow
from storage.schema import coverage, posts, readings, runs
from storage.types import UTCDateTime
from storage.views import BLIND_SINCE

COLLECTING = ("sweep", "look", "revisit")
EXCLUDING = dict.fromkeys(COLLECTING, COLLECTING)
"""Which kinds of run exclude one another; any other kind excludes only itself."""

CLOSED_DOORS = ("blocked", "login", "down")
"""What a re-visit may add to a source's blindness (`storage.views.BLIND_SINCE` says the same)."""


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
            values |= {"host": this_host(), "process": this_process()}
            run: int = connection.execute(_BEGIN, values).scalar_one()
            return run

    def finish_run(self, run: int, now: datetime, status: str, detail: str) -> None:
        """Note how the run ended. One that was taken over meanwhile stays failed."""
        values = {"run": run, "finished_at": now, "status": status, "detail": detail}
        with self._database.write() as connection:
            connection.execute(_FINISH, values)

    def last_run(self, kind: str, statuses: Sequence[str] = ("done", "attention")) -> Run | None:
        """The newest run of the kind that stands in one of ``statuses``."""
        with self._database.read() as connection:
            row = connection.execute(_LAST_RUN, {"kind": kind, "statuses": list(statuses)}).one_or_none()
        return _run_of(row) if row is not None else None

    def runs_of(self, kind: str, limit: int) -> list[Run]:
        """The newest runs of the kind, whatever became of them, the oldest of them first."""
        query = select(runs).where(runs.c.kind == kind).order_by(runs.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_run_of(row) for row in reversed(connection.execute(query).all())]

    def run_tallies(self, since: datetime) -> list[RunTally]:
        """For each kind of run that ended at or after ``since``, how its runs ended."""
        ended = {status: func.count().filter(runs.c.status == status) for status in ("done", "attention", "failed")}
        query = (
            select(runs.c.kind, *ended.values())
            .where(runs.c.finished_at >= since)
            .group_by(runs.c.kind)
            .order_by(runs.c.kind)
        )
        with self._database.read() as connection:
            return [RunTally(*row) for row in connection.execute(query)]

    def blind_sources(self, now: datetime) -> list[Blind]:
        """Sources that did not see everything as their runs until ``now`` tell, by name (`views.BLIND_SINCE`)."""
        with self._database.read() as connection:
            return [Blind(row.source, row.blind_since, row.status, row.cause or "") for row in _blind(connection, now)]

    def outages(self, now: datetime) -> list[Outage]:
        """The same sources with what a notice tells; one that is dark is so since most of it was seen the last time.

        ``label`` is the name: only the configuration knows how mails call it.
        """
        with self._database.read() as connection:
            return [_outage(connection, row) for row in _blind(connection, now)]

    def looks_of(self, source: str, since: datetime) -> list[Look]:
        """The looks at the whole source that ended at or after ``since``, in order of time."""
        columns = (coverage.c.started_at, coverage.c.finished_at, coverage.c.status, coverage.c.usual)
        query = (
            select(*columns, coverage.c.filled, coverage.c.new_posts)
            .outerjoin(runs, runs.c.id == coverage.c.run)
            .where(coverage.c.source == source, coverage.c.finished_at >= since, _is_whole())
            .order_by(coverage.c.finished_at, coverage.c.key)
        )
        with self._database.read() as connection:
            return [Look(*row) for row in connection.execute(query)]

    def new_posts_since(self, source: str, since: datetime) -> int:
        """New posts that the runs of the source which ended after ``since`` have brought."""
        query = select(func.coalesce(func.sum(coverage.c.new_posts), 0))
        with self._database.read() as connection:
            mine = and_(coverage.c.source == source, coverage.c.finished_at > since)
            return int(connection.execute(query.where(mine)).scalar_one())

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


# Put together once: that takes longer than running them, and every look asks them all.
_BEGIN = insert(runs).returning(runs.c.id)
_FINISH = (
    update(runs)
    .where(runs.c.id == bindparam("run"), runs.c.status == "running")
    .values({name: bindparam(name) for name in ("finished_at", "status", "detail")})
)
_RUNNING = select(runs).where(runs.c.kind.in_(bindparam("kinds", expanding=True)), runs.c.status == "running")
_LAST_RUN = (
    select(runs)
    .where(runs.c.kind == bindparam("kind"), runs.c.status.in_(bindparam("statuses", expanding=True)))
    .order_by(runs.c.id.desc())
    .limit(1)
)


def _run_of(row: AnyRow) -> Run:
    return Run(row.id, row.kind, row.started_at, row.finished_at, row.status, row.detail)


def _make_way(connection: Connection, kinds: Sequence[str], now: datetime, stale_after: timedelta) -> bool:
    """Mark failed what no longer runs; True where nothing is left."""
    running = connection.execute(_RUNNING, {"kinds": list(kinds)}).all()
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


def _is_whole() -> Any:
    return or_(runs.c.kind.is_(None), runs.c.kind != "revisit")


def _blind(connection: Connection, now: datetime) -> list[AnyRow]:
    """For each blind source the run that says why: its last look, or a later re-visit that met a closed door."""
    told = {row.source: row for row in connection.execute(_newest(whole=True), {"now": now})}
    for row in connection.execute(_newest(whole=False), {"now": now}):
        if row.source not in told or row.status in CLOSED_DOORS:
            told[row.source] = row
    return [row for _, row in sorted(told.items()) if row.blind_since is not None]


@cache
def _newest(*, whole: bool) -> Select[Any]:
    """The newest run of each source until ``:now``; only looks at the ``whole`` of it where that is asked."""
    keys = (
        select(func.max(coverage.c.key))
        .outerjoin(runs, runs.c.id == coverage.c.run)
        .where(coverage.c.finished_at <= bindparam("now"), *([_is_whole()] if whole else []))
        .group_by(coverage.c.source)
    )
    c = coverage.alias("c")
    since = literal_column(BLIND_SINCE, UTCDateTime()).label("blind_since")
    return select(c, since).where(c.c.key.in_(keys))


def _outage(connection: Connection, row: AnyRow) -> Outage:
    since = row.blind_since
    if row.status != "partial":
        kind = connection.execute(select(runs.c.kind).where(runs.c.id == row.run)).scalar()
        mine = and_(coverage.c.source == row.source, coverage.c.key < row.key)
        better = and_(mine, coverage.c.status.in_((*SEEING, "partial")))
        last = select(func.max(coverage.c.finished_at)).outerjoin(runs, runs.c.id == coverage.c.run).where(better)
        since = connection.execute(last if kind == "revisit" else last.where(_is_whole())).scalar() or since
    return Outage(row.source, row.source, since, row.status, row.cause or "", row.evidence)
