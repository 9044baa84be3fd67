"""How each platform's share of an incident grew, and the outlook at each measurement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, and_, bindparam, func, select

from domain.clock import iso
from domain.spread import Course, Expectation, Outlook, Phase, PhaseMark, PlatformSpread, Surge
from storage.database import Database, upsert
from storage.rows import AnyRow, chunks
from storage.schema_spread import outlooks, platform_spread


class SpreadRepository:
    """The newest rows of an incident are what the next measurement goes on from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_spread(self, platforms: Sequence[PlatformSpread], looks: Sequence[Outlook]) -> None:
        """Keep both; what is of the same incident, platform and moment is replaced."""
        with self._database.write() as connection:
            upsert(connection, platform_spread, ("incident", "platform", "at"), [asdict(row) for row in platforms])
            upsert(connection, outlooks, ("incident", "at"), [_outlook_row(look) for look in looks])

    def last_platforms(self, incidents: Collection[str]) -> dict[str, dict[str, PlatformSpread]]:
        """The newest row of each platform of these incidents; an incident without any is left out."""
        found: defaultdict[str, dict[str, PlatformSpread]] = defaultdict(dict)
        with self._database.read() as connection:
            for chunk in chunks(sorted(incidents)):
                for row in connection.execute(_LAST_PLATFORMS, {"chosen": chunk}):
                    found[row.incident][row.platform] = PlatformSpread(**row._asdict())
        return dict(found)

    def last_outlooks(self, incidents: Collection[str]) -> dict[str, Outlook]:
        """The newest outlook of each of these incidents that has one."""
        found: dict[str, Outlook] = {}
        with self._database.read() as connection:
            for chunk in chunks(sorted(incidents)):
                for row in connection.execute(_LAST_OUTLOOKS, {"chosen": chunk}):
                    found[row.incident] = _outlook_of(row)
        return found


def _newest(table: Table, *names: str) -> Select[Any]:
    """The newest row of the ``chosen`` incidents by these columns."""
    columns = [table.c[name] for name in names]
    chosen = table.c.incident.in_(bindparam("chosen", expanding=True))
    newest = select(*columns, func.max(table.c.at).label("at")).where(chosen).group_by(*columns).subquery()
    return select(table).join(newest, and_(*(table.c[name] == newest.c[name] for name in (*names, "at"))))


# Put together once: that takes longer than running them.
_LAST_PLATFORMS = _newest(platform_spread, "incident", "platform")
_LAST_OUTLOOKS = _newest(outlooks, "incident")


def _outlook_row(look: Outlook) -> dict[str, Any]:
    mark, surge, said = look.mark, look.surge, look.expectation
    return {
        "incident": look.incident,
        "at": look.at,
        "posts": look.posts,
        "phase": mark.phase.code,
        "phase_since": mark.at,
        "wave": mark.wave,
        "phase_reason": mark.reason,
        "course": _course_json(look.course),
        "jumps": [f"{platform} {iso(at)}" for platform, at in look.jumps],
        "burst": look.burst,
        "burst_at": look.burst_at,
        "surge_at": surge and surge.at,
        "surge_minutes": surge and surge.minutes,
        "observed": surge and surge.observed,
        "surge_authors": surge and surge.authors,
        "expected": surge and surge.expected,
        "chance": surge and surge.chance,
        "doubling_hours": look.doubling_hours,
        "final": said and said.final,
        "low": said and said.low,
        "high": said and said.high,
        "confidence": said and said.confidence,
        "next_level": said and said.next_level,
        "next_size": said and said.next_size,
        "next_chance": said and said.next_chance,
    }


def _outlook_of(row: AnyRow) -> Outlook:
    jumps = [entry.split(" ") for entry in row.jumps]
    surge = Surge(row.surge_at, row.surge_minutes, row.observed, row.surge_authors, row.expected, row.chance)
    target = (row.next_level, row.next_size, row.next_chance)
    return Outlook(
        incident=row.incident,
        at=row.at,
        posts=row.posts,
        mark=PhaseMark(row.phase_since, Phase.of(row.phase), row.wave, row.phase_reason),
        course=_course_of(row.course),
        jumps=tuple((platform, datetime.fromisoformat(at)) for platform, at in jumps),
        burst=row.burst,
        surge=surge if row.surge_at else None,
        burst_at=row.burst_at,
        doubling_hours=row.doubling_hours,
        expectation=Expectation(row.final, row.low, row.high, row.confidence, *target) if row.confidence else None,
    )


def _course_json(course: Course) -> dict[str, Any]:
    """The course as JSON: times as ISO 8601 to the microsecond, the phase as its code."""
    mark = course.mark
    return {
        "looked_at": course.looked_at.isoformat(),
        "mark": [mark.at.isoformat(), mark.phase.code, mark.wave, mark.reason],
        "began": course.began.isoformat(),
        "peak": course.peak,
        "peak_at": course.peak_at.isoformat(),
        "low_since": course.low_since and course.low_since.isoformat(),
        "trough": course.trough,
    }


def _course_of(told: dict[str, Any]) -> Course:
    moment = datetime.fromisoformat
    at, phase, wave, reason = told["mark"]
    return Course(
        looked_at=moment(told["looked_at"]),
        mark=PhaseMark(moment(at), Phase.of(phase), wave, reason),
        began=moment(told["began"]),
        peak=told["peak"],
        peak_at=moment(told["peak_at"]),
        low_since=told["low_since"] and moment(told["low_since"]),
        trough=told["trough"],
    )
