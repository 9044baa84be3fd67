"""Alerting and delivering: what was decided, and the outbox that is written with it in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from domain.alerts import AlertState, Letter, Level, LevelChange, Message, Notice
from domain.letters import OVER, message_id
from storage.database import Database, insert_into, upsert
from storage.rows import AnyRow, state_of
from storage.schema import alert_states, deliveries, level_changes, notices

GIVEN_UP_SHOWN = timedelta(days=1)
"""How long a letter that was given up counts as undelivered."""


class OutboxRepository:
    """Alert states, level changes, notices and their letters. Sending is the mailer's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alert_state(self, incident: str) -> AlertState:
        """What has been decided for the incident so far; the blank state where nothing has."""
        query = select(alert_states).where(alert_states.c.incident == incident)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return state_of(row) if row is not None else AlertState(incident)

    def record_decision(
        self, state: AlertState, change: LevelChange | None, notices: Sequence[Notice], mail_domain: str
    ) -> None:
        """The new state, the level change and the outbox rows together; a known notice id is left alone."""
        with self._database.write() as connection:
            upsert(connection, alert_states, ("incident",), [_state_row(state)])
            if change is not None:
                statement = insert_into(connection, level_changes).on_conflict_do_nothing()
                connection.execute(statement, [_change_row(change)])
            _put_out(connection, notices, mail_domain)

    def add_notices(self, notices: Sequence[Notice], mail_domain: str) -> None:
        """Write notices that belong to no decision (digests) into the outbox; a known notice id is kept."""
        with self._database.write() as connection:
            _put_out(connection, notices, mail_domain)

    def has_notice(self, notice: str) -> bool:
        """Whether a notice of this id is in the outbox, sent or not."""
        query = select(notices.c.id).where(notices.c.id == notice)
        with self._database.read() as connection:
            return connection.execute(query).one_or_none() is not None

    def open_source_notices(self) -> dict[str, str]:
        """The ids of notices of blind sources whose end was not told yet, with their threads, the oldest first."""
        over = notices.alias("over")
        is_over = select(over.c.id).where(over.c.id == notices.c.id + OVER).exists()
        query = select(notices.c.id, notices.c.thread).where(notices.c.kind == "source", ~is_over)
        query = query.where(~notices.c.id.endswith(OVER)).order_by(notices.c.created_at, notices.c.id)
        with self._database.read() as connection:
            return {row.id: row.thread for row in connection.execute(query)}

    def due_letters(self, now: datetime, limit: int) -> list[Letter]:
        """Letters that are due, highest level first, then the oldest. The caller holds the run "deliver".

        One that was never tried and is not held back is always due, even where the clock was set back meanwhile.
        """
        fresh = and_(deliveries.c.attempts == 0, notices.c.not_before.is_(None))
        query = (
            select(deliveries, notices)
            .join(notices, notices.c.id == deliveries.c.notice)
            .where(deliveries.c.state == "queued", or_(deliveries.c.next_at <= now, fresh))
            .order_by(notices.c.level.desc(), notices.c.created_at, deliveries.c.key)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_letter(row) for row in connection.execute(query)]

    def letter_sent(self, letter: int, now: datetime) -> None:
        """The relay has accepted the letter; it is never due again."""
        done = {"state": "sent", "sent_at": now, "next_at": None, "smtp_code": None, "last_error": None}
        self._note_attempt(letter, now, done)

    def letter_failed(
        self, letter: int, now: datetime, code: int | None, detail: str, next_at: datetime | None
    ) -> None:
        """Not accepted; tried again at ``next_at``, given up where that is None."""
        state = "failed" if next_at is None else "queued"
        self._note_attempt(letter, now, {"state": state, "next_at": next_at, "smtp_code": code, "last_error": detail})

    def undelivered(self, now: datetime) -> int:
        """Letters that a failure has delayed until now, or that were given up in the last day."""
        given_up = and_(deliveries.c.state == "failed", deliveries.c.tried_at >= now - GIVEN_UP_SHOWN)
        delayed = and_(deliveries.c.state == "queued", deliveries.c.attempts > 0)
        query = select(func.count()).select_from(deliveries).where(or_(given_up, delayed))
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def _note_attempt(self, letter: int, now: datetime, outcome: dict[str, Any]) -> None:
        statement = update(deliveries).where(deliveries.c.key == letter)
        with self._database.write() as connection:
            connection.execute(statement.values(attempts=deliveries.c.attempts + 1, tried_at=now, **outcome))


def _put_out(connection: Connection, items: Sequence[Notice], mail_domain: str) -> None:
    for notice in items:
        statement = insert_into(connection, notices).values(_notice_row(notice)).on_conflict_do_nothing()
        if connection.execute(statement.returning(notices.c.id)).first() is None:
            continue
        rows = [_delivery_row(notice, recipient, mail_domain) for recipient in dict.fromkeys(notice.recipients)]
        if rows:
            connection.execute(insert_into(connection, deliveries), rows)


def _notice_row(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "level": int(notice.level),
        "incident": notice.incident,
        "reason": notice.reason,
        "subject": notice.message.subject,
        "text": notice.message.text,
        "html": notice.message.html,
        "created_at": notice.created_at,
        "thread": notice.thread,
        "not_before": notice.not_before,
    }


def _delivery_row(notice: Notice, recipient: str, mail_domain: str) -> dict[str, Any]:
    return {
        "notice": notice.id,
        "recipient": recipient,
        "message_id": message_id(notice.id, recipient, mail_domain),
        "state": "queued",
        "attempts": 0,
        "next_at": max(notice.created_at, notice.not_before or notice.created_at),
    }


def _state_row(state: AlertState) -> dict[str, Any]:
    values = {name: getattr(state, name) for name in AlertState.__slots__}
    return {**values, "level": int(state.level), "notified": int(state.notified)}


def _change_row(change: LevelChange) -> dict[str, Any]:
    values = {name: getattr(change, name) for name in LevelChange.__slots__}
    return {**values, "before": int(change.before), "after": int(change.after), "inputs": dict(change.inputs)}


def _letter(row: AnyRow) -> Letter:
    return Letter(
        key=row.key,
        notice=row.notice,
        kind=row.kind,
        level=Level(row.level),
        recipient=row.recipient,
        message_id=row.message_id,
        thread=row.thread,
        message=Message(row.subject, row.text, row.html),
        attempts=row.attempts,
        created_at=row.created_at,
    )
