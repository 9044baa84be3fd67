"""The day from post to mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from domain.alerts import Letter
from pipeline import sweep as sweep_module
from pipeline.alert import raise_alerts
from pipeline.deliver import deliver
from tests.acceptance.conftest import Day, Inbox


def a_dispute(day: Day) -> str:
    """A grievance that several people share: enough for an alert."""
    root = day.posts(
        "在青禾银行城关支行存了三年定期五万块，到期没人通知，自动转存，利息少了一千二，去问说系统就是这样，这不是吞利息吗？",
        title="青禾银行吞我利息，还有没有人管",
        metrics={"views": 2600, "comments": 4},
    )
    for text in (
        "我妈也是，青禾银行自动转存没通知，利息少了八百多，太坑了",
        "城关支行态度还差，问了三次都说不知道，投诉电话没人接",
        "同样遭遇，四万块定期利息被吞，气死了",
        "青禾银行坑害百姓，以后谁还敢把钱存你家",
    ):
        day.posts(text, under=root)
    return root


def a_run(day: Day) -> str:
    """Talk of a bank run: red."""
    root = a_dispute(day)
    for number in range(8):
        day.posts(f"青禾银行要倒闭了，取不出钱，大家快去取，我是第{number}个", under=root)
    return root


def test_a_shared_grievance_becomes_one_incident_and_one_mail(day: Day, inbox: Inbox) -> None:
    """Root and replies are one matter, and the duty officer gets one mail and the digest."""
    a_dispute(day)
    day.at("09:00").sweep()
    inbox.expects(1, "青禾村镇银行", "新增")
    inbox.expects(1, "日报")
    incidents = {m.incident for m in memberships(day)}
    assert len(incidents) == 1


def memberships(day: Day) -> list[Any]:
    """The members of all incidents of the bank."""

    @dataclass
    class Pair:
        incident: str
        post: int

    active = day.parts.store.active_incidents("青禾村镇银行", day.parts.clock().replace(year=2000))
    return [Pair(incident.id, member.post.key) for incident, members, _ in active for member in members]


def test_a_quiet_day_still_sends_a_digest(day: Day, inbox: Inbox) -> None:
    """Silence never looks like health: the digest says that nothing was found, and where it looked."""
    day.at("09:00").sweep()
    inbox.expects(1)
    inbox.expects(1, "日报")


def test_praise_and_another_bank_alert_nobody(day: Day, inbox: Inbox) -> None:
    """Praise, and another bank's trouble, open no incident of ours."""
    day.posts("青禾银行存款利率挺高的，服务也不差，推荐", title="夸一下青禾银行")
    for number in range(5):
        day.posts(f"临江农商行取不出钱了，排队排到马路上，第{number}天了", title="临江农商行出事了")
    day.at("09:00").sweep()
    inbox.expects(1)
    assert memberships(day) == []


def test_the_same_sweep_again_sends_nothing_again(day: Day, inbox: Inbox) -> None:
    """What was told once is not told twice, neither alert nor digest."""
    a_dispute(day)
    day.at("09:00").sweep()
    before = len(inbox.mails)
    day.at("09:20").sweep()
    assert len(inbox.mails) == before


def test_a_relay_that_refuses_twice_gets_each_mail_once(day: Day, inbox: Inbox) -> None:
    """451 twice, then accepted: every mail arrives, none of them twice."""
    a_dispute(day)
    inbox.refusals = 2
    report = day.at("09:00").sweep()
    assert report is not None
    assert report.refused == 0
    assert inbox.attempts == len(inbox.mails) + 2
    assert inbox.ids_are_unique()
    inbox.expects(1, "新增")


def test_mail_that_cannot_be_sent_now_is_sent_later_under_the_same_id(day: Day, inbox: Inbox) -> None:
    """A longer outage leaves the letters in the outbox; they go out when the relay is back."""
    a_dispute(day)
    inbox.refusals = 1000
    report = day.at("09:00").sweep()
    assert report is not None
    assert report.attention
    assert inbox.mails == []
    inbox.refusals = 0
    day.at("12:00")
    assert deliver(day.parts).sent > 0
    inbox.expects(1, "新增")
    inbox.expects(1, "日报")


