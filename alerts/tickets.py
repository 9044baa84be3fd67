"""Tickets: signed links by which a reader of a mail answers it, without an account. Pure.

A ticket names one incident, the level that was told, and the contact it was sent to, and ends. It is no secret from
its reader, only unforgeable. Following one changes nothing: mail scanners do that; the page acts on what is posted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from domain.alerts import Letter, Level
from domain.errors import TicketError

LASTS = timedelta(days=14)
"""For so long after its letter was written a ticket is good."""

_PLACE = re.compile(r"yuqing-ticket-for-([\w-]{1,80})\.([0-4])(?![\w.])")

_TAG_BYTES = 18
_LONGEST = 800


@dataclass(frozen=True, slots=True)
class Ticket:
    """``reader`` is the contact that it was sent to: an address, or a channel's name."""

    incident: str
    level: Level
    reader: str
    ends: datetime


def place(incident: str, level: Level) -> str:
    """Stands in a message where each reader's own ticket for the incident goes when it is sent."""
    return f"yuqing-ticket-for-{incident}.{int(level)}"


def personal(letter: Letter, key: bytes) -> Letter:
    """The letter with its reader's own tickets in their places; the same every time it is tried."""
    ends = letter.created_at + LASTS

    def own(found: re.Match[str]) -> str:
        return sign(Ticket(found[1], Level(int(found[2])), letter.recipient, ends), key)

    def fill(words: str) -> str:
        return _PLACE.sub(own, words)

    said = letter.message
    message = replace(said, text=fill(said.text), html=fill(said.html), short=fill(said.short))
    return replace(letter, message=message)


def sign(ticket: Ticket, key: bytes) -> str:
    """The ticket as letters, digits, ``-``, ``_`` and one point: content and HMAC-SHA256 (144 bits), base64url."""
    facts = [ticket.incident, int(ticket.level), ticket.reader, int(ticket.ends.timestamp())]
    content = _encode(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode())
    return f"{content}.{_tag(content, key)}"


def read(token: str, key: bytes, now: datetime) -> Ticket:
    """The ticket of a token; TicketError where it was altered, is none of ours, or has ended."""
    content, _, tag = token.partition(".")
    genuine = token.isascii() and len(token) <= _LONGEST and hmac.compare_digest(tag, _tag(content, key))
    if not genuine:
        raise TicketError("这个链接不完整或不是本系统发出的，请从邮件里重新点开")
    incident, level, reader, ends = json.loads(_decode(content))
    ticket = Ticket(incident, Level(level), reader, datetime.fromtimestamp(ends, UTC))
    if ticket.ends <= now:
        raise TicketError("这个链接已经过期；请从同一事件较新的邮件里点开，或在命令行处理")
    return ticket


def _tag(content: str, key: bytes) -> str:
    # A key of its own, so that no signature of another purpose is ever a ticket.
    own = hmac.digest(key, b"yuqing ticket", hashlib.sha256)
    return _encode(hmac.digest(own, content.encode(), hashlib.sha256)[:_TAG_BYTES])


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
