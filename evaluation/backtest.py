"""Looking back: an archive of observations replayed on a virtual clock, through the same code as the daily sweep.

Once a day at the time of the sweep there is a sweep with its digest; in between there is a look at every whole
``every`` in which something new was seen. Nothing is sent. The same archive and configuration give byte-identical
files.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from domain.alerts import Letter
from domain.clock import local
from domain.coverage import Collected, Coverage
from domain.posts import Observation
from evaluation.history import folded_alerts, records
from pipeline.parts import Parts
from pipeline.sweep import look, sweep

ARCHIVE = "archive"

NOBODY = "nobody@backtest.invalid"
"""Stands in where the configuration names no recipient, so that what would have been sent is told all the same."""


@dataclass
class VirtualClock:
    """A clock that stands until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        """The moment it stands at."""
        return self.now


class NoMailer:
    """Meets pipeline.ports.Mailer: takes every letter and sends none."""

    def send(self, letter: Letter) -> None:
        """Nothing leaves a replay."""


@dataclass
class ArchiveSource:
    """Meets pipeline.ports.Source: hands over what was seen since the last time, by the virtual clock."""

    observations: Sequence[Observation]
    name: str = ARCHIVE
    handed: int = 0
    _times: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        self._times = [observation.observed_at for observation in self.observations]

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:  # noqa: ARG002
        """The observations until ``now`` that were not handed over yet."""
        until = bisect_right(self._times, now)
        batch = tuple(self.observations[self.handed : until])
        self.handed = until
        coverage = Coverage(self.name, now, now, "ok" if batch else "quiet", len(batch))
        return Collected(batch, (), coverage)


def in_order(observations: Sequence[Observation]) -> list[Observation]:
    """By the time they were seen, then source and id: the order of a file with latecomers does not matter."""
    return sorted(observations, key=lambda item: (item.observed_at, item.source, item.id))


def replay(
    make_parts: Callable[[ArchiveSource, VirtualClock], Parts],
    observations: Sequence[Observation],
    sweep_at: str,
    every: timedelta,
) -> None:
    """Replay the archive; everything is in the store of the parts afterwards."""
    source = ArchiveSource(in_order(observations))
    clock = VirtualClock(source.observations[0].observed_at)
    parts = make_parts(source, clock)
    for moment, daily in _moments([item.observed_at for item in source.observations], sweep_at, every):
        clock.now = moment
        _ = sweep(parts) if daily else look(parts)


def _moments(seen: Sequence[datetime], sweep_at: str, every: timedelta) -> Iterator[tuple[datetime, bool]]:
    """The moments to look, in order, and whether each is the daily sweep. They end a day after the last observation."""
    first = local(seen[0]).replace(hour=0, minute=0, second=0, microsecond=0)
    hour, minute = (int(part) for part in sweep_at.split(":"))
    looks = {first + every * -(-(moment - first) // every) for moment in seen}
    days = (local(seen[-1]) - first).days + 2
    sweeps = {first + timedelta(days=day, hours=hour, minutes=minute) for day in range(days)}
    sweeps = {moment for moment in sweeps if moment > seen[0]}
    for moment in sorted(looks | sweeps):
        yield moment, moment in sweeps


def write_report(url: str, out: Path, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Write incidents.jsonl, notices.jsonl and summary.json from the replay's store; returns the summary.

    ``more`` is what else stands in it.
    """
    incidents, notices = _incidents(url), _notices(url)
    _write_lines(out / "incidents.jsonl", incidents)
    _write_lines(out / "notices.jsonl", notices)
    summary = {**_summary(incidents, notices), **(more or {})}
    (out / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return summary


def _incidents(url: str) -> list[dict[str, Any]]:
    posts: defaultdict[str, list[list[str]]] = defaultdict(list)
    for row in records(url, "SELECT incident, source, id FROM v_incident_posts ORDER BY incident, source, id"):
        posts[row["incident"]].append([row["source"], row["id"]])
    levels: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in records(
        url, "SELECT incident, at, level_after, spread_index, reason FROM v_alerts ORDER BY incident, at"
    ):
        change = {"at": row["at"], "level": row["level_after"], "index": round(row["spread_index"], 2)}
        levels[row["incident"]].append({**change, "reason": row["reason"]})
    sql = "SELECT id, bank, title, topics, opened_at, closed_at, merged_into FROM v_incidents ORDER BY opened_at, id"
    return [
        {
            "id": row["id"],
            "bank": row["bank"],
            "title": row["title"],
            "topics": row["topics"].split(",") if row["topics"] else [],
            "posts": posts[row["id"]],
            "opened_at": row["opened_at"],
            "closed_at": row["closed_at"],
            "levels": levels[row["id"]],
            "merged_into": row["merged_into"],
        }
        for row in records(url, sql)
    ]


def _notices(url: str) -> list[dict[str, Any]]:
    """One for each message, and behind the one mail of a storm one for each alert in it: it was told as well."""
    folded: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in folded_alerts(url):
        alert = {name: row[name] for name in ("incident", "level", "kind", "reason")}
        folded[row["notice"]].append({**alert, "folded": True})
    return [
        line for name, told in _messages(url).items() for line in (told, *({**told, **alert} for alert in folded[name]))
    ]


def _messages(url: str) -> dict[str, dict[str, Any]]:
    """The messages by the ids of their notices, in order of time."""
    sql = (
        "SELECT notice, created_at, incident, level, kind, reason, recipient, subject FROM v_deliveries"
        " ORDER BY created_at, notice, recipient"
    )
    notices: dict[str, dict[str, Any]] = {}
    for row in records(url, sql):
        notice = {"at": row["created_at"], **{key: row[key] for key in ("incident", "level", "kind", "reason")}}
        told = notices.setdefault(row["notice"], {**notice, "to": [], "subject": row["subject"]})
        told["to"] += [row["recipient"]] if row["recipient"] != NOBODY else []
    return notices


def _summary(incidents: Sequence[Mapping[str, Any]], notices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``alerts`` are mails: the one of a storm is one, however many are folded into it."""
    about = [notice for notice in notices if notice["incident"]]
    folded = [notice for notice in about if "folded" in notice]
    storms = {(notice["at"], notice["subject"]) for notice in folded}
    kinds = Counter(notice["kind"] for notice in about if "folded" not in notice) + Counter(storm=len(storms))
    days = {notice["at"][:10] for notice in notices if notice["kind"] == "digest"}
    first: dict[str, str] = {}
    for notice in about:
        first.setdefault(notice["incident"], notice["at"])
    return {
        "incidents": len(incidents),
        "posts_in_incidents": sum(len(incident["posts"]) for incident in incidents),
        "alerted_incidents": len(first),
        "notices": len(notices) - len(folded),
        "alerts": kinds.total(),
        "alerts_by_kind": dict(sorted(kinds.items())),
        "folded": len(folded),
        "days": len(days),
        "alerts_a_day": round(kinds.total() / max(len(days), 1), 3),
        "lead_hours": {item["id"]: _hours(item["opened_at"], first.get(item["id"])) for item in incidents},
    }


def _hours(opened: str, told: str | None) -> float | None:
    """Hours from an incident's first post to its first mail; None where none was sent."""
    if told is None:
        return None
    return round((datetime.fromisoformat(told) - datetime.fromisoformat(opened)) / timedelta(hours=1), 2)


def _write_lines(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
