"""From a decision to outbox rows: ids that never change, recipients by level, and when it may go out. Pure."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from alerts.config import AlertConfig
from alerts.policy import quiet_until
from domain.alerts import Briefing, Digest, Level, Message, Notice
from domain.clock import local


def alert_notice(briefing: Briefing, message: Message, config: AlertConfig, now: datetime) -> Notice:
    """The notice of a decision to mail; ValueError where the decision sends nothing.

    An all-clear has the level none and goes to those who were told the highest level.
    """
    decision, incident = briefing.decision, briefing.incident
    if decision.kind is None:
        raise ValueError(f"the decision on {incident.id} sends nothing: {decision.reason}")
    return Notice(
        id=f"{incident.id}.{decision.state.sequence}",
        kind=decision.kind,
        level=Level.NONE if decision.kind == "resolved" else briefing.verdict.level,
        incident=incident.id,
        reason=decision.reason,
        recipients=config.recipients.of(_readers(briefing)),
        message=message,
        created_at=now,
        thread=incident.id,
        not_before=decision.hold_until,
    )


def digest_notice(digest: Digest, message: Message, config: AlertConfig) -> Notice:
    """The daily digest's notice: one for each bank and local day; ops read it too where something needs mending."""
    ailing = bool(digest.blind or digest.undelivered)
    readers = (*config.recipients.digest, *(config.recipients.ops if ailing else ()))
    hold = quiet_until(config.quiet_hours, digest.at) if config.digest.hold_in_quiet_hours else None
    return Notice(
        id=f"digest.{_hash(digest.bank)}.{local(digest.at):%Y-%m-%d}",
        kind="digest",
        level=max((line.level for line in digest.lines), default=Level.NONE),
        incident=None,
        reason="每日日报，没有负面信息时也发。",
        recipients=tuple(dict.fromkeys(readers)),
        message=message,
        created_at=digest.at,
        thread=f"digest.{_hash(digest.bank)}",
        not_before=hold,
    )


def _readers(briefing: Briefing) -> Level:
    change = briefing.decision.change
    if briefing.decision.kind == "resolved" and change is not None:
        return Level(int(change.inputs["notified"]))
    return briefing.verdict.level


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
