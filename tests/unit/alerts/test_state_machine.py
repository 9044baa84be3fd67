"""Every event in every state, and what holds for every course of events, with people in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.answers import answer_to
from alerts.case import Case
from alerts.config import AlertConfig
from alerts.levels import judge
from alerts.policy import decide
from alerts.record import again, is_same, record_of, reminder_record, rule_set
from alerts.reminders import next_rung, remind
from alerts.rules_config import QuietHours
from alerts.silences import hiding
from alerts.waiting import peak_of, reaches_back_to, to_judge
from domain.actions import Action, DecisionRecord, Matter, Silence
from domain.alerts import AlertState, Blind, Decision, Level
from domain.incidents import Incident, Snapshot

NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONFIG = AlertConfig()
STRICT = AlertConfig(quiet_hours=QuietHours(orange_passes=False))
INCIDENT = Incident("20260316-a1b2c3", "青禾村镇银行", "排队", ("queue_slow",), NOON, NOON)
DARK = (Blind("bbs", NOON, "blocked", "接口返回 403"),)
READERS = ("zhiban@bank.example",)

FIGURES: dict[str, dict[str, Any]] = {
    "none": {"severity": 0, "negative_posts": 0, "heat": 1.0, "index": 8.0},
    "blue": {"severity": 1, "negative_posts": 2, "heat": 12.0, "index": 15.0},
    "yellow": {"severity": 2, "negative_posts": 4, "authors": 4, "heat": 25.0, "index": 30.0},
    "orange": {"severity": 2, "negative_posts": 9, "authors": 9, "platforms": 3, "heat": 45.0, "index": 45.0},
    "red": {"severity": 2, "negative_posts": 20, "authors": 20, "platforms": 4, "negative_views": 120_000, "heat": 70.0,
            "index": 70.0},
}  # fmt: skip


def shot(level: str, at: datetime, **changes: Any) -> Snapshot:
    """A snapshot to which the default rules give ``level``."""
    base = Snapshot(
        incident=INCIDENT.id, at=at, posts=10, posts_24h=5, authors=2, authors_24h=2, platforms=1, negative_posts=0,
        severity=0, engagement=0, velocity=0.0, acceleration=0.0, reprints=0, amplifiers=0, index=0.0, heat=0.0,
        confidence=1.0, last_post_at=at, named_posts=1,
    )  # fmt: skip
    return replace(base, **{**FIGURES[level], **changes})


def silence(until: datetime, level: Level = Level.ORANGE, begin: datetime = NOON - 48 * HOUR) -> Silence:
    return Silence(begin, until, "王主任", "正在处置", level, key=3)


def answer(kind: str, level: Level, at: datetime) -> Action:
    return Action(INCIDENT.id, kind, level, at, "王主任", key=1)


@dataclass
class World:
    """One incident with all that happened to it, judged as the pipeline does."""

    state: AlertState = field(default_factory=lambda: AlertState(INCIDENT.id))
    shots: list[Snapshot] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    config: AlertConfig = CONFIG

    def case(self, now: datetime, blind: tuple[Blind, ...] = ()) -> Case | None:
        """What a decision at this moment is made of; None where there is nothing to decide."""
        covering = tuple(item for item in self.silences if item.begin <= now < item.end)
        since = reaches_back_to(self.state, NOON - 72 * HOUR, bool(covering))
        known = [item for item in self.shots if item.at >= since]
        fresh = to_judge(known, self.state, NOON - 72 * HOUR, bool(covering), now)
        if not fresh:
            return None
        judged = [(judge(item, INCIDENT.topics, self.config), item) for item in fresh]
        peak, last = peak_of(judged, self.state), judged[-1]
        return Case(INCIDENT, self.state, *peak, *last, self.config, now, blind, tuple(self.actions), covering)

    def keep(self, made: Decision) -> Decision:
        """The transaction: from here on the decision counts."""
        self.state = replace(made.state, decided_at=self.shots[-1].at)
        return made


STATES = {
    "open": {"level": Level.ORANGE, "notified": Level.ORANGE, "notified_at": NOON - 5 * HOUR},
    "acked": {"level": Level.ORANGE, "notified": Level.ORANGE, "notified_at": NOON - 5 * HOUR},
    "silenced": {"level": Level.ORANGE, "waiting_since": NOON - 2 * HOUR, "waiting_until": NOON + 48 * HOUR},
    "cooling": {"level": Level.ORANGE, "notified": Level.ORANGE, "notified_at": NOON - HOUR},
    "closed": {"notified_at": NOON - 30 * HOUR},
}


def world(name: str, at: datetime) -> World:
    """The world in one of the five states, an hour after its last decision."""
    facts: dict[str, Any] = dict(STATES[name])
    moments = {key: value + (at - NOON) for key, value in facts.items() if isinstance(value, datetime)}
    told = facts.get("notified", Level.NONE) > Level.NONE
    state = AlertState(
        INCIDENT.id, decided_at=at - HOUR, notified_index=20.0 if name != "silenced" else 0.0,
        sequence={"silenced": 0, "closed": 2}.get(name, 1), **{**facts, **moments},
    )  # fmt: skip
    state = replace(state, asked_at=state.notified_at if told else None)
    made = World(state, [shot("orange", at - HOUR)], config=STRICT)
    if name == "acked":
        made.actions.append(answer("ack", Level.ORANGE, at - 4 * HOUR))
    if name == "silenced":
        made.silences.append(silence(at + 48 * HOUR))
    return made


TABLE = {
    # event: open, acked, silenced, cooling, closed
    "level up": ("raised", "raised", "first", "raised", "reflare"),
    "level down": ("fallen", "fallen", "resolved_unsent", "fallen", "nothing"),
    "growth": ("growth", "growth", "silenced", "cooldown", "reflare"),
    "ack": ("no_growth", "no_growth", "silenced", "no_growth", "afterglow"),
    "false alarm": ("muted", "muted", "silenced", "muted", "reflare"),
    "silence": ("silenced", "silenced", "silenced", "cooldown", "silenced"),
    "quiet hours": ("quiet", "quiet", "silenced", "cooldown", "quiet"),
    "blind source": ("frozen", "frozen", "frozen", "frozen", "nothing"),
    "restart": ("growth", "growth", "silenced", "cooldown", "reflare"),
}
"""The outcome of each event in each state."""

CELLS = [(event, name, row) for event, rows in TABLE.items() for name, row in zip(STATES, rows, strict=True)]


def happen(event: str, name: str) -> tuple[World, datetime, tuple[Blind, ...]]:
    """The world in that state after the event, at the moment of the next look."""
    at = NIGHT if event == "quiet hours" else NOON
    made = world(name, at)
    down, up, grown = shot("blue", at, severity=0), shot("red", at), shot("orange", at, index=60.0, authors_24h=3)
    same = shot("orange", at, index=25.0, authors_24h=1, posts_24h=1)
    made.shots.append(
        {"level up": up, "level down": down, "blind source": down, "ack": same}.get(event, grown),
    )
    if event in ("level down", "blind source"):
        made.state = replace(made.state, below_since=at - 3 * HOUR)
    if event in ("ack", "false alarm"):
        made.actions.append(answer(event.replace(" ", "_"), Level.ORANGE, at - timedelta(minutes=30)))
    if event == "silence":
        made.silences.append(silence(at + 24 * HOUR))
    if event == "restart":
        made.state = thawed(made.state)
    return made, at, DARK if event == "blind source" else ()


def thawed(state: AlertState) -> AlertState:
    """The state as another process finds it."""
    values = {name: getattr(state, name) for name in AlertState.__slots__}
    return AlertState(**{**values, "level": Level(int(state.level)), "notified": Level(int(state.notified))})


@pytest.mark.parametrize(("event", "name", "row"), CELLS)
def test_every_event_in_every_state(event: str, name: str, row: str) -> None:
    """The outcome is the table's; a mail is sent where the outcome is one; the record makes the same decision again."""
    made, at, blind = happen(event, name)
    case = made.case(at, blind)
    assert case is not None
    decision = decide(case)
    assert decision.row == row
    assert (decision.kind is not None) == (row in ("first", "raised", "reflare", "growth"))
    check_record(case, decision)


