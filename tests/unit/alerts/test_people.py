"""Answers, reminders, silences, storms, overrides, and how far it is to the next level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.answers import answer_to, assigned_to
from alerts.config import AlertConfig
from alerts.distance import compared, gap, lacking, nearest
from alerts.levels import Condition, explain, judge
from alerts.notices import reminder_notice, storm_notice
from alerts.overrides import named, override_of, rules_for
from alerts.record import rule_set
from alerts.reminders import contacts_of, is_due, next_rung, remind
from alerts.render import render_alert, render_storm
from alerts.silences import covering, hiding, matches, scope, told
from alerts.storm import fold
from domain.actions import Action, Matter, Silence
from domain.alerts import AlertState, Briefing, Decision, Level, Message
from domain.incidents import Incident, Snapshot

NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CONFIG = AlertConfig()
INCIDENT = Incident("i1", "青禾村镇银行", "石门支行排队", ("queue_slow",), NOON, NOON)
ASKED = AlertState("i1", level=Level.RED, notified=Level.RED, notified_at=NOON, asked_at=NOON, sequence=1)
READERS = ("zhiban@bank.example", "xuanchuan@bank.example")


def answer(kind: str = "ack", level: Level = Level.RED, at: datetime = NOON, **more: Any) -> Action:
    return Action("i1", kind, level, at, "王主任", **more)


def silence(**facts: Any) -> Silence:
    base = Silence(NOON, NOON + timedelta(hours=6), "王主任", "正在处置", Level.ORANGE, key=3)
    return replace(base, **facts)


def test_the_last_answer_counts_and_only_to_the_level_that_was_told() -> None:
    """An answer to orange says nothing of red; one from before the mail nothing of it; notes answer nothing."""
    old, orange = answer(at=NOON - MINUTE), answer(level=Level.ORANGE, at=NOON + MINUTE)
    assert answer_to(ASKED, [old, orange, answer("note"), answer("assign")]) is None
    first, last = answer("false_alarm", key=1), answer(key=2)
    assert answer_to(ASKED, [first, last]) == last
    assert answer_to(replace(ASKED, notified=Level.NONE), [last]) is None
    assert answer_to(replace(ASKED, asked_at=None), [old]) == old


def test_the_department_that_was_named_last_has_the_incident() -> None:
    """An assignment is replaced by the next one."""
    given_to = [answer("assign", detail="零售业务部", key=1), answer("assign", detail="办公室", key=2)]
    assert assigned_to(given_to) == "办公室"
    assert assigned_to([answer()]) is None


@pytest.mark.parametrize(("minutes", "rung"), [(14, None), (15, 1), (29, 1), (31, 2), (60, 3), (4000, 3)])
def test_red_climbs_by_15_30_60_minutes(minutes: int, rung: int | None) -> None:
    """The rung is the highest whose time has come; those that were missed are one reminder."""
    made = remind(ASKED, (), (), CONFIG, READERS, NOON + minutes * MINUTE)
    assert (made.state.reminded if made else None) == rung


def test_a_reminder_says_which_rung_and_who_has_not_answered() -> None:
    """The reason names level, time of the mail, its readers and the minutes."""
    made = remind(ASKED, (), (), CONFIG, READERS, NOON + 31 * MINUTE)
    assert made is not None
    assert made.reason == (
        "第 2 次催办：红色预警 03-16 12:00 已发给 zhiban@bank.example、xuanchuan@bank.example，31 分钟了还没有人确认。"
    )
    many = remind(ASKED, (), (), CONFIG, [f"a{n}@b.example" for n in range(5)], NOON + 15 * MINUTE)
    assert many is not None
    assert "a2@b.example 等 5 人，" in many.reason


@pytest.mark.parametrize(
    ("changes", "actions", "silences"),
    [
        ({}, [answer()], []),
        ({}, [answer("false_alarm")], []),
        ({}, [], [silence(max_level=Level.RED)]),
        ({"level": Level.BLUE}, [], []),
        ({"reminded": 3}, [], []),
        ({"asked_at": None}, [], []),
        ({"notified": Level.YELLOW}, [], []),
    ],
)
def test_when_nobody_is_waited_for(changes: dict[str, Any], actions: list[Action], silences: list[Silence]) -> None:
    """Answered, silenced, calm again, all rungs climbed, never asked, or yellow: no reminder, ever."""
    assert next_rung(replace(ASKED, **changes), actions, silences, CONFIG) is None
    assert remind(replace(ASKED, **changes), actions, silences, CONFIG, READERS, NOON + 500 * MINUTE) is None


def test_a_silence_below_the_level_that_was_told_hides_no_reminder() -> None:
    """Orange may be silenced; red goes on asking."""
    assert next_rung(ASKED, [], [silence(max_level=Level.ORANGE)], CONFIG) == NOON + 15 * MINUTE


def test_reminders_of_what_waits_at_night_wait_as_well() -> None:
    """Where orange does not pass at night, its reminder comes at the end of the quiet hours; red's comes at once."""
    config = AlertConfig.model_validate({"quiet_hours": {"orange_passes": False}})
    orange = replace(ASKED, level=Level.ORANGE, notified=Level.ORANGE, asked_at=NIGHT - 90 * MINUTE)
    morning = datetime(2026, 3, 17, 0, 30, tzinfo=UTC)
    assert next_rung(orange, (), (), config) == morning
    assert remind(orange, (), (), config, READERS, NIGHT + 60 * MINUTE) is None
    assert remind(replace(ASKED, asked_at=NIGHT), (), (), config, READERS, NIGHT + 15 * MINUTE) is not None


