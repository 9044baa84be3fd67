"""Coverage: what each source let us see. A failure is data, never a lost log line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.posts import Observation, Reject

STATUSES = ("ok", "quiet", "partial", "blocked", "login", "changed", "down", "off")
"""``quiet`` is a successful look at nothing new; all after it are ways of not seeing."""

SEEING = ("ok", "quiet")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How one run of one source went.

    ``expected`` posts by the site's own counters (None: the site does not say), ``got`` posts seen in this run,
    new or not; ``cause`` in Chinese and ``evidence`` (HTTP status, page title, address) where it did not see
    everything.
    """

    source: str
    started_at: datetime
    finished_at: datetime
    status: str
    got: int
    expected: int | None = None
    cause: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """What one run of a source brings home; ``memory`` is the source's own note to its next run (JSON values)."""

    observations: tuple[Observation, ...]
    rejects: tuple[Reject, ...]
    coverage: Coverage
    memory: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One run in the ledger: ``kind`` sweep, revisit, deliver; ``status`` running, done, attention, failed."""

    id: int
    kind: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    detail: str
