"""Mail over a real SMTP server on loopback: plain, STARTTLS and TLS, and servers that misbehave."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from alerts.channels.smtp import SmtpMailer
from alerts.config import MailConfig
from domain.alerts import Inline, Letter, Level, Message
from domain.errors import DeliveryError
from domain.letters import message_id

HOST = "127.0.0.1"
SUBJECT = (
    "【红色·升级】白鹭洲村镇银行｜石门支行老人五万元三年定期到期没人通知，自动转…"
    "（指数87，356帖/5平台）#20260316-a1b2c3"
)
BODY = Message(
    SUBJECT,
    "红色·升级\n.\n..行首的点也要留着\n" + "很长的一行" * 400,
    "<html><body><p>吞利息 &lt;b&gt;</p></body></html>",
)


class Inbox:
    """What the server's handler got; ``replies`` are given to DATA first, then 250. ``hang_up`` after the letter."""

    def __init__(self, replies: tuple[str, ...] = (), rcpt: str | None = None, hang_up: bool = False) -> None:
        self.received: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.senders: list[str] = []
        self.attempts = 0
        self._replies = list(replies)
        self._rcpt = rcpt
        self._hang_up = hang_up

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self._rcpt:
            return self._rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.attempts += 1
        if self._replies:
            return self._replies.pop(0)
        self.received.append(envelope.content)
        self.recipients.append(envelope.rcpt_tos)
        self.senders.append(envelope.mail_from)
        if self._hang_up:
            self._hang_up = False
            server.transport.abort()
        return "250 OK"


class AnyPort(Controller):
    """A server on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


Serve = Callable[..., MailConfig]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers; returns the mail settings that reach them."""
    running: list[Controller] = []

    def start(inbox: Inbox, security: str = "none", ca: Path | None = None, **changes: Any) -> MailConfig:
        options = changes.pop("server", {})
        controller = AnyPort(inbox, hostname=HOST, port=0, **options)
        controller.start()
        running.append(controller)
        settings = {"sender": "舆情监测 <yuqing@bank.example>", "timeout_s": 5, "ca_file": str(ca) if ca else None}
        relay = {"host": HOST, "port": controller.port, "security": security}
        return MailConfig.model_validate({**relay, **settings, **changes})

    yield start
    for controller in running:
        controller.stop()


def letter(**changes: Any) -> Letter:
    """A red letter of an incident."""
    values: dict[str, Any] = {
        "key": 1, "notice": "20260316-a1b2c3.2", "kind": "raised", "level": Level.RED,
        "recipient": "zhiban@bank.example", "thread": "20260316-a1b2c3",
        "message_id": message_id("20260316-a1b2c3.2", "zhiban@bank.example", "bank.example"), "message": BODY,
        "attempts": 0, "created_at": datetime(2026, 3, 16, 4, 0, tzinfo=UTC),
    }  # fmt: skip
    return Letter(**{**values, **changes})


def read(raw: bytes) -> EmailMessage:
    """The received bytes as a reader's program sees them."""
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_headers_and_bodies_arrive_as_sent(serve: Serve) -> None:
    """After the way over the wire: subject, name, ids, date, threading, urgency and both bodies are what was meant."""
    inbox = Inbox()
    SmtpMailer(serve(inbox, reply_to="zhiban@bank.example"), None).send(letter())
    mail = read(inbox.received[0])
    expected = {
        "Subject": SUBJECT,
        "From": "舆情监测 <yuqing@bank.example>",
        "To": "zhiban@bank.example",
        "Reply-To": "zhiban@bank.example",
        "Date": "Mon, 16 Mar 2026 12:00:00 +0800",
        "Message-ID": letter().message_id,
        "In-Reply-To": "<inc-20260316-a1b2c3@bank.example>",
        "References": "<inc-20260316-a1b2c3@bank.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Importance": "high",
    }
    assert {name: str(mail[name]) for name in expected} == expected
    assert all(len(mail.get_all(name, [])) == 1 for name in expected)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == BODY.text.splitlines()
    assert html.get_content().strip() == BODY.html
    assert mail.get_content_type() == "multipart/alternative"


def test_every_line_is_short_ascii(serve: Serve) -> None:
    """Old relays take it: no byte over 127, no line over 78 but for none, and the ids stand unencoded."""
    inbox = Inbox()
    SmtpMailer(serve(inbox), None).send(letter(message_id=f"<{'x' * 50}@{'y' * 16}.z>"))
    raw = inbox.received[0]
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 78
    assert f"<{'x' * 50}@{'y' * 16}.z>".encode() in raw
    assert b"<inc-20260316-a1b2c3@bank.example>" in raw


