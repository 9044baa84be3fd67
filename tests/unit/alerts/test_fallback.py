"""Letters that do not arrive: the stand-in's first line, and what operations are told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.backoff import GIVE_UP_AFTER, asked_attempt
from alerts.config import AlertConfig
from alerts.fallback import stand_in, stuck_notices, told_as
from alerts.render import render_stuck
from domain.alerts import Level
from domain.letters import Stuck

NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
CONFIG = AlertConfig.model_validate(
    {
        "channels": {"群": {"kind": "wecom", "url_env": "X"}},
        "recipients": {"digest": ["d@b.example"], "ops": ["o@b.example", "群"]},
        "fallback": {"red": "群", "contacts": {"群": "a@b.example"}},
    }
)


def stuck(to: str = "a@b.example", level: Level = Level.RED, state: str = "failed", *told: str, key: int = 1) -> Stuck:
    """A letter that did not arrive."""
    return Stuck(key, f"n{key}", level, to, "题", state, "550 no such user", frozenset({to, *told}))


@pytest.mark.parametrize(
    ("state", "words"), [("failed", "没有送到"), ("bounced", "被退回"), ("queued", "迟迟没有送到")]
)
def test_the_first_line_says_for_whom_and_why(state: str, words: str) -> None:
    """It names the reader, what happened, and the cause on one line."""
    other = stand_in(stuck(state=state), CONFIG)
    assert other is not None
    assert (other.recipient, other.instead_of, other.notice) == ("群", "a@b.example", "n1")
    assert other.preface == f"本应送给 a@b.example 的这条通知{words}（550 no such user），现改送给您，请代为处理。"


def test_nobody_stands_in_for_who_has_none_or_was_told() -> None:
    """No stand-in for yellow; and none where the stand-in reads the notice anyway."""
    assert stand_in(stuck(level=Level.YELLOW), CONFIG) is None
    assert stand_in(stuck("a@b.example", Level.RED, "failed", "群"), CONFIG) is None


def test_operations_get_one_notice_and_each_contact_its_mark() -> None:
    """Two dead contacts: one message, by none of the dead ways, and a mark for the second that goes to nobody."""
    items = [stuck(), stuck("群", key=2)]
    first, mark = stuck_notices(items, render_stuck(items, {}, NOON), CONFIG, NOON)
    assert (first.id, first.kind, first.recipients) == (told_as("a@b.example", NOON), "source", ("o@b.example",))
    assert (mark.id, mark.recipients) == (told_as("群", NOON), ())
    assert first.id.startswith("dead.")
    assert first.id.endswith(".20260316")


def test_at_night_only_red_wakes_operations() -> None:
    """The rest waits for the end of the quiet hours."""
    for level, waits in ((Level.RED, False), (Level.YELLOW, True)):
        items = [stuck(level=level)]
        (notice,) = stuck_notices(items, render_stuck(items, {}, NIGHT), CONFIG, NIGHT)
        assert (notice.not_before is not None) == waits


def test_where_all_of_operations_is_dead_the_readers_of_the_digest_are_told() -> None:
    """And where they are dead too, nobody can be; the mark is kept all the same."""
    items = [stuck("o@b.example"), stuck("群", key=2)]
    assert stuck_notices(items, render_stuck(items, {}, NOON), CONFIG, NOON)[0].recipients == ("d@b.example",)
    items.append(stuck("d@b.example", key=3))
    assert stuck_notices(items, render_stuck(items, {}, NOON), CONFIG, NOON)[0].recipients == ()


def test_the_notice_says_cause_stand_in_and_what_to_do() -> None:
    """Contact by contact: how many of which level, the state, the cause, who reads it now, what to look at."""
    items = [stuck(), stuck(key=2, level=Level.NONE), stuck("群", Level.YELLOW, "queued", key=3)]
    message = render_stuck(items, {1: "群"}, NOON)
    assert message.subject == "【投递】a@b.example、群收不到通知（红色 1 封，黄色 1 封，其他 1 封）"
    for words in ("没有送到：红色 1 封，其他 1 封", "现在：已放弃 2 封", "改送：群", "核对收件地址", "channels"):
        assert words in message.text
    assert "改送：没有：" in message.text
    assert "550 no such user" in message.short
    assert "投递</div>" in message.html


def test_many_contacts_are_three_names_and_a_number() -> None:
    """A relay that is down does not make a subject without end."""
    items = [stuck(f"a{n}@b.example", key=n) for n in range(9)]
    assert "a2@b.example等 9 处收不到通知" in render_stuck(items, {}, NOON).subject


def test_patience_ends_after_two_days() -> None:
    """What a platform asks for is given, and not for ever."""
    assert asked_attempt(60, NOON, NOON + GIVE_UP_AFTER) is not None
    assert asked_attempt(60, NOON, NOON + GIVE_UP_AFTER * 1.01) is None
