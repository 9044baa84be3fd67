"""What a chat gets to read."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.chat import CUT, SIGNATURE, chat_text
from domain.alerts import Letter, Level, Message

NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)


def letter(short: str, subject: str = "题", text: str = "全文", preface: str | None = None) -> Letter:
    """A letter to a group."""
    message = Message(subject, text, "", short)
    return Letter(1, "n", "new", Level.RED, "群", "<n@b>", None, message, 0, NOON, channel="群", preface=preface)


def test_order_and_signature() -> None:
    """First line, subject, the few lines, and the word that robots may ask for."""
    assert chat_text(letter("为什么", preface="本应送给"), 999) == f"本应送给\n题\n为什么\n{SIGNATURE}"


def test_a_message_without_a_short_form_gives_its_text() -> None:
    """Nothing that is told comes empty."""
    assert "全文" in chat_text(letter(""), 999)


@given(st.text(), st.text(max_size=60), st.integers(min_value=64, max_value=2048))
def test_never_longer_than_the_platform_takes_and_never_half_a_character(short: str, subject: str, limit: int) -> None:
    """Whatever users wrote: valid text within the limit, whole or with the mark, and nothing that calls people."""
    whole = chat_text(letter(short, subject), 10**6)
    text = chat_text(letter(short, subject), limit)
    assert len(text.encode()) <= limit
    assert "<" not in text
    assert text == whole or (text.endswith(CUT) and whole.startswith(text.removesuffix(CUT)))
