"""Whether to tell and why: one test for each row of the policy, and what must hold for every course of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.case import Case
from alerts.config import AlertConfig
from alerts.levels import judge
from alerts.policy import decide
from alerts.quiet import for_sweep, quiet_until
from alerts.reasons import REASONS
from alerts.rules_config import QuietHours
from alerts.waiting import peak_of
from domain.actions import Action, Silence
from domain.alerts import AlertState, Blind, Decision, Level
from domain.incidents import Incident, Snapshot

ROOT = Path(__file__).resolve().parents[3]
NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)
"""23:00 in Asia/Shanghai."""
MORNING = datetime(2026, 3, 17, 0, 30, tzinfo=UTC)
"""08:30, the end of the quiet hours."""
HOUR = timedelta(hours=1)
CONFIG = AlertConfig()
INCIDENT = Incident("20260316-a1b2c3", "白鹭洲村镇银行", "排队", ("queue_slow",), NOON, NOON)
BLIND = (Blind("dy-bailu", NOON, "blocked", "接口返回 403"),)

FIGURES = {
    "none": {"severity": 0, "negative_posts": 0, "heat": 1.0, "index": 8.0},
    "blue": {"severity": 1, "negative_posts": 2, "heat": 12.0, "index": 15.0},
    "yellow": {"severity": 2, "negative_posts": 4, "authors": 4, "heat": 25.0, "index": 30.0},
    "orange": {"severity": 2, "negative_posts": 9, "authors": 9, "platforms": 3, "heat": 45.0, "index": 45.0},
    "red": {"severity": 2, "negative_posts": 20, "authors": 20, "platforms": 4, "negative_views": 120_000, "heat": 70.0,
            "index": 70.0},
}  # fmt: skip


def shot(level: str, at: datetime = NOON, **changes: object) -> Snapshot:
    """A snapshot to which the default rules give ``level``."""
    base = Snapshot(
        incident=INCIDENT.id, at=at, posts=10, posts_24h=5, authors=2, authors_24h=2, platforms=1, negative_posts=0,
        severity=0, engagement=0, velocity=0.0, acceleration=0.0, reprints=0, amplifiers=0, index=0.0, heat=0.0,
        confidence=1.0, last_post_at=at, named_posts=1,
    )  # fmt: skip
    made = replace(base, **{**FIGURES[level], **changes})  # type: ignore[arg-type]
    assert judge(made, INCIDENT.topics, CONFIG).level.code == level
    return made


def step(
    state: AlertState, *shots: Snapshot, now: datetime | None = None, blind: tuple[Blind, ...] = (),
    config: AlertConfig = CONFIG, actions: tuple[Action, ...] = (), silences: tuple[Silence, ...] = (),
) -> Decision:  # fmt: skip
    """One decision over the given snapshots, as the pipeline makes it."""
    judged = [(judge(snapshot, INCIDENT.topics, config), snapshot) for snapshot in shots]
    last, at = judged[-1], now or shots[-1].at
    made = decide(Case(INCIDENT, state, *peak_of(judged, state), *last, config, at, blind, actions, silences))
    return replace(made, state=replace(made.state, decided_at=shots[-1].at))


def told(notified: Level, index: float = 30.0, at: datetime = NOON - HOUR, **changes: object) -> AlertState:
    """The state after a mail of the level ``notified``."""
    state = AlertState(
        INCIDENT.id,
        level=notified,
        since=at,
        notified=notified,
        notified_at=at,
        notified_index=index,
        sequence=1,
        decided_at=at,
    )
    return replace(state, **changes)  # type: ignore[arg-type]


FRESH = AlertState(INCIDENT.id)


def test_first_time_a_mailed_level_is_reached() -> None:
    """The first mail is `new`, says the rule and its figures, and records the change."""
    made = step(FRESH, shot("yellow"))
    assert (made.kind, made.state.level, made.state.notified, made.state.sequence) == (
        "new",
        Level.YELLOW,
        Level.YELLOW,
        1,
    )
    assert made.reason.startswith("首次达到黄色。黄色规则“四名作者的具体诉求”：严重程度 2（门槛 2）")
    assert made.change is not None
    assert (made.change.before, made.change.after, made.change.rule) == (
        Level.NONE,
        Level.YELLOW,
        "yellow/四名作者的具体诉求",
    )


def test_a_peak_between_two_sweeps_is_not_missed() -> None:
    """A level that was reached in the evening and is over by the morning is mailed, with its time."""
    made = step(FRESH, shot("orange", NOON - 15 * HOUR), shot("none", NOON))
    assert (made.kind, made.state.level) == ("new", Level.ORANGE)
    assert "（03-15 21:00 的数据）" in made.reason


@pytest.mark.parametrize("now", [NOON, NIGHT])
@pytest.mark.parametrize("blind", [(), BLIND])
def test_a_new_highest_level_passes_whatever_else_holds(now: datetime, blind: tuple[Blind, ...]) -> None:
    """Within the cool-down, at night, with blind sources: red after orange goes out at once."""
    made = step(told(Level.ORANGE, 69.0, now - timedelta(minutes=5)), shot("red", now), blind=blind)
    assert (made.kind, made.state.waiting_until, made.state.notified) == ("raised", None, Level.RED)
    assert made.reason.startswith("由橙色升为红色。")


def test_blue_and_none_mail_nothing() -> None:
    """Blue is listed only; nothing is nothing; both say so."""
    blue, none = step(FRESH, shot("blue")), step(FRESH, shot("none"))
    assert (blue.kind, blue.reason, blue.state.level) == (None, REASONS["blue"], Level.BLUE)
    assert (none.kind, none.reason, none.change, none.state.level) == (None, REASONS["nothing"], None, Level.NONE)


def test_the_same_level_without_growth_is_silent() -> None:
    """An incident that stays as it is sends no second mail, however long."""
    made = step(told(Level.YELLOW, 30.0, NOON - 50 * HOUR), shot("yellow"))
    assert (made.kind, made.reason) == (None, "黄色已通报过，传播指数没有明显扩大（上次 30，现在 30）。")


@pytest.mark.parametrize(("was", "index", "kind"), [(20.0, 40.0, "growth"), (45.0, 65.0, "growth"), (45.0, 64.0, None)])
def test_growth_after_the_cool_down_is_told(was: float, index: float, kind: str | None) -> None:
    """Twice the index, or twenty points more, is worth another mail after four hours."""
    made = step(told(Level.ORANGE, was, NOON - 4 * HOUR), shot("orange", index=index))
    assert made.kind == kind
    assert made.state.notified_index == (index if kind else was)


def test_growth_within_the_cool_down_waits() -> None:
    """The growth is told later, not lost: the index of the last mail is kept."""
    made = step(told(Level.ORANGE, 20.0, NOON - 3 * HOUR), shot("orange", index=50.0))
    assert (made.kind, made.state.notified_index) == (None, 20.0)
    assert made.reason == "传播指数已明显扩大，但距上次通报只有 3 小时，满 4 小时再通报。"


def test_back_at_a_level_below_the_highest_mailed() -> None:
    """What was mailed as red and fell to blue is not mailed again as yellow, but its level rises."""
    made = step(told(Level.RED, level=Level.BLUE), shot("yellow"))
    assert (made.kind, made.state.level) == (None, Level.YELLOW)
    assert made.reason == "曾按红色通报，现为黄色，不重复通报。"
    assert made.change is not None


def test_slightly_below_the_threshold_keeps_the_level() -> None:
    """Three authors of four are within the hysteresis."""
    made = step(told(Level.YELLOW), shot("blue", severity=2, authors=3))
    assert (made.state.level, made.state.below_since) == (Level.YELLOW, None)
    assert made.reason == "略低于黄色门槛但仍在其 70% 以上，级别保持黄色。"


def test_a_level_falls_only_after_two_hours_below() -> None:
    """The hold begins with the first snapshot after the last one that may have been at the level; no mail tells it."""
    first = step(told(Level.ORANGE), shot("orange", NOON - HOUR), shot("blue", NOON))
    assert (first.kind, first.state.level) == (None, Level.ORANGE)
    second = step(first.state, shot("blue", NOON + HOUR))
    assert second.state.below_since == NOON
    assert (second.state.level, second.reason) == (Level.ORANGE, "已低于橙色门槛的 70%，持续满 2 小时才降级。")
    third = step(second.state, shot("blue", NOON + 2 * HOUR))
    assert (third.kind, third.state.level, third.reason) == (None, Level.BLUE, "由橙色降为蓝色；降级不单独发邮件。")
    assert third.change is not None
    assert third.change.after is Level.BLUE


def test_a_return_within_the_hold_starts_the_hold_anew() -> None:
    """One snapshot back at the level clears the note of being below."""
    made = step(told(Level.ORANGE, 45.0, below_since=NOON - HOUR), shot("orange"))
    assert made.state.below_since is None


def test_a_fall_to_a_mailed_level_is_silent() -> None:
    """Orange that is yellow by now is yellow."""
    made = step(told(Level.ORANGE, below_since=NOON - 3 * HOUR), shot("yellow"))
    assert (made.kind, made.state.level, made.state.notified) == (None, Level.YELLOW, Level.ORANGE)


@pytest.mark.parametrize("level", ["blue", "none"])
def test_a_blind_source_freezes_the_level(level: str) -> None:
    """While anything is unseen nothing falls and no all-clear is given; the hold begins when sight returns."""
    state = told(Level.ORANGE, at=NOON - 60 * HOUR, below_since=NOON - 50 * HOUR)
    calm = shot(level, last_post_at=NOON - 60 * HOUR)
    made = step(state, calm, blind=BLIND)
    assert (made.kind, made.state.level, made.state.below_since, made.change) == (None, Level.ORANGE, None, None)
    assert made.reason == "有来源看不到（dy-bailu），级别保持橙色，不降级也不解除。"


def test_waits_for_quiet_before_the_all_clear() -> None:
    """Below yellow, but the last post is fresh: blue, and no all-clear yet."""
    state = told(Level.YELLOW, level=Level.BLUE, at=NOON - 9 * HOUR)
    made = step(state, shot("blue", last_post_at=NOON - 23 * HOUR))
    assert (made.kind, made.state.level) == (None, Level.BLUE)
    assert made.reason == "已降到黄色以下，最后一帖满 24 小时后发解除通知。"


def test_the_all_clear_is_given_once_and_a_flare_mails_again() -> None:
    """After the all-clear the state begins anew; the sequence goes on, so ids differ and the thread is the same."""
    state = told(Level.RED, level=Level.BLUE, at=NOON - 60 * HOUR)
    over = step(state, shot("none", last_post_at=NOON - 25 * HOUR))
    assert (over.kind, over.state.level, over.state.notified, over.state.sequence) == (
        "resolved",
        Level.NONE,
        Level.NONE,
        2,
    )
    assert over.reason == "已平息：最后一帖距今 25 小时，热度已低于黄色门槛的 70%。"
    assert over.change is not None
    assert over.change.inputs["notified"] == Level.RED
    again = step(over.state, shot("none", NOON + HOUR, last_post_at=NOON - 25 * HOUR))
    assert (again.kind, again.reason) == (None, REASONS["nothing"])
    flare = step(again.state, shot("yellow", NOON + 2 * HOUR))
    assert (flare.kind, flare.state.sequence) == ("new", 3)
    assert flare.reason.startswith("解除后再次达到黄色。")


@pytest.mark.parametrize(
    ("level", "changes", "kind"),
    [
        ("yellow", {"posts_24h": 1, "authors_24h": 1}, None),
        ("yellow", {"posts_24h": 0, "authors_24h": 0, "index": 39.0}, None),
        ("yellow", {"posts_24h": 0, "authors_24h": 0, "index": 40.0}, "new"),
        ("yellow", {"posts_24h": 2, "authors_24h": 2}, "new"),
        ("red", {"posts_24h": 0, "authors_24h": 0, "index": 21.0}, None),
        ("red", {"posts_24h": 1, "authors_24h": 1, "index": 21.0}, "new"),
    ],
)
def test_after_the_all_clear_old_counts_are_no_flare(level: str, changes: dict[str, float], kind: str | None) -> None:
    """A counter seen late or a single straggler does not open the alarm again; two authors, or one at red, do."""
    state = AlertState(INCIDENT.id, notified_at=NOON - 30 * HOUR, notified_index=20.0, sequence=2)
    made = step(state, shot(level, **changes))
    assert (made.kind, made.state.level.code) == (kind, level)
    assert made.reason.startswith("解除后再次达到" if kind else "解除后又有动静，但 24 小时内只有")


def test_an_afterglow_falls_without_a_mail() -> None:
    """A level that rose unmailed after the all-clear goes to blue and to nothing silently."""
    state = AlertState(INCIDENT.id, level=Level.YELLOW, since=NOON, sequence=2, decided_at=NOON - 3 * HOUR)
    blue = step(state, shot("blue"))
    assert (blue.kind, blue.state.level, blue.reason) == (None, Level.BLUE, "由黄色降为蓝色；降级不单独发邮件。")
    none = step(blue.state, shot("none", NOON + 3 * HOUR))
    assert (none.kind, none.state.level, none.reason) == (None, Level.NONE, REASONS["resolved_unsent"])


def test_no_all_clear_for_what_was_never_mailed() -> None:
    """A blue incident goes quiet without a mail."""
    state = AlertState(INCIDENT.id, level=Level.BLUE, since=NOON - 60 * HOUR, decided_at=NOON - 3 * HOUR)
    made = step(state, shot("none", last_post_at=NOON - 60 * HOUR))
    assert (made.kind, made.state.level, made.reason) == (None, Level.NONE, REASONS["resolved_unsent"])


@pytest.mark.parametrize(
    ("level", "passes", "held"),
    [("yellow", True, True), ("orange", True, False), ("orange", False, True), ("red", False, False)],
)
def test_quiet_hours(level: str, passes: bool, held: bool) -> None:
    """At 23:00 yellow waits for 08:30, orange as configured, red never; what waits does not count as told."""
    config = AlertConfig(quiet_hours=QuietHours(orange_passes=passes))
    made = step(FRESH, shot(level, NIGHT), config=config)
    assert (made.kind, made.state.notified > Level.NONE) == ((None, False) if held else ("new", True))
    assert made.state.waiting_until == (MORNING if held else None)
    assert made.state.level.code == level
    assert made.reason.endswith("现在是静默时段，03-17 08:30 送达，届时按这段时间里最高的情况写。") is held


def test_what_waited_through_the_night_is_told_with_the_nights_peak() -> None:
    """The morning's mail speaks of the highest of the night, though it is calmer by now, and is sent once."""
    first = step(FRESH, shot("yellow", NIGHT))
    louder = shot("yellow", NIGHT + 3 * HOUR, index=58.0, heat=50.0)
    second = step(first.state, shot("yellow", NIGHT), louder)
    assert (second.kind, second.state.waiting_since) == (None, NIGHT)
    third = step(second.state, shot("yellow", NIGHT), louder, shot("blue", MORNING))
    assert (third.kind, third.state.notified, third.state.notified_index) == ("new", Level.YELLOW, 58.0)
    assert "（03-17 02:00 的数据）" in third.reason
    assert (third.state.waiting_since, third.state.waiting_until) == (None, None)
    assert step(third.state, shot("blue", MORNING + HOUR)).kind is None


