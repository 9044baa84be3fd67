"""What other thresholds would have done: the stored snapshots decided on again, by the present rules and by others.

The moments of decision are those at which a run really took place, with the sources that were blind then. People are
left out: nobody answers, nothing is silenced, nobody is reminded. Pure: the store is read by `evaluation.history`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.case import Case
from alerts.config import AlertConfig
from alerts.levels import judge
from alerts.overrides import rules_for
from alerts.policy import decide
from alerts.quiet import for_sweep
from alerts.waiting import peak_of, reaches_back_to, to_judge
from domain.alerts import AlertState, Blind, Decision, Level, Verdict
from domain.incidents import Incident, Snapshot

RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Moment:
    """A run that decided: when, which sources were blind, and from when on it looked at what was never judged.

    ``sweep_began``: when the daily sweep began that it was; None where it was another run.
    """

    at: datetime
    last_look: datetime
    blind: tuple[Blind, ...] = ()
    sweep_began: datetime | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """One incident with its snapshots in order of time; ``known_from``: nobody knew of it before.

    ``topics_since``: its topics as they changed, each with the moment from which on they stood, in order of time; where
    there is none it has had those of the incident from the beginning.
    """

    incident: Incident
    snapshots: tuple[Snapshot, ...]
    known_from: datetime
    branches: tuple[str, ...] = ()
    topics_since: tuple[tuple[datetime, tuple[str, ...]], ...] = ()

    def at(self, moment: datetime) -> Incident:
        """The incident with the topics that it had then."""
        if not self.topics_since:
            return self.incident
        known = bisect_right(self.topics_since, moment, key=lambda stood: stood[0])
        return replace(self.incident, topics=self.topics_since[known - 1][1] if known else ())


@dataclass(frozen=True, slots=True)
class Told:
    """One mail that would have been sent: ``kind`` as `domain.alerts.Decision` has it. An all-clear's level is none."""

    at: datetime
    kind: str
    level: Level
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one incident: its mails and its highest level, both within the days that are looked at."""

    mails: tuple[Told, ...]
    highest: Level

    @property
    def first(self) -> Told | None:
        """The first mail that alerts; None where nobody was alerted."""
        return next((mail for mail in self.mails if mail.kind != RESOLVED), None)


def course_of(matter: Matter, moments: Sequence[Moment], config: AlertConfig, since: datetime) -> Course:
    """What the rules of ``config`` make of the incident at the ``moments`` (in order), from its beginning on.

    What happened before ``since`` decides what comes after, and is not told itself.
    """
    mails: list[Told] = []
    highest = Level.NONE
    for moment, before, made, level in _decisions(matter, moments, config):
        if moment.at < since:
            continue
        highest = max(highest, before, made.state.level)
        if made.kind is not None:
            mails.append(Told(moment.at, made.kind, Level.NONE if made.kind == RESOLVED else level, made.reason))
    return Course(tuple(mails), highest)


def _decisions(
    matter: Matter, moments: Sequence[Moment], config: AlertConfig
) -> Iterator[tuple[Moment, Level, Decision, Level]]:
    """Each decision with its moment, the level before it, and the level that its mail tells."""
    shots, state = matter.snapshots, AlertState(matter.incident.id)
    known: dict[tuple[tuple[str, ...], datetime], Verdict] = {}
    for moment in moments[bisect_left(moments, matter.known_from, key=_at) :]:
        begin = bisect_left(shots, reaches_back_to(state, moment.last_look, silenced=False), key=_at)
        seen = shots[begin : bisect_right(shots, moment.at, key=_at)]
        fresh = to_judge(seen, state, moment.last_look, silenced=False, now=moment.at)
        if fresh:
            incident = matter.at(moment.at)
            present = for_sweep(config, moment.sweep_began) if moment.sweep_began else config
            rules = rules_for(present, incident.topics, matter.branches)
            judged = [(_judge(shot, incident, rules, known), shot) for shot in fresh]
            peak = peak_of(judged, state)
            made = decide(Case(incident, state, *peak, *judged[-1], rules, moment.at, moment.blind))
            yield moment, state.level, made, peak[0].level
            state = replace(made.state, decided_at=fresh[-1].at)


def _judge(
    shot: Snapshot, incident: Incident, rules: AlertConfig, known: dict[tuple[tuple[str, ...], datetime], Verdict]
) -> Verdict:
    """The verdict on a snapshot; while a mail waits the same ones are looked at again and again."""
    key = (incident.topics, shot.at)
    if key not in known:
        known[key] = judge(shot, incident.topics, rules)
    return known[key]


def _at(item: Moment | Snapshot) -> datetime:
    return item.at
