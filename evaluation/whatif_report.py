"""Two courses of the same days side by side: what other rules change, by incident, by day and in a line. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from alerts.config import AlertConfig
from domain.alerts import Level
from domain.clock import iso, local
from domain.incidents import Incident
from evaluation.history import History
from evaluation.whatif import Course, Told, course_of

KINDS = {
    "gained": "新增预警", "lost": "不再预警", "earlier": "提前", "later": "推迟", "up": "级别升高", "down": "级别降低",
    "more": "邮件增多", "fewer": "邮件减少",
}  # fmt: skip
"""What can change for an incident, in the words of the table."""

COLUMNS = (
    "事件", "银行", "标题", "变化", "提前小时", "首次预警", "改后首次预警", "最高级别", "改后最高级别", "邮件",
    "改后邮件",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One incident by the present rules (``before``) and by the others (``after``)."""

    incident: Incident
    before: Course
    after: Course

    @property
    def lead(self) -> timedelta | None:
        """By how much earlier the first alert is; negative: later. None where one of the two has none."""
        first, other = self.before.first, self.after.first
        return first.at - other.at if first and other else None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What changes: keys of `KINDS`; nothing where the mails and the highest level stay the same."""
        told, tells = self.before.first is not None, self.after.first is not None
        if told != tells:
            return ("gained",) if tells else ("lost",)
        lead, mails = self.lead or timedelta(), len(self.after.mails) - len(self.before.mails)
        found = {
            "earlier": lead > timedelta(),
            "later": lead < timedelta(),
            "up": self.after.highest > self.before.highest,
            "down": self.after.highest < self.before.highest,
        }
        kinds = tuple(kind for kind, holds in found.items() if holds)
        return kinds or (("more",) if mails > 0 else ("fewer",) if mails < 0 else ())


@dataclass(frozen=True, slots=True)
class Day:
    """How many mails went out on a day of Asia/Shanghai, and would have gone out."""

    day: date
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that `compare` found; ``since`` and ``until`` bound what was looked at."""

    changes: tuple[Change, ...]
    days: tuple[Day, ...]
    since: datetime
    until: datetime

    @property
    def counts(self) -> dict[str, int]:
        """For each of `KINDS` the number of incidents, and ``same`` those of which nothing changes."""
        counted = Counter(kind for change in self.changes for kind in change.kinds)
        same = sum(not change.kinds for change in self.changes)
        return {**{kind: counted[kind] for kind in KINDS}, "same": same}

    @property
    def levels(self) -> dict[Level, tuple[int, int]]:
        """For each level the number of incidents of which it is the highest, before and after; red first."""
        before = Counter(change.before.highest for change in self.changes)
        after = Counter(change.after.highest for change in self.changes)
        return {level: (before[level], after[level]) for level in sorted(Level, reverse=True)}


def compare(history: History, present: AlertConfig, other: AlertConfig) -> Comparison:
    """The days of ``history`` by the present rules and by the others."""
    changes = tuple(
        Change(
            matter.incident,
            course_of(matter, history.moments, present, history.since),
            course_of(matter, history.moments, other, history.since),
        )
        for matter in history.matters
    )
    return Comparison(changes, tuple(_days(changes, history.since, history.until)), history.since, history.until)


def _days(changes: Sequence[Change], since: datetime, until: datetime) -> Iterable[Day]:
    before = Counter(local(mail.at).date() for change in changes for mail in change.before.mails)
    after = Counter(local(mail.at).date() for change in changes for mail in change.after.mails)
    first, last = local(since).date(), local(until).date()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield Day(day, before[day], after[day])


def summary(comparison: Comparison) -> str:
    """The whole in a line of Chinese."""
    days, counts = comparison.days, comparison.counts
    before, after = sum(day.before for day in days), sum(day.after for day in days)
    told = "、".join(f"{name} {counts[kind]}" for kind, name in KINDS.items() if counts[kind]) or "没有一起有变化"
    return (
        f"{days[0].day} 至 {days[-1].day}（{len(days)} 天，事件 {len(comparison.changes)} 起）："
        f"邮件 {before} → {after} 封，每天 {before / len(days):.2f} → {after / len(days):.2f} 封；"
        f"{told}，不变 {counts['same']}"
    )


def changed(comparison: Comparison) -> list[Change]:
    """The incidents of which something changes: gained and lost ones first, each kind in the order of time."""
    order = list(KINDS)
    return sorted(
        (change for change in comparison.changes if change.kinds),
        key=lambda change: (order.index(change.kinds[0]), change.incident.opened_at, change.incident.id),
    )


def table(comparison: Comparison) -> list[tuple[Any, ...]]:
    """The rows of `COLUMNS`: what changes, as staff read it."""
    return [_row(change) for change in changed(comparison)]


def _row(change: Change) -> tuple[Any, ...]:
    before, after = change.before, change.after
    kinds = "、".join(KINDS[kind] for kind in change.kinds)
    incident = change.incident
    return (
        incident.id, incident.bank, incident.title, kinds, _hours(change.lead), _moment(before.first),
        _moment(after.first), before.highest.label, after.highest.label, len(before.mails), len(after.mails),
    )  # fmt: skip


def as_record(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON has it: ``summary``, ``incidents`` (those that change) and ``days``."""
    days = comparison.days
    before, after = sum(day.before for day in days), sum(day.after for day in days)
    return {
        "summary": {
            "since": iso(comparison.since),
            "until": iso(comparison.until),
            "days": len(days),
            "incidents": len(comparison.changes),
            "changes": comparison.counts,
            "mails": {"before": before, "after": after},
            "mails_a_day": {"before": round(before / len(days), 3), "after": round(after / len(days), 3)},
            "levels": {level.code: {"before": two[0], "after": two[1]} for level, two in comparison.levels.items()},
        },
        "incidents": [_record(change) for change in changed(comparison)],
        "days": [{"day": str(day.day), "before": day.before, "after": day.after} for day in days],
    }


def _record(change: Change) -> dict[str, Any]:
    incident = change.incident
    return {
        "id": incident.id,
        "bank": incident.bank,
        "title": incident.title,
        "changes": list(change.kinds),
        "lead_hours": _hours(change.lead),
        "before": _course(change.before),
        "after": _course(change.after),
    }


def _course(course: Course) -> dict[str, Any]:
    return {
        "level": course.highest.code,
        "first_alert_at": iso(course.first.at) if course.first else None,
        "mails": [
            {"at": iso(mail.at), "kind": mail.kind, "level": mail.level.code, "reason": mail.reason}
            for mail in course.mails
        ],
    }


def _hours(lead: timedelta | None) -> float | None:
    return None if lead is None else round(lead / timedelta(hours=1), 2)


def _moment(mail: Told | None) -> str | None:
    return f"{local(mail.at):%Y-%m-%d %H:%M}" if mail else None