def test_a_rise_in_the_night_takes_the_place_of_the_mail_that_waits() -> None:
    """Yellow waits, orange does not: one mail, and nothing waits any more."""
    first = step(FRESH, shot("yellow", NIGHT))
    made = step(first.state, shot("yellow", NIGHT), shot("orange", NIGHT + HOUR))
    assert (made.kind, made.state.notified, made.state.sequence) == ("new", Level.ORANGE, 1)
    assert made.state.waiting_until is None


def test_the_all_clear_waits_for_the_morning() -> None:
    """At night nobody is told that it is over; it is told at the next look after the quiet hours."""
    state = told(Level.ORANGE, level=Level.BLUE, at=NIGHT - 40 * HOUR)
    night = step(state, shot("none", NIGHT, last_post_at=NIGHT - 25 * HOUR))
    assert (night.kind, night.row, night.state.notified) == (None, "waiting_morning", Level.ORANGE)
    assert night.reason == "已平息；现在是静默时段，03-17 08:30 以后发解除通知。"
    assert step(night.state, shot("none", MORNING, last_post_at=NIGHT - 25 * HOUR)).kind == "resolved"


def test_the_end_of_what_was_only_yellow_stands_in_the_digest() -> None:
    """No mail of its own, day or night, unless the setting asks for it; the state begins anew all the same."""
    state = told(Level.YELLOW, level=Level.BLUE, at=NIGHT - 40 * HOUR)
    calm = shot("none", NIGHT, last_post_at=NIGHT - 25 * HOUR)
    quiet = step(state, calm)
    assert (quiet.kind, quiet.row, quiet.state.notified, quiet.state.sequence) == (
        None,
        "resolved_quietly",
        Level.NONE,
        1,
    )
    assert quiet.reason == "已平息：最后一帖距今 25 小时；黄色的解除只写进日报，不单独发邮件。"
    assert quiet.change is not None
    assert (quiet.change.rule, quiet.change.after) == ("resolved", Level.NONE)
    flare = step(quiet.state, shot("yellow", MORNING))
    assert (flare.kind, flare.row, flare.state.sequence) == ("new", "reflare", 2)
    asked = AlertConfig.model_validate({"policy": {"all_clear_from": "yellow"}})
    morning = shot("none", MORNING, last_post_at=NIGHT - 25 * HOUR)
    assert step(state, morning, config=asked).kind == "resolved"


