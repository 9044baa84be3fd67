"""Whether to tell and why: one test for each row of the policy, and what must hold for every course of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.config import AlertConfig, QuietHours
from alerts.levels import judge
from alerts.policy import REASONS, decide, quiet_until
from domain.alerts import AlertState, Blind, Decision, Level
from domain.incidents import Incident, Snapshot

ROOT = Path(__file__).resolve().parents[3]
NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)
"""23:00 in Asia/Shanghai."""
HOUR = timedelta(hours=1)
CONFIG = AlertConfig()
INCIDENT = Incident("20260316-a1b2c3", "白鹭洲村镇银行", "排队", ("queue_slow",), NOON, NOON)
BLIND = (Blind("dy-bailu", NOON, "blocked", "接口返回 403"),)

FIGURES = {
    "none": {"severity": 0, "negative_posts": 0, "heat": 1.0, "index": 8.0},
    "blue": {"severity": 1, "negative_posts": 2, "heat": 12.0, "index": 15.0},
    "yellow": {"severity": 2, "negative_posts": 4, "authors": 4, "heat": 25.0, "index": 30.0},
    "orange": {"severity": 2, "negative_posts": 9, "authors": 9, "platforms": 3, "heat": 45.0, "index": 45.0},
    "red": {"severity": 2, "negative_posts": 20, "authors": 20, "platforms": 4, "views": 120_000, "heat": 70.0,
            "index": 70.0},
}  # fmt: skip


def shot(level: str, at: datetime = NOON, **changes: object) -> Snapshot:
    """A snapshot to which the default rules give ``level``."""
    base = Snapshot(
        incident=INCIDENT.id, at=at, posts=10, posts_24h=5, authors=2, authors_24h=2, platforms=1, negative_posts=0,
        severity=0, engagement=0, velocity=0.0, acceleration=0.0, reprints=0, amplifiers=0, index=0.0, heat=0.0,
        confidence=1.0, last_post_at=at,
    )  # fmt: skip
    made = replace(base, **{**FIGURES[level], **changes})  # type: ignore[arg-type]
    assert judge(made, INCIDENT.topics, CONFIG).level.code == level
    return made


def step(
    state: AlertState, *shots: Snapshot, now: datetime | None = None, blind: tuple[Blind, ...] = (),
    config: AlertConfig = CONFIG,
) -> Decision:  # fmt: skip
    """One decision over the given snapshots, as the pipeline makes it."""
    judged = [(judge(snapshot, INCIDENT.topics, config), snapshot) for snapshot in shots]
    peak, peak_snapshot = max(judged, key=lambda pair: (pair[0].level, pair[1].heat))
    verdict, snapshot = judged[-1]
    made = decide(INCIDENT, state, peak, peak_snapshot, verdict, snapshot, config, now or snapshot.at, blind)
    return replace(made, state=replace(made.state, decided_at=snapshot.at))


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
    assert (made.kind, made.hold_until, made.state.notified) == ("raised", None, Level.RED)
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
    """At 23:00 yellow waits for 07:30, orange as configured, red never."""
    config = AlertConfig(quiet_hours=QuietHours(orange_passes=passes))
    made = step(FRESH, shot(level, NIGHT), config=config)
    morning = datetime(2026, 3, 16, 23, 30, tzinfo=UTC)
    assert (made.kind, made.hold_until) == ("new", morning if held else None)
    assert made.reason.endswith("现在是静默时段，03-17 07:30 送达。") is held


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


COURSE = st.lists(
    st.tuples(
        st.sampled_from(list(FIGURES)), st.integers(5, 600), st.floats(0, 100), st.booleans(), st.integers(0, 40)
    ),
    min_size=1,
    max_size=14,
)
"""A course of events: level, minutes since the last look, index, blind or not, hours since the last post."""


def play(course: list[tuple[str, int, float, bool, int]]) -> list[tuple[AlertState, Decision, bool, datetime]]:
    state, now, out = FRESH, NOON, []
    for level, minutes, index, dark, quiet in course:
        now += timedelta(minutes=minutes)
        made = step(state, shot(level, now, index=index, last_post_at=now - quiet * HOUR), blind=BLIND if dark else ())
        out.append((state, made, dark, now))
        state = made.state
    return out


@settings(max_examples=100)
@given(COURSE)
def test_what_holds_for_every_course_of_events(course: list[tuple[str, int, float, bool, int]]) -> None:
    """No mail within the cool-down but for a new highest level; blind: no fall, no all-clear; red is never held;
    an all-clear only after a mail; the highest level is always mailed; every outcome has a reason."""
    for before, made, dark, now in play(course):
        cooling = before.notified_at is not None and now - before.notified_at < timedelta(hours=4)
        rises = made.state.notified > before.notified
        assert not (made.kind and cooling and not rises)
        assert not (dark and (made.kind == "resolved" or made.state.level < before.level))
        assert not (made.kind == "resolved" and before.notified is Level.NONE)
        assert made.state.level < Level.YELLOW or made.state.notified >= made.state.level or before.sequence
        assert made.state.sequence == before.sequence + bool(made.kind)
        assert (made.hold_until is None) or made.state.notified is not Level.RED
        assert made.reason.endswith(("。", "。）"))


@settings(max_examples=20)
@given(COURSE)
def test_a_replay_gives_the_same_decisions(course: list[tuple[str, int, float, bool, int]]) -> None:
    """Nothing but the input decides."""
    assert play(course) == play(course)


def test_docs_list_every_reason() -> None:
    """docs/alerts.md has a row for each outcome, with its words."""
    text = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    missing = [row for row, words in REASONS.items() if f"`{row}`" not in text or words not in text]
    assert missing == []
