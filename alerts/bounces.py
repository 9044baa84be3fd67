"""Reads a delivery status notification (RFC 3464): which of our mails came back for good, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message

from domain.letters import Bounce, returned_to

CAUSE_CHARS = 300
ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
"""Headers that hold the address to which a mail came, the surest first."""
_ID = re.compile(r"<[^<>\s@]+@[^<>\s]+>")
_ID_LINE = re.compile(rb"^message-id:\s*(<[^<>\s@]+@[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)


def bounces_of(raw: bytes, domain: str = "") -> list[Bounce]:
    """The mails of ours that the notification gives up; empty where it is none, or only tells of a delay.

    ``raw`` may end in the middle of the returned mail; its header is enough. Where neither is there, the address to
    which the notification came may name the mail; ``domain`` is that of our Message-IDs.
    """
    # compat32 takes every header as it stands: other programs write them, and not always well.
    notification = message_from_bytes(raw, policy=policy.compat32)
    failed = [group for group in _groups(notification) if str(group.get("Action", "")).strip().lower() == "failed"]
    name = (_returned(notification) or _addressed(notification, domain)) if failed else None
    return [Bounce(name, _cause(failed[0]))] if name else []


def _groups(notification: Message) -> Iterator[Message]:
    """The fields about each recipient."""
    for part in notification.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (group for group in part.get_payload() if isinstance(group, Message))


def _returned(notification: Message) -> str | None:
    """The Message-ID of the returned mail, from its copy or its header."""
    for part in notification.walk():
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            copy = part.get_payload(0)
            found = _ID.search(str(copy.get("Message-ID", ""))) if isinstance(copy, Message) else None
            if found:
                return found[0]
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            line = _ID_LINE.search(content) if isinstance(content, bytes) else None
            if line:
                return line[1].decode("ascii", "replace")
    return None


def _addressed(notification: Message, domain: str) -> str | None:
    """The Message-ID that the notification's own address names (`domain.letters.return_address`)."""
    addresses = (str(value) for header in ADDRESSED for value in notification.get_all(header, ()))
    return next((name for name in (returned_to(address, domain) for address in addresses) if name), None)


def _cause(group: Message) -> str:
    told = [_plain(group.get("Status")), _plain(group.get("Diagnostic-Code")).removeprefix("smtp;").strip()]
    return f"被退回：{' '.join(part for part in told if part)}"[:CAUSE_CHARS]


def _plain(value: object) -> str:
    return " ".join(str(value or "").split())
