"""What a run of the program did or failed to do, as people are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunTrouble:
    """One run that did not do its work.

    ``what``: ``failed`` (it ended by a fault), ``late`` (it has been running for too long) or ``missed`` (it never
    began). ``at``: when it began, or should have; ``cause`` in Chinese. ``notice`` is the id by which it is told once.
    """

    what: str
    at: datetime
    cause: str
    notice: str


@dataclass(frozen=True, slots=True)
class RunTally:
    """How often one kind of run ended well, ended in need of a person, and failed."""

    kind: str
    done: int
    attention: int
    failed: int
