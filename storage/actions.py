"""What people did about alerts, silences, and the record of decisions with the rules that they were made by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from domain.actions import Action, DecisionRecord, RuleSet, Silence
from domain.alerts import AlertState, Level
from domain.incidents import Incident
from storage.database import Database, insert_into
from storage.rows import AnyRow, chunks, incident_of, state_of
from storage.schema import alert_states, incidents, level_changes, notices
from storage.schema_actions import decisions, incident_actions, rule_sets, silences


class ActionRepository:
    """Actions, silences and decision records. Nothing here is ever changed, but that a silence may be lifted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def act(self, action: Action) -> Action:
        """Keep what somebody did; it comes back with its number."""
        values = {**_fields(action), "level": int(action.level)}
        with self._database.write() as connection:
            return _action_of(
                connection.execute(insert(incident_actions).values(values).returning(incident_actions)).one()
            )

    def actions(self, wanted: Collection[str]) -> dict[str, list[Action]]:
        """What was done about each of these incidents, in order."""
        found: defaultdict[str, list[Action]] = defaultdict(list)
        with self._database.read() as connection:
            for chunk in chunks(sorted(wanted)):
                for row in connection.execute(_ACTIONS, {"chosen": chunk}):
                    found[row.incident].append(_action_of(row))
        return found

    def place_silence(self, silence: Silence) -> Silence:
        """Keep a silence; it comes back with its number."""
        values = {**_fields(silence), "max_level": int(silence.max_level)}
        with self._database.write() as connection:
            return _silence_of(connection.execute(insert(silences).values(values).returning(silences)).one())

    def lift_silence(self, key: int, by: str, now: datetime) -> None:
        """End a silence; what waits for an end is looked at again at once. One that was lifted keeps its time."""
        standing = (silences.c.key == key) & silences.c.lifted_at.is_(None)
        with self._database.write() as connection:
            connection.execute(update(silences).where(standing).values(lifted_at=now, lifted_by=by))
            waits = alert_states.c.waiting_until > now
            connection.execute(update(alert_states).where(waits).values(waiting_until=now))

    def silences(self, since: datetime | None = None) -> list[Silence]:
        """The silences that end after ``since``, or all that were ever set, in order; lifted ones too."""
        query, asked = (_SILENCES, {}) if since is None else (_SILENCES_SINCE, {"since": since})
        with self._database.read() as connection:
            return [_silence_of(row) for row in connection.execute(query, asked)]

    def pending_alerts(self, now: datetime) -> list[AlertState]:
        """The states of which a mail has waited long enough, or that were mailed and still have a mailed level."""
        is_over = alert_states.c.waiting_until <= now
        asks = and_(alert_states.c.asked_at.is_not(None), alert_states.c.level >= int(Level.YELLOW))
        query = select(alert_states).where(or_(is_over, asks)).order_by(alert_states.c.incident)
        with self._database.read() as connection:
            return [state_of(row) for row in connection.execute(query)]

    def open_alerts(self) -> list[AlertState]:
        """The states of incidents that have a level, or were mailed and are not resolved."""
        is_open = or_(alert_states.c.level > 0, alert_states.c.notified > 0)
        with self._database.read() as connection:
            return [state_of(row) for row in connection.execute(select(alert_states).where(is_open))]

    def calmed_since(self, bank: str, since: datetime) -> list[Incident]:
        """The bank's incidents of which the alarm has ended after ``since``, in order of that."""
        ended = (level_changes.c.rule == "resolved") & (level_changes.c.at > since)
        query = select(*incidents.c).join(level_changes, level_changes.c.incident == incidents.c.id)
        query = query.where(incidents.c.bank == bank, ended).order_by(level_changes.c.at, incidents.c.id)
        with self._database.read() as connection:
            return [incident_of(row) for row in connection.execute(query)]

    def alerts_since(self, bank: str, since: datetime, kinds: Collection[str]) -> int:
        """How many yellow and orange notices of these kinds about the bank were written after ``since``."""
        is_meant = notices.c.kind.in_(kinds) & notices.c.level.in_((int(Level.YELLOW), int(Level.ORANGE)))
        query = select(func.count()).select_from(notices).join(incidents, incidents.c.id == notices.c.incident)
        query = query.where(incidents.c.bank == bank, notices.c.created_at > since, is_meant)
        with self._database.read() as connection:
            return connection.execute(query).scalar_one()

    def decisions(self, incident: str) -> list[DecisionRecord]:
        """The decisions on an incident that changed something, in order."""
        query = select(decisions).where(decisions.c.incident == incident).order_by(decisions.c.key)
        with self._database.read() as connection:
            return [_decision_of(row) for row in connection.execute(query)]

    def rule_set(self, version: str) -> Mapping[str, Any]:
        """The content of a rule set that a decision names; KeyError where there is none."""
        query = select(rule_sets.c.content).where(rule_sets.c.version == version)
        with self._database.read() as connection:
            content = connection.execute(query).scalar_one_or_none()
        if content is None:
            raise KeyError(version)
        found: Mapping[str, Any] = content
        return found


# Put together once: that takes longer than running them, and every look asks them.
_ACTIONS = (
    select(incident_actions)
    .where(incident_actions.c.incident.in_(bindparam("chosen", expanding=True)))
    .order_by(incident_actions.c.key)
)
_SILENCES = select(silences).order_by(silences.c.key)
_SILENCES_SINCE = _SILENCES.where(silences.c.until > bindparam("since"))


def put_decisions(connection: Connection, records: Sequence[DecisionRecord], rules: RuleSet | None) -> None:
    """Write records and the rules that they were made by."""
    if not records or rules is None:
        return
    values = {"version": rules.version, "content": dict(rules.content), "first_used_at": records[0].at}
    connection.execute(insert_into(connection, rule_sets).values(values).on_conflict_do_nothing())
    connection.execute(insert(decisions), [_decision_row(record) for record in records])


def _fields(item: Action | Silence | DecisionRecord) -> dict[str, Any]:
    return {name: getattr(item, name) for name in type(item).__slots__ if name != "key"}


def _decision_row(record: DecisionRecord) -> dict[str, Any]:
    values = _fields(record)
    return {**values, "before": int(record.before), "after": int(record.after), "inputs": dict(record.inputs)}


def _action_of(row: AnyRow) -> Action:
    values = row._asdict()
    return Action(**{**values, "level": Level(values["level"])})


def _silence_of(row: AnyRow) -> Silence:
    values = row._asdict()
    return Silence(**{**values, "max_level": Level(values["max_level"])})


def _decision_of(row: AnyRow) -> DecisionRecord:
    values = row._asdict()
    return DecisionRecord(**{**values, "before": Level(values["before"]), "after": Level(values["after"])})