def check_record(case: Case, made: Decision) -> None:
    """The record, as the store keeps it, gives the same decision."""
    rules = rule_set(case.config)
    record = record_of(case, Matter(), made, rules)
    if record is not None:
        kept = replace(record, inputs=json.loads(json.dumps(record.inputs)))
        assert is_same(kept, again(kept, json.loads(json.dumps(rules.content))))


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["none", "blue", "yellow", "orange", "red", "tick"]),
        st.sampled_from(["", "", "", "ack", "false_alarm", "silence", "silence red", "lift", "crash", "blind"]),
        st.integers(5, 900),
        st.floats(0, 100),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=16,
)
"""What is measured (or only time passes), what people do, minutes since the last look, index, hours of silence."""


@dataclass
class Played:
    """One decision of a course, with the world before it."""

    now: datetime
    before: AlertState
    case: Case
    made: Decision
    dark: bool


def play(course: list[tuple[str, str, int, float, int]]) -> tuple[list[Played], list[str], list[DecisionRecord]]:
    """Play a course; the decisions, the ids of the notices in order, and the records."""
    made, now, out = World(), NOON, list[Played]()
    ids: list[str] = []
    records: list[DecisionRecord] = []
    for level, event, minutes, index, quiet in course:
        now += timedelta(minutes=minutes)
        if level != "tick":
            made.shots.append(shot(level, now, index=index, last_post_at=now - quiet * HOUR))
        act(made, event, now)
        ids += list(tick(made, now, event, out, records))
    return out, ids, records


