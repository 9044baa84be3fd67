"""Alerting: judge the snapshots since the last decision, decide, and write decision and mail in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.judging import Desk, Outcome, open_desk
from pipeline.parts import Parts
from pipeline.telling import put_out

NEWS = timedelta(days=2)
"""How far back the first look of all reaches."""


def raise_alerts(parts: Parts) -> int:
    """Decide on every active incident, and close what has been calm and silent for long.

    Returns the number of notices written. A closed incident that flares up is opened again by grouping.
    """
    now = parts.clock()
    horizon = now - timedelta(days=parts.alerts.policy.lookback_days)
    desk = open_desk(parts, last_look(parts, now))
    return sum(_decide_on(desk, bank.name, horizon) for bank in parts.banks)


def last_look(parts: Parts, now: datetime) -> datetime:
    """From when on an incident that was never judged is looked at: the last sweep, and two days at least.

    What peaked and calmed down before that is news for the digest, not for an alert.
    """
    last = parts.store.last_run("sweep")
    return min(last.started_at, now - NEWS) if last else now - NEWS


def _decide_on(desk: Desk, bank: str, horizon: datetime) -> int:
    parts = desk.parts
    active = parts.store.active_incidents(bank, horizon)
    states = parts.store.alert_states([incident.id for incident, _, _ in active])
    parts.progress.stage("研判", len(active))
    outcomes: list[Outcome] = []
    over: list[str] = []
    for subject in desk.subjects(active, states):
        incident = subject.incident
        if subject.fresh:
            outcomes.append(desk.decide(subject))
        if incident.closed_at is None and incident.last_post_at < horizon and not subject.state.level:
            over.append(incident.id)
        parts.progress.step()
    written = put_out(desk, bank, outcomes)
    for incident_id in over:
        parts.store.close_incident(incident_id, desk.now)
    return written
