"""What the commands ``yuqing alerts …`` show: the open alerts, one explained, silences, and decisions made again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from alerts.answers import assigned_to
from alerts.record import again, is_same
from alerts.reminders import next_rung
from alerts.silences import covering, scope
from app.alert_explain import Known, answered, when
from config.settings import Settings
from domain.actions import Matter
from domain.alerts import Level
from domain.errors import ActionError
from domain.incidents import Member
from domain.readings import Bank
from incidents.branches import branches_of
from nlp.lexicon import load_taxonomy
from pipeline.acting import find
from storage.store import SqlStore

COLUMNS = ("事件", "级别", "标题", "通报", "何时", "确认", "交办", "暂停到", "下次催办")
SILENCE_COLUMNS = ("编号", "范围", "最高到", "从", "到", "何人", "原因", "情况")


class AlertDesk:
    """Looks things up for the commands. What people do is `pipeline.acting`'s."""

    def __init__(self, settings: Settings, store: SqlStore, now: datetime) -> None:
        self._store, self._config, self._now = store, settings.alerts, now
        self._banks = {config.name: config.bank() for config in settings.banks.banks}
        self._topics = {topic.code: topic.label for topic in load_taxonomy(settings.taxonomy_override).topics}

    def known(self, incident: str) -> Known:
        """All that is known of one incident's alert; ActionError where there is no such incident."""
        found = find(self._store, incident)
        ((_incident, members, snapshot),) = self._store.incidents_of([found.id])
        return Known(
            incident=found,
            snapshot=snapshot,
            state=self._store.alert_state(found.id),
            matter=_matter(members, self._banks.get(found.bank)),
            actions=self._store.actions([found.id]).get(found.id, []),
            silences=self._store.silences(self._now),
            decisions=self._store.decisions(found.id),
            config=self._config,
            topics=self._topics,
            now=self._now,
        )

    def table(self) -> list[tuple[str, ...]]:
        """One row for each incident that has a mailed level or was mailed, the gravest first, by `COLUMNS`."""
        states = {state.incident: state for state in self._store.open_alerts()}
        states = {key: state for key, state in states.items() if max(state.level, state.notified) >= Level.YELLOW}
        actions, silences = self._store.actions(states), self._store.silences(self._now)
        rows = []
        for incident, members, _snapshot in self._store.incidents_of(states):
            state, done = states[incident.id], actions.get(incident.id, [])
            matter = _matter(members, self._banks.get(incident.bank))
            hidden = covering(silences, incident, matter, self._now)
            row = (
                incident.id,
                state.level.label,
                incident.title,
                state.notified.label if state.notified else "没有发",
                when(state.notified_at) if state.notified else "",
                answered(state, done),
                assigned_to(done) or "",
                when(max((item.end for item in hidden), default=None)),
                when(next_rung(state, done, hidden, self._config)),
            )
            rows.append((-state.level, -incident.last_post_at.timestamp(), row))
        return [row for _level, _last, row in sorted(rows)]

    def silences(self, *, everything: bool) -> list[tuple[str, ...]]:
        """One row for each silence that holds or is to come, or for all that were ever set, by `SILENCE_COLUMNS`."""
        found = self._store.silences(None if everything else self._now)
        return [
            (
                str(item.key), scope(item), item.max_level.label, when(item.begin), when(item.until), item.by,
                item.reason, _standing(item.lifted_at, item.lifted_by, item.end, self._now),
            )
            for item in found
            if everything or item.end > self._now
        ]  # fmt: skip

    def replay(self, incident: str) -> Iterator[tuple[bool, str]]:
        """Each decision made again by the same code and the rules of its time: whether it came out the same."""
        records = self._store.decisions(find(self._store, incident).id)
        if not records:
            raise ActionError(f"事件 {incident} 还没有改变过什么的决定，没有可以重做的")
        for record in records:
            made = again(record, self._store.rule_set(record.rules))
            same = is_same(record, made)
            told = f"{record.key} 号，{when(record.at)}，规则 {record.rules}：{record.after.label}，{record.reason}"
            if not same:
                told += f"\n    现在会是：{f'{made.state.level.label}，{made.reason}' if made else '不催办'}"
            yield same, told


def _matter(members: list[Member], bank: Bank | None) -> Matter:
    return Matter(
        branches_of(members, bank) if bank else (),
        tuple(sorted({member.post.platform for member in members})),
        tuple(sorted({member.post.source for member in members})),
    )


def _standing(lifted_at: datetime | None, lifted_by: str | None, end: datetime, now: datetime) -> str:
    if lifted_at is not None:
        return f"{lifted_by}于 {when(lifted_at)} 取消"
    return "生效中" if end > now else "已到期"
