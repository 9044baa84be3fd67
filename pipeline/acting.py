"""What people do about alerts: answer them, assign them, silence them. Commands and pages call the same functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.actions import Action, Silence
from domain.alerts import AlertState, Level
from domain.clock import local
from domain.errors import ActionError
from domain.incidents import Incident
from pipeline.alert_ports import AlertStore

LONGEST_SILENCE = timedelta(days=30)
"""Longer ones are forgotten; whoever still wants silence then says so again."""


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, when, and from where: ``command`` or ``page``."""

    name: str
    at: datetime
    via: str = "command"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a silence is for: everything that is given must match (`domain.actions.Silence`)."""

    bank: str | None = None
    incident: str | None = None
    topic: str | None = None
    branch: str | None = None
    platform: str | None = None
    source: str | None = None
    words: str | None = None


def acknowledge(store: AlertStore, incident: str, by: By, note: str | None = None) -> Action:
    """Somebody has taken notice: no more reminders of the level that was told; a higher one asks anew."""
    return _answer(store, incident, "ack", by, note)


def false_alarm(store: AlertStore, incident: str, by: By, note: str | None = None) -> Action:
    """It is no matter of ours: as an acknowledgement, and growth is not told before a higher level is reached."""
    return _answer(store, incident, "false_alarm", by, note)


def assign(store: AlertStore, incident: str, to: str, by: By) -> Action:
    """Give the incident to a department. That is no acknowledgement."""
    if not to.strip():
        raise ActionError("请写明交给哪个部门")
    return _act(store, incident, "assign", by, to.strip())


def note(store: AlertStore, incident: str, words: str, by: By) -> Action:
    """Write something down beside the incident."""
    if not words.strip():
        raise ActionError("备注是空的")
    return _act(store, incident, "note", by, words.strip())


def silence(
    store: AlertStore, scope: Scope, until: datetime, reason: str, by: By, max_level: Level | None = None
) -> Silence:
    """No mail for what matches, until then. Without ``max_level`` up to the level that the incident has, or yellow."""
    given = {name: getattr(scope, name) for name in Scope.__slots__}
    if not any(given.values()):
        raise ActionError("请写明暂停哪些事件的通报：事件编号、主题、网点、平台、来源、标题里的词或银行")
    if not reason.strip():
        raise ActionError("请写明为什么暂停通报")
    if until <= by.at or until - by.at > LONGEST_SILENCE:
        raise ActionError(f"结束时间 {local(until):%Y-%m-%d %H:%M} 不对：应在现在以后、{LONGEST_SILENCE.days} 天以内")
    held = _level(store, scope.incident) if scope.incident else Level.NONE
    level = max_level or max(held, Level.YELLOW)
    return store.place_silence(Silence(by.at, until, _name(by), reason.strip(), level, **given))


def unsilence(store: AlertStore, key: int, by: By) -> Silence:
    """End a silence before its time; what still holds is told at the next tick."""
    found = next((item for item in store.silences() if item.key == key), None)
    if found is None:
        raise ActionError(f"没有 {key} 号暂停通报；用 yuqing alerts silences 看有哪些")
    if found.end <= by.at:
        raise ActionError(f"{key} 号暂停通报已于 {local(found.end):%Y-%m-%d %H:%M} 结束")
    store.lift_silence(key, _name(by), by.at)
    return found


def find(store: AlertStore, incident: str) -> Incident:
    """The incident of this id; ActionError where there is none, or it was merged into another."""
    found = store.incidents_of([incident])
    if not found:
        raise ActionError(f"没有事件 {incident}；用 yuqing alerts list 看有哪些")
    if found[0][0].merged_into:
        raise ActionError(f"事件 {incident} 已并入 {found[0][0].merged_into}，请对后者操作")
    return found[0][0]


def _answer(store: AlertStore, incident: str, kind: str, by: By, note: str | None) -> Action:
    if _level(store, incident) < Level.YELLOW:
        raise ActionError(f"事件 {incident} 现在没有待确认的预警（没有达到黄色，也没有发过邮件）")
    return _act(store, incident, kind, by, note.strip() if note else None)


def _act(store: AlertStore, incident: str, kind: str, by: By, detail: str | None) -> Action:
    level = _level(store, incident)
    return store.act(Action(incident, kind, level, by.at, _name(by), detail or None, by.via))


def _level(store: AlertStore, incident: str) -> Level:
    """The level that an answer is to: the highest that was mailed, or that is held."""
    state: AlertState = store.alert_state(find(store, incident).id)
    return max(state.notified, state.level)


def _name(by: By) -> str:
    if not by.name.strip():
        raise ActionError("请写明何人（姓名或简称）")
    return by.name.strip()
