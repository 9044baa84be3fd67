"""Measuring: how far each active incident has spread, hour by hour since it was measured last."""

from __future__ import annotations

from datetime import timedelta

from domain.incidents import Snapshot
from incidents.spread import series
from pipeline.parts import Parts


def measure(parts: Parts) -> int:
    """Store the snapshots since the last one of each active incident; returns how many incidents were measured."""
    now = parts.clock()
    horizon = now - timedelta(days=parts.alerts.policy.lookback_days)
    active = [item for bank in parts.banks for item in parts.store.active_incidents(bank.name, horizon)]
    parts.progress.stage("度量", len(active))
    snapshots: list[Snapshot] = []
    for incident, members, last in active:
        since = max(last.at, horizon) if last else horizon
        snapshots += series(incident, members, since, now, parts.spread)
        parts.progress.step()
    parts.store.save_snapshots(snapshots)
    return len(active)
