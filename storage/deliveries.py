"""Delivering: which letters are due, what became of each, and who is written to where one does not arrive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from domain.alerts import Inline, Letter, Level, Message, Notice
from domain.letters import Bounce, StandIn, Stuck, channel_of, message_id
from storage.database import Database, insert_into
from storage.outbox import put_out
from storage.rows import AnyRow
from storage.schema import deliveries, incidents, notices
from storage.schema_channels import notice_pictures

GIVEN_UP_SHOWN = timedelta(days=1)
"""How long a letter that was given up counts as undelivered."""

_DELAYED = and_(deliveries.c.state == "queued", deliveries.c.tried_at.is_not(None))
_LOST = deliveries.c.state.in_(("failed", "bounced"))


class DeliveryRepository:
    """The letters of the outbox. Sending is the mailer's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due_letters(self, now: datetime, limit: int) -> list[Letter]:
        """Letters that are due, highest level first, then the oldest. The caller holds the run "deliver".

        One that was never tried and is not held back is always due, even where the clock was set back meanwhile.
        """
        with self._database.read() as connection:
            rows = connection.execute(_DUE_LETTERS, {"now": now, "most": limit}).all()
            pictures = _pictures(connection, {row.notice for row in rows})
        return [_letter(row, pictures.get(row.notice, ())) for row in rows]

    def letter_sent(self, letter: int, now: datetime) -> None:
        """The relay or the platform has accepted the letter; it is never due again."""
        done = {"state": "sent", "sent_at": now, "next_at": None, "smtp_code": None, "last_error": None}
        self._note_attempt(letter, now, {**done, "attempts": deliveries.c.attempts + 1})

    def letter_failed(
        self,
        letter: int,
        now: datetime,
        code: int | None,
        detail: str,
        next_at: datetime | None,
        *,
        counts: bool = True,
    ) -> None:
        """Not accepted; tried again at ``next_at``, given up where that is None.

        ``counts`` False: the channel only asked to be left alone, which brings nothing nearer to being given up.
        """
        state = "failed" if next_at is None else "queued"
        outcome = {"state": state, "next_at": next_at, "smtp_code": code, "last_error": detail}
        self._note_attempt(letter, now, {**outcome, "attempts": deliveries.c.attempts + int(counts)})

    def undelivered(self, now: datetime) -> int:
        """Letters that a failure has delayed until now, or that were given up or came back in the last day."""
        given_up = and_(_LOST, deliveries.c.tried_at >= now - GIVEN_UP_SHOWN)
        query = select(func.count()).select_from(deliveries).where(or_(given_up, _DELAYED))
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def attempts_since(self, channel: str, since: datetime, now: datetime) -> list[datetime]:
        """When letters of the channel were tried after ``since`` and until ``now``, oldest first."""
        tried = deliveries.c.tried_at
        query = select(tried).where(deliveries.c.channel == channel, tried > since, tried <= now).order_by(tried)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def hold_channel(self, channel: str, now: datetime, until: datetime) -> None:
        """No letter of the channel that is due now is due before ``until``."""
        held = select(deliveries.c.key).join(notices, notices.c.id == deliveries.c.notice).where(_IS_DUE)
        statement = update(deliveries).where(deliveries.c.channel == channel, deliveries.c.key.in_(held))
        with self._database.write() as connection:
            connection.execute(statement.values(next_at=until), {"now": now})

    def stuck_letters(self, late: datetime) -> list[Stuck]:
        """Letters given up or returned, and those that were tried in vain and should have gone out before ``late``,
        each until `escalate` has dealt with it; the highest level first."""
        with self._database.read() as connection:
            rows = connection.execute(_STUCK, {"late": late}).all()
            told = _told(connection, {row.notice for row in rows})
        return [_stuck(row, told[row.notice]) for row in rows]

    def escalate(
        self,
        letters: Collection[int],
        stand_ins: Sequence[StandIn],
        messages: Sequence[Notice],
        mail_domain: str,
        now: datetime,
    ) -> None:
        """These letters are dealt with: others are written to in their place, and ``messages`` tell of them; together.

        A contact to whom the notice is written already gets no second letter of it.
        """
        rows = [_stand_in_row(item, mail_domain, now) for item in stand_ins]
        statement = update(deliveries).where(deliveries.c.key.in_(letters), deliveries.c.escalated_at.is_(None))
        with self._database.write() as connection:
            if rows:
                connection.execute(insert_into(connection, deliveries).on_conflict_do_nothing(), rows)
            connection.execute(statement.values(escalated_at=now))
            put_out(connection, messages, mail_domain)

    def letter_bounced(self, bounce: Bounce, now: datetime) -> bool:
        """The accepted letter came back; False where none of ours has that Message-ID, or it is known."""
        statement = update(deliveries).where(deliveries.c.message_id == bounce.message_id, deliveries.c.state == "sent")
        values = {"state": "bounced", "tried_at": now, "last_error": bounce.cause}
        with self._database.write() as connection:
            return connection.execute(statement.values(**values)).rowcount > 0

    def _note_attempt(self, letter: int, now: datetime, outcome: dict[str, Any]) -> None:
        statement = update(deliveries).where(deliveries.c.key == letter)
        with self._database.write() as connection:
            connection.execute(statement.values(tried_at=now, **outcome))


