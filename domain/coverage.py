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
    everything. The source leaves ``usual`` (new posts to be expected by its own history, None where that says too
    little or the source itself did not see) and ``filled`` (`Look.filled`) to the pipeline.
    """

    source: str
    started_at: datetime
    finished_at: datetime
    status: str
    got: int
    expected: int | None = None
    cause: str | None = None
    evidence: str | None = None
    usual: float | None = None
    filled: Mapping[str, Mapping[str, int]] | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """What one run of a source brings home; ``memory`` is the source's own note to its next run (JSON values)."""

    observations: tuple[Observation, ...]
    rejects: tuple[Reject, ...]
    coverage: Coverage
    memory: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One run in the ledger: ``kind`` sweep, look, revisit, deliver; ``status`` running, done, attention, failed."""

    id: int
    kind: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    detail: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a whole source (no re-visit of single threads) as it stands in the ledger.

    ``filled`` counts the fields of its new posts: ``{"roots": {"n": 3, "author": 3, …}, "replies": {…}}``; None
    where there were no new posts.
    """

    started_at: datetime
    finished_at: datetime
    status: str
    usual: float | None = None
    filled: Mapping[str, Mapping[str, int]] | None = None
    new_posts: int = 0

    @property
    def saw(self) -> bool:
        """Whether the source itself said that it saw, though its history may have spoken against it."""
        return self.status in SEEING or self.usual is not None


@dataclass(frozen=True, slots=True)
class Outage:
    """A source that cannot be seen now, or not in full (status ``partial``).

    ``since``: end of its last look that was better than that (one that saw, or for all but ``partial`` also one of
    which most was seen), or the begin of the first where there was none. ``label`` is how mails call it.
    """

    source: str
    label: str
    since: datetime
    status: str
    cause: str
    evidence: str | None = None

    @property
    def dark(self) -> bool:
        """Nothing is seen, and not merely too little."""
        return self.status != "partial"


@dataclass(frozen=True, slots=True)
class Recovery:
    """A source that sees again: how long it did not, its status now, and how many new posts it has brought since."""

    source: str
    label: str
    since: datetime
    until: datetime
    status: str
    new_posts: int
