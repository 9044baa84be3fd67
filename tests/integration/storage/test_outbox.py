"""Decisions and the mail that tells of them are written together; each letter is due until it is sent or given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from domain.alerts import AlertState, Letter, Level, LevelChange, Message, Notice
from tests.integration.storage.conftest import Scene, at, seen

DOMAIN = "bank.example"


def notice(
    name: str = "i1-1", level: Level = Level.RED, to: Sequence[str] = ("a@x",), minute: float = 0, **more: object
) -> Notice:
    message = Message("【红色】取钱难", "正文", "<p>正文</p>")
    return Notice(name, "new", level, None, "超过阈值", tuple(to), message, at(minute), thread="i1", **more)  # type: ignore[arg-type]


def with_incident(scene: Scene) -> None:
    scene.see(seen("1"))
    scene.read()
    scene.group("1")


def letters(scene: Scene, now: datetime | None = None) -> list[Letter]:
    return scene.store.due_letters(now or at(0), 10)


def test_a_decision_is_remembered_with_its_mail(scene: Scene) -> None:
    """State, level change and letters are there after one call; before it the state is blank."""
    with_incident(scene)
    assert scene.store.alert_state("i1") == AlertState("i1")
    state = AlertState("i1", Level.RED, at(0), Level.RED, at(0), 61.5, None, 1, at(0))
    change = LevelChange("i1", at(0), Level.NONE, Level.RED, "heat", "热度 61.5", 61.5, 60.0, {"heat": 60.0})
    scene.store.record_decisions([(state, change)], [notice()], DOMAIN)
    assert scene.store.alert_state("i1") == state
    assert scene.store.alert_states(["i1", "i2"]) == {"i1": state, "i2": AlertState("i2")}
    (letter,) = letters(scene)
    assert (letter.notice, letter.level, letter.recipient, letter.thread) == ("i1-1", Level.RED, "a@x", "i1")
    assert letter.message == Message("【红色】取钱难", "正文", "<p>正文</p>")


def test_a_replayed_decision_sends_nothing_twice(scene: Scene) -> None:
    """The same notice again, after it was sent, makes no new letter."""
    with_incident(scene)
    change = LevelChange("i1", at(0), Level.NONE, Level.RED, "heat", "热度", 1.0, 1.0)
    for _ in range(2):
        scene.store.record_decisions([(AlertState("i1", Level.RED), change)], [notice()], DOMAIN)
        for letter in letters(scene):
            scene.store.letter_sent(letter.key, at(1))
    assert letters(scene, at(99)) == []
    assert scene.store.has_notice("i1-1")
    assert not scene.store.has_notice("i1-2")


def test_a_decision_that_cannot_be_written_whole_is_not_written(scene: Scene) -> None:
    """Where a notice cannot be stored, the state stays what it was: the next run decides again."""
    with_incident(scene)
    broken = Notice("i1-1", "new", Level.RED, "没有这个事件", "", ("a@x",), Message("", "", ""), at(0))
    with pytest.raises(DBAPIError):
        scene.store.record_decisions([(AlertState("i1", Level.RED), None)], [broken], DOMAIN)
    assert scene.reopened().alert_state("i1") == AlertState("i1")
    assert not scene.store.has_notice("i1-1")


def test_each_recipient_gets_one_letter_with_its_own_message_id(scene: Scene) -> None:
    """A recipient named twice gets one letter, and the Message-ID outlives a retry."""
    scene.store.add_notices([notice(to=("a@x", "b@x", "a@x"))], DOMAIN)
    first = letters(scene)
    assert [letter.recipient for letter in first] == ["a@x", "b@x"]
    assert len({letter.message_id for letter in first}) == 2
    scene.store.letter_failed(first[0].key, at(0), 451, "稍后再试", at(5))
    again = {letter.recipient: letter for letter in letters(scene, at(5))}["a@x"]
    assert (again.message_id, again.attempts) == (first[0].message_id, 1)


def test_the_highest_level_goes_first_then_the_oldest(scene: Scene) -> None:
    """Red overtakes yellow; among equals the older goes first; the limit cuts the rest off."""
    orders = [("y", Level.YELLOW, 0), ("r2", Level.RED, 2), ("r1", Level.RED, 1)]
    scene.store.add_notices([notice(name, level, minute=minute) for name, level, minute in orders], DOMAIN)
    assert [letter.notice for letter in letters(scene, at(9))] == ["r1", "r2", "y"]
    assert [letter.notice for letter in scene.store.due_letters(at(9), 1)] == ["r1"]


def test_a_letter_waits_for_its_time(scene: Scene) -> None:
    """Quiet hours defer a letter; after them it is due."""
    scene.store.add_notices([notice(not_before=at(60))], DOMAIN)
    assert letters(scene, at(59)) == []
    assert len(letters(scene, at(60))) == 1
    assert scene.store.undelivered(scene.now) == 0


def test_a_clock_that_was_set_back_holds_no_fresh_letter(scene: Scene) -> None:
    """A letter written at 07:30:06 goes out at 07:30:05 too: a run died, and the next one begins at the same hour."""
    scene.store.add_notices([notice(), notice("later", not_before=at(60))], DOMAIN)
    assert [letter.notice for letter in letters(scene, at(-5))] == [notice().id]
    (letter,) = letters(scene, at(-5))
    scene.store.letter_failed(letter.key, at(0), 451, "稍后再试", at(5))
    assert letters(scene, at(-5)) == []


def test_a_refused_letter_is_tried_again_until_it_is_given_up(scene: Scene) -> None:
    """It counts as undelivered from the first refusal; a day after it was given up it no longer does."""
    scene.store.add_notices([notice()], DOMAIN)
    (letter,) = letters(scene)
    scene.store.letter_failed(letter.key, at(1), 451, "稍后再试", at(5))
    assert (letters(scene, at(4)), scene.store.undelivered(scene.now)) == ([], 1)
    scene.store.letter_failed(letter.key, at(5), None, "连不上", None)
    assert (letters(scene, at(99)), scene.store.undelivered(scene.now)) == ([], 1)
    scene.now = at(6) + timedelta(days=1)
    assert scene.store.undelivered(scene.now) == 0


def test_a_sent_letter_is_no_longer_undelivered(scene: Scene) -> None:
    """Success after a refusal clears the account."""
    scene.store.add_notices([notice()], DOMAIN)
    (letter,) = letters(scene)
    scene.store.letter_failed(letter.key, at(1), 451, "稍后再试", at(5))
    scene.store.letter_sent(letter.key, at(5))
    assert (letters(scene, at(99)), scene.store.undelivered(scene.now)) == ([], 0)


def test_a_crash_before_the_mark_leaves_the_letter_due_with_the_same_message_id(scene: Scene) -> None:
    """Whoever opens the store next sends it again under the id of the first copy."""
    scene.store.add_notices([notice()], DOMAIN)
    before = letters(scene)
    assert scene.reopened().due_letters(at(9), 10) == before