def test_a_reminder_missed_before_the_quiet_hours_waits_for_the_morning() -> None:
    """Due at 21:30, nobody ran, and at 23:00 orange does not pass."""
    config = AlertConfig.model_validate({"quiet_hours": {"orange_passes": False}})
    orange = replace(ASKED, level=Level.ORANGE, notified=Level.ORANGE, asked_at=NIGHT - 210 * MINUTE)
    assert next_rung(orange, (), (), config) == NIGHT - 90 * MINUTE
    assert not is_due(orange, (), (), config, NIGHT)
    assert is_due(orange, (), (), config, datetime(2026, 3, 17, 0, 30, tzinfo=UTC))


def test_each_rung_goes_to_the_next_contact() -> None:
    """The last contact gets the rungs that are left; rungs that were missed go to all of theirs; without contacts the
    readers are reminded."""
    config = AlertConfig.model_validate({"reminders": {"contacts": ["a@b.example", "c@b.example"]}})
    assert contacts_of(config, READERS, 0, 1) == ("a@b.example",)
    assert contacts_of(config, READERS, 1, 2) == contacts_of(config, READERS, 2, 3) == ("c@b.example",)
    assert contacts_of(config, READERS, 0, 3) == ("a@b.example", "c@b.example")
    assert contacts_of(CONFIG, READERS, 0, 1) == READERS


def test_the_notice_of_a_reminder(briefing: Callable[..., Briefing], noon: datetime) -> None:
    """Its id holds the rung, so that no rung is told twice; its subject says that it reminds."""
    made = remind(replace(ASKED, incident="20260316-a1b2c3"), (), (), CONFIG, READERS, NOON + 30 * MINUTE)
    reminding = briefing(decision=made)
    notice = reminder_notice(reminding, render_alert(reminding), CONFIG, noon, 0, READERS)
    assert (notice.id, notice.kind, notice.recipients) == ("20260316-a1b2c3.1.r2", "reminder", READERS)
    assert notice.message.subject.startswith("【橙色·催办】")
    assert "还没有人确认" in notice.message.text


@pytest.mark.parametrize(
    ("facts", "fits"),
    [
        ({}, True),
        ({"bank": "青禾村镇银行", "incident": "i1", "topic": "queue_slow", "words": "排队"}, True),
        ({"bank": "另一家"}, False),
        ({"incident": "i2"}, False),
        ({"topic": "mis_selling"}, False),
        ({"branch": "石门支行"}, True),
        ({"branch": "城东支行"}, False),
        ({"platform": "forum"}, False),
        ({"source": "bbs"}, True),
        ({"words": "排队", "branch": "城东支行"}, False),
    ],
)
def test_everything_that_a_silence_names_must_match(facts: dict[str, str], fits: bool) -> None:
    """A platform or source matches only where all posts stand on it."""
    matter = Matter(("石门支行",), ("douyin", "forum"), ("bbs",))
    assert matches(silence(**facts), INCIDENT, matter) is fits