@pytest.mark.parametrize(
    ("start", "end", "clock", "until"),
    [
        ("22:00", "07:30", "22:00", "07:30+1"),
        ("22:00", "07:30", "07:29", "07:30"),
        ("22:00", "07:30", "07:30", None),
        ("22:00", "07:30", "21:59", None),
        ("12:00", "14:00", "13:00", "14:00"),
        ("12:00", "14:00", "14:00", None),
        ("07:00", "07:00", "07:00", None),
    ],
)
def test_the_end_of_the_quiet_hours(start: str, end: str, clock: str, until: str | None) -> None:
    """Spans over midnight and within a day; the beginning counts, the end does not."""
    from domain.clock import SHANGHAI

    hour, minute = map(int, clock.split(":"))
    at = datetime(2026, 3, 16, hour, minute, tzinfo=SHANGHAI)
    found = quiet_until(QuietHours(start=start, end=end), at)
    said = None if found is None else f"{found:%H:%M}" + ("+1" if found.date() > at.date() else "")
    assert said == until
    assert quiet_until(QuietHours(enabled=False), at) is None


@pytest.mark.parametrize(
    ("hours", "clock", "ends"),
    [
        ({}, "05:59", False),
        ({}, "06:00", True),
        ({}, "08:29", True),
        ({}, "23:00", False),
        ({"early_minutes": 0}, "08:29", False),
        ({"from": "05:30"}, "06:30", True),
        ({"from": "06:30"}, "07:30", False),
        ({"from": "00:00", "to": "23:59"}, "10:00", False),
    ],
)
def test_a_daily_sweep_in_the_morning_ends_the_quiet_hours(hours: dict[str, Any], clock: str, ends: bool) -> None:
    """In their last two and a half hours, unless they are shorter than that; at night it leaves them alone."""
    config = AlertConfig.model_validate({"quiet_hours": hours})
    made = for_sweep(config, datetime.fromisoformat(f"2026-03-17T{clock}:00+08:00"))
    assert made.quiet_hours.enabled is not ends
    assert made.model_copy(update={"quiet_hours": config.quiet_hours}) == config


