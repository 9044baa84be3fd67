"""What people did, silences, and decision records: the same on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.actions import Action, DecisionRecord, RuleSet, Silence
from domain.alerts import AlertState, Level, LevelChange, Message, Notice
from storage.query import run_query
from tests.integration.storage.conftest import BANK, Scene, at, seen

DOMAIN = "bank.example"
RULES = RuleSet("abc123def456", {"levels": {"red": {"any_of": []}}})


@pytest.fixture
def incident(scene: Scene) -> Scene:
    """A store with one incident, i1."""
    scene.see(seen("1", title="取不出钱"))
    scene.read()
    scene.group("1")
    return scene


def action(kind: str = "ack", **facts: object) -> Action:
    base = Action("i1", kind, Level.ORANGE, at(5), "王主任", "已联系支行")
    return replace(base, **facts)  # type: ignore[arg-type]


def silence(**facts: object) -> Silence:
    base = Silence(at(0), at(60), "王主任", "正在处置", Level.ORANGE, incident="i1")
    return replace(base, **facts)  # type: ignore[arg-type]


def record(**facts: object) -> DecisionRecord:
    base = DecisionRecord(
        "i1", at(5), RULES.version, Level.NONE, Level.RED, "new", "first", "首次达到红色。", 55.5, 50.0,
        {"state": {"level": 0}, "blind": []},
    )  # fmt: skip
    return replace(base, **facts)  # type: ignore[arg-type]


def test_actions_come_back_in_order_with_their_numbers(incident: Scene) -> None:
    """What was done first stands first; another process sees the same; the view tells it."""
    first = incident.store.act(action())
    second = incident.store.act(action("assign", detail="零售业务部", via="page"))
    assert first.key < second.key
    assert incident.reopened().actions(["i1", "i2"]) == {"i1": [first, second]}
    columns, rows = run_query(incident.url, "SELECT * FROM v_actions ORDER BY number")
    shown = [dict(zip(columns, row, strict=True)) for row in rows]
    assert [(row["kind"], row["level"], row["acted_by"], row["via"]) for row in shown] == [
        ("ack", "orange", "王主任", "command"),
        ("assign", "orange", "王主任", "page"),
    ]
    assert (shown[0]["bank"], shown[0]["at"]) == (BANK, "2026-03-16T01:05:00Z")


def test_a_silence_is_lifted_once_and_wakes_what_waits(incident: Scene) -> None:
    """The first lifting counts; a mail that waits is looked at again at once; the row stays."""
    placed = incident.store.place_silence(silence())
    waiting = AlertState("i1", Level.ORANGE, waiting_since=at(1), waiting_until=at(60))
    incident.store.record_decisions([(waiting, None)], [], DOMAIN)
    assert incident.store.pending_alerts(at(30)) == []
    incident.store.lift_silence(placed.key, "李行长", at(30))
    incident.store.lift_silence(placed.key, "别人", at(40))
    assert [(item.lifted_at, item.lifted_by) for item in incident.store.silences()] == [(at(30), "李行长")]
    assert [state.incident for state in incident.store.pending_alerts(at(30))] == ["i1"]
    assert incident.store.silences(at(61)) == []


def test_a_decision_is_kept_with_its_inputs_and_its_rules(incident: Scene) -> None:
    """State, notice, record and rules are one transaction; the rules are kept once; JSON comes back as it was."""
    notice = Notice("i1.1", "new", Level.RED, "i1", "热度高", ("a@x.example",), Message("题", "文", "页"), at(5))
    state = AlertState("i1", Level.RED, notified=Level.RED, asked_at=at(5), row="first", reason="首次达到红色。")
    incident.store.record_decisions([(state, None)], [notice], DOMAIN, [record()], RULES)
    incident.store.record_decisions([(state, None)], [], DOMAIN, [record(at=at(9), kind=None)], RULES)
    first, second = incident.reopened().decisions("i1")
    assert (replace(first, key=0), second.kind) == (record(), None)
    assert incident.store.rule_set(RULES.version) == RULES.content
    assert incident.store.alert_state("i1") == state
    with pytest.raises(KeyError):
        incident.store.rule_set("unknown")
    assert [found.incident for found in incident.store.open_alerts()] == ["i1"]
    assert [found.incident for found in incident.store.pending_alerts(at(6))] == ["i1"]


def test_nothing_is_kept_where_one_part_fails(incident: Scene) -> None:
    """A notice that cannot be written takes state and record with it: nothing counts as told."""
    broken = Notice("i1.1", "new", Level.RED, "i1", "热度高", ("a@x.example",), Message("题", "文", None), at(5))  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"(?i)null"):
        incident.store.record_decisions([(AlertState("i1", Level.RED), None)], [broken], DOMAIN, [record()], RULES)
    assert incident.store.alert_state("i1") == AlertState("i1")
    assert incident.store.decisions("i1") == []


def test_the_mails_of_the_last_hour_are_counted_for_each_bank(incident: Scene) -> None:
    """Only yellow and orange alerts of the bank count; red, all-clears and digests do not."""
    kinds = [("new", Level.YELLOW), ("raised", Level.ORANGE), ("new", Level.RED), ("resolved", Level.NONE)]
    notices = [
        Notice(f"i1.{n}", kind, level, "i1", "", (), Message("题", "文", "页"), at(n))
        for n, (kind, level) in enumerate(kinds)
    ]
    incident.store.add_notices(notices, DOMAIN)
    since = at(0) - timedelta(minutes=1)
    assert incident.store.alerts_since(BANK, since, ("new", "raised", "growth")) == 2
    assert incident.store.alerts_since("另一家", since, ("new", "raised", "growth")) == 0
    assert incident.store.alerts_since(BANK, at(0), ("new", "raised", "growth")) == 1


def test_what_ended_since_is_told_for_each_bank(incident: Scene) -> None:
    """Ends after the moment count, changes of another kind do not."""
    ended = LevelChange("i1", at(9), Level.BLUE, Level.NONE, "resolved", "已平息。", 9.0, 1.0)
    fallen = LevelChange("i1", at(8), Level.YELLOW, Level.BLUE, "blue/有负面信息", "", 9.0, 1.0)
    incident.store.record_decisions([(AlertState("i1"), fallen), (AlertState("i1"), ended)], [], DOMAIN)
    assert [found.id for found in incident.store.calmed_since(BANK, at(8))] == ["i1"]
    assert incident.store.calmed_since(BANK, at(9)) == []
    assert incident.store.calmed_since("另一家", at(0)) == []
