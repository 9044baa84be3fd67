"""What the check-up says of one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    well: bool
    detail: str


def well(subject: str, detail: str) -> Finding:
    """It is as it should be."""
    return Finding(subject, well=True, detail=detail)


def ill(subject: str, detail: str) -> Finding:
    """Somebody must mend it; ``detail`` says how."""
    return Finding(subject, well=False, detail=detail)
