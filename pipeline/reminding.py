"""What is told because time has passed: mails that have waited long enough, and reminders of what nobody answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from alerts import reminders
from alerts.case import Case
from alerts.levels import judge
from alerts.notices import reminder_notice
from alerts.overrides import rules_for
from alerts.record import reminder_record
from alerts.reminders import remind
from alerts.render import render_alert
from alerts.routes import matter_of, readers
from alerts.waiting import is_over
from domain.alerts import AlertState, Decision
from pipeline.alert import last_look
from pipeline.briefing import brief
from pipeline.judging import Desk, Outcome, Subject, open_desk
from pipeline.parts import Parts
from pipeline.telling import put_out


def is_due(parts: Parts) -> bool:
    """Whether anything is to be told because time has passed."""
    desk = _desk(parts)
    return bool(_waiting(desk) or _unanswered(desk))


def tell_due(parts: Parts) -> int:
    """Tell what has waited long enough, then remind; returns the number of notices written."""
    desk = _desk(parts)
    outcomes: defaultdict[str, list[Outcome]] = defaultdict(list)
    for subject in _waiting(desk):
        outcomes[subject.incident.bank].append(desk.decide(subject))
    return sum(put_out(desk, bank, made) for bank, made in outcomes.items()) + remind_all(parts)


def remind_all(parts: Parts) -> int:
    """Write the reminders that are due; returns how many. Each rung is climbed once, whoever asks and how often."""
    if not parts.alerts.reminders.enabled:
        return 0
    desk = _desk(parts)
    return sum(_remind(desk, subject) for subject in _unanswered(desk))


def _desk(parts: Parts) -> Desk:
    return open_desk(parts, last_look(parts, parts.clock()))


def _waiting(desk: Desk) -> list[Subject]:
    """The incidents of which a mail has waited long enough."""
    states = [state for state in desk.parts.store.pending_alerts(desk.now) if is_over(state, desk.now)]
    return [subject for subject in _subjects(desk, states) if subject.fresh]


def _unanswered(desk: Desk) -> list[Subject]:
    """The incidents of which a reminder is due; who is covered by a silence is seen only with the posts."""
    store, config, now = desk.parts.store, desk.parts.alerts, desk.now
    states = [state for state in store.pending_alerts(now) if config.reminders.of(state.notified)]
    actions = store.actions([state.incident for state in states])
    due = [state for state in states if reminders.is_due(state, actions.get(state.incident, ()), (), config, now)]
    return [
        subject
        for subject in _subjects(desk, due)
        if reminders.is_due(subject.state, subject.actions, subject.silences, config, now)
    ]


def _subjects(desk: Desk, states: Collection[AlertState]) -> list[Subject]:
    """One without posts (merged into another) is left out: there is nothing to tell of it."""
    by_incident = {state.incident: state for state in states}
    if not by_incident:
        return []
    found = [item for item in desk.parts.store.incidents_of(by_incident) if item[1]]
    return desk.subjects(found, by_incident)


def _remind(desk: Desk, subject: Subject) -> bool:
    parts, incident, state = desk.parts, subject.incident, subject.state
    shots = parts.store.snapshots(incident.id)[-1:]
    if not shots:
        return False
    config = rules_for(parts.alerts, incident.topics, subject.matter.branches)
    verdict = replace(judge(shots[-1], incident.topics, config), level=state.notified)
    asked = Decision(state, "reminder", "")
    briefing = brief(parts, replace(subject, fresh=shots), asked, (verdict, shots[-1]), desk.blind)
    told = readers(matter_of(briefing, subject.matter.branches), state.notified, parts.alerts)
    made = remind(state, subject.actions, subject.silences, config, told, desk.now)
    if made is None:
        return False
    briefing = replace(briefing, decision=made)
    case = Case(
        incident, state, verdict, shots[-1], verdict, shots[-1], config, desk.now, desk.blind,
        subject.actions, subject.silences,
    )  # fmt: skip
    message = render_alert(briefing, drawn=parts.drawn)
    notice = reminder_notice(briefing, message, parts.alerts, desk.now, state.reminded, told)
    record = reminder_record(case, subject.matter, made, desk.rules, told)
    parts.store.record_decisions([(made.state, None)], [notice], parts.mail_domain, [record], desk.rules)
    return True
