"""The names that mails keep for ever, so that a copy is known as one and a thread holds together."""

from __future__ import annotations

from hashlib import sha256

LONGEST_ID = 70
"""Characters of a Message-ID with its brackets; the mail library breaks longer ones, and threading with them."""

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


def thread_root(thread: str, domain: str) -> str:
    """The virtual root that all mails of a thread refer to, so that it holds where the first mail is gone."""
    plain = f"<inc-{thread}@{domain}>"
    return plain if len(plain) <= LONGEST_ID else f"<inc-{sha256(thread.encode()).hexdigest()[:20]}@{domain}>"
