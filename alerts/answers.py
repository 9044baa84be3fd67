"""Who answered an alert. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from domain.actions import ANSWERS, Action
from domain.alerts import AlertState, Level


def answer_to(state: AlertState, actions: Iterable[Action]) -> Action | None:
    """The last answer to what was mailed; None where nobody has answered yet, or nothing was mailed.

    An answer is to one level: once a higher one was mailed it answers nothing any more, nor after the all-clear.
    """
    given = [item for item in actions if item.kind in ANSWERS and _is_to(state, item)]
    return max(given, key=lambda item: (item.at, item.key), default=None)


def assigned_to(actions: Iterable[Action]) -> str | None:
    """The department to which the incident was assigned last."""
    given = [item for item in actions if item.kind == "assign"]
    return max(given, key=lambda item: (item.at, item.key)).detail if given else None


def _is_to(state: AlertState, action: Action) -> bool:
    timely = state.asked_at is None or action.at >= state.asked_at
    return state.notified > Level.NONE and action.level >= state.notified and timely
