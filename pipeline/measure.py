"""Measuring: how far each active incident has spread, hour by hour since it was measured last, and what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.config import AlertConfig
from alerts.overrides import rules_for
from alerts.sizes import next_size
from domain.incidents import Incident, Member, Snapshot
from domain.spread import Outlook, PlatformSpread
from incidents.outlook import Outlooks, is_due
from incidents.platforms import is_steady, platform_series
from incidents.spread import Measurer
from pipeline.judging import matter_of
from pipeline.parts import Parts

RESTLESS = timedelta(hours=26)
"""Where nothing was published or seen for so long, neither a figure nor the phase moves any more (calm comes after a
day, and is looked at every hour)."""

AWAKE = timedelta(days=1)
"""Incidents with a post within so long are watched for bursts at the same time, and share the false alarms."""


def measure(parts: Parts) -> int:
    """Store the snapshots since the last one of each active incident, what changed on each platform, and the outlook.

    Returns how many incidents were measured.
    """
    now = parts.clock()
    horizon = now - timedelta(days=parts.alerts.policy.lookback_days)
    active = [item for bank in parts.banks for item in parts.store.active_incidents(bank.name, horizon)]
    parts.progress.stage("度量", len(active))
    restless = {incident.id for incident, members, last in active if _has_news(members, last, RESTLESS)}
    looks = _Looks(parts, restless, sum(now - incident.last_post_at <= AWAKE for incident, _, _ in active))
    snapshots: list[Snapshot] = []
    for incident, members, last in active:
        since = max(last.at, horizon) if last else horizon
        measurer = _measurer(parts, incident, members)
        fresh = measurer.series(since, now)
        snapshots += fresh
        if fresh and incident.id in restless:
            looks.add(incident, members, measurer, fresh, is_new=_has_news(members, last))
        parts.progress.step()
    if parts.measurers is not None:
        parts.measurers.keep({incident.id for incident, _, _ in active})
    parts.store.save_snapshots(snapshots)
    parts.store.save_spread(looks.platforms, looks.outlooks)
    return len(active)


def _measurer(parts: Parts, incident: Incident, members: Sequence[Member]) -> Measurer:
    if parts.measurers is None:
        return Measurer(incident, members, parts.spread)
    return parts.measurers.of(incident, members, parts.spread)


def _has_news(members: Sequence[Member], last: Snapshot | None, before: timedelta = timedelta()) -> bool:
    """Whether a post was published, seen or moved since the last measurement, or within ``before`` of it."""
    if last is None or last.posts != len(members):
        return True
    since: datetime = last.at - before
    return any(member.post.last_seen_at > since or member.post.moment > since for member in members)


def _rules(parts: Parts, incident: Incident, members: Sequence[Member]) -> AlertConfig:
    """The rules that hold for this incident; its branches are sought only where any rule depends on them."""
    by_branch = any(item.branches for item in parts.alerts.overrides)
    return rules_for(parts.alerts, incident.topics, matter_of(parts, incident, members).branches if by_branch else ())


class _Looks:
    """What is to be stored beside the snapshots; every look goes on from the newest that is stored."""

    def __init__(self, parts: Parts, incidents: set[str], awake: int) -> None:
        self.platforms: list[PlatformSpread] = []
        self.outlooks: list[Outlook] = []
        self._parts = parts
        self._looks = Outlooks(max(1, awake), parts.bursts, parts.phases)
        self._last_platforms = parts.store.last_platforms(incidents)
        self._last_outlooks = parts.store.last_outlooks(incidents)

    def add(
        self,
        incident: Incident,
        members: Sequence[Member],
        measurer: Measurer,
        fresh: Sequence[Snapshot],
        *,
        is_new: bool,
    ) -> None:
        """One incident at the moments of its fresh snapshots; ``is_new``: it has moved since it was measured last."""
        moments = [snapshot.at for snapshot in fresh]
        known = self._last_platforms.get(incident.id, {})
        if is_new or not is_steady(known):
            self.platforms += platform_series(incident, measurer.timeline, moments, known)
        before = self._last_outlooks.get(incident.id)
        if not is_due(measurer.timeline, moments[-1], before):
            return
        wanted = next_size(fresh[-1], incident.topics, _rules(self._parts, incident, members))
        target = (wanted[0].code, wanted[1]) if wanted else None
        look = self._looks.look(incident.id, measurer.timeline, moments, before, target)
        self.outlooks += [look] if look else []