def test_outside_the_quiet_hours_a_daily_sweep_changes_nothing() -> None:
    """By day the configuration is the very same."""
    assert for_sweep(CONFIG, MORNING) is CONFIG


def test_nothing_waits_for_a_second_night() -> None:
    """Where every look falls into quiet hours, and nobody comes by day, it is told with the second look."""
    first = step(FRESH, shot("yellow", NIGHT))
    assert step(first.state, shot("yellow", NIGHT), shot("yellow", MORNING - HOUR)).kind is None
    assert step(first.state, shot("yellow", NIGHT), shot("yellow", NIGHT + 24 * HOUR)).kind == "new"
    state = told(Level.ORANGE, level=Level.BLUE, at=NIGHT - 40 * HOUR)
    posted = NIGHT - 25 * HOUR
    calm = step(state, shot("none", NIGHT, last_post_at=posted))
    assert step(calm.state, shot("none", MORNING - HOUR, last_post_at=posted)).kind is None
    assert step(calm.state, shot("none", NIGHT + 24 * HOUR, last_post_at=posted)).kind == "resolved"


def test_docs_list_every_reason() -> None:
    """docs/alerts.md has a row for each outcome, with its words."""
    text = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    missing = [row for row, words in REASONS.items() if f"`{row}`" not in text or words not in text]
    assert missing == []
