"""Writing decisions down: each with its mail in one transaction, and what is too much for an hour in one mail."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from alerts.notices import alert_notice, storm_notice
from alerts.render import render_alert, render_storm
from alerts.routes import matter_of, readers
from alerts.storm import STORMING, fold
from domain.alerts import Briefing, Notice
from pipeline.briefing import brief
from pipeline.judging import Desk, Outcome

_LOG = logging.getLogger("yuqing.alert")
HOUR = timedelta(hours=1)


def put_out(desk: Desk, bank: str, outcomes: Sequence[Outcome]) -> int:
    """Write the decisions on incidents of one bank; returns the number of notices written."""
    briefings = {o.subject.incident.id: _brief(desk, o) for o in outcomes if o.decision.kind is not None}
    alone, folded = _folded(desk, bank, list(briefings.values()))
    apart = {briefing.incident.id for briefing in folded}
    mails = {briefing.incident.id: briefing for briefing in alone}
    silent: list[Outcome] = []
    for outcome in outcomes:
        _tell(outcome)
        if outcome.subject.incident.id in mails:
            _write(desk, [outcome], [_alert(desk, outcome, mails[outcome.subject.incident.id])])
        elif outcome.subject.incident.id not in apart:
            silent.append(outcome)
    if silent:
        # Most decisions change little, and none of these has a mail that it must stand or fall with: one transaction.
        _write(desk, silent, [])
    if folded:
        together = [outcome for outcome in outcomes if outcome.subject.incident.id in apart]
        _write(desk, together, [_storm(desk, folded, together)])
    return len(alone) + bool(folded)


def _folded(desk: Desk, bank: str, briefings: Sequence[Briefing]) -> tuple[list[Briefing], list[Briefing]]:
    per_hour = desk.parts.alerts.storm.per_hour
    if not briefings or not per_hour:
        return list(briefings), []
    return fold(briefings, desk.parts.store.alerts_since(bank, desk.now - HOUR, STORMING), per_hour)


def _brief(desk: Desk, outcome: Outcome) -> Briefing:
    case = outcome.case
    return brief(desk.parts, outcome.subject, outcome.decision, (case.peak, case.peak_snapshot), desk.blind)


def _alert(desk: Desk, outcome: Outcome, briefing: Briefing) -> Notice:
    branches = outcome.subject.matter.branches
    message = render_alert(briefing, drawn=desk.parts.drawn)
    return alert_notice(briefing, message, desk.parts.alerts, desk.now, branches)


def _storm(desk: Desk, folded: Sequence[Briefing], outcomes: Sequence[Outcome]) -> Notice:
    """To all who would have got one of its alerts."""
    branches = {outcome.subject.incident.id: outcome.subject.matter.branches for outcome in outcomes}
    people = [
        contact
        for item in folded
        for contact in readers(matter_of(item, branches[item.incident.id]), item.verdict.level, desk.parts.alerts)
    ]
    return storm_notice(folded, render_storm(folded, desk.now), people, desk.now)


def _write(desk: Desk, outcomes: Sequence[Outcome], notices: Sequence[Notice]) -> None:
    made = [(outcome.decision.state, outcome.decision.change) for outcome in outcomes]
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    desk.parts.store.record_decisions(made, notices, desk.parts.mail_domain, records, desk.rules)


def _tell(outcome: Outcome) -> None:
    incident, decision = outcome.subject.incident, outcome.decision
    _LOG.info(
        "事件 %s《%s》：%s（%s）；%s：%s", incident.id, incident.title, decision.state.level.label,
        outcome.case.peak.reason or "没有规则成立", "寄信" if decision.kind else "不寄信", decision.reason,
    )  # fmt: skip
