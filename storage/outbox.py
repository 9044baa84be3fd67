"""Alerting: what was decided, and the outbox that is written with it in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from domain.actions import DecisionRecord, RuleSet
from domain.alerts import AlertState, Inline, LevelChange, Notice
from domain.letters import OVER, channel_of, message_id
from storage.actions import put_decisions
from storage.database import Database, insert_into, upsert
from storage.rows import chunks, state_of
from storage.schema import alert_states, deliveries, level_changes, notices
from storage.schema_channels import notice_pictures


class OutboxRepository:
    """Alert states, level changes and the writing of notices. What becomes of letters is `storage.deliveries`'."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alert_state(self, incident: str) -> AlertState:
        """What has been decided for the incident so far; the blank state where nothing has."""
        return self.alert_states([incident])[incident]

    def alert_states(self, wanted: Collection[str]) -> dict[str, AlertState]:
        """What has been decided for each of these incidents so far; the blank state where nothing has."""
        states = {incident: AlertState(incident) for incident in wanted}
        with self._database.read() as connection:
            for chunk in chunks(sorted(wanted)):
                states |= {row.incident: state_of(row) for row in connection.execute(_STATES, {"chosen": chunk})}
        return states

    def record_decisions(
        self,
        made: Sequence[tuple[AlertState, LevelChange | None]],
        notices: Sequence[Notice],
        mail_domain: str,
        records: Sequence[DecisionRecord] = (),
        rules: RuleSet | None = None,
    ) -> None:
        """New states, level changes, outbox rows and records together; a known notice id is left alone.

        ``rules`` are those that the ``records`` name.
        """
        with self._database.write() as connection:
            upsert(connection, alert_states, ("incident",), [state_row(state) for state, _ in made])
            changes = [_change_row(change) for _, change in made if change is not None]
            if changes:
                connection.execute(insert_into(connection, level_changes).on_conflict_do_nothing(), changes)
            put_decisions(connection, records, rules)
            put_out(connection, notices, mail_domain)

    def add_notices(self, notices: Sequence[Notice], mail_domain: str) -> None:
        """Write notices that belong to no decision (digests) into the outbox; a known notice id is kept."""
        with self._database.write() as connection:
            put_out(connection, notices, mail_domain)

    def has_notice(self, notice: str) -> bool:
        """Whether a notice of this id is in the outbox, sent or not."""
        query = select(notices.c.id).where(notices.c.id == notice)
        with self._database.read() as connection:
            return connection.execute(query).one_or_none() is not None

    def open_source_notices(self) -> dict[str, str]:
        """The ids of notices of blind sources whose end was not told yet, with their threads, the oldest first."""
        with self._database.read() as connection:
            return {row.id: row.thread for row in connection.execute(_OPEN_SOURCE_NOTICES)}


_over = notices.alias("over")
# Put together once: that takes longer than running them, and every look asks both.
_STATES = select(alert_states).where(alert_states.c.incident.in_(bindparam("chosen", expanding=True)))
_OPEN_SOURCE_NOTICES = (
    select(notices.c.id, notices.c.thread)
    .where(notices.c.id.startswith("source."), ~notices.c.id.endswith(OVER))
    .where(~select(_over.c.id).where(_over.c.id == notices.c.id + OVER).exists())
    .order_by(notices.c.created_at, notices.c.id)
)


def put_out(connection: Connection, items: Sequence[Notice], mail_domain: str) -> None:
    """Write notices with their pictures and letters inside the caller's transaction; a known id is left alone."""
    for notice in items:
        statement = insert_into(connection, notices).values(_notice_row(notice)).on_conflict_do_nothing()
        if connection.execute(statement.returning(notices.c.id)).first() is None:
            continue
        rows = [_delivery_row(notice, recipient, mail_domain) for recipient in dict.fromkeys(notice.recipients)]
        if rows:
            connection.execute(insert_into(connection, deliveries), rows)
        pictures = [_picture_row(notice.id, place, item) for place, item in enumerate(notice.message.pictures)]
        if pictures:
            connection.execute(insert_into(connection, notice_pictures), pictures)


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
        "short": notice.message.short,
        "created_at": notice.created_at,
        "thread": notice.thread,
        "not_before": notice.not_before,
    }


def _delivery_row(notice: Notice, recipient: str, mail_domain: str) -> dict[str, Any]:
    return {
        "notice": notice.id,
        "recipient": recipient,
        "channel": channel_of(recipient),
        "message_id": message_id(notice.id, recipient, mail_domain),
        "state": "queued",
        "attempts": 0,
        "next_at": max(notice.created_at, notice.not_before or notice.created_at),
    }


def _picture_row(notice: str, place: int, picture: Inline) -> dict[str, Any]:
    return {"notice": notice, "place": place, **{name: getattr(picture, name) for name in Inline.__slots__}}


def state_row(state: AlertState) -> dict[str, Any]:
    values = {name: getattr(state, name) for name in AlertState.__slots__}
    return {**values, "level": int(state.level), "notified": int(state.notified)}


def _change_row(change: LevelChange) -> dict[str, Any]:
    values = {name: getattr(change, name) for name in LevelChange.__slots__}
    return {**values, "before": int(change.before), "after": int(change.after), "inputs": dict(change.inputs)}
