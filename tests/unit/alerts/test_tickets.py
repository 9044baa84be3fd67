"""Signed links of mails."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.tickets import LASTS, Ticket, personal, place, read, sign
from domain.alerts import Letter, Level, Message
from domain.errors import TicketError

NOW = datetime(2026, 3, 16, 4, tzinfo=UTC)
KEY = b"a key of the bank"
TICKET = Ticket("20260316-a1b2c3", Level.RED, "duty@bank.example", NOW + timedelta(days=14))


@given(st.sampled_from(list(Level)), st.text(max_size=60), st.integers(1, 10**7))
def test_a_ticket_is_read_as_it_was_signed(level: Level, reader: str, seconds: int) -> None:
    """Whatever the reader is called; the token needs no escaping in an address."""
    ticket = Ticket("20260316-a1b2c3", level, reader, NOW + timedelta(seconds=seconds))
    token = sign(ticket, KEY)
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert read(token, KEY, NOW) == ticket


@given(st.integers(0, 200), st.integers(1, 127))
def test_an_altered_ticket_is_refused(place: int, change: int) -> None:
    """Changing any character, or cutting the token off, is noticed."""
    token = sign(TICKET, KEY)
    at = place % len(token)
    altered = token[:at] + chr(ord(token[at]) ^ change) + token[at + 1 :]
    for wrong in (altered, token[:at]):
        with pytest.raises(TicketError, match="不完整"):
            read(wrong, KEY, NOW)


def test_every_reader_gets_tickets_of_his_own_in_all_parts() -> None:
    """The places in subject-less parts become tickets for their incident, level and reader; each try the same ones."""
    words = f"http://b.example/t/{place('20260316-a1b2c3', Level.RED)} {place('20260316-ffff', Level.YELLOW)}"
    message = Message("【红色】", words, f'<a href="{words.split()[0]}">', words)
    letter = Letter(1, "n", "new", Level.RED, "duty@bank.example", "<m@b>", None, message, 0, NOW)
    other = replace(letter, recipient="group")
    said, again, theirs = (personal(item, KEY).message for item in (letter, replace(letter, attempts=3), other))
    first, second = re.findall(r"[\w-]+\.[\w-]{20,}", said.text)
    assert read(first, KEY, NOW) == Ticket("20260316-a1b2c3", Level.RED, "duty@bank.example", NOW + LASTS)
    assert read(second, KEY, NOW).incident == "20260316-ffff"
    assert first in said.html
    assert said.short == said.text
    assert again == said
    assert theirs.text != said.text


@pytest.mark.parametrize("token", ["", ".", "a.b", "票.据", "x" * 100_000, "\x00.\x00"])
def test_what_is_no_ticket_is_refused(token: str) -> None:
    """Rubbish in the address is told as such and breaks nothing."""
    with pytest.raises(TicketError, match="不完整"):
        read(token, KEY, NOW)


def test_a_ticket_of_another_key_or_that_has_ended_is_refused() -> None:
    """A bank's tickets are its own, and end."""
    with pytest.raises(TicketError, match="不完整"):
        read(sign(TICKET, KEY), b"another key", NOW)
    with pytest.raises(TicketError, match="过期"):
        read(sign(TICKET, KEY), KEY, TICKET.ends)