@pytest.mark.parametrize("stage", ["analyse", "group_new", "measure", "raise_alerts", "deliver", "write_digests"])
def test_a_process_that_dies_before_a_stage_loses_nothing(
    day: Day, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Killed between stages and run again: the same mails as if nothing had happened, each once."""

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    a_dispute(day)
    with monkeypatch.context() as patch:
        patch.setattr(sweep_module, stage, die)
        with pytest.raises(KeyboardInterrupt):
            day.at("09:00").sweep()
    # The ledger's row belongs to this very process, which in life would be gone.
    run = day.parts.store.last_run("sweep", ("running",))
    assert run is not None
    day.parts.store.finish_run(run.id, day.parts.clock(), "failed", "process gone")
    day.reopened().at("09:10").sweep()
    inbox.expects(1, "新增")
    inbox.expects(1, "日报")
    assert inbox.ids_are_unique()


def test_a_death_between_sending_and_marking_repeats_the_same_message_id(day: Day, inbox: Inbox) -> None:
    """At least once: the copy after a crash carries the id of the first, so that receivers can tell."""
    a_dispute(day)
    day.at("09:00")
    real = day.parts.store.letter_sent

    def die(_letter: int, _now: object) -> None:
        raise KeyboardInterrupt

    day.parts.store.letter_sent = die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        day.sweep()
    day.parts.store.letter_sent = real  # type: ignore[method-assign]
    for kind in ("sweep", "deliver"):
        run = day.parts.store.last_run(kind, ("running",))
        assert run is not None
        day.parts.store.finish_run(run.id, day.parts.clock(), "failed", "process gone")
    day.reopened().sweep()
    first = str(inbox.mails[0]["Message-ID"])
    assert [str(mail["Message-ID"]) for mail in inbox.mails].count(first) == 2


def test_a_source_that_fails_never_stops_the_others_and_is_told(day: Day, inbox: Inbox) -> None:
    """Whatever a source throws becomes coverage, and the digest says so."""
    day.source.fails = RuntimeError("模板换了")
    report = day.at("09:00").sweep()
    assert report is not None
    assert report.attention
    body = inbox.mails[0].get_body(("plain",))
    assert body is not None
    assert "青禾市民网" in body.get_content()
    assert [blind.source for blind in day.parts.store.blind_sources(day.parts.clock())] == ["bbs"]


def test_two_sweeps_never_run_at_once(day: Day) -> None:
    """The second process finds the first one's claim and does nothing; so does a re-visit."""
    assert day.parts.store.claim_run("sweep", day.parts.clock(), 3600) is not None
    assert day.reopened().sweep() is None
    assert day.revisit() is None


def test_a_revisit_reads_the_threads_of_active_incidents_again(day: Day, inbox: Inbox) -> None:
    """What grows between sweeps is seen between sweeps, and a higher level passes at once."""
    root = a_dispute(day)
    day.at("09:00").sweep()
    day.at("10:00")
    for number in range(30):
        day.posts(f"青禾银行要倒闭了，取不出钱，大家快去取，我是第{number}个", under=root)
    day.at("10:30").revisit()
    assert root in day.source.revisited
    inbox.expects(1, "升级")


def test_the_level_does_not_fall_while_a_source_is_blind(day: Day, inbox: Inbox) -> None:
    """No all-clear comes from not looking."""
    a_run(day)
    day.at("09:00").sweep()
    day.source.status = "login"
    for _ in range(6):
        day.at("09:00", days=1).sweep()
    inbox.expects(0, "解除")
    day.source.status = "ok"
    for _ in range(3):
        day.at("09:00", days=1).sweep()
    inbox.expects(1, "解除")


def test_a_source_of_which_most_was_seen_does_not_hold_back_the_all_clear(day: Day, inbox: Inbox) -> None:
    """Some interfaces never give all that they count; they are told of in every mail, and life goes on."""
    a_run(day)
    day.at("09:00").sweep()
    day.source.status = "partial"
    for _ in range(3):
        day.at("09:00", days=1).sweep()
    inbox.expects(1, "解除")


def test_the_end_of_what_was_only_yellow_is_said_by_the_digest(day: Day, inbox: Inbox) -> None:
    """No mail of its own for it: the morning's digest names it once."""
    a_dispute(day)
    day.at("09:00").sweep()
    for _ in range(4):
        day.at("09:00", days=1).sweep()
    inbox.expects(0, "解除")
    told = [body.get_content() for mail in inbox.mails if (body := mail.get_body(("plain",))) is not None]
    assert sum("【已平息】" in text for text in told) == 1


def test_what_is_calm_and_silent_for_long_is_closed_and_opens_again_under_its_id(day: Day, inbox: Inbox) -> None:
    """Old matters are not measured for ever; one that flares up goes on where it was, in the same mail thread."""
    root = a_dispute(day)
    day.at("09:00").sweep()
    for _ in range(4):
        day.at("09:00", days=7).sweep()
    horizon = day.parts.clock() - timedelta(days=14)
    assert day.parts.store.active_incidents("青禾村镇银行", horizon) == []
    for number in range(5):
        day.posts(f"青禾银行又吞我利息了，第{number}个月了还没人管，骗子银行", under=root)
    day.at("10:00").sweep()
    [(incident, members, _)] = day.parts.store.active_incidents("青禾村镇银行", horizon)
    assert incident.closed_at is None
    assert len(members) == 10
    inbox.expects(2, f"#{incident.id}", "【黄色")


def test_a_letter_names_its_thread(day: Day) -> None:
    """All mails of one incident hang on one virtual root."""
    a_dispute(day)
    letters: list[Letter] = []

    class Keep:
        def send(self, letter: Letter) -> None:
            letters.append(letter)

    object.__setattr__(day.parts, "mailer", Keep())
    day.at("09:00").sweep()
    assert letters[0].thread is not None
    assert letters[0].thread in letters[0].message_id
    assert raise_alerts(day.parts) == 0
