"""What becomes of letters: channels that are full, letters that do not arrive, and the pictures that go with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.alerts import MAIL, Inline, Letter, Level, Message, Notice
from domain.letters import Bounce, StandIn, Stuck
from storage.query import run_query
from tests.integration.storage.conftest import Scene, at

DOMAIN = "bank.example"
DOT = Inline("curve.1", "曲线.png", "image/png", b"\x89PNG\x00\xff")
LATE = at(0) - timedelta(days=1)


def notice(
    name: str = "i1.1", level: Level = Level.RED, to: tuple[str, ...] = ("a@x", "群"), minute: float = 0, **more: object
) -> Notice:
    message = Message("题", "文", "<p>页</p>", "短", (DOT,))
    return Notice(name, "new", level, None, "因", to, message, at(minute), thread="i1", **more)  # type: ignore[arg-type]


def due(scene: Scene, minute: float = 0) -> list[Letter]:
    return scene.store.due_letters(at(minute), 10)


def states(scene: Scene) -> dict[str, str]:
    _, rows = run_query(scene.url, "SELECT recipient, state FROM v_deliveries ORDER BY recipient")
    return dict(rows)


def test_each_letter_knows_its_channel_and_brings_its_pictures(scene: Scene) -> None:
    """An address goes by mail, a name by the channel of that name; words for a chat and pictures come back whole."""
    scene.store.add_notices([notice()], DOMAIN)
    mail, chat = due(scene)
    assert (mail.channel, chat.channel) == (MAIL, "群")
    assert mail.message == chat.message == Message("题", "文", "<p>页</p>", "短", (DOT,))
    assert (mail.preface, mail.incident, mail.bank) == (None, None, None)


def test_pictures_belong_to_their_notice_and_are_written_once(scene: Scene) -> None:
    """A known notice keeps what it has; another's pictures are another's."""
    other = Notice("i2.1", "new", Level.RED, None, "因", ("a@x",), Message("题", "文", "页"), at(1))
    scene.store.add_notices([notice(), other], DOMAIN)
    scene.store.add_notices([notice()], DOMAIN)
    assert [len(letter.message.pictures) for letter in due(scene, 1)] == [1, 1, 0]


def test_a_held_channel_waits_and_the_others_go_on(scene: Scene) -> None:
    """What was due by that channel is due again at its time, also where it was never tried; mail is not held."""
    scene.store.add_notices([notice(), notice("i2.1", minute=1)], DOMAIN)
    scene.store.hold_channel("群", at(1), at(2))
    assert [letter.channel for letter in due(scene, 1)] == [MAIL, MAIL]
    assert [letter.notice for letter in due(scene, 2) if letter.channel == "群"] == ["i1.1", "i2.1"]
    assert scene.store.undelivered(at(1)) == 0


def test_a_letter_written_while_its_channel_is_held_is_looked_at_anew(scene: Scene) -> None:
    """A higher level may find room; whether there is any is for the worker to ask."""
    scene.store.add_notices([notice(to=("群",))], DOMAIN)
    scene.store.hold_channel("群", at(0), at(5))
    scene.store.add_notices([notice("i2.1", to=("群",), minute=1)], DOMAIN)
    assert [letter.notice for letter in due(scene, 1)] == ["i2.1"]


def test_attempts_are_counted_by_channel_and_time(scene: Scene) -> None:
    """Sent or refused, each attempt of the channel counts; those after now (a clock that was set back) do not."""
    scene.store.add_notices([notice(), notice("i2.1")], DOMAIN)
    first, second = (letter for letter in due(scene) if letter.channel == "群")
    scene.store.letter_sent(first.key, at(1))
    scene.store.letter_failed(second.key, at(2), 45009, "太快", at(3))
    assert scene.store.attempts_since("群", at(0), at(5)) == [at(1), at(2)]
    assert scene.store.attempts_since("群", at(1), at(5)) == [at(2)]
    assert scene.store.attempts_since("群", at(0), at(1)) == [at(1)]


def test_being_asked_to_wait_is_no_attempt(scene: Scene) -> None:
    """It brings the letter no nearer to being given up, and delays it all the same."""
    scene.store.add_notices([notice(to=("群",))], DOMAIN)
    (letter,) = due(scene)
    scene.store.letter_failed(letter.key, at(0), 45009, "太快", at(1), counts=False)
    assert due(scene) == []
    (again,) = due(scene, 1)
    assert (again.attempts, scene.store.undelivered(at(0))) == (0, 1)


def test_what_is_stuck_is_told_once(scene: Scene) -> None:
    """Given up at once, tried in vain when it is late; after `escalate` no more."""
    scene.store.add_notices([notice(), notice("i2.1", Level.YELLOW, ("b@x",), minute=9)], DOMAIN)
    lost, late, fresh = due(scene, 9)
    scene.store.letter_failed(lost.key, at(0), 550, "没有这个人", None)
    scene.store.letter_failed(late.key, at(0), None, "连不上", at(60))
    scene.store.letter_failed(fresh.key, at(9), None, "连不上", at(60))
    assert [item.key for item in scene.store.stuck_letters(LATE)] == [lost.key]
    told = frozenset({"a@x", "群"})
    assert scene.store.stuck_letters(at(5)) == [
        Stuck(lost.key, "i1.1", Level.RED, "a@x", "题", "failed", "没有这个人", told),
        Stuck(late.key, "i1.1", Level.RED, "群", "题", "queued", "连不上", told),
    ]
    scene.store.escalate([lost.key, late.key], [], [], DOMAIN, at(9))
    assert [item.key for item in scene.store.stuck_letters(at(99))] == [fresh.key]


def test_a_letter_that_waits_for_the_morning_or_for_room_is_not_stuck(scene: Scene) -> None:
    """Only what was tried in vain is late, and quiet hours do not count."""
    scene.store.add_notices([notice(to=("a@x",), not_before=at(60)), notice("i2.1", to=("群",))], DOMAIN)
    scene.store.hold_channel("群", at(0), at(90))
    (held,) = due(scene, 60)
    scene.store.letter_failed(held.key, at(61), None, "连不上", at(70))
    assert scene.store.stuck_letters(at(59)) == []
    assert [item.recipient for item in scene.store.stuck_letters(at(60))] == ["a@x"]


def test_a_stand_in_is_written_to_once_and_under_an_id_of_its_own(scene: Scene) -> None:
    """Twice asked for, and asked for one who has the notice: one new letter, due at once, with its first line."""
    scene.store.add_notices([notice()], DOMAIN)
    lost, _ = due(scene)
    scene.store.letter_failed(lost.key, at(0), 550, "没有这个人", None)
    others = [StandIn("i1.1", "a@x", name, "本应送给 a@x") for name in ("b@x", "b@x", "群")]
    for _ in range(2):
        scene.store.escalate([lost.key], others, [notice("dead.1", Level.NONE, ("ops@x",))], DOMAIN, at(3))
    found = {letter.recipient: letter for letter in due(scene, 3)}
    assert set(found) == {"群", "b@x", "ops@x"}
    assert (found["b@x"].preface, found["群"].preface) == ("本应送给 a@x", None)
    assert len({letter.message_id for letter in found.values()} | {lost.message_id}) == 4
    assert found["b@x"].message.pictures == (DOT,)


@pytest.mark.parametrize("name", ["<i1.1.4a5b@other.example>", ""])
def test_a_bounce_of_a_stranger_changes_nothing(scene: Scene, name: str) -> None:
    """Only our own ids count."""
    scene.store.add_notices([notice(to=("a@x",))], DOMAIN)
    assert not scene.store.letter_bounced(Bounce(name, "被退回"), at(1))
    assert states(scene) == {"a@x": "queued"}


def test_a_letter_comes_back_once(scene: Scene) -> None:
    """What was accepted and is returned is stuck; the same notification again is no news."""
    scene.store.add_notices([notice(to=("a@x",))], DOMAIN)
    (letter,) = due(scene)
    scene.store.letter_sent(letter.key, at(0))
    assert scene.store.letter_bounced(Bounce(letter.message_id, "被退回：5.1.1"), at(4))
    assert not scene.store.letter_bounced(Bounce(letter.message_id, "被退回：5.1.1"), at(5))
    (stuck,) = scene.store.stuck_letters(LATE)
    assert (stuck.state, stuck.cause, states(scene)) == ("bounced", "被退回：5.1.1", {"a@x": "bounced"})
    assert scene.store.undelivered(at(5)) == 1


def test_notices_of_letters_are_no_notices_of_sources(scene: Scene) -> None:
    """Both are of the kind ``source``; only those of blind sources have an end to be told."""
    dead = Notice("dead.0a1b2c3d.20260316", "source", Level.NONE, None, "", ("o@x",), Message("", "", ""), at(0), "t")
    blind = Notice("source.bbs.20260316010000", "source", Level.NONE, None, "", (), Message("", "", ""), at(0), "t")
    scene.store.add_notices([dead, blind], DOMAIN)
    assert scene.store.open_source_notices() == {"source.bbs.20260316010000": "t"}


def test_analysts_see_the_way_of_each_letter(scene: Scene) -> None:
    """Channel, first line and the time at which it was passed on stand in the view."""
    scene.store.add_notices([notice(to=("a@x",))], DOMAIN)
    (letter,) = due(scene)
    scene.store.letter_failed(letter.key, at(0), 550, "没有这个人", None)
    scene.store.escalate([letter.key], [StandIn("i1.1", "a@x", "群", "本应送给 a@x")], [], DOMAIN, at(1))
    sql = "SELECT recipient, channel, state, preface, escalated_at FROM v_deliveries ORDER BY channel"
    _, rows = run_query(scene.url, sql)
    assert sorted(map(tuple, rows)) == [
        ("a@x", "mail", "failed", None, "2026-03-16T01:01:00Z"),
        ("群", "群", "queued", "本应送给 a@x", None),
    ]