def act(made: World, event: str, now: datetime) -> None:
    """What a person does."""
    level = max(made.state.notified, made.state.level)
    if event in ("ack", "false_alarm"):
        made.actions.append(answer(event, level, now))
    if event.startswith("silence"):
        made.silences.append(silence(now + 6 * HOUR, Level.RED if "red" in event else Level.ORANGE, now))
    if event == "lift" and made.silences:
        made.silences = [replace(item, lifted_at=item.lifted_at or now) for item in made.silences]
        if made.state.waiting_until and made.state.waiting_until > now:
            made.state = replace(made.state, waiting_until=now)


def tick(
    made: World, now: datetime, event: str, out: list[Played], records: list[DecisionRecord]
) -> Iterator[str]:  # fmt: skip
    """One look: decide, then remind; yields the ids of the notices. A crash before the transaction decides anew."""
    case = made.case(now, DARK if event == "blind" else ())
    if case is not None:
        decision = decide(case)
        if event == "crash":
            made.state = thawed(made.state)
            retried = made.case(now)
            assert retried is not None
            assert decide(retried) == decision
        out.append(Played(now, made.state, case, decision, event == "blind"))
        records += [found for found in [record_of(case, Matter(), decision, rule_set(CONFIG))] if found]
        made.keep(decision)
        if decision.kind:
            yield f"{INCIDENT.id}.{decision.state.sequence}"
    covering = tuple(item for item in made.silences if item.begin <= now < item.end)
    reminder = remind(made.state, made.actions, covering, CONFIG, READERS, now)
    if reminder is not None:
        last = made.shots[-1]
        verdict = judge(last, (), CONFIG)
        asked = Case(INCIDENT, made.state, verdict, last, verdict, last, CONFIG, now, (), made.actions, covering)
        records.append(reminder_record(asked, Matter(), reminder, rule_set(CONFIG), READERS))
        made.state = reminder.state
        yield f"{INCIDENT.id}.{made.state.sequence}.r{made.state.reminded}"


