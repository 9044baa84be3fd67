"""Deciding on incidents: what the policy is told of each, and what it makes of it. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.case import Case
from alerts.levels import judge
from alerts.overrides import rules_for
from alerts.policy import decide
from alerts.record import record_of
from alerts.silences import covering
from alerts.waiting import peak_of, reaches_back_to, to_judge
from domain.actions import Action, DecisionRecord, Matter, RuleSet, Silence
from domain.alerts import AlertState, Blind, Decision
from domain.incidents import Incident, Member, Snapshot
from incidents.branches import branches_of
from pipeline.collect import blind_now
from pipeline.parts import Parts

PARTIAL = "partial"
"""A source of which most was seen stands in every mail, but holds no all-clear back: it may stay so for good."""


Measured = tuple[Incident, Sequence[Member], Snapshot | None]
"""An incident with its members and its last snapshot, as the store gives it."""


@dataclass(frozen=True)
class Subject:
    """One incident to be decided on: its members, and its snapshots that nobody has judged yet, oldest first.

    Where a mail has waited they reach back to its beginning. ``silences`` cover it now.
    """

    incident: Incident
    members: Sequence[Member]
    state: AlertState
    fresh: Sequence[Snapshot]
    matter: Matter
    actions: Sequence[Action] = ()
    silences: Sequence[Silence] = ()


@dataclass(frozen=True)
class Outcome:
    """A decision with what it was made of; ``record`` None: it changed nothing."""

    subject: Subject
    case: Case
    decision: Decision
    record: DecisionRecord | None


@dataclass(frozen=True)
class Desk:
    """What every decision of one run has in common: the moment, what was not seen, what people said, the rules."""

    parts: Parts
    now: datetime
    blind: Sequence[Blind]
    silences: Sequence[Silence]
    rules: RuleSet
    last_look: datetime

    def subjects(self, found: Iterable[Measured], states: Mapping[str, AlertState]) -> list[Subject]:
        """The incidents with what is known of them now; ``states`` has one for each."""
        incidents = [(incident, members) for incident, members, _last in found]
        actions = self.parts.store.actions([incident.id for incident, _ in incidents])
        made = [self._subject(*item, states[item[0].id], actions.get(item[0].id, ())) for item in incidents]
        since = {one.incident.id: reaches_back_to(one.state, self.last_look, bool(one.silences)) for one in made}
        shots = self.parts.store.snapshots_of(since)
        return [replace(one, fresh=self._fresh(one, shots[one.incident.id])) for one in made]

    def decide(self, subject: Subject) -> Outcome:
        """What the policy makes of it."""
        incident, state = subject.incident, subject.state
        config = rules_for(self.parts.alerts, incident.topics, subject.matter.branches)
        judged = [(judge(snapshot, incident.topics, config), snapshot) for snapshot in subject.fresh]
        case = Case(
            incident, state, *peak_of(judged, state), *judged[-1], config, self.now,
            blind=[item for item in self.blind if item.status != PARTIAL],
            actions=subject.actions,
            silences=subject.silences,
        )  # fmt: skip
        decision = decide(case)
        decision = replace(decision, state=replace(decision.state, decided_at=subject.fresh[-1].at))
        return Outcome(subject, case, decision, record_of(case, subject.matter, decision, self.rules))

    def _subject(
        self, incident: Incident, members: Sequence[Member], state: AlertState, actions: Sequence[Action]
    ) -> Subject:
        matter = matter_of(self.parts, incident, members)
        silences = covering(self.silences, incident, matter, self.now)
        return Subject(incident, members, state, (), matter, actions, silences)

    def _fresh(self, subject: Subject, shots: Sequence[Snapshot]) -> list[Snapshot]:
        return to_judge(shots, subject.state, self.last_look, bool(subject.silences), self.now)


def open_desk(parts: Parts, last_look: datetime) -> Desk:
    """The desk of a run. ``last_look``: from when on an incident that was never judged is looked at."""
    now = parts.clock()
    return Desk(parts, now, blind_now(parts), parts.store.silences(now), parts.rules, last_look)


def matter_of(parts: Parts, incident: Incident, members: Sequence[Member]) -> Matter:
    """Branches, platforms and sources of an incident."""
    bank = next((bank for bank in parts.banks if bank.name == incident.bank), None)
    return Matter(
        branches=branches_of(members, bank) if bank else (),
        platforms=_distinct(member.post.platform for member in members),
        sources=_distinct(member.post.source for member in members),
    )


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
