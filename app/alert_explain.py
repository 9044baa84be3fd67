"""``yuqing alerts explain``: why an incident has its level, why a mail came, and why none came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.answers import answer_to, assigned_to
from alerts.config import AlertConfig
from alerts.distance import compared, lacking, nearest
from alerts.levels import LEVELS, Check, explain, judge
from alerts.overrides import named, override_of, rules_for
from alerts.reminders import next_rung
from alerts.silences import covering, scope, told
from domain.actions import ACTION_KINDS, Action, DecisionRecord, Matter, Silence
from domain.alerts import AlertState, Level
from domain.clock import local
from domain.incidents import Incident, Snapshot

LAST_DECISIONS = 10
KINDS = {
    "new": "发信（新增）",
    "raised": "发信（升级）",
    "growth": "发信（扩大）",
    "reminder": "催办",
    "resolved": "发信（解除）",
}


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of an incident's alert."""

    incident: Incident
    snapshot: Snapshot | None
    state: AlertState
    matter: Matter
    actions: Sequence[Action]
    silences: Sequence[Silence]
    decisions: Sequence[DecisionRecord]
    config: AlertConfig
    topics: dict[str, str]
    now: datetime

    @property
    def rules(self) -> AlertConfig:
        """The rules that hold for this incident."""
        return rules_for(self.config, self.incident.topics, self.matter.branches)

    @property
    def covering(self) -> tuple[Silence, ...]:
        """The silences that cover it now."""
        return covering(self.silences, self.incident, self.matter, self.now)


def explanation(known: Known) -> list[str]:
    """The whole explanation, line by line."""
    return [*_head(known), "", *_rules(known), "", *_decisions(known)]


def answered(state: AlertState, actions: Sequence[Action]) -> str:
    """Who answered what was mailed, and how."""
    answer = answer_to(state, actions)
    if answer is None:
        return "没有人确认" if state.notified else ""
    return f"{answer.by} {when(answer.at)} {'标为误报' if answer.kind == 'false_alarm' else '已确认'}"


def when(at: datetime | None) -> str:
    """A moment on the wall clock; empty where there is none."""
    return f"{local(at):%m-%d %H:%M}" if at else ""


def _head(known: Known) -> Iterator[str]:
    incident, state = known.incident, known.state
    yield f"事件 {incident.id}《{incident.title}》（{incident.bank}）"
    yield f"主题：{'、'.join(known.topics.get(code, code) for code in incident.topics) or '未归类'}" + (
        f"；网点：{'、'.join(known.matter.branches)}" if known.matter.branches else ""
    )
    since = f"，自 {when(state.since)} 起" if state.since else ""
    yield f"级别：{state.level.label}{since}"
    yield _mailed(known)
    if state.waiting_until:
        yield f"有一封邮件在等：到 {when(state.waiting_until)} 再发"
    for silence in known.covering:
        yield f"暂停通报（{silence.max_level.label}及以下）：{told(silence)}；范围：{scope(silence)}"
    yield from _people(known)
    if state.reason:
        yield f"最近一次研判（{when(state.decided_at)} 的数据）：{state.reason}"


def _mailed(known: Known) -> str:
    state = known.state
    if not state.notified:
        return "通报：这一轮还没有发过邮件" + (f"（以前发过 {state.sequence} 封）" if state.sequence else "")
    last = f"最近一封 {when(state.notified_at)}，共 {state.sequence} 封"
    due = next_rung(state, known.actions, known.covering, known.config)
    ladder = f"；下一次催办 {when(due)}" if due else ""
    return f"通报：{state.notified.label}，{last}；{answered(state, known.actions)}{ladder}"


def _people(known: Known) -> Iterator[str]:
    department = assigned_to(known.actions)
    if department:
        yield f"交办：{department}"
    for action in known.actions:
        detail = f"：{action.detail}" if action.detail else ""
        yield f"  {when(action.at)} {action.by} {ACTION_KINDS[action.kind]}（{action.level.label}）{detail}"


def _rules(known: Known) -> Iterator[str]:
    snapshot = known.snapshot
    if snapshot is None:
        yield "还没有度量过，没有数字可以对照规则。"
        return
    override = override_of(known.config, known.incident.topics, known.matter.branches)
    special = f"，按“{named(override)}”的专门规则" if override else ""
    yield f"规则（{when(snapshot.at)} 的数据，传播指数 {snapshot.index:.0f}，热度 {snapshot.heat:.0f}{special}）"
    checks = list(explain(snapshot, known.incident.topics, known.rules))
    for level in LEVELS:
        yield f"{level.label}"
        yield from (_rule(check) for check in checks if check.level is level)
    yield _distance(checks, judge(snapshot, known.incident.topics, known.rules).level)


def _rule(check: Check) -> str:
    name = check.rule.partition("/")[2]
    conditions = "，".join(map(compared, check.conditions))
    topic = "" if check.topic_fits else "主题不符；"
    return f"  {'✓' if check.holds else '✗'} {name}：{topic}{conditions or '不看数字'}"


def _distance(checks: Sequence[Check], now: Level) -> str:
    if now is Level.RED:
        return "已是最高级别。"
    above = Level(now + 1)
    check = nearest(checks, above)
    if check is None:
        return f"离{above.label}：没有适用于这些主题的规则。"
    return f"离{above.label}最近的规则“{check.rule.partition('/')[2]}”：{lacking(check)}。"


def _decisions(known: Known) -> Iterator[str]:
    if not known.decisions:
        yield "还没有改变过什么的决定。"
        return
    yield f"最近的决定（共 {len(known.decisions)} 次有变化的）"
    for record in known.decisions[-LAST_DECISIONS:]:
        levels = record.after.label if record.before is record.after else f"{record.before.label}→{record.after.label}"
        yield f"  {when(record.at)} {KINDS.get(record.kind or '', '不发信')} {levels}：{record.reason}"
