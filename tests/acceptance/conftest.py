"""A small vocabulary for the day as the bank lives it: at(...).posts(...), sweep(), inbox.expects(...).

The store is a real SQLite file, mail goes to a real SMTP server on loopback, texts are read by the real analyser. Only
the source is a list, and the clock is set by hand.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from alerts.channels.smtp import SmtpMailer
from alerts.config import AlertConfig, MailConfig
from app.progress import Silent
from crawlers.door import Door
from domain.clock import SHANGHAI, to_utc
from domain.coverage import Collected, Coverage
from domain.readings import Bank
from incidents.config import GroupingConfig, SpreadConfig
from nlp.analyser import Analyser, load_analyser
from nlp.lexicon import load_taxonomy
from pipeline.parts import Parts
from pipeline.sweep import SweepReport, revisit, sweep
from storage.store import open_store

BANK = Bank("青禾村镇银行", ("青禾银行", "青禾村行"), ("青禾公园",), ("城关支行", "河湾支行"), "青禾县")
TO = {"red": ["red@bank.example"], "orange": ["orange@bank.example"], "yellow": ["yellow@bank.example"]}


class Inbox:
    """A mailbox behind a real SMTP server; ``refusals`` answers are refused with 451 first."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refusals = 0
        self.attempts = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """aiosmtpd's hook: refuse or keep the message."""
        self.attempts += 1
        if self.refusals > 0:
            self.refusals -= 1
            return "451 4.3.0 try again later"
        content = envelope.content
        message = email.message_from_bytes(
            content if isinstance(content, bytes) else str(content).encode(), policy=email.policy.default
        )
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.recipients += [str(address) for address in envelope.rcpt_tos]
        return "250 OK"

    def subjects(self, *words: str) -> list[str]:
        """The subjects that hold all the words, in order of arrival."""
        return [str(mail["Subject"]) for mail in self.mails if all(word in str(mail["Subject"]) for word in words)]

    def expects(self, number: int, *words: str) -> None:
        """So many mails with all the words in their subject have arrived by now."""
        found = self.subjects(*words)
        assert len(found) == number, f"expected {number} mails with {words}, got {found} of {self.subjects()}"

    def ids_are_unique(self) -> bool:
        """Whether no message came twice."""
        ids = [str(mail["Message-ID"]) for mail in self.mails]
        return len(set(ids)) == len(ids)


class AnyPort(Controller):
    """A server on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def post_office(inbox: Inbox) -> Iterator[int]:
    """A running server for the mailbox; gives its port."""
    controller = AnyPort(inbox, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@dataclass
class ListSource:
    """A source whose posts the test writes; it can be blinded."""

    door: Door
    name: str = "bbs"
    waiting: list[dict[str, Any]] = field(default_factory=list)
    status: str = "ok"
    fails: Exception | None = None
    revisited: list[str] = field(default_factory=list)

    def collect(self, memory: Mapping[str, Any], now: datetime, revisit: Collection[str] = ()) -> Collected:
        """Hand over what was written since the last time."""
        self.revisited += list(revisit)
        if self.fails:
            raise self.fails
        records = [record for record in self.waiting if to_utc(datetime.fromisoformat(record["observed_at"])) <= now]
        self.waiting = [record for record in self.waiting if record not in records]
        observations, rejects = self.door.admit_all(records, self.name)
        cause = None if self.status == "ok" else "要求登录"
        coverage = Coverage(self.name, now, now, self.status, len(observations), cause=cause)
        return Collected(tuple(observations), tuple(rejects), coverage, memory)


class Day:
    """The day: a clock, a forum, the pipeline and the mailbox."""

    def __init__(self, url: str, inbox: Inbox, port: int, analyser: Analyser) -> None:
        self.now = datetime(2026, 3, 16, 8, 0, tzinfo=SHANGHAI)
        self.inbox = inbox
        self.url = url
        self.source = ListSource(Door(b"test-key"))
        self._number = 0
        recipients = AlertConfig().recipients.model_validate({**TO, "digest": ["digest@bank.example"]})
        mail = MailConfig(host="127.0.0.1", port=port, security="none", sender="yq@bank.example", domain="bank.example")
        self.parts = Parts(
            store=open_store(self.url),
            sources=[self.source],
            labels={"bbs": "青禾市民网"},
            analyser=analyser,
            mailer=SmtpMailer(mail, None),
            banks=[BANK],
            topics={topic.code: topic for topic in load_taxonomy(None).topics},
            grouping=GroupingConfig(),
            spread=SpreadConfig(),
            alerts=AlertConfig().model_copy(update={"recipients": recipients}),
            mail_domain="bank.example",
            page_url=None,
            clock=lambda: to_utc(self.now),
            pause=lambda _seconds: None,
            progress=Silent(),
        )

    def at(self, clock: str, *, days: int = 0) -> Day:
        """Set the time of day (and go on so many days)."""
        hour, minute = (int(part) for part in clock.split(":"))
        self.now = (self.now + timedelta(days=days)).replace(hour=hour, minute=minute)
        return self

    def posts(self, text: str, *, title: str | None = None, under: str | None = None, **more: Any) -> str:
        """Somebody writes a thread, or a reply ``under`` one; returns the post's id."""
        self._number += 1
        post = f"{'p' if under else 't'}{self._number}"
        record: dict[str, Any] = {
            "source": "bbs",
            "platform": "forum",
            "id": post,
            "kind": "reply" if under else "thread",
            "thread": under or post,
            "reply_to": under,
            "url": f"https://bbs.example/{post}",
            "author": {"id": f"u{self._number}", "name": f"网友{self._number}"},
            "title": title,
            "text": text,
            "published_at": self.now.isoformat(),
            "observed_at": self.now.isoformat(),
            "metrics": {},
        }
        self.source.waiting.append({**record, **more})
        return post

    def sweep(self) -> SweepReport | None:
        """The daily sweep."""
        return sweep(self.parts)

    def revisit(self) -> SweepReport | None:
        """A re-visit of active incidents."""
        return revisit(self.parts)

    def reopened(self) -> Day:
        """The same day in another process: a second store on the same file."""
        self.parts = replace(self.parts, store=open_store(self.url))
        return self


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    """The shipped text stage."""
    return load_analyser(None)


@pytest.fixture
def inbox() -> Inbox:
    """An empty mailbox."""
    return Inbox()


@pytest.fixture
def day(tmp_path: Path, inbox: Inbox, analyser: Analyser) -> Iterator[Day]:
    """A day that begins at 08:00 on 2026-03-16 in Shanghai."""
    with post_office(inbox) as port:
        yield Day(f"sqlite:///{tmp_path / 'yuqing.db'}", inbox, port, analyser)
