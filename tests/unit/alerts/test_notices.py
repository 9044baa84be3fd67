"""Outbox rows: ids, recipients and when they may go out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.config import AlertConfig, Recipients
from alerts.notices import alert_notice, digest_notice
from domain.alerts import AlertState, Briefing, Decision, Digest, Level, LevelChange, Message
from domain.letters import LONGEST_ID, message_id, thread_root

MAIL = Message("s", "t", "h")
PEOPLE = Recipients(red=("r@b.example",), orange=("o@b.example",), yellow=("y@b.example",), digest=("d@b.example",))
CONFIG = AlertConfig(recipients=PEOPLE)


def test_alert_notice(briefing: Callable[..., Briefing], noon: datetime) -> None:
    """The id is the incident and the sequence; the thread is the incident; the level chooses the readers."""
    made = alert_notice(briefing(), MAIL, CONFIG, noon)
    assert (made.id, made.thread, made.kind, made.level) == (
        "20260316-a1b2c3.1",
        "20260316-a1b2c3",
        "new",
        Level.ORANGE,
    )
    assert (made.recipients, made.created_at, made.not_before) == (("o@b.example",), noon, None)


def test_the_all_clear_goes_to_those_who_were_alarmed(briefing: Callable[..., Briefing], noon: datetime) -> None:
    """After red the all-clear goes to red's readers, whatever the level has fallen to since."""
    change = LevelChange("i", noon, Level.BLUE, Level.NONE, "resolved", "", 9.0, 1.0, {"notified": 4.0})
    over = Decision(AlertState("i", sequence=3), "resolved", "已平息。", change)
    made = alert_notice(briefing(decision=over), MAIL, CONFIG, noon)
    assert (made.id, made.level, made.recipients) == ("20260316-a1b2c3.3", Level.NONE, ("r@b.example",))


def test_a_decision_that_sends_nothing_has_no_notice(briefing: Callable[..., Briefing], noon: datetime) -> None:
    """Asking for its notice is a mistake of the caller, and is said so."""
    silent = Decision(AlertState("i"), None, "没有达到任何级别。")
    with pytest.raises(ValueError, match="没有达到任何级别"):
        alert_notice(briefing(decision=silent), MAIL, CONFIG, noon)


def test_digest_notice_is_one_for_each_bank_and_local_day(digest: Callable[..., Digest]) -> None:
    """The id has the day of Asia/Shanghai; another bank has another id; made at night it waits for the morning."""
    late = datetime(2026, 3, 15, 17, 0, tzinfo=UTC)
    made = digest_notice(digest(at=late), MAIL, CONFIG)
    assert made.id.endswith(".2026-03-16")
    assert made.recipients == ("d@b.example",)
    assert made.not_before == datetime(2026, 3, 16, 0, 30, tzinfo=UTC)
    assert digest_notice(digest(), MAIL, CONFIG).not_before is None
    assert digest_notice(digest(), MAIL, CONFIG).id != digest_notice(replace(digest(), bank="b"), MAIL, CONFIG).id


def test_ops_read_the_digest_when_something_needs_mending(digest: Callable[..., Digest]) -> None:
    """A blind source or stuck mail is told to those who can mend it; on other days they are left in peace."""
    config = AlertConfig.model_validate({"recipients": {"digest": ["d@bank.example"], "ops": ["o@bank.example"]}})
    assert digest_notice(digest(), MAIL, config).recipients == ("d@bank.example",)
    assert digest_notice(digest(undelivered=1), MAIL, config).recipients == ("d@bank.example", "o@bank.example")


def test_message_id_is_readable_where_it_is_short() -> None:
    """Notice and recipient make the id; recipients differ."""
    one = message_id("20260316-a1b2c3.1", "zhiban@bank.example", "bank.example")
    assert one == "<20260316-a1b2c3.1.785f4acf@bank.example>"
    assert one != message_id("20260316-a1b2c3.1", "o@bank.example", "bank.example")


NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=80)


@given(NAMES, NAMES, st.text("abcdefgh.-", min_size=1, max_size=40))
def test_ids_never_get_long_enough_to_be_folded(notice: str, recipient: str, domain: str) -> None:
    """Whatever the parts, a Message-ID and a thread's root have at most 70 characters and stay the same."""
    made = message_id(notice, recipient, domain)
    assert len(made) <= LONGEST_ID
    assert len(thread_root(notice, domain)) <= LONGEST_ID
    assert made == message_id(notice, recipient, domain)
    assert made.endswith(f"@{domain}>")
