"""What people do about alerts, and the record of what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.alerts import Level

ACTION_KINDS = {"ack": "已确认", "false_alarm": "误报", "assign": "交办", "note": "备注"}
"""What a person can do about an incident, with its name in Chinese."""

ANSWERS = ("ack", "false_alarm")
"""The kinds that answer an alert; the last one counts."""


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did about an incident. ``via`` is ``command`` or ``page``; ``level`` the one that was answered.

    ``detail`` is the note, of an assignment the department. ``key`` counts in the order in which things were done.
    """

    incident: str
    kind: str
    level: Level
    at: datetime
    by: str
    detail: str | None = None
    via: str = "command"
    key: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """No mail up to ``max_level`` for what matches, from ``begin`` until ``until`` (not included) or its lifting.

    Everything that is given must match: an incident's id, one of its topics, one of its branches, the platform or the
    source on which all of its posts stand, words in its title; ``bank`` None: every bank.
    """

    begin: datetime
    until: datetime
    by: str
    reason: str
    max_level: Level
    bank: str | None = None
    incident: str | None = None
    topic: str | None = None
    branch: str | None = None
    platform: str | None = None
    source: str | None = None
    words: str | None = None
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    key: int = 0

    @property
    def end(self) -> datetime:
        """When it ended or will end."""
        return self.until if self.lifted_at is None else min(self.until, self.lifted_at)


@dataclass(frozen=True, slots=True)
class Matter:
    """What of an incident silences and overrides look at: its branches by name, the platforms and sources it is on."""

    branches: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one ``alerts.yaml`` as they were loaded; ``version`` is the hash of ``content``."""

    version: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One decision that changed something, with all that went into it, so that it can be made again.

    ``kind`` None: no mail; ``row`` is the outcome's name in docs/alerts.md. ``inputs`` is plain JSON. ``index`` and
    ``heat`` are those of the peak.
    """

    incident: str
    at: datetime
    rules: str
    before: Level
    after: Level
    kind: str | None
    row: str
    reason: str
    index: float
    heat: float
    inputs: Mapping[str, Any]
    key: int = 0