@pytest.mark.parametrize(("level", "kind"), [(Level.ORANGE, "new"), (Level.NONE, "resolved"), (Level.RED, "digest")])
def test_only_red_alarms_are_urgent(serve: Serve, level: Level, kind: str) -> None:
    """Importance is not cried for anything else; a letter without a thread refers to nothing."""
    inbox = Inbox()
    SmtpMailer(serve(inbox), None).send(letter(level=level, kind=kind, thread=None))
    mail = read(inbox.received[0])
    assert (mail["Importance"], mail["References"], mail["In-Reply-To"], mail["Reply-To"]) == (None, None, None, None)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_with_the_banks_own_ca(serve: Serve, identity: tuple[Path, ssl.SSLContext], security: str) -> None:
    """STARTTLS and TLS reach a server whose certificate the configured CA file vouches for."""
    ca, context = identity
    inbox = Inbox()
    server = {"ssl_context": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    SmtpMailer(serve(inbox, security, ca, server=server), None).send(letter())
    assert read(inbox.received[0])["Subject"] == SUBJECT


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_unknown_certificate_is_not_accepted(
    serve: Serve, identity: tuple[Path, ssl.SSLContext], security: str
) -> None:
    """Without the CA nothing is sent; it is tried again, for the configuration can be mended."""
    inbox = Inbox()
    context = identity[1]
    server = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    with pytest.raises(DeliveryError, match="连不上邮件服务器") as caught:
        SmtpMailer(serve(inbox, security, server=server), None).send(letter())
    assert (caught.value.retry, inbox.received) == (True, [])


def test_no_silent_downgrade(serve: Serve) -> None:
    """A server that offers no STARTTLS gets nothing in the clear."""
    inbox = Inbox()
    with pytest.raises(DeliveryError, match="没有降级发送") as caught:
        SmtpMailer(serve(inbox, "starttls"), None).send(letter())
    assert (caught.value.code, caught.value.retry, inbox.received) == (None, True, [])


def test_refused_twice_then_accepted(serve: Serve) -> None:
    """Two 451 are worth trying again; the third attempt arrives, once, under the same Message-ID."""
    inbox = Inbox(replies=("451 try later", "451 try later"))
    mailer = SmtpMailer(serve(inbox), None)
    for _ in range(2):
        with pytest.raises(DeliveryError, match="try later") as caught:
            mailer.send(letter())
        assert (caught.value.code, caught.value.retry) == (451, True)
    mailer.send(letter())
    assert (inbox.attempts, [read(raw)["Message-ID"] for raw in inbox.received]) == (3, [letter().message_id])


@pytest.mark.parametrize(
    ("inbox", "code", "retry"),
    [
        (Inbox(replies=("550 no such content",)), 550, False),
        (Inbox(replies=("452 disk full",)), 452, True),
        (Inbox(rcpt="550 no such user"), 550, False),
        (Inbox(rcpt="450 greylisted"), 450, True),
    ],
)
def test_refusals_carry_the_code(serve: Serve, inbox: Inbox, code: int, retry: bool) -> None:
    """5xx on the recipient or the content is final, 4xx is not."""
    with pytest.raises(DeliveryError, match="未被接受") as caught:
        SmtpMailer(serve(inbox), None).send(letter())
    assert (caught.value.code, caught.value.retry) == (code, retry)


def test_hang_up_after_data_is_tried_again_with_the_same_id(serve: Serve) -> None:
    """Nobody knows whether it was taken: the letter is sent once more, and the id lets the reader's program see it."""
    inbox = Inbox(hang_up=True)
    mailer = SmtpMailer(serve(inbox), None)
    with pytest.raises(DeliveryError, match="不知是否已收下") as caught:
        mailer.send(letter())
    assert (caught.value.code, caught.value.retry) == (None, True)
    mailer.send(letter())
    assert {read(raw)["Message-ID"] for raw in inbox.received} == {letter().message_id}
    assert len(inbox.received) == 2


def test_nobody_listens(serve: Serve) -> None:
    """A relay that is down is no loss: the letter is tried again."""
    config = serve(Inbox()).model_copy(update={"port": 1})
    with pytest.raises(DeliveryError, match="连不上邮件服务器") as caught:
        SmtpMailer(config, None).send(letter())
    assert caught.value.retry


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("password", "accepted"), [("geheim", True), ("falsch", False), (None, False)])
def test_login(serve: Serve, password: str | None, accepted: bool) -> None:
    """The right password gets through; a wrong one is trouble of configuration, and no letter is given up for it."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        return AuthResult(success=login.password == b"geheim", handled=False)

    inbox = Inbox()
    server = {"authenticator": check, "auth_require_tls": False, "auth_required": True}
    mailer = SmtpMailer(serve(inbox, username="yuqing", server=server), password)
    if accepted:
        mailer.send(letter())
    else:
        with pytest.raises(DeliveryError, match="账号或密码不对") as caught:
            mailer.send(letter())
        assert (caught.value.code, caught.value.retry) == (535, True)
    assert len(inbox.received) == accepted


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_refused_sender_is_configuration(serve: Serve) -> None:
    """A relay that wants a login first keeps the letter waiting instead of losing it."""
    server = {"authenticator": lambda *_: AuthResult(success=False), "auth_require_tls": False, "auth_required": True}
    with pytest.raises(DeliveryError, match="发件地址未被接受") as caught:
        SmtpMailer(serve(Inbox(), server=server), None).send(letter())
    assert (caught.value.code, caught.value.retry) == (530, True)


DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
"""A PNG of one point."""


def test_a_picture_lies_inside_the_mail_and_is_no_attachment(serve: Serve) -> None:
    """The page finds it by its Content-ID; the bytes are whole, every line is short ASCII, the text stands alone."""
    inbox = Inbox()
    page = '<html><body><img src="cid:curve.1" alt="曲线"></body></html>'
    body = Message(SUBJECT, "正文", page, pictures=(Inline("curve.1", "曲线.png", "image/png", DOT),))
    SmtpMailer(serve(inbox), None).send(letter(message=body))
    raw = inbox.received[0]
    mail = read(raw)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    (picture,) = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    assert text is not None
    assert html is not None
    assert (text.get_content().strip(), html.get_content().strip()) == ("正文", page)
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<curve.1>", "inline")
    assert (picture.get_filename(), picture["Content-Transfer-Encoding"]) == ("曲线.png", "base64")
    assert picture.get_content() == DOT
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    assert list(mail.iter_attachments()) == []
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 78


def test_a_stand_in_reads_first_why_the_mail_comes_to_it(serve: Serve) -> None:
    """The first line stands on top of both bodies; what others wrote in it is no mark-up."""
    inbox = Inbox()
    SmtpMailer(serve(inbox), None).send(letter(preface="本应送给 a@b.example：<b>550</b>"))
    mail = read(inbox.received[0])
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines()[:3] == ["本应送给 a@b.example：<b>550</b>", "", "红色·升级"]
    assert re.search(r"<body><p [^>]*>本应送给 a@b.example：&lt;b&gt;550&lt;/b&gt;</p><p>", html.get_content())


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"bank": "白鹭洲村镇银行"}, "<alerts.d414bf3a.bank.example>"),
        ({"kind": "digest", "level": Level.NONE, "thread": "digest.0a1b2c3d"}, "<digest.0a1b2c3d.bank.example>"),
        ({"kind": "source", "level": Level.NONE, "thread": "source.bbs.20260316040000"}, "<operations.bank.example>"),
    ],
)
def test_readers_can_sort_by_bank_digests_and_operations(serve: Serve, changes: dict[str, Any], name: str) -> None:
    """List-Id is the same for all mails of one kind and bank."""
    inbox = Inbox()
    SmtpMailer(serve(inbox), None).send(letter(**changes))
    assert read(inbox.received[0])["List-Id"] == name


def test_each_letter_goes_back_to_an_address_of_its_own(serve: Serve) -> None:
    """With ``verp`` the envelope's sender names the letter."""
    inbox = Inbox()
    SmtpMailer(serve(inbox, return_path="bounce@bank.example", verp=True), None).send(letter())
    name = read(inbox.received[0])["Message-ID"].strip("<>").partition("@")[0]
    assert inbox.senders == [f"bounce+{name}@bank.example"]


def test_what_cannot_be_delivered_goes_back_to_its_own_mailbox(serve: Serve) -> None:
    """The envelope's sender is the return path; the reader still sees the sender's name and address."""
    inbox, plain = Inbox(), Inbox()
    SmtpMailer(serve(inbox, return_path="bounce@bank.example"), None).send(letter())
    SmtpMailer(serve(plain), None).send(letter())
    assert (inbox.senders, plain.senders) == (["bounce@bank.example"], ["yuqing@bank.example"])
    assert read(inbox.received[0])["From"] == "舆情监测 <yuqing@bank.example>"
