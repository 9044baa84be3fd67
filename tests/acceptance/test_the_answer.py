"""People and alerts: answers, reminders, silences, nights and storms, from post to mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.record import again, is_same
from domain.alerts import Level
from pipeline.acting import By, Scope, acknowledge, false_alarm, silence, unsilence
from pipeline.revisits import RevisitPlan
from tests.acceptance.conftest import Day, Inbox
from tests.acceptance.test_the_day import a_dispute, a_run

QUIET = RevisitPlan(threads_a_day=0, retry_minutes=0)
"""Nothing is read between sweeps: what is told then is told because time has passed."""


@pytest.fixture
def calm(day: Day) -> Day:
    """A day on which nothing is collected between sweeps."""
    return change(day, revisits=QUIET)


def change(day: Day, **parts: Any) -> Day:
    day.parts = replace(day.parts, **parts)
    return day


def alerts(day: Day, **sections: Any) -> Day:
    """Other settings in alerts.yaml."""
    models = {name: type(getattr(day.parts.alerts, name)).model_validate(value) for name, value in sections.items()}
    return change(day, alerts=day.parts.alerts.model_copy(update=models))


def the_incident(day: Day) -> str:
    """The id of the only open alert."""
    (state,) = day.parts.store.open_alerts()
    return state.incident


def by(day: Day, name: str = "王主任") -> By:
    return By(name, day.parts.clock())


def test_nobody_answers_and_the_next_person_is_asked(calm: Day, inbox: Inbox) -> None:
    """Red is followed after 15, 30 and 60 minutes, each time by the next contact, though nothing new was collected."""
    day = alerts(calm, reminders={"contacts": ["fu@bank.example", "zheng@bank.example"]})
    a_run(day)
    day.at("09:00").sweep()
    inbox.expects(1, "【红色·新增】")
    day.at("09:10").revisit()
    inbox.expects(0, "催办")
    for clock in ("09:15", "09:20", "09:30", "09:35", "10:00", "11:00"):
        day.at(clock).revisit()
    inbox.expects(3, "【红色·催办】")
    asked = [to for to, mail in zip(inbox.recipients, inbox.mails, strict=True) if "催办" in str(mail["Subject"])]
    assert asked == ["fu@bank.example", "zheng@bank.example", "zheng@bank.example"]
    assert inbox.ids_are_unique()


def test_an_answer_ends_the_reminders_of_its_level_only(day: Day, inbox: Inbox) -> None:
    """Whoever has acknowledged yellow is told of red at once, and asked anew."""
    root = a_dispute(day)
    day.at("09:00").sweep()
    acknowledge(day.parts.store, the_incident(day), by(day))
    day.at("10:00")
    for number in range(30):
        day.posts(f"青禾银行要倒闭了，取不出钱，大家快去取，我是第{number}个", under=root)
    day.at("10:30").revisit()
    inbox.expects(1, "【红色·升级】")
    day.at("10:45").revisit()
    inbox.expects(1, "【红色·催办】")
    acknowledge(day.parts.store, the_incident(day), by(day))
    for clock in ("11:00", "11:30", "12:00"):
        day.at(clock).revisit()
    inbox.expects(1, "催办")


def test_a_reminder_that_was_missed_comes_once_with_the_next_run(calm: Day, inbox: Inbox) -> None:
    """Where nothing ran meanwhile one reminder says it all, and a second process adds none."""
    a_run(calm)
    calm.at("09:00").sweep()
    calm.at("12:00").revisit()
    calm.reopened().at("12:01").revisit()
    inbox.expects(1, "催办")


def test_a_false_alarm_mutes_growth_until_a_higher_level(day: Day, inbox: Inbox) -> None:
    """It grows and nothing is told; it turns red and is told."""
    root = a_dispute(day)
    day.at("09:00").sweep()
    false_alarm(day.parts.store, the_incident(day), by(day), "是对方误会")
    before = len(inbox.mails)
    day.at("14:30")
    for number in range(8):
        day.posts(f"青禾银行也自动转存了我的定期，利息少了{number}百多，没人通知", under=root, metrics={"likes": 900})
    day.revisit()
    assert day.parts.store.alert_state(the_incident(day)).row in ("muted", "no_growth")
    assert len(inbox.mails) == before
    for number in range(30):
        day.posts(f"青禾银行要倒闭了，取不出钱，大家快去取，我是第{number}个", under=root)
    day.at("15:00").revisit()
    inbox.expects(1, "【红色·升级】")


def test_a_silence_hides_its_level_and_is_made_good_at_its_end(calm: Day, inbox: Inbox) -> None:
    """Nothing while it lasts; what still holds is told once when it is over, with the reason in the record before."""
    until = calm.parts.clock() + timedelta(hours=4)
    silence(calm.parts.store, Scope(branch="城关支行"), until, "正在处置", by(calm))
    a_dispute(calm)
    calm.at("09:00").sweep()
    inbox.expects(0, "新增")
    (record,) = calm.parts.store.decisions(the_incident(calm))
    assert record.kind is None
    assert "已暂停通报（1 号，王主任：正在处置；至 03-16 12:00）" in record.reason
    calm.at("11:55").revisit()
    inbox.expects(0, "新增")
    for clock in ("12:00", "12:05", "13:00"):
        calm.at(clock).revisit()
    inbox.expects(1, "新增")


def test_a_tick_with_nothing_to_tell_leaves_no_run_in_the_ledger(calm: Day) -> None:
    """While a silence stands, or everything is answered, the ticks come and go unseen."""
    a_run(calm)
    calm.at("09:00").sweep()
    acknowledge(calm.parts.store, the_incident(calm), by(calm))
    until = calm.parts.clock() + timedelta(hours=8)
    silence(calm.parts.store, Scope(incident=the_incident(calm)), until, "正在处置", by(calm))
    for clock in ("09:15", "10:00", "12:00"):
        assert calm.at(clock).revisit() is None
    assert calm.parts.store.last_run("revisit") is None


def test_what_a_silence_hid_is_told_when_it_is_lifted(calm: Day, inbox: Inbox) -> None:
    """Whoever ends it before its time need not wait."""
    placed = silence(
        calm.parts.store, Scope(topic="interest_swallowed"), calm.parts.clock() + timedelta(days=2), "等", by(calm)
    )
    a_dispute(calm)
    calm.at("09:00").sweep()
    inbox.expects(0, "新增")
    calm.at("09:30")
    unsilence(calm.parts.store, placed.key, by(calm, "李行长"))
    calm.at("09:35").revisit()
    inbox.expects(1, "新增")


@pytest.mark.parametrize(("level", "mails"), [(None, 1), (Level.RED, 0)])
def test_a_silence_hides_no_higher_level_unless_it_says_so(
    day: Day, inbox: Inbox, level: Level | None, mails: int
) -> None:
    """Red passes a silence of yellow; one that names red hides it."""
    silence(day.parts.store, Scope(words="青禾银行"), day.parts.clock() + timedelta(days=1), "正在处置", by(day), level)
    a_run(day)
    day.at("09:00").sweep()
    inbox.expects(mails, "【红色·新增】")


def test_a_night_is_told_in_the_morning_with_its_peak(day: Day, inbox: Inbox) -> None:
    """Yellow at 23:00 is no mail; at 08:30 there is one, and it speaks of the highest of the night."""
    day.at("22:30")
    root = a_dispute(day)
    day.at("23:00").sweep()
    day.at("23:30")
    day.posts("青禾银行也这样对我，定期被自动转存，利息没了", under=root, metrics={"likes": 2000, "comments": 300})
    day.at("23:50").revisit()
    inbox.expects(0, "新增")
    state = day.parts.store.alert_state(the_incident(day))
    assert (state.level, state.notified, state.row) == (Level.YELLOW, Level.NONE, "quiet")
    peak = max(item.heat for item in day.parts.store.snapshots(state.incident))
    change(day, revisits=QUIET).at("08:30", days=1).revisit()
    inbox.expects(1, "【黄色·新增】")
    (record,) = [item for item in day.parts.store.decisions(state.incident) if item.kind]
    assert record.heat == peak
    assert "03-16 23:50 的数据" in record.reason


@pytest.mark.parametrize("clock", ["08:00", "08:35"])
def test_a_lone_sweep_a_day_is_not_kept_waiting(day: Day, inbox: Inbox, clock: str) -> None:
    """A cron job at 08:00 has nobody after it: what it finds, and its digest, go out with it, as they do at 08:35."""
    a_dispute(day)
    day.at(clock).sweep()
    inbox.expects(1, "【黄色·新增】")
    inbox.expects(1, "日报")
    day.at(clock, days=1).sweep()
    inbox.expects(1, "新增")
    inbox.expects(2, "日报")


def test_what_waited_goes_out_with_the_sweep_of_the_morning(calm: Day, inbox: Inbox) -> None:
    """Found at 23:00, told once by the lone sweep at 08:00, with the figures of the night."""
    calm.at("22:30")
    a_dispute(calm)
    calm.at("23:00").sweep()
    inbox.expects(0)
    calm.at("08:00", days=1).sweep()
    inbox.expects(1, "【黄色·新增】")
    digest = next(mail for mail in inbox.mails if "03-17" in str(mail["Subject"])).get_body(("plain",))
    assert digest is not None
    assert "（03-16 23:00 最高 " in digest.get_content()
    (record,) = [item for item in calm.parts.store.decisions(the_incident(calm)) if item.kind]
    assert "03-16 23:00 的数据" in record.reason
    assert is_same(record, again(record, calm.parts.store.rule_set(record.rules)))


def test_a_lone_sweep_in_the_middle_of_the_night_tells_a_day_later(calm: Day, inbox: Inbox) -> None:
    """At 05:00 yellow waits for the morning; if nobody came, the next night does not hold it again."""
    calm.at("04:00", days=1)
    a_dispute(calm)
    calm.at("05:00").sweep()
    inbox.expects(0)
    calm.at("05:00", days=1).sweep()
    inbox.expects(1, "【黄色·新增】")


def test_a_storm_is_one_mail_and_nothing_is_lost(calm: Day, inbox: Inbox) -> None:
    """With one mail an hour, of three incidents one is told on its own and two in one mail; none is told again."""
    day = alerts(calm, storm={"per_hour": 1})
    three_matters(day)
    day.at("09:00").sweep()
    assert len(inbox.subjects("新增")) == 1
    inbox.expects(1, "【预警汇总】", "又有 2 起事件")
    states = day.parts.store.open_alerts()
    assert len([state for state in states if state.notified >= Level.YELLOW]) == 3
    body = next(mail for mail in inbox.mails if "预警汇总" in str(mail["Subject"])).get_body(("plain",))
    assert body is not None
    told = [state.incident for state in states if state.incident in body.get_content()]
    assert len(told) == 2
    day.at("09:05").sweep()
    assert len(inbox.mails) == 3


def three_matters(day: Day) -> None:
    """Three grievances that have nothing to do with one another."""
    a_dispute(day)
    app = day.posts("青禾银行手机银行打不开，登录一直闪退，转账转不了，打客服没人接", title="青禾银行手机银行崩了")
    queue = day.posts("青禾银行河湾支行就开一个窗口，排队排了三个小时，老人站着等", title="河湾支行排队三小时")
    for number in range(5):
        day.posts(f"我的手机银行也登不上，青禾银行闪退第{number}天了，急着转钱给医院，耽误大事", under=app)
        day.posts(f"河湾支行我也排了{number + 2}个小时，青禾银行一个窗口，太折磨人了，还骂人", under=queue)


@pytest.mark.parametrize("call", [1, 2])
def test_killed_before_any_transaction_the_same_notices_come_out(
    calm: Day, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """Whichever decision it died before: run again, each matter is told once, under the same id."""
    day = alerts(calm, storm={"per_hour": 1})
    three_matters(day)
    real, calls = day.parts.store.record_decisions, iter(range(1, 100))

    def die(*arguments: Any) -> None:
        if next(calls) == call:
            raise KeyboardInterrupt
        real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(day.parts.store, "record_decisions", die)
        with pytest.raises(KeyboardInterrupt):
            day.at("09:00").sweep()
    run = day.parts.store.last_run("sweep", ("running",))
    assert run is not None
    day.parts.store.finish_run(run.id, day.parts.clock(), "failed", "process gone")
    day.reopened().at("09:00").sweep()
    assert len(inbox.subjects("新增")) == 1
    inbox.expects(1, "【预警汇总】", "又有 2 起事件")
    assert inbox.ids_are_unique()


def test_every_decision_of_the_day_can_be_made_again(day: Day) -> None:
    """From the store alone, with reminders, answers and silences in between, each comes out as it was."""
    root = a_run(day)
    day.at("09:00").sweep()
    incident = the_incident(day)
    day.at("09:16").revisit()
    acknowledge(day.parts.store, incident, by(day))
    silence(day.parts.store, Scope(incident=incident), day.parts.clock() + timedelta(hours=3), "处置", by(day))
    day.posts("青禾银行要倒闭了，都去取钱", under=root)
    day.at("10:00").revisit()
    for _ in range(3):
        day.at("09:00", days=1).sweep()
    records = day.parts.store.decisions(incident)
    assert [record.kind for record in records if record.kind] == ["new", "reminder", "resolved"]
    for record in records:
        assert is_same(record, again(record, day.parts.store.rule_set(record.rules))), record.reason
