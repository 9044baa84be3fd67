"""Which snapshots a decision rests on, so that what waited is told with the highest that was seen meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.alerts import AlertState, Level, Verdict
from domain.incidents import Snapshot


def is_over(state: AlertState, now: datetime) -> bool:
    """Whether a mail waits whose time has come."""
    return state.waiting_until is not None and state.waiting_until <= now


def reaches_back_to(state: AlertState, last_look: datetime, silenced: bool) -> datetime:
    """From when on snapshots are wanted: the last decision, where a mail waits its beginning.

    Under a silence only what is new counts: what has fallen by its end is not told.
    """
    since = state.decided_at or last_look
    return min(since, state.waiting_since) if state.waiting_since and not silenced else since


def to_judge(
    shots: Sequence[Snapshot], state: AlertState, last_look: datetime, silenced: bool, now: datetime
) -> list[Snapshot]:
    """Of the snapshots at and after `reaches_back_to`, in order, those to judge; none where there is nothing to decide.

    Something is where one is new, or where a mail has waited long enough: then the last one is looked at again.
    """
    since = state.decided_at or last_look
    if not any(shot.at > since for shot in shots) and not is_over(state, now):
        return []
    if state.waiting_since and not silenced:
        return [shot for shot in shots if shot.at > since or shot.at >= state.waiting_since]
    return [shot for shot in shots if shot.at > since] or list(shots[-1:])


def peak_of(judged: Sequence[tuple[Verdict, Snapshot]], state: AlertState) -> tuple[Verdict, Snapshot]:
    """The highest of the snapshots since the last decision, given in order with their verdicts.

    Where a mail waits they reach back to its beginning. Of those that were judged before, what was higher than the
    incident is now counts only where nothing else reaches yellow.
    """
    since = state.decided_at
    counts = [p for p in judged if since is None or p[1].at > since or p[0].level <= state.level]
    chosen = counts if any(verdict.level >= Level.YELLOW for verdict, _ in counts) else judged
    return max(chosen, key=lambda pair: (pair[0].level, pair[1].heat))
