"""What one decision on an incident is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.config import AlertConfig
from domain.actions import Action, Silence
from domain.alerts import AlertState, Blind, Verdict
from domain.incidents import Incident, Snapshot


@dataclass(frozen=True, slots=True)
class Case:
    """``peak`` is the highest verdict since the last decision, on ``peak_snapshot`` (a daily sweep must not miss the
    evening's peak); ``verdict`` that of the last snapshot, ``snapshot``. ``config`` holds the rules for this incident.

    ``actions`` are what people did about it, ``silences`` those that cover it now.
    """

    incident: Incident
    state: AlertState
    peak: Verdict
    peak_snapshot: Snapshot
    verdict: Verdict
    snapshot: Snapshot
    config: AlertConfig
    now: datetime
    blind: Sequence[Blind] = ()
    actions: Sequence[Action] = ()
    silences: Sequence[Silence] = ()
