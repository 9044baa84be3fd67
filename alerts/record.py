"""The record of a decision: all that went into it as plain JSON, and the same decision made again from it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import IntEnum
from hashlib import sha256
from typing import Any

from alerts.case import Case
from alerts.config import AlertConfig
from alerts.levels import judge
from alerts.overrides import rules_for
from alerts.policy import decide
from alerts.reminders import remind
from domain.actions import Action, DecisionRecord, Matter, RuleSet, Silence
from domain.alerts import AlertState, Blind, Decision, Level
from domain.incidents import Incident, Snapshot

DECIDING = ("levels", "overrides", "hysteresis", "policy", "quiet_hours", "reminders")
"""The parts of alerts.yaml that decide; who is written to and how is no part of a rule set."""

TOLD = ("level", "notified", "sequence", "reminded", "waiting_since")
"""What of the state makes a decision worth a record; and that growth is muted, at its beginning."""


def rule_set(config: AlertConfig) -> RuleSet:
    """The rules of a configuration with their version: twelve hexadecimal digits of their hash."""
    content = config.model_dump(mode="json", by_alias=True, include=set(DECIDING), exclude={"reminders": {"contacts"}})
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return RuleSet(sha256(text.encode()).hexdigest()[:12], content)


def record_of(case: Case, matter: Matter, made: Decision, rules: RuleSet) -> DecisionRecord | None:
    """The record of a decision; None where it changed nothing."""
    if not _is_news(case.state, made):
        return None
    inputs = {
        "incident": _plain(asdict(case.incident)),
        "matter": _plain(asdict(matter)),
        "state": _plain(asdict(case.state)),
        "peak": _plain(asdict(case.peak_snapshot)),
        "present": _plain(asdict(case.snapshot)),
        "blind": [_plain(asdict(item)) for item in case.blind],
        "actions": [_plain(asdict(item)) for item in case.actions],
        "silences": [_plain(asdict(item)) for item in case.silences],
    }
    return _record(case, made, rules, inputs)


def reminder_record(
    case: Case, matter: Matter, made: Decision, rules: RuleSet, readers: Sequence[str]
) -> DecisionRecord:
    """The record of a reminder."""
    record = record_of(case, matter, made, rules)
    if record is None:
        raise ValueError(f"a reminder that climbs no rung: {made.reason}")
    return DecisionRecord(**{**_fields(record), "inputs": {**record.inputs, "readers": list(readers)}})


def again(record: DecisionRecord, content: Mapping[str, Any]) -> Decision | None:
    """The decision made again from its record, by the rules of that time; None where there would be no reminder now."""
    case, inputs = _case(record, AlertConfig.model_validate(content)), record.inputs
    if record.kind == "reminder":
        return remind(case.state, case.actions, case.silences, case.config, inputs["readers"], record.at)
    return decide(case)


def is_same(record: DecisionRecord, made: Decision | None) -> bool:
    """Whether a decision came out as it was recorded: level, mail, outcome and reason."""
    if made is None:
        return False
    told = (record.after, record.kind, record.row, record.reason)
    return told == (made.state.level, made.kind, made.row, made.reason)


def _record(case: Case, made: Decision, rules: RuleSet, inputs: Mapping[str, Any]) -> DecisionRecord:
    return DecisionRecord(
        incident=case.incident.id,
        at=case.now,
        rules=rules.version,
        before=case.state.level,
        after=made.state.level,
        kind=made.kind,
        row=made.row,
        reason=made.reason,
        index=case.peak_snapshot.index,
        heat=case.peak_snapshot.heat,
        inputs=inputs,
    )


def _is_news(before: AlertState, made: Decision) -> bool:
    muted = made.row == "muted" and before.row != "muted"
    changed = any(getattr(before, name) != getattr(made.state, name) for name in TOLD)
    return made.kind is not None or muted or changed


def _case(record: DecisionRecord, config: AlertConfig) -> Case:
    inputs = record.inputs
    incident, state = inputs["incident"], inputs["state"]
    matter = Matter(**{name: tuple(values) for name, values in inputs["matter"].items()})
    ours = Incident(**{**_moments(incident), "topics": tuple(incident["topics"])})
    rules = rules_for(config, ours.topics, matter.branches)
    peak, present = Snapshot(**_moments(inputs["peak"])), Snapshot(**_moments(inputs["present"]))
    return Case(
        incident=ours,
        state=AlertState(**{**_moments(state), "level": Level(state["level"]), "notified": Level(state["notified"])}),
        peak=judge(peak, ours.topics, rules),
        peak_snapshot=peak,
        verdict=judge(present, ours.topics, rules),
        snapshot=present,
        config=rules,
        now=record.at,
        blind=[Blind(**_moments(item)) for item in inputs["blind"]],
        actions=[Action(**{**_moments(item), "level": Level(item["level"])}) for item in inputs["actions"]],
        silences=[Silence(**{**_moments(item), "max_level": Level(item["max_level"])}) for item in inputs["silences"]],
    )


MOMENTS = (
    "at", "opened_at", "last_post_at", "closed_at", "since", "notified_at", "below_since", "decided_at", "asked_at",
    "waiting_since", "waiting_until", "begin", "until", "lifted_at",
)  # fmt: skip
"""The fields that hold a time, in whatever record."""


def _moments(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value) if name in MOMENTS and value is not None else value
        for name, value in values.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, IntEnum):
        return int(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _fields(record: DecisionRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in DecisionRecord.__slots__}
