"""The ladder of reminders: when the next rung is due, and to whom it goes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.answers import answer_to
from alerts.config import AlertConfig
from alerts.levels import figure
from alerts.quiet import waits_until
from alerts.reasons import say
from alerts.silences import hiding
from domain.actions import Action, Silence
from domain.alerts import AlertState, Decision, Level
from domain.clock import local

MOST_NAMES = 3
"""How many of those who have not answered a reason names."""


def next_rung(
    state: AlertState, actions: Sequence[Action], silences: Sequence[Silence], config: AlertConfig
) -> datetime | None:
    """When the next reminder is due; None where nobody is waited for: answered, fallen, silenced, all rungs climbed.

    Where it would fall into the quiet hours of its level it is due at their end.
    """
    rungs = config.reminders.of(state.notified)
    if state.asked_at is None or state.level < Level.YELLOW or len(rungs) <= state.reminded:
        return None
    if answer_to(state, actions) is not None or hiding(silences, state.notified) is not None:
        return None
    due = state.asked_at + timedelta(minutes=rungs[state.reminded])
    return waits_until(config.quiet_hours, state.notified, due) or due


def is_due(
    state: AlertState, actions: Sequence[Action], silences: Sequence[Silence], config: AlertConfig, now: datetime
) -> bool:
    """Whether a reminder is to go out now; one that was missed before the quiet hours waits for their end."""
    due = next_rung(state, actions, silences, config)
    return due is not None and due <= now and waits_until(config.quiet_hours, state.notified, now) is None


def remind(
    state: AlertState,
    actions: Sequence[Action],
    silences: Sequence[Silence],
    config: AlertConfig,
    readers: Sequence[str],
    now: datetime,
) -> Decision | None:
    """The reminder that is due, None where none is. Rungs that were missed (nobody was running) are one reminder.

    ``readers`` are those who got the mail and have not answered.
    """
    if state.asked_at is None or not is_due(state, actions, silences, config, now):
        return None
    minutes = (now - state.asked_at) // timedelta(minutes=1)
    rung = sum(step <= minutes for step in config.reminders.of(state.notified))
    names = "、".join(readers[:MOST_NAMES]) + (f" 等 {len(readers)} 人" if len(readers) > MOST_NAMES else "")
    reason = say(
        "reminder",
        rung=str(rung),
        level=state.notified.label,
        at=f"{local(state.asked_at):%m-%d %H:%M}",
        readers=names or "值班人员",
        minutes=figure(minutes),
    )
    after = replace(state, reminded=rung, row="reminder", reason=reason)
    return Decision(after, "reminder", reason, row="reminder")


def contacts_of(config: AlertConfig, readers: Sequence[str], before: int, rung: int) -> tuple[str, ...]:
    """Who gets the reminder that climbs from rung ``before`` to ``rung``: the next contacts, else the readers."""
    people = config.reminders.contacts
    if not people:
        return tuple(readers)
    return tuple(dict.fromkeys(people[min(step, len(people) - 1)] for step in range(before, rung)))
