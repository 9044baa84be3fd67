"""The worker, the outbox and real channels together: quotas, faults, crashes, and letters that do not arrive."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from alerts.channels.dingtalk import DingtalkRobot
from alerts.channels.http import Line
from alerts.channels.post import PostOffice
from alerts.channels.smtp import SmtpMailer
from alerts.channels.webhook import Webhook
from alerts.channels.wecom import WecomRobot
from alerts.config import AlertConfig, MailConfig
from app.progress import Silent
from demo.httpd import Response, serving
from domain.alerts import Letter, Level, Message, Notice
from domain.errors import BounceError
from domain.letters import Bounce
from incidents.config import GroupingConfig, SpreadConfig
from pipeline.bounces import read_bounces
from pipeline.deliver import DeliveryCount, deliver
from pipeline.parts import Parts
from storage.query import run_query
from storage.store import open_store
from tests.integration.alerts.conftest import HOST, NOW, SECRET, Group, answered
from tests.integration.alerts.test_smtp import AnyPort, Inbox, read
from tests.integration.alerts.test_webhook import KEY, Program

CONFIG = {
    "channels": {
        "群": {"kind": "wecom", "url_env": "X"},
        "科技群": {"kind": "dingtalk", "url_env": "X"},
        "oa": {"kind": "webhook", "url_env": "X", "secret_env": "X"},
    },
    "recipients": {"digest": ["digest@bank.example"], "ops": ["ops@bank.example"]},
}


class Refusing(Inbox):
    """A mailbox behind a relay that knows no one whose address begins with ``gone``."""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """aiosmtpd's hook."""
        if address.startswith("gone"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Office:
    """A store, a relay, a group with robots, a program, and a clock."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        self.url = url
        self.now = NOW
        self.inbox = Refusing()
        self.group = Group()
        self.program = Program()
        self.group.url = stack.enter_context(serving(self.group))
        hook = stack.enter_context(serving(self.program))
        relay = AnyPort(self.inbox, hostname=HOST, port=0)
        relay.start()
        stack.callback(relay.stop)
        where = {"host": HOST, "port": relay.port, "security": "none", "sender": "yq@bank.example", "timeout_s": 5}
        self.lines = {
            "群": WecomRobot(Line("群", f"{self.group.url}/cgi-bin/webhook/send?key=k1", 5), self.clock),
            "科技群": DingtalkRobot(
                Line("科技群", f"{self.group.url}/robot/send?access_token=k1", 5), SECRET, self.clock
            ),
            "oa": Webhook(Line("oa", hook, 5), KEY, self.clock),
        }
        self.post = PostOffice(SmtpMailer(MailConfig.model_validate(where), None), self.lines, b"key")
        self.parts = self._parts()

    def clock(self) -> datetime:
        """The moment; the group's robots live by the same."""
        self.group.now = self.now
        return self.now

    def _parts(self) -> Parts:
        nothing = cast("Any", None)
        return Parts(
            store=open_store(self.url), sources=[], labels={}, analyser=nothing, mailer=self.post, banks=[], topics={},
            grouping=GroupingConfig(), spread=SpreadConfig(), alerts=AlertConfig.model_validate(CONFIG),
            mail_domain="bank.example", page_url=None, clock=self.clock, pause=lambda _seconds: None,
            progress=Silent(), quotas={"群": 20, "科技群": 20, "oa": 60},
        )  # fmt: skip

    def falls_back(self, **fallback: Any) -> None:
        """The configuration names stand-ins."""
        alerts = AlertConfig.model_validate({**CONFIG, "fallback": fallback})
        self.parts = replace(self.parts, alerts=alerts)

    def notice(self, name: str, *to: str, level: Level = Level.RED) -> None:
        """Something is to be told."""
        message = Message(f"题{name}", "文", "<html><body><p>页</p></body></html>", f"短{name}")
        self.parts.store.add_notices(
            [Notice(name, "new", level, None, "因", to, message, self.now, thread="i1")], "bank.example"
        )

    def deliver(self, minutes: float = 0) -> DeliveryCount:
        """A run of the worker, so many minutes later."""
        self.now += timedelta(minutes=minutes)
        return deliver(self.parts)

    def rows(self, columns: str) -> list[tuple[Any, ...]]:
        """Columns of all deliveries."""
        return [tuple(row) for row in run_query(self.url, f"SELECT {columns} FROM v_deliveries")[1]]  # noqa: S608

    def mails(self, to: str) -> list[str]:
        """The texts that somebody got by mail."""
        found = zip(self.inbox.received, self.inbox.recipients, strict=True)
        bodies = [read(raw).get_body(("plain",)) for raw, people in found if people == [to]]
        return [body.get_content() for body in bodies if body is not None]


@pytest.fixture
def office(sqlite_store: Path, tmp_path: Path) -> Iterator[Office]:
    """An office at noon with an empty outbox."""
    with ExitStack() as stack:
        office = Office(f"sqlite:///{shutil.copy(sqlite_store, tmp_path / 'yuqing.db')}", stack)
        yield office
        office.parts.store.close()


def test_one_notice_goes_by_every_way(office: Office) -> None:
    """Mail, chat and program get it in one run, each once."""
    office.notice("n1", "a@bank.example", "群", "科技群", "oa")
    assert office.deliver() == DeliveryCount(4, 0)
    assert (len(office.inbox.received), len(office.group.told), len(office.program.requests)) == (1, 2, 1)
    assert office.deliver(60) == DeliveryCount()


def test_what_is_over_the_quota_waits_and_the_highest_level_goes_first(office: Office) -> None:
    """45 letters to one group: 20 a minute, red before yellow, all in the end, and the platform never complains."""
    for number in range(40):
        office.notice(f"y{number:02}", "群", level=Level.YELLOW)
    assert office.deliver() == DeliveryCount(20, 0)
    for number in range(5):
        office.notice(f"r{number}", "群")
    assert office.deliver(0.5) == DeliveryCount()
    assert office.deliver(0.5) == DeliveryCount(20, 0)
    assert [text.split("\n")[0] for text in office.group.told[20:25]] == [f"题r{number}" for number in range(5)]
    assert office.deliver(1) == DeliveryCount(5, 0)
    assert (len(office.group.told), office.group.asked) == (45, 45)


def test_a_full_channel_holds_up_no_other(office: Office) -> None:
    """Mail goes out while the group has had its twenty."""
    for number in range(25):
        office.notice(f"n{number:02}", "群", "a@bank.example")
    assert office.deliver() == DeliveryCount(45, 0)
    assert len(office.inbox.received) == 25


def test_messages_to_a_platform_keep_their_distance(office: Office) -> None:
    """飞书 takes five a second: between two to the same channel there is a quarter, and none before the first."""
    waits: list[float] = []
    office.parts = replace(office.parts, pause=waits.append)
    for number in range(3):
        office.notice(f"n{number}", "群", "a@bank.example")
    office.deliver()
    assert waits == [0.25, 0.25]


def test_the_quota_outlives_a_restart(office: Office) -> None:
    """Another process on the same store knows what was sent in the last minute."""
    for number in range(21):
        office.notice(f"n{number:02}", "群")
    office.deliver()
    office.parts = replace(office.parts, store=open_store(office.url))
    assert office.deliver(0.9) == DeliveryCount()
    assert office.deliver(0.2) == DeliveryCount(1, 0)


def test_a_platform_that_says_too_fast_is_left_alone(office: Office) -> None:
    """Others use the robot too: one refusal holds the whole channel for as long as asked, and costs no attempt."""
    office.group.faults = [answered({"errcode": 45009, "errmsg": "api freq out of limit"})]
    for number in range(3):
        office.notice(f"n{number}", "群")
    assert office.deliver() == DeliveryCount(0, 1)
    assert office.deliver(0.9) == DeliveryCount()
    assert office.group.asked == 1
    assert office.deliver(0.2) == DeliveryCount(3, 0)
    assert sorted(office.rows("attempts")) == [(1,), (1,), (1,)]


def test_a_robot_that_is_shut_out_for_long_is_asked_seldom_and_loses_nothing(office: Office) -> None:
    """钉钉 keeps the door shut for an hour: a try every ten minutes, then all letters arrive."""
    office.group.faults = [answered({"errcode": 130101, "errmsg": "send too fast"})] * 6
    office.notice("n1", "科技群")
    office.notice("n2", "科技群")
    for _ in range(59):
        office.deliver(1)
    assert office.group.asked == 6
    office.deliver(2)
    assert len(office.group.told) == 2


@pytest.mark.parametrize(
    "fault", [Response(500), Response(200, b"<html>"), answered({"errcode": -1, "errmsg": "busy"})]
)
def test_a_fault_is_tried_again_by_the_usual_waits(office: Office, fault: Response) -> None:
    """One request a run, again after a minute, then five."""
    office.group.faults = [fault] * 2
    office.notice("n1", "群")
    assert [office.deliver(minutes).sent for minutes in (0, 0.5, 0.5, 4, 1)] == [0, 0, 0, 0, 1]
    assert office.group.asked == 3


def test_a_crash_after_sending_repeats_the_id(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program dies between the answer and the mark: the copy carries the id of the first."""

    def die(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    office.notice("n1", "oa")
    with monkeypatch.context() as patch:
        patch.setattr(office.parts.store, "letter_sent", die)
        with pytest.raises(KeyboardInterrupt):
            office.deliver()
    run = office.parts.store.last_run("deliver", ("running",))
    assert run is not None
    office.parts.store.finish_run(run.id, office.now, "failed", "process gone")
    office.parts = replace(office.parts, store=open_store(office.url))
    assert office.deliver(1) == DeliveryCount(1, 0)
    assert (len(office.program.requests), len(office.program.ids())) == (2, 1)


def test_a_fault_of_one_channels_code_is_its_own(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A surprise in one channel leaves its letter waiting, and the others go out."""

    def burst(_letter: Letter) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(office.lines["群"], "send", burst)
    office.notice("n1", "群", "a@bank.example")
    assert office.deliver() == DeliveryCount(1, 1)
    assert ("群", "queued", "意外的错误 RuntimeError") in office.rows("recipient, state, last_error")


def test_a_channel_that_was_taken_out_of_the_configuration(office: Office) -> None:
    """Its letters wait and say why; nothing else is held up."""
    office.notice("n1", "旧群", "a@bank.example")
    assert office.deliver() == DeliveryCount(1, 1)
    assert ("旧群", "queued", "alerts.yaml 的 channels 里没有 旧群") in office.rows("recipient, state, last_error")


def test_a_letter_that_is_given_up_goes_to_the_stand_in_and_operations_are_told(office: Office) -> None:
    """In the same run, once: the stand-in reads first why, and the notice to operations names cause and stand-in."""
    office.falls_back(contacts={"gone@bank.example": "群"})
    office.notice("n1", "gone@bank.example", "a@bank.example")
    assert office.deliver() == DeliveryCount(3, 1)
    first, subject = office.group.told[0].split("\n")[:2]
    assert first.startswith("本应送给 gone@bank.example 的这条通知没有送到（收件地址未被接受：no such user）")
    assert subject == "题n1"
    (told,) = office.mails("ops@bank.example")
    assert told.startswith("gone@bank.example收不到通知（红色 1 封）")
    assert "改送：群" in told
    assert office.deliver(60) == DeliveryCount()


def test_operations_are_told_once_a_day_of_each_contact(office: Office) -> None:
    """Three letters to a dead address make one notice; the next day makes another, a second address its own."""
    for name in ("n1", "n2"):
        office.notice(name, "gone@bank.example")
    office.deliver()
    office.notice("n3", "gone@bank.example", "gone2@bank.example")
    office.deliver(5)
    assert [text.splitlines()[0] for text in office.mails("ops@bank.example")] == [
        "gone@bank.example收不到通知（红色 2 封）",
        "gone2@bank.example收不到通知（红色 1 封）",
    ]
    office.notice("n4", "gone@bank.example")
    office.deliver(24 * 60)
    assert len(office.mails("ops@bank.example")) == 3


def test_operations_are_not_told_by_the_way_that_is_dead(office: Office) -> None:
    """Where the contact of operations is the dead one, the readers of the digest hear of it."""
    config = {**CONFIG, "recipients": {"digest": ["digest@bank.example"], "ops": ["gone@bank.example"]}}
    office.parts = replace(office.parts, alerts=AlertConfig.model_validate(config))
    office.notice("n1", "gone@bank.example")
    office.deliver()
    assert len(office.mails("digest@bank.example")) == 1


def test_a_late_letter_is_passed_on_and_still_arrives(office: Office) -> None:
    """The group is unreachable: after a quarter of an hour the stand-in knows; the group gets it when it is back."""
    office.falls_back(red="a@bank.example")
    office.group.faults = [Response(502)] * 20
    office.notice("n1", "群")
    office.notice("n2", "群", level=Level.YELLOW)
    for _ in range(14):
        office.deliver(1)
    assert office.mails("a@bank.example") == []
    office.deliver(2)
    (text,) = office.mails("a@bank.example")
    assert text.startswith("本应送给 群 的这条通知迟迟没有送到（")
    office.group.faults = []
    office.deliver(60)
    assert sorted(state for (state,) in office.rows("state")) == ["sent"] * 4
    assert len(office.mails("a@bank.example")) == 1


def test_a_stand_in_that_is_dead_too_has_its_own(office: Office) -> None:
    """The chain goes on until somebody is reached, and never in a circle."""
    office.falls_back(
        contacts={"gone1@b.example": "gone2@b.example", "gone2@b.example": "gone1@b.example"}, red="a@bank.example"
    )
    office.notice("n1", "gone1@b.example")
    office.deliver()
    assert office.mails("a@bank.example") == []
    office.falls_back(contacts={"gone1@b.example": "gone2@b.example"}, red="a@bank.example")
    office.notice("n2", "gone1@b.example")
    office.deliver(1)
    assert len(office.mails("a@bank.example")) == 1


def test_a_stand_in_who_has_the_notice_already_gets_no_copy(office: Office) -> None:
    """Both read it: nothing is written twice."""
    office.falls_back(red="a@bank.example")
    office.notice("n1", "gone@bank.example", "a@bank.example")
    office.deliver()
    assert len(office.mails("a@bank.example")) == 1


class Returned:
    """A mailbox of returned mail; with ``fails`` it cannot be read."""

    def __init__(self, *bounces: Bounce, fails: bool = False) -> None:
        self.bounces = list(bounces)
        self.fails = fails

    def read(self) -> Iterator[Bounce]:
        """What came back, then the fault."""
        yield from self.bounces
        if self.fails:
            raise BounceError("登录不了")


def test_a_mail_that_comes_back_is_passed_on(office: Office) -> None:
    """Accepted, returned an hour later: the stand-in is written to and operations are told, once."""
    office.falls_back(yellow="群")
    office.notice("n1", "a@bank.example", level=Level.YELLOW)
    office.deliver()
    bounce = Bounce(str(read(office.inbox.received[0])["Message-ID"]), "被退回：5.1.1 no such user")
    office.parts = replace(office.parts, bounces=Returned(bounce, bounce))
    assert read_bounces(office.parts) is None
    office.deliver(60)
    read_bounces(office.parts)
    office.deliver(5)
    assert len(office.group.told) == 1
    assert "被退回（被退回：5.1.1 no such user）" in office.group.told[0]
    assert len(office.mails("ops@bank.example")) == 1


def test_a_mailbox_that_cannot_be_read_stops_nothing(office: Office) -> None:
    """What was read before the fault counts; the fault is said in Chinese for the sweep's summary."""
    office.notice("n1", "a@bank.example")
    office.deliver()
    bounce = Bounce(str(read(office.inbox.received[0])["Message-ID"]), "被退回")
    office.parts = replace(office.parts, bounces=Returned(bounce, fails=True))
    assert read_bounces(office.parts) == "退信信箱读不了：登录不了"
    assert office.rows("state") == [("bounced",)]
    assert read_bounces(replace(office.parts, bounces=None)) is None


def test_a_channel_is_given_up_after_two_days_of_waiting(office: Office) -> None:
    """A platform that asks for patience for ever does not keep a letter for ever."""
    office.group.faults = [answered({}, 429, ("Retry-After", "3600"))] * 60
    office.notice("n1", "群")
    for _ in range(50):
        office.deliver(61)
    assert ("群", "failed") in office.rows("recipient, state")