@settings(max_examples=100, deadline=None)
@given(EVENTS)
def test_what_holds_for_every_course_with_people_in_it(course: list[tuple[str, str, int, float, int]]) -> None:
    """No second mail of a level within the cool-down; a new highest level passes at once; no all-clear and no fall in
    the dark; every notice has an id of its own; an all-clear only after a mail; red waits for silences alone; what
    has a mailed level was mailed, or waits; every outcome has a reason."""
    out, ids, _records = play(course)
    assert len(set(ids)) == len(ids)
    for one in out:
        before, after, level = one.before, one.made.state, one.case.peak.level
        rises = after.notified > before.notified
        cooling = before.notified_at is not None and one.now - before.notified_at < 4 * HOUR
        assert not (one.made.kind and cooling and not rises)
        assert not (one.dark and (one.made.kind == "resolved" or after.level < before.level))
        hidden = hiding(one.case.silences, level) is not None
        if level > max(before.notified, Level.YELLOW) and not hidden and one.made.row != "afterglow":
            assert one.made.kind in ("new", "raised")
        if level > before.notified and level >= Level.YELLOW and one.made.kind is None:
            assert one.made.row in ("afterglow", "silenced", "quiet")
        assert not (one.made.kind == "resolved" and before.notified is Level.NONE)
        assert not (one.made.row == "quiet" and level is Level.RED)
        assert after.level < Level.YELLOW or after.notified >= after.level or before.sequence or after.waiting_since
        assert one.made.reason.endswith(("。", "。）"))
        assert one.made.state.sequence == before.sequence + bool(one.made.kind)


@settings(max_examples=40, deadline=None)
@given(EVENTS)
def test_every_record_of_a_course_gives_its_decision_again(course: list[tuple[str, str, int, float, int]]) -> None:
    """What is kept of a decision is all that went into it."""
    content = json.loads(json.dumps(rule_set(CONFIG).content))
    for record in play(course)[2]:
        kept = replace(record, inputs=json.loads(json.dumps(record.inputs)))
        assert is_same(kept, again(kept, content)), record.reason


@settings(max_examples=40, deadline=None)
@given(EVENTS, st.data())
def test_a_replay_gives_the_same_notices(course: list[tuple[str, str, int, float, int]], data: st.DataObject) -> None:
    """Killed at any point and run again, the same mails go out under the same ids."""
    point = data.draw(st.integers(0, len(course) - 1))
    level, _event, *rest = course[point]
    killed: Any = [*course[:point], (level, "crash", *rest), *course[point + 1 :]]
    calm: Any = [*course[:point], (level, "", *rest), *course[point + 1 :]]
    assert play(killed)[1] == play(calm)[1]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([Level.RED, Level.ORANGE]), st.lists(st.integers(1, 90), min_size=1, max_size=8), st.booleans())
def test_each_rung_is_climbed_once_and_an_answer_ends_the_ladder(level: Level, gaps: list[int], acks: bool) -> None:
    """However often it is asked: never more reminders than rungs, none before its time, none after an answer."""
    asked = AlertState("i", level=level, notified=level, notified_at=NOON, asked_at=NOON, sequence=1)
    state, now, actions, sent = asked, NOON, list[Action](), list[int]()
    for number, gap in enumerate(gaps):
        now += timedelta(minutes=gap)
        if acks and number == 2:
            actions.append(answer("ack", level, now))
        made = remind(state, actions, (), CONFIG, READERS, now)
        if made is not None:
            assert not actions
            assert now >= NOON + timedelta(minutes=CONFIG.reminders.of(level)[made.state.reminded - 1])
            sent.append(made.state.reminded)
            state = made.state
    assert sent == sorted(set(sent))
    assert (answer_to(state, actions) is None) or next_rung(state, actions, (), CONFIG) is None
