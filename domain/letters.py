"""The names that letters keep for ever, so that a copy is known as one and a thread holds; and letters astray."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from domain.alerts import MAIL, Level

LONGEST_ID = 70
"""Characters of a Message-ID with its brackets; the mail library breaks longer ones, and threading with them."""

LONGEST_LOCAL_PART = 64
"""Characters before the ``@`` (RFC 5321)."""

OVER = ".over"
"""Ends the id of the notice that tells of the end of what another notice told of."""


def message_id(notice: str, recipient: str, domain: str) -> str:
    """The Message-ID of one notice for one recipient, at most 70 characters; the same for every attempt.

    ``<notice.hash-of-recipient@domain>``; a notice id too long for that is replaced by a hash.
    """
    plain = f"<{notice}.{sha256(recipient.encode()).hexdigest()[:8]}@{domain}>"
    if len(plain) <= LONGEST_ID:
        return plain
    return f"<{sha256(f'{notice} {recipient}'.encode()).hexdigest()[:24]}@{domain}>"


def return_address(address: str, message: str) -> str:
    """The address to which one letter is returned (VERP): ``bounce+NAME@…``, where its Message-ID is ``<NAME@…>``.

    The plain address where that would be too long, or no address.
    """
    local, _, domain = address.rpartition("@")
    tagged = f"{local}+{message.strip('<>').partition('@')[0]}"
    usable = len(tagged) <= LONGEST_LOCAL_PART and _PLAIN.fullmatch(tagged)
    return f"{tagged}@{domain}" if usable else address


def returned_to(address: str, domain: str) -> str | None:
    """The Message-ID, of our ``domain``, that an address made by `return_address` names; None where it names none."""
    found = _TAGGED.search(address)
    return f"<{found[1]}@{domain}>" if found else None


def thread_root(thread: str, domain: str) -> str:
    """The virtual root that all mails of a thread refer to, so that it holds where the first mail is gone."""
    plain = f"<inc-{thread}@{domain}>"
    return plain if len(plain) <= LONGEST_ID else f"<inc-{sha256(thread.encode()).hexdigest()[:20]}@{domain}>"


def list_id(kind: str, bank: str | None, thread: str | None, domain: str) -> str:
    """The List-Id (RFC 2919) by which readers sort: alerts of one bank, digests of one bank, notices of operations."""
    if kind == "digest" and thread is not None:
        return f"<{thread}.{domain}>"
    if bank is None:
        return f"<{'operations' if kind == 'source' else 'alerts'}.{domain}>"
    return f"<alerts.{sha256(bank.encode()).hexdigest()[:8]}.{domain}>"


def channel_of(contact: str) -> str:
    """By which channel a contact is reached: `MAIL` for an address, else the channel whose name the contact is."""
    return MAIL if "@" in contact else contact


_PLAIN = re.compile(r"[A-Za-z0-9.+_=-]+")
_TAGGED = re.compile(r"\+([A-Za-z0-9._=-]+)@")


@dataclass(frozen=True, slots=True)
class Stuck:
    """A letter that did not reach its reader: ``state`` failed (given up), bounced, or queued (late).

    ``cause`` in Chinese; ``told`` are all contacts to whom the same notice is written.
    """

    key: int
    notice: str
    level: Level
    recipient: str
    subject: str
    state: str
    cause: str
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who is written to in place of ``instead_of`` about a notice, and the first line that says why."""

    notice: str
    instead_of: str
    recipient: str
    preface: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that came back for good: the Message-ID of ours, and the cause as the other side gives it."""

    message_id: str
    cause: str
