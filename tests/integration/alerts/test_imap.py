"""The mailbox of returned mail over a real IMAP server on loopback that speaks the few commands needed."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from alerts.bounces_config import BouncesConfig
from alerts.channels.imap import LONGEST_READ, BounceBox
from domain.errors import BounceError
from domain.letters import Bounce
from tests.integration.alerts.conftest import HOST

OURS = "<20260316-a1b2c3.2.785f4acf@bank.example>"


def returned(action: str = "failed", message_id: str = OURS, size: int = 0) -> bytes:
    """A notification as a relay writes it, with the returned mail in it."""
    return (
        "From: MAILER-DAEMON@relay.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="b"\r\nMIME-Version: 1.0\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; gone@bank.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: x\r\n\r\n"
        f"{('y' * 70 + chr(13) + chr(10)) * (size // 72)}\r\n--b--\r\n"
    ).encode()


ANSWER = b"From: a@bank.example\r\nSubject: Re: 1\r\nContent-Type: text/plain\r\n\r\nthanks\r\n"


class MailServer:
    """IMAP4rev1 for one user and one folder. ``refuses``: the command that is answered with NO."""

    def __init__(self, *mails: bytes, refuses: str = "", wants_id: bool = False) -> None:
        self.mails = list(mails)
        self.seen: set[int] = set()
        self.refuses = refuses
        self.wants_id = wants_id
        self.commands: list[str] = []
        self.longest = 0

    def speak(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        """One session."""
        stream = connection.makefile("rwb")
        stream.write(b"* OK ready\r\n")
        stream.flush()
        while line := stream.readline():
            tag, command, rest = (*line.decode().strip().split(" ", 2), "")[:3]
            name = command.upper() if command.upper() != "UID" else f"UID {rest.split()[0].upper()}"
            self.commands.append(name)
            for part in self._answer(name, rest):
                stream.write(part)
            ok = name != self.refuses and not (self.wants_id and name == "SELECT" and "ID" not in self.commands)
            stream.write(f"{tag} {'OK' if ok else 'NO'} {name} done\r\n".encode())
            stream.flush()
            if name == "LOGOUT":
                return
            if name == "STARTTLS" and context is not None:
                stream = context.wrap_socket(connection, server_side=True).makefile("rwb")

    def _answer(self, name: str, rest: str) -> Iterator[bytes]:
        if name == "CAPABILITY":
            yield b"* CAPABILITY IMAP4rev1 STARTTLS ID\r\n" if self.wants_id else b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"
        elif name == "SELECT":
            yield b"* %d EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n" % len(self.mails)
        elif name == "UID SEARCH":
            unread = [str(number) for number in range(1, len(self.mails) + 1) if number not in self.seen]
            yield f"* SEARCH {' '.join(unread)}\r\n".encode()
        elif name == "UID FETCH":
            yield from self._fetch(rest)
        elif name == "UID STORE":
            self.seen.add(int(rest.split()[1]))

    def _fetch(self, rest: str) -> Iterator[bytes]:
        number = int(rest.split()[1])
        mail = self.mails[number - 1]
        head = mail.partition(b"\r\n\r\n")[0]
        wanted = re.search(rb"(?im)^content-type:.*(?:\r\n[ \t].*)*", head)
        whole = "HEADER.FIELDS" not in rest
        bound = re.search(r"<0\.(\d+)>", rest)
        content = mail[: int(bound[1])] if whole and bound else (wanted[0] if wanted else b"") + b"\r\n\r\n"
        self.longest = max(self.longest, len(content))
        yield b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (number, number, len(content), content)


@contextmanager
def running(
    server: MailServer, context: ssl.SSLContext | None = None, *, at_once: bool = False
) -> Iterator[dict[str, Any]]:
    """The server on a free port; gives the settings that reach it. ``at_once``: TLS from the first byte."""
    listener = socket.create_server((HOST, 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError, ValueError), connection:
                if at_once and context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
                server.speak(connection, context)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield {"host": HOST, "port": listener.getsockname()[1], "security": "none", "user": "bounce", "timeout_s": 5}
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def box(settings: dict[str, Any], **changes: Any) -> BounceBox:
    """The reader of a mailbox."""
    return BounceBox(BouncesConfig.model_validate({**settings, **changes}), "geheim")


def test_what_came_back_is_read_once_and_other_mail_is_left_alone() -> None:
    """The returned mail gives our id and the cause; a colleague's answer stays unread."""
    server = MailServer(ANSWER, returned(), returned("delayed"))
    with running(server) as settings:
        assert list(box(settings).read()) == [Bounce(OURS, "被退回：5.1.1 550 5.1.1 no such user")]
        assert list(box(settings).read()) == []
    assert server.seen == {2, 3}


def test_a_crash_before_the_next_one_shows_it_again() -> None:
    """A notification counts as read only when its bounce was taken."""
    server = MailServer(returned())
    with running(server) as settings:
        reading = box(settings).read()
        assert next(reading).message_id == OURS
        reading.close()  # type: ignore[attr-defined]
        assert server.seen == set()
        assert len(list(box(settings).read())) == 1


def test_a_huge_returned_mail_is_read_in_part() -> None:
    """The notification stands before the copy: a bounded part of it is fetched."""
    server = MailServer(returned(size=3_000_000))
    with running(server) as settings:
        assert [bounce.message_id for bounce in box(settings).read()] == [OURS]
    assert server.longest == LONGEST_READ


def test_a_server_that_wants_to_know_the_program_is_told() -> None:
    """163 and its sisters open no folder for a program without a name."""
    server = MailServer(returned(), wants_id=True)
    with running(server) as settings:
        assert len(list(box(settings).read())) == 1


@pytest.mark.parametrize(("security", "at_once"), [("tls", True), ("starttls", False)])
def test_encrypted_as_configured(identity: tuple[Path, ssl.SSLContext], security: str, at_once: bool) -> None:
    """TLS and STARTTLS with the bank's own authority; without it nothing is said."""
    ca, context = identity
    server = MailServer(returned())
    with running(server, context, at_once=at_once) as settings:
        with pytest.raises(BounceError, match="连不上"):
            list(box(settings, security=security).read())
        assert "LOGIN" not in server.commands
        assert len(list(box(settings, security=security, ca_file=str(ca)).read())) == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [("LOGIN", "登录不了"), ("SELECT", "没有文件夹"), ("UID SEARCH", "done"), ("UID FETCH", "done")],
)
def test_a_mailbox_that_cannot_be_read_is_told(command: str, words: str) -> None:
    """Whatever is refused, the fault is one error in Chinese, and the session is left properly."""
    server = MailServer(returned(), refuses=command)
    with running(server) as settings, pytest.raises(BounceError, match=words):
        list(box(settings).read())
    assert server.commands[-1] == "LOGOUT"
    assert server.seen == set()


def test_a_folder_in_chinese_letters_is_refused_with_words() -> None:
    """IMAP writes such names in a way of its own; the fault says which folder it was."""
    with running(MailServer()) as settings, pytest.raises(BounceError, match="没有文件夹 退信"):
        list(box(settings, folder="退信").read())


def test_nobody_listens() -> None:
    """A server that is down is a fault of this reading alone."""
    with pytest.raises(BounceError, match="连不上"):
        box({"host": HOST, "port": 1, "security": "none", "user": "bounce"}).greet()