def test_a_silence_ends_by_itself_and_may_be_lifted() -> None:
    """It covers from its beginning to its end, that not included; a lifted one until it was lifted."""
    standing, lifted = silence(), silence(lifted_at=NOON + 60 * MINUTE, lifted_by="李")
    at = [NOON - MINUTE, NOON, NOON + 60 * MINUTE, NOON + 360 * MINUTE]
    assert [len(covering([standing], INCIDENT, Matter(), moment)) for moment in at] == [0, 1, 1, 0]
    assert [len(covering([lifted], INCIDENT, Matter(), moment)) for moment in at] == [0, 1, 0, 0]
    assert lifted.end == NOON + 60 * MINUTE


def test_of_several_silences_the_one_that_hides_longest_is_named() -> None:
    """Red is hidden only by one that says so."""
    long, red = silence(until=NOON + 600 * MINUTE), silence(max_level=Level.RED, key=4)
    assert hiding([silence(), long, red], Level.ORANGE) == long
    assert hiding([silence(), long, red], Level.RED) == red
    assert hiding([silence(), long], Level.RED) is None
    assert told(silence()) == "3 号，王主任：正在处置；至 03-16 18:00"
    assert scope(silence(branch="石门支行", platform="douyin")) == "网点 石门支行，只在抖音"
    assert scope(silence()) == "所有事件"


def levelled(briefing: Callable[..., Briefing], level: Level, number: int, kind: str = "new") -> Briefing:
    base = briefing()
    incident = replace(base.incident, id=f"i{number:02}")
    decision = Decision(AlertState(incident.id, sequence=1), kind, f"第 {number} 起。")
    link = f"http://yuqing.bank.example/incidents/{incident.id}"
    return replace(base, incident=incident, verdict=replace(base.verdict, level=level), decision=decision, link=link)


def test_a_storm_is_folded_into_one_mail_that_lists_all(briefing: Callable[..., Briefing]) -> None:
    """The gravest go out on their own; red and all-clears always do; nothing is lost."""
    made = [levelled(briefing, Level.YELLOW, n) for n in range(4)]
    made += [levelled(briefing, Level.ORANGE, 7), levelled(briefing, Level.RED, 8)]
    made += [levelled(briefing, Level.YELLOW, 9, "resolved")]
    alone, folded = fold(made, sent=1, per_hour=3)
    assert [item.incident.id for item in alone] == ["i00", "i07", "i08", "i09"]
    assert [item.incident.id for item in folded] == ["i01", "i02", "i03"]
    message = render_storm(folded, NOON)
    assert message.subject == "【预警汇总】白鹭洲村镇银行又有 3 起事件要通报（黄色 3）"
    for item in folded:
        assert f"http://yuqing.bank.example/incidents/{item.incident.id}\n" in message.text
        assert f"编号：{item.incident.id}\n" in message.text
        assert item.decision.reason in message.html


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_no_mail_is_lost_in_a_storm(mails: int, sent: int, per_hour: int) -> None:
    """Each is either sent or folded, and no more are sent than may be."""
    made = [_plain(n) for n in range(mails)]
    alone, folded = fold(made, sent, per_hour)
    assert sorted(item.incident.id for item in [*alone, *folded]) == sorted(item.incident.id for item in made)
    assert per_hour == 0 or len(alone) <= max(per_hour - sent, 0)
    assert per_hour > 0 or not folded


def _plain(number: int) -> Briefing:
    from tests.unit.alerts.conftest import make_briefing

    return levelled(make_briefing, Level.YELLOW, number)


def test_the_same_storm_has_the_same_id(briefing: Callable[..., Briefing]) -> None:
    """Decided again after a crash it is the same notice, whatever the order and the moment."""
    made = [levelled(briefing, Level.YELLOW, n) for n in range(3)]
    mail = Message("s", "t", "h")
    one, other = storm_notice(made, mail, READERS, NOON), storm_notice(made[::-1], mail, READERS, NOON + MINUTE)
    assert one.id == other.id
    assert (one.kind, one.incident, one.level) == ("digest", None, Level.YELLOW)
    assert storm_notice(made[:2], mail, READERS, NOON).id != one.id


