"""The town's post office: a real SMTP server on loopback that keeps every mail as a file."""

from __future__ import annotations

import base64
import email
import email.policy
from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Mail:
    """A mail that was kept: its file, its headers, and who it was handed over for."""

    file: Path
    message_id: str
    subject: str
    recipients: tuple[str, ...]


@contextmanager
def post_office(folder: Path) -> Iterator[int]:
    """Keep what arrives in ``folder``, which is made; yields the port on 127.0.0.1."""
    folder.mkdir(parents=True, exist_ok=True)
    controller = _AnyPort(_Keeper(folder), hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def read_mails(folder: Path) -> list[Mail]:
    """The mails of a folder in the order of their arrival."""
    return [_mail(file) for file in sorted(folder.glob("*.eml"))]


def parse(file: Path) -> EmailMessage:
    """A kept mail as a message."""
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # what this policy makes
    return message


def page_of(message: EmailMessage) -> str | None:
    """The HTML of a mail with its pictures inside, so that a browser shows them; None where it has no HTML."""
    html = message.get_body(("html",))
    if html is None:
        return None
    page: str = html.get_content()
    for part in message.walk():
        if part.get_content_maintype() == "image":
            kind, content = part.get_content_type(), part.get_payload(decode=True)
            assert isinstance(content, bytes)  # what decode=True gives of one part
            name = str(part["Content-ID"]).strip("<>")
            page = page.replace(f"cid:{name}", f"data:{kind};base64,{base64.b64encode(content).decode()}")
    return page


def _mail(file: Path) -> Mail:
    message = parse(file)
    recipients = tuple(str(message["X-RcptTo"]).split(", "))
    return Mail(file, str(message["Message-ID"]), str(message["Subject"]), recipients)


class _Keeper:
    """Writes mail number n to ``nn-recipient.eml``, and its HTML part beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """Keep one mail; aiosmtpd calls this from its one thread, so that the numbers do not collide."""
        content = envelope.content
        assert isinstance(content, bytes)  # aiosmtpd decodes only where it is told to
        number = len(list(self._folder.glob("*.eml"))) + 1
        file = self._folder / f"{number:02d}-{envelope.rcpt_tos[0].partition('@')[0]}.eml"
        file.write_bytes(f"X-RcptTo: {', '.join(envelope.rcpt_tos)}\r\n".encode() + content)
        page = page_of(parse(file))
        if page is not None:
            file.with_suffix(".html").write_text(page, encoding="utf-8")
        return "250 OK"


class _AnyPort(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)  # start() has just made it
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
