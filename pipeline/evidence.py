"""Evidence: pages whose time is over go; those that an incident rests on stay longer, held ones for good."""

from __future__ import annotations

from datetime import timedelta

from domain.clock import to_utc
from pipeline.parts import Parts


def prune_evidence(parts: Parts) -> str | None:
    """Remove the kept pages whose time is over; the cause in Chinese where that failed, which stops nothing else."""
    if parts.archive is None or parts.retention is None:
        return None
    now = to_utc(parts.clock())
    keep = parts.store.captures_to_keep(now - timedelta(days=parts.retention.incident_days))
    try:
        parts.archive.prune(keep, (now - timedelta(days=parts.retention.days)).date())
    except OSError as error:
        return f"过期的证据页没有清理（{error.strerror or error}）"
    return None


def unkept(parts: Parts) -> int:
    """How many pages could not be kept since the program began."""
    return parts.archive.unkept if parts.archive else 0