_FRESH = and_(deliveries.c.attempts == 0, deliveries.c.next_at <= notices.c.created_at, notices.c.not_before.is_(None))
_IS_DUE = and_(deliveries.c.state == "queued", or_(deliveries.c.next_at <= bindparam("now"), _FRESH))
"""A letter that still stands at its first time is due though the clock was set back; a postponed one is not."""

# Put together once: that takes longer than running them, and every look asks both.
_DUE_LETTERS = (
    select(deliveries, notices, incidents.c.bank)
    .join(notices, notices.c.id == deliveries.c.notice)
    .outerjoin(incidents, incidents.c.id == notices.c.incident)
    .where(_IS_DUE)
    .order_by(notices.c.level.desc(), notices.c.created_at, deliveries.c.key)
    .limit(bindparam("most"))
)
_STUCK = (
    select(deliveries, notices.c.level, notices.c.subject)
    .join(notices, notices.c.id == deliveries.c.notice)
    .where(
        deliveries.c.escalated_at.is_(None),
        or_(_LOST, and_(_DELAYED, func.coalesce(notices.c.not_before, notices.c.created_at) <= bindparam("late"))),
    )
    .order_by(notices.c.level.desc(), deliveries.c.key)
)


def _pictures(connection: Connection, wanted: Collection[str]) -> dict[str, tuple[Inline, ...]]:
    if not wanted:
        return {}
    query = select(notice_pictures).where(notice_pictures.c.notice.in_(wanted)).order_by(notice_pictures.c.place)
    found: defaultdict[str, tuple[Inline, ...]] = defaultdict(tuple)
    for row in connection.execute(query):
        found[row.notice] += (Inline(row.cid, row.name, row.content_type, bytes(row.content)),)
    return found


def _told(connection: Connection, wanted: Collection[str]) -> dict[str, frozenset[str]]:
    if not wanted:
        return {}
    query = select(deliveries.c.notice, deliveries.c.recipient).where(deliveries.c.notice.in_(wanted))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        found[row.notice].add(row.recipient)
    return {notice: frozenset(contacts) for notice, contacts in found.items()}


def _stuck(row: AnyRow, told: frozenset[str]) -> Stuck:
    cause = row.last_error or "原因不明"
    return Stuck(row.key, row.notice, Level(row.level), row.recipient, row.subject, row.state, cause, told)


def _stand_in_row(item: StandIn, mail_domain: str, now: datetime) -> dict[str, Any]:
    return {
        "notice": item.notice,
        "recipient": item.recipient,
        "channel": channel_of(item.recipient),
        "message_id": message_id(item.notice, item.recipient, mail_domain),
        "state": "queued",
        "attempts": 0,
        "next_at": now,
        "preface": item.preface,
    }


def _letter(row: AnyRow, pictures: tuple[Inline, ...]) -> Letter:
    return Letter(
        key=row.key,
        notice=row.notice,
        kind=row.kind,
        level=Level(row.level),
        recipient=row.recipient,
        message_id=row.message_id,
        thread=row.thread,
        message=Message(row.subject, row.text, row.html, row.short, pictures),
        attempts=row.attempts,
        created_at=row.created_at,
        channel=row.channel,
        incident=row.incident,
        bank=row.bank,
        preface=row.preface,
    )
