"""Alerting: judge the snapshots since the last decision, decide, and write decision and mail in one transaction."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.levels import judge
from alerts.notices import alert_notice
from alerts.policy import decide
from alerts.render import render_alert
from domain.alerts import AlertState, Blind, Briefing, Decision, Verdict
from domain.incidents import Incident, Member, Snapshot
from pipeline.collect import blind_now
from pipeline.parts import Parts

_LOG = logging.getLogger("yuqing.alert")
LOUDEST = 5
MAIN_TOPICS = 4
"""How many of an incident's topics, the most frequent first, a mail names and calls departments for."""

PARTIAL = "partial"
"""A source of which most was seen stands in every mail, but holds no all-clear back: it may stay so for good."""

NEWS = timedelta(days=2)
"""How far back the first look of all reaches."""


@dataclass(frozen=True)
class Case:
    """One incident to be decided on: its members, and its snapshots that nobody has judged yet."""

    incident: Incident
    members: Sequence[Member]
    state: AlertState
    fresh: Sequence[Snapshot]


def raise_alerts(parts: Parts) -> int:
    """Decide on every active incident, and close what has been calm and silent for long.

    Returns the number of notices written. A closed incident that flares up is opened again by grouping.
    """
    now = parts.clock()
    blind = blind_now(parts)
    horizon = now - timedelta(days=parts.alerts.policy.lookback_days)
    active = [item for bank in parts.banks for item in parts.store.active_incidents(bank.name, horizon)]
    parts.progress.stage("研判", len(active))
    last_look = _last_look(parts, now)
    written = 0
    for incident, members, _last in active:
        state = parts.store.alert_state(incident.id)
        since = state.decided_at or last_look
        fresh = [snapshot for snapshot in parts.store.snapshots(incident.id, since) if snapshot.at > since]
        case = Case(incident, members, state, fresh)
        if case.fresh:
            written += _decide_on(parts, case, blind, now)
        if incident.closed_at is None and incident.last_post_at < horizon and not state.level:
            parts.store.close_incident(incident.id, now)
        parts.progress.step()
    return written


def _last_look(parts: Parts, now: datetime) -> datetime:
    """From when on an incident that was never judged is looked at: the last sweep, and two days at least.

    What peaked and calmed down before that is news for the digest, not for an alert.
    """
    last = parts.store.last_run("sweep")
    return min(last.started_at, now - NEWS) if last else now - NEWS


def _decide_on(parts: Parts, case: Case, blind: Sequence[Blind], now: datetime) -> bool:
    judged = [(judge(snapshot, case.incident.topics, parts.alerts), snapshot) for snapshot in case.fresh]
    peak, peak_snapshot = max(judged, key=lambda pair: (pair[0].level, pair[1].heat))
    last, last_snapshot = judged[-1]
    unseen = [item for item in blind if item.status != PARTIAL]
    decision = decide(case.incident, case.state, peak, peak_snapshot, last, last_snapshot, parts.alerts, now, unseen)
    decision = replace(decision, state=replace(decision.state, decided_at=last_snapshot.at))
    notices = []
    _LOG.info(
        "事件 %s《%s》：%s（%s）；%s：%s", case.incident.id, case.incident.title, decision.state.level.label,
        peak.reason or "没有规则成立", "寄信" if decision.kind else "不寄信", decision.reason,
    )  # fmt: skip
    if decision.kind is not None:
        briefing = _brief(parts, case, decision, (peak, peak_snapshot), blind)
        notices.append(alert_notice(briefing, render_alert(briefing), parts.alerts, now))
    parts.store.record_decision(decision.state, decision.change, notices, parts.mail_domain)
    return decision.kind is not None


def _brief(
    parts: Parts, case: Case, decision: Decision, peak: tuple[Verdict, Snapshot], blind: Sequence[Blind]
) -> Briefing:
    incident, members = case.incident, case.members
    topics = [parts.topics[code] for code in incident.topics[:MAIN_TOPICS] if code in parts.topics]
    first = min(members, key=lambda member: (member.post.moment, member.post.key))
    return Briefing(
        incident=incident,
        snapshot=case.fresh[-1],
        peak=peak[1],
        verdict=peak[0],
        decision=decision,
        first=first,
        first_source=parts.labels.get(first.post.source, first.post.source),
        loudest=loudest(members),
        history=tuple(parts.store.snapshots(incident.id, first.post.moment)),
        platforms=Counter(member.post.platform for member in members),
        topic_labels=tuple(topic.label for topic in topics),
        departments=tuple(dict.fromkeys(topic.department for topic in topics)),
        blind=tuple(blind),
        link=f"{parts.page_url.rstrip('/')}/incidents/{incident.id}" if parts.page_url else None,
    )


def loudest(members: Sequence[Member]) -> tuple[Member, ...]:
    """The posts that a reader should see first: visible, negative, by engagement and reach, then the earliest."""

    def weight(member: Member) -> tuple[int, float]:
        metrics = member.post.metrics
        engagement = (metrics.likes or 0) + 2 * ((metrics.comments or 0) + (metrics.shares or 0))
        followers = (member.post.author.followers if member.post.author else None) or 0
        reach = engagement + (metrics.views or 0) // 50 + followers // 100
        return (reach, -member.post.moment.timestamp())

    visible = [member for member in members if member.reading.negative and not member.post.deleted]
    return tuple(sorted(visible, key=weight, reverse=True)[:LOUDEST])
