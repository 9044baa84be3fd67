"""What alerting asks of the store: a part of `pipeline.ports.Store`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from domain.actions import Action, DecisionRecord, RuleSet, Silence
from domain.alerts import AlertState, LevelChange, Notice
from domain.incidents import Incident, Member, Snapshot


class AlertStore(Protocol):
    """Alert states, what people did about alerts, silences, and the record of decisions."""

    def alert_state(self, incident: str) -> AlertState: ...

    def alert_states(self, wanted: Collection[str]) -> dict[str, AlertState]:
        """What has been decided for each of these incidents; the blank state where nothing has."""
        ...

    def open_alerts(self) -> list[AlertState]:
        """The states of incidents that have a level, or were mailed and are not resolved."""
        ...

    def pending_alerts(self, now: datetime) -> list[AlertState]:
        """The states of which a mail has waited long enough, or that were mailed and still have a mailed level."""
        ...

    def record_decisions(
        self,
        made: Sequence[tuple[AlertState, LevelChange | None]],
        notices: Sequence[Notice],
        mail_domain: str,
        records: Sequence[DecisionRecord] = (),
        rules: RuleSet | None = None,
    ) -> None:
        """New states, level changes, outbox rows and records in one transaction. A notice id that is there is kept."""
        ...

    def calmed_since(self, bank: str, since: datetime) -> list[Incident]:
        """The bank's incidents of which the alarm has ended after ``since``, in order of that."""
        ...

    def alerts_since(self, bank: str, since: datetime, kinds: Collection[str]) -> int:
        """How many yellow and orange notices of these kinds about the bank were written after ``since``."""
        ...

    def incidents_of(self, wanted: Collection[str]) -> list[tuple[Incident, list[Member], Snapshot | None]]:
        """These incidents, as far as they are there; with members and the last snapshot."""
        ...

    def act(self, action: Action) -> Action: ...

    def actions(self, wanted: Collection[str]) -> Mapping[str, list[Action]]:
        """What was done about each of these incidents, in order; one without anything may be missing."""
        ...

    def place_silence(self, silence: Silence) -> Silence: ...

    def lift_silence(self, key: int, by: str, now: datetime) -> None: ...

    def silences(self, since: datetime | None = None) -> list[Silence]:
        """The silences that end after ``since``, or all that were ever set, in order; lifted ones too."""
        ...

    def decisions(self, incident: str) -> list[DecisionRecord]:
        """The decisions on an incident that changed something, in order."""
        ...

    def rule_set(self, version: str) -> Mapping[str, Any]:
        """The content of a rule set that a decision names."""
        ...
