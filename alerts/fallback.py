"""Letters that do not arrive: who is written to instead, with which first line, and what operations are told. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from alerts.config import AlertConfig
from alerts.quiet import quiet_until
from alerts.wording import clean, shortened
from domain.alerts import Level, Message, Notice
from domain.clock import local
from domain.letters import StandIn, Stuck

CAUSE_CHARS = 100
STATES = {"failed": "没有送到", "bounced": "被退回", "queued": "迟迟没有送到"}


def stand_in(stuck: Stuck, config: AlertConfig) -> StandIn | None:
    """Who is written to in place of this letter's reader; None where nobody is named, or has the notice already."""
    other = config.fallback.instead_of(stuck.recipient, stuck.level)
    if other is None or other in stuck.told:
        return None
    why = f"{STATES[stuck.state]}（{shortened(stuck.cause, CAUSE_CHARS)}）"
    preface = f"本应送给 {clean(stuck.recipient)} 的这条通知{why}，现改送给您，请代为处理。"
    return StandIn(stuck.notice, stuck.recipient, other, preface)


def told_as(contact: str, now: datetime) -> str:
    """The id of the notice that this contact is not reached: one for each contact and day of Asia/Shanghai."""
    return f"dead.{sha256(contact.encode()).hexdigest()[:8]}.{local(now):%Y%m%d}"


def stuck_notices(stuck: Sequence[Stuck], message: Message, config: AlertConfig, now: datetime) -> list[Notice]:
    """One notice to operations, by none of the ways that failed, and for each further contact a mark that it was told.

    Where a red letter is among them it does not wait for the end of the quiet hours.
    """
    ways = {item.recipient for item in stuck}
    people = config.recipients
    ranks = (people.ops, people.digest)
    reached = next((left for rank in ranks if (left := [name for name in rank if name not in ways])), [])
    urgent = any(item.level is Level.RED for item in stuck)
    ids = list(dict.fromkeys(told_as(item.recipient, now) for item in stuck))
    return [
        Notice(
            id=notice,
            kind="source",
            level=Level.NONE,
            incident=None,
            reason="有通知没有送到。",
            recipients=tuple(dict.fromkeys(reached)) if notice == ids[0] else (),
            message=message,
            created_at=now,
            thread=ids[0],
            not_before=None if urgent else quiet_until(config.quiet_hours, now),
        )
        for notice in ids
    ]
