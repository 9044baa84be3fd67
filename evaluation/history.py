"""What a store remembers of its runs, for `evaluation.whatif`. Read through the analysts' views: nothing can change."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.alerts import Blind
from domain.coverage import SEEING
from domain.errors import StoreError
from domain.incidents import Incident, Snapshot
from domain.posts import full_text
from domain.readings import Bank, Reading
from evaluation.whatif import Matter, Moment
from incidents.branches import branches_in
from incidents.topics import telling
from pipeline.alert import NEWS
from pipeline.judging import PARTIAL
from storage.ledger import CLOSED_DOORS
from storage.query import read_only

Record = Mapping[str, Any]

_RUNS = (
    "SELECT kind, started_at, finished_at FROM v_runs WHERE status IN ('done', 'attention')"
    " AND kind IN ('sweep', 'look', 'revisit') ORDER BY finished_at, run"
)
_COVERAGE = "SELECT source, run_kind, finished_at, status FROM v_coverage ORDER BY source, finished_at"
_INCIDENTS = "SELECT id, bank, title, topics, opened_at, last_post_at FROM v_incidents ORDER BY opened_at, id"
_JOINED = "SELECT incident, joined_at, negative, severity, topics FROM v_incident_posts ORDER BY joined_at"
_POSTS = "SELECT incident, title, text, picture_text FROM v_posts WHERE incident IS NOT NULL"
# A storm's reason names what it tells of: the incident and the number that its own mail would have had.
_FOLDED = (
    "SELECT DISTINCT s.notice, d.at, d.incident, d.level_after AS level, d.kind, d.reason FROM v_decisions d"
    " JOIN v_deliveries s ON s.created_at = d.at"
    " AND s.notice LIKE 'storm.%' AND s.reason LIKE '%' || d.incident || '.%'"
    " WHERE d.kind IN ('new', 'raised', 'growth') ORDER BY d.at, s.notice, d.incident"
)
_SNAPSHOTS = (
    "SELECT incident, at, posts, posts_24h, authors, authors_24h, platforms, negative_posts, severity, engagement,"
    " views, negative_views, named_posts, press_posts, followers_max, velocity, acceleration, reprints, amplifiers,"
    " spread_index, heat, confidence, last_post_at"
    " FROM v_incident_metrics WHERE incident IN (SELECT incident FROM v_incident_metrics WHERE at >= '{since}')"
    " ORDER BY incident, at"
)


@dataclass(frozen=True, slots=True)
class History:
    """The incidents that were measured from ``since`` to ``until`` (the last run), and all runs, in order of time."""

    matters: tuple[Matter, ...]
    moments: tuple[Moment, ...]
    since: datetime
    until: datetime


def read_history(url: str, days: int, labels: Mapping[str, str], banks: Sequence[Bank] = ()) -> History:
    """The last ``days`` of the store at ``url``; ``labels``: how the sources in use are called, by name.

    ``banks``: those whose branches are wanted. StoreError where there is no store, or no run in it yet.
    """
    blind = _Blindness(records(url, _COVERAGE), labels)
    moments = tuple(_moments(records(url, _RUNS), blind))
    if not moments:
        raise StoreError("库里还没有完成过一次巡检，没有可以回看的")
    until = moments[-1].at
    since = max(until - timedelta(days=days), moments[0].at)
    # A run measures before it ends: from the first one on there is nothing to leave out.
    measured = None if since == moments[0].at else since
    return History(tuple(matters_of(url, measured, banks)), moments, since, until)


def records(url: str, sql: str) -> Iterator[dict[str, Any]]:
    """The rows of a SELECT over the views, by column."""
    columns, rows = read_only(url, sql)
    return (dict(zip(columns, row, strict=True)) for row in rows)


def folded_alerts(url: str) -> Iterator[Record]:
    """The alerts that a storm's one mail told of, in order: its ``notice``, and ``at``, ``incident``, ``level``,
    ``kind`` and ``reason`` of each."""
    return records(url, _FOLDED)


def _moments(runs: Iterator[Record], blind: _Blindness) -> Iterator[Moment]:
    """As `pipeline.alert.last_look` has it: a run looks back to the sweep before it, and two days at least."""
    last_sweep: datetime | None = None
    for run in runs:
        at = _time(run["finished_at"])
        began = _time(run["started_at"]) if run["kind"] == "sweep" else None
        yield Moment(at, min(last_sweep or at, at - NEWS), blind.at(at), began)
        last_sweep = began or last_sweep


class _Blindness:
    """Which sources in use were blind at a moment, as `storage.ledger` would have said it then.

    It knows how things stood after each look; ``partial`` is left out, as `pipeline.judging` does.
    """

    def __init__(self, coverage: Iterator[Record], labels: Mapping[str, str]) -> None:
        self._labels = labels
        self._looks: defaultdict[str, list[tuple[datetime, str | None]]] = defaultdict(list)
        whole: dict[str, str] = {}
        for row in coverage:
            source, status = row["source"], row["status"]
            if row["run_kind"] != "revisit":
                whole[source] = status
            self._looks[source].append((_time(row["finished_at"]), _blindness(status, whole.get(source))))

    def at(self, moment: datetime) -> tuple[Blind, ...]:
        """The blind sources, by name; ``since`` is the look that found them so."""
        found = []
        for source in sorted(self._looks.keys() & self._labels.keys()):
            looks = self._looks[source]
            last = bisect_right(looks, moment, key=lambda look: look[0]) - 1
            since, status = looks[last] if last >= 0 else (moment, None)
            if status is not None:
                found.append(Blind(self._labels[source], since, status, ""))
        return tuple(found)


def _blindness(status: str, whole: str | None) -> str | None:
    """The blind status after a look: that of a closed door, or else that of the last look at the whole source."""
    if status in CLOSED_DOORS:
        return status
    return None if whole is None or whole in (*SEEING, PARTIAL) else whole


def matters_of(url: str, since: datetime | None, banks: Sequence[Bank]) -> Iterator[Matter]:
    """The incidents that were measured at or after ``since`` (None: ever), by the time of their first post.

    Their branches are those of ``banks``; without banks they have none, and no texts are read.
    """
    snapshots: defaultdict[str, list[Snapshot]] = defaultdict(list)
    for row in records(url, _SNAPSHOTS.format(since=f"{since:%Y-%m-%dT%H:%M:%SZ}" if since else "")):
        snapshots[row["incident"]].append(_snapshot(row))
    known: dict[str, datetime] = {}
    complaints: defaultdict[str, list[Reading]] = defaultdict(list)
    topics: defaultdict[str, dict[datetime, tuple[str, ...]]] = defaultdict(dict)
    for row in records(url, _JOINED):
        joined_at = _time(row["joined_at"])
        known.setdefault(row["incident"], joined_at)
        if row["negative"]:
            complaints[row["incident"]].append(_complaint(row))
            topics[row["incident"]][joined_at] = telling(complaints[row["incident"]])
    incidents = [_incident(row) for row in records(url, _INCIDENTS)]
    branches = _branches(url, incidents, banks) if banks else {}
    for incident in incidents:
        shots = snapshots[incident.id]
        if shots:
            # One that was merged into another has no posts of its own any more.
            known_from = known.get(incident.id, shots[0].at)
            stood = tuple(topics[incident.id].items())
            yield Matter(incident, tuple(shots), known_from, branches.get(incident.id, ()), stood)


def _branches(url: str, incidents: Sequence[Incident], banks: Sequence[Bank]) -> dict[str, tuple[str, ...]]:
    by_name = {bank.name: bank for bank in banks}
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for row in records(url, _POSTS):
        texts[row["incident"]].append(full_text(row["title"], row["text"], row["picture_text"]))
    ours = [incident for incident in incidents if incident.bank in by_name]
    return {incident.id: branches_in(texts[incident.id], by_name[incident.bank]) for incident in ours}


def _complaint(row: Record) -> Reading:
    """Of a negative post what tells the topics of its incident."""
    topics = tuple(row["topics"].split(",")) if row["topics"] else ()
    return Reading(True, topics, True, 1.0, row["severity"], (), "")  # noqa: FBT003


def _incident(row: Record) -> Incident:
    return Incident(
        id=row["id"],
        bank=row["bank"],
        title=row["title"],
        topics=tuple(row["topics"].split(",")) if row["topics"] else (),
        opened_at=_time(row["opened_at"]),
        last_post_at=_time(row["last_post_at"]),
    )


def _snapshot(row: Record) -> Snapshot:
    values = {name: value for name, value in row.items() if name != "spread_index"}
    moments = {name: _time(row[name]) for name in ("at", "last_post_at")}
    return Snapshot(**{**values, **moments, "index": row["spread_index"]})


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)
