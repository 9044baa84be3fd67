"""The mailbox of returned mail, by IMAP (RFC 3501). Only what is a notification of delivery is touched."""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator
from typing import Any

from alerts.bounces import bounces_of
from alerts.bounces_config import BouncesConfig
from domain.errors import BounceError
from domain.letters import Bounce

MOST_AT_ONCE = 200
"""Unread mails that are looked at in one reading, the oldest first."""

LONGEST_READ = 200_000
"""Bytes of a mail that are fetched; the returned copy comes last and may be large."""

NOTIFICATION = "report-type"


class BounceBox:
    """Meets `pipeline.ports.Bounces`. A notification is marked as read once the next is asked for; other mail is not.

    A crash in between shows it again, which changes nothing: a letter comes back once. ``domain``: of our Message-IDs.
    """

    def __init__(self, config: BouncesConfig, password: str | None, domain: str = "") -> None:
        self._config = config
        self._domain = domain
        self._password = password

    def read(self) -> Iterator[Bounce]:
        """What came back and was not read yet; BounceError where the mailbox cannot be read."""
        client = self._enter()
        try:
            for number in self._unread(client):
                raw = self._fetched(client, number, f"BODY.PEEK[]<0.{LONGEST_READ}>")
                yield from bounces_of(raw, self._domain)
                _must(client.uid("STORE", number, "+FLAGS", r"(\Seen)"))
        except (imaplib.IMAP4.error, OSError) as error:
            raise BounceError(_cause(error)) from error
        finally:
            _leave(client)

    def greet(self) -> None:
        """Log in, open the folder and leave again; BounceError where that fails."""
        _leave(self._enter())

    def _unread(self, client: imaplib.IMAP4) -> Iterator[str]:
        found = b" ".join(part for part in _must(client.uid("SEARCH", "UNSEEN")) if part)
        for number in found.decode("ascii").split()[:MOST_AT_ONCE]:
            head = self._fetched(client, number, "BODY.PEEK[HEADER.FIELDS (CONTENT-TYPE)]")
            if NOTIFICATION in head.decode("ascii", "replace").lower():
                yield number

    def _fetched(self, client: imaplib.IMAP4, number: str, what: str) -> bytes:
        """What was asked for; empty where the mail has gone meanwhile."""
        parts = _must(client.uid("FETCH", number, f"({what})"))
        return next((bytes(part[1]) for part in parts if isinstance(part, tuple)), b"")

    def _enter(self) -> imaplib.IMAP4:
        config = self._config
        try:
            client = self._connect()
        except (imaplib.IMAP4.error, OSError) as error:
            raise BounceError(f"连不上 {config.host}:{config.port}：{_cause(error)}") from error
        try:
            client.login(config.user, self._password or "")
            # 163 and its sisters let nobody in who does not say what program it is (RFC 2971).
            if "ID" in client.capabilities:
                client.xatom("ID", '("name" "yuqing")')
            _must(client.select(f'"{config.folder}"'))
        except (imaplib.IMAP4.error, OSError, UnicodeEncodeError) as error:
            _leave(client)
            raise BounceError(f"登录不了或没有文件夹 {config.folder}：{_cause(error)}") from error
        return client

    def _connect(self) -> imaplib.IMAP4:
        """A session that is encrypted as configured, or none at all."""
        config = self._config
        if config.security == "tls":
            return imaplib.IMAP4_SSL(config.host, config.port, ssl_context=self._tls(), timeout=config.timeout_s)
        client = imaplib.IMAP4(config.host, config.port, timeout=config.timeout_s)
        if config.security == "starttls":
            try:
                client.starttls(self._tls())
            except (imaplib.IMAP4.error, OSError):
                _leave(client)
                raise
        return client

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._config.ca_file)


def _must(answer: tuple[str, Any]) -> list[Any]:
    status, parts = answer
    if status != "OK":
        raise imaplib.IMAP4.error(str(parts)[:200])
    return list(parts)


def _leave(client: imaplib.IMAP4) -> None:
    with contextlib.suppress(imaplib.IMAP4.error, OSError):
        client.logout()


def _cause(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()[:200]