OVERRIDES = AlertConfig.model_validate(
    {
        "overrides": [
            {"topics": ["queue_slow"], "branches": ["石门支行"],
             "levels": {"orange": {"any_of": [{"name": "门口排队", "authors": 2}]}}},
            {"name": "排队", "topics": ["queue_slow"], "levels": {"blue": {"any_of": [{"posts": 50}]}}},
        ]
    }
)  # fmt: skip


def test_the_first_override_that_fits_replaces_the_rules_of_its_levels(snapshot: Callable[..., Snapshot]) -> None:
    """Both topic and branch must fit where both are given; the other levels keep the common rules."""
    at_branch = rules_for(OVERRIDES, ["queue_slow"], ["石门支行"])
    elsewhere = rules_for(OVERRIDES, ["queue_slow"], ["城东支行"])
    small = snapshot(authors=3, platforms=1, severity=0, followers_max=None, views=None, authors_24h=3)
    assert judge(small, ["queue_slow"], at_branch).rule == "orange/门口排队"
    assert judge(small, ["queue_slow"], elsewhere).level is Level.NONE
    assert at_branch.levels.red == OVERRIDES.levels.red
    assert rules_for(OVERRIDES, ["mis_selling"], ["石门支行"]) is OVERRIDES
    found = override_of(OVERRIDES, ["queue_slow"], [])
    assert found is not None
    assert named(found) == "排队"
    assert named(OVERRIDES.overrides[0]) == "queue_slow、石门支行"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"overrides": [{"levels": {"red": {}}}]}, "topics（主题）或 branches（网点）"),
        ({"overrides": [{"topics": ["x"], "levels": {}}]}, "至少要写一个级别"),
        ({"reminders": {"red": [30, 15]}}, "从小到大"),
        ({"reminders": {"orange": [0]}}, "greater than or equal to 1"),
        ({"storm": {"per_hour": -1}}, "greater than or equal to 0"),
    ],
)
def test_wrong_settings_of_people_are_refused(data: dict[str, object], words: str) -> None:
    """A slip is an error that says what is wrong."""
    with pytest.raises(ValidationError, match=words):
        AlertConfig.model_validate(data)


def test_the_distance_names_what_is_missing(snapshot: Callable[..., Snapshot]) -> None:
    """Of the rules of a level that fit the topics the one that lacks least is named, with all that it lacks."""
    checks = list(explain(snapshot(authors=13, heat=46.0), ["queue_slow"], CONFIG))
    red = nearest(checks, Level.RED)
    assert red is not None
    assert red.rule == "red/浏览超过十万"
    assert lacking(red) == "负面帖还差 92,100 次浏览"
    assert nearest([check for check in checks if not check.topic_fits], Level.RED) is None


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition("authors", 2, 4), "还差 2 名作者"),
        (Condition("severity", 1, 2), "严重程度还差 1"),
        (Condition("posts_24h", 3, 15), "24 小时内还差 12 帖"),
        (Condition("views", None, 5000), "浏览未知，要 5,000"),
        (Condition("heat", 4.96, 5), "热度还差 0.1"),
        (Condition("authors", 4, 4), None),
    ],
)
def test_a_gap_is_said_in_chinese(condition: Condition, words: str | None) -> None:
    """Counts, figures and what nobody knows; never less than a tenth."""
    assert gap(condition) == words


def test_a_figure_stands_beside_its_minimum_and_what_is_missing() -> None:
    """What is met, what is not, and what nobody knows."""
    told = [
        compared(item) for item in (Condition("authors", 4, 4), Condition("heat", 1.4, 5), Condition("views", None, 9))
    ]
    assert told == ["4 名作者（门槛 4）", "热度 1.4（门槛 5，还差 3.6）", "浏览未知（门槛 9）"]


def test_rules_have_one_version_whoever_is_written_to() -> None:
    """Thresholds change the version; recipients and contacts do not."""
    people = {"recipients": {"red": ["a@b.example"]}, "reminders": {"contacts": ["a@b.example"]}}
    assert rule_set(AlertConfig.model_validate(people)) == rule_set(CONFIG)
    assert rule_set(AlertConfig.model_validate({"policy": {"cooldown_hours": 6}})).version != rule_set(CONFIG).version
