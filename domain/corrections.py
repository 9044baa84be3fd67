"""Corrections: what people changed in the grouping, and what that writes into the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.alerts import AlertState, Notice
from domain.incidents import Incident, Membership, ReadPost

MERGE, SPLIT, DETACH = "merge", "split", "detach"


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction by a person, with the reason.

    ``merge``: all ``posts`` of ``incident`` moved into ``target``. ``split``: ``posts`` left ``incident`` and are
    ``target`` now, a new incident. ``detach``: ``posts`` left ``incident`` and are in none (``target`` None).
    ``posts`` are keys, ``before`` why each was where it was. Grouping obeys it until it is undone.
    """

    kind: str
    bank: str
    incident: str
    target: str | None
    posts: tuple[int, ...]
    by: str
    reason: str
    at: datetime
    before: tuple[Membership, ...] = ()
    key: int = 0
    undone_at: datetime | None = None
    undone_by: str | None = None
    undone_reason: str | None = None

    @property
    def stands(self) -> bool:
        """Whether it was not undone."""
        return self.undone_at is None

    @property
    def touched(self) -> frozenset[str]:
        """The incidents that it changed."""
        return frozenset(name for name in (self.incident, self.target) if name)


@dataclass(frozen=True, slots=True)
class WholeIncident:
    """An incident as a correction needs it: its members in order of time with why they are in it, and its alerts."""

    incident: Incident
    items: Sequence[ReadPost]
    memberships: Sequence[Membership]
    state: AlertState


@dataclass(frozen=True, slots=True)
class Regrouping:
    """What a correction, or undoing one, changes; the store writes it in one transaction.

    ``out``: keys of posts that are in no incident afterwards. ``heirs``: pairs (from, to): the legal holds that stand
    on the first hold the second too, and what people answered to the first answers the second.
    """

    correction: Correction
    incidents: tuple[Incident, ...]
    memberships: tuple[Membership, ...]
    out: tuple[int, ...] = ()
    states: tuple[AlertState, ...] = ()
    heirs: tuple[tuple[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()
