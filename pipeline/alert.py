"""Alerting: judge the snapshots since the last decision, decide, and write decision and mail in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.levels import judge
from alerts.notices import alert_notice
from alerts.policy import decide
from alerts.render import render_alert
from domain.alerts import Blind, Briefing, Decision, Verdict
from domain.incidents import Incident, Member, Snapshot
from pipeline.collect import blind_now
from pipeline.parts import Parts

LOUDEST = 5


def raise_alerts(parts: Parts) -> int:
    """Decide on every active incident; returns the number of notices written."""
    now = parts.clock()
    blind = blind_now(parts)
    horizon = now - timedelta(days=parts.alerts.policy.lookback_days)
    active = [item for bank in parts.banks for item in parts.store.active_incidents(bank.name, horizon)]
    parts.progress.stage("研判", len(active))
    written = 0
    for incident, members, last in active:
        if last is not None:
            written += _decide_on(parts, incident, members, blind, now)
        parts.progress.step()
    return written


def _decide_on(
    parts: Parts, incident: Incident, members: Sequence[Member], blind: Sequence[Blind], now: datetime
) -> int:
    state = parts.store.alert_state(incident.id)
    horizon = now - timedelta(days=parts.alerts.policy.lookback_days)
    since = max(state.decided_at, horizon) if state.decided_at else horizon
    history = parts.store.snapshots(incident.id, horizon)
    fresh = [snapshot for snapshot in history if snapshot.at > since]
    if not fresh:
        return 0
    judged = [(judge(snapshot, incident.topics, parts.alerts), snapshot) for snapshot in fresh]
    peak, peak_snapshot = max(judged, key=lambda pair: (pair[0].level, pair[1].heat))
    last, last_snapshot = judged[-1]
    decision = decide(incident, state, peak, peak_snapshot, last, last_snapshot, parts.alerts, now, blind)
    decision = replace(decision, state=replace(decision.state, decided_at=last_snapshot.at))
    _record(parts, incident, members, decision, (peak, peak_snapshot), history, blind, now)
    return decision.kind is not None


def _record(
    parts: Parts,
    incident: Incident,
    members: Sequence[Member],
    decision: Decision,
    peak: tuple[Verdict, Snapshot],
    history: Sequence[Snapshot],
    blind: Sequence[Blind],
    now: datetime,
) -> None:
    notices = []
    if decision.kind is not None:
        briefing = brief(parts, incident, members, decision, peak, history, blind)
        notices.append(alert_notice(briefing, render_alert(briefing), parts.alerts, now))
    parts.store.record_decision(decision.state, decision.change, notices, parts.mail_domain)


def brief(
    parts: Parts,
    incident: Incident,
    members: Sequence[Member],
    decision: Decision,
    peak: tuple[Verdict, Snapshot],
    history: Sequence[Snapshot],
    blind: Sequence[Blind],
) -> Briefing:
    """All that the message about one decision says."""
    verdict, snapshot = peak
    topics = [parts.topics[code] for code in incident.topics if code in parts.topics]
    return Briefing(
        incident=incident,
        snapshot=snapshot,
        verdict=verdict,
        decision=decision,
        first=min(members, key=lambda member: (member.post.moment, member.post.key)),
        loudest=loudest(members),
        history=tuple(history),
        platforms=Counter(member.post.platform for member in members),
        topic_labels=tuple(topic.label for topic in topics),
        departments=tuple(dict.fromkeys(topic.department for topic in topics)),
        blind=tuple(blind),
        link=f"{parts.page_url.rstrip('/')}/incidents/{incident.id}" if parts.page_url else None,
    )


def loudest(members: Sequence[Member]) -> tuple[Member, ...]:
    """The posts that a reader should see first: visible, negative, by engagement and reach, then the earliest."""

    def weight(member: Member) -> tuple[bool, int, float]:
        metrics = member.post.metrics
        engagement = (metrics.likes or 0) + 2 * ((metrics.comments or 0) + (metrics.shares or 0))
        followers = (member.post.author.followers if member.post.author else None) or 0
        reach = engagement + (metrics.views or 0) // 50 + followers // 100
        return (member.reading.negative, reach, -member.post.moment.timestamp())

    visible = [member for member in members if not member.post.deleted]
    return tuple(sorted(visible, key=weight, reverse=True)[:LOUDEST])
