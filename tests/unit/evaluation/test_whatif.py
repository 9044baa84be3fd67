"""Other thresholds on the same days: what changes for an incident, and what stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.config import AlertConfig
from domain.alerts import Blind, Level
from domain.incidents import Incident, Snapshot
from evaluation.history import History
from evaluation.rule_changes import with_changes
from evaluation.whatif import Matter, Moment, course_of
from evaluation.whatif_picture import picture
from evaluation.whatif_report import as_record, compare, summary, table

START = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
"""09:00 in Asia/Shanghai."""
HOUR = timedelta(hours=1)
PRESENT = AlertConfig()


def shot(hour: int, authors: int, **changes: Any) -> Snapshot:
    """A concrete grievance by so many authors."""
    at = START + hour * HOUR
    base = Snapshot(
        incident="i", at=at, posts=authors, posts_24h=authors, authors=authors, authors_24h=authors, platforms=1,
        negative_posts=authors, severity=2, engagement=0, velocity=1.0, acceleration=0.0, reprints=0, amplifiers=0,
        index=20.0 + authors, heat=30.0, confidence=1.0, last_post_at=at, named_posts=authors,
    )  # fmt: skip
    return replace(base, **changes)


def matter(*shots: Snapshot, name: str = "20260310-aaaa", known: datetime = START) -> Matter:
    """An incident with these snapshots."""
    return Matter(Incident(name, "青禾村镇银行", "排队", ("queue_slow",), START, START), shots, known)


def moments(hours: int, *, blind: tuple[Blind, ...] = ()) -> tuple[Moment, ...]:
    """A run at every hour."""
    return tuple(Moment(START + n * HOUR, START - 48 * HOUR, blind) for n in range(hours))


def history(*matters: Matter, hours: int = 12) -> History:
    """Runs at every hour, and these incidents."""
    return History(matters, moments(hours), START, START + (hours - 1) * HOUR)


GROWING = matter(*(shot(hour, hour + 1) for hour in range(8)))
"""One more author each hour: four at 12:00, six at 14:00."""


def test_a_higher_threshold_is_told_as_the_hours_that_the_alert_comes_later() -> None:
    """The first mail moves from the fourth author to the sixth."""
    [change] = compare(history(GROWING), PRESENT, with_changes(PRESENT, ["yellow: authors>=6"])).changes
    assert (change.kinds, change.lead) == (("later",), -2 * HOUR)
    assert change.before.first is not None
    assert change.before.first.at == START + 3 * HOUR


def test_a_lower_threshold_is_told_as_earlier() -> None:
    """The same the other way round."""
    [change] = compare(history(GROWING), PRESENT, with_changes(PRESENT, ["yellow: authors>=2"])).changes
    assert (change.kinds, change.lead) == (("earlier",), 2 * HOUR)


def test_a_daily_sweep_in_the_morning_ends_the_quiet_hours_here_too() -> None:
    """What was seen at 08:00 by a lone sweep was told then; by another kind of run it would have waited."""
    dawn = START - HOUR
    night = matter(shot(-1, 4), known=dawn)
    for began, mails in ((dawn, 1), (None, 0)):
        run = (Moment(dawn, dawn - 48 * HOUR, (), began),)
        assert len(course_of(night, run, PRESENT, dawn).mails) == mails


def test_alerts_are_lost_and_gained() -> None:
    """Without any rule of yellow nobody is written to; with the present ones again."""
    quiet = with_changes(PRESENT, ["yellow: off"])
    [lost] = compare(history(GROWING), PRESENT, quiet).changes
    [gained] = compare(history(GROWING), quiet, PRESENT).changes
    assert (lost.kinds, gained.kinds) == (("lost",), ("gained",))
    assert (lost.before.highest, lost.after.highest) == (Level.YELLOW, Level.BLUE)


def test_a_higher_level_at_the_same_time_is_told_as_up() -> None:
    """Who asks less of orange gets orange where yellow was."""
    other = with_changes(PRESENT, ["orange/热度很高: authors>=4, heat>=20"])
    [change] = compare(history(GROWING), PRESENT, other).changes
    assert change.kinds == ("up",)
    assert change.after.highest is Level.ORANGE


def test_another_cool_down_changes_only_the_number_of_mails() -> None:
    """An incident that doubles twice is told again where the cool-down is over sooner."""
    shots = [shot(0, 4, index=10.0), shot(2, 5, index=30.0), shot(4, 6, index=60.0)]
    other = with_changes(PRESENT, ["cooldown_hours=1"])
    [change] = compare(history(matter(*shots)), PRESENT, other).changes
    assert change.kinds == ("more",)
    assert len(change.after.mails) == len(change.before.mails) + 1


def test_nothing_is_known_before_the_incident_was() -> None:
    """Snapshots reach back to the first post; a run before it was found cannot have told of it."""
    late = matter(*(shot(hour, 5) for hour in range(6)), known=START + 4 * HOUR)
    course = course_of(late, moments(8), PRESENT, START)
    assert course.first is not None
    assert course.first.at == START + 4 * HOUR


def test_a_topic_counts_from_the_moment_at_which_the_incident_has_it() -> None:
    """A rule for a topic does not reach back to hours in which nobody had named it yet."""
    course = matter(*(shot(hour, 2) for hour in range(8)))
    later = replace(
        course,
        incident=replace(course.incident, topics=("group_event",)),
        topics_since=((START, ()), (START + 5 * HOUR, ("group_event",))),
    )
    told = course_of(later, moments(8), PRESENT, START)
    assert told.first is not None
    assert (told.first.at, told.first.level) == (START + 5 * HOUR, Level.ORANGE)


def test_runs_decide_and_not_the_hours_of_the_snapshots() -> None:
    """With one run a day the mail goes out then, with the peak in between."""
    daily = (Moment(START + 24 * HOUR, START - 24 * HOUR), Moment(START + 48 * HOUR, START))
    course = course_of(matter(shot(1, 5), shot(20, 5)), daily, PRESENT, START)
    assert course.first is not None
    assert course.first.at == START + 24 * HOUR


def test_what_happened_before_the_days_is_not_told_but_remembered() -> None:
    """An incident that was told of before the window is not told of anew in it."""
    course = course_of(GROWING, moments(8), PRESENT, START + 5 * HOUR)
    assert course.mails == ()
    assert course.highest is Level.YELLOW


def test_a_blind_source_holds_the_all_clear_back_in_a_replay_too() -> None:
    """As it did then."""
    calm = matter(shot(0, 5, platforms=3), *(shot(hour, 5, heat=0.0, last_post_at=START) for hour in range(1, 60)))
    seeing = course_of(calm, moments(60), PRESENT, START)
    blind = course_of(calm, moments(60, blind=(Blind("论坛", START, "down", ""),)), PRESENT, START)
    assert [mail.kind for mail in seeing.mails] == ["new", "resolved"]
    assert [mail.kind for mail in blind.mails] == ["new"]


def test_days_table_record_and_line_agree() -> None:
    """Every form counts the same mails, also on days without any."""
    found = compare(history(GROWING, hours=30), PRESENT, with_changes(PRESENT, ["yellow: off"]))
    assert [(str(day.day), day.before, day.after) for day in found.days] == [("2026-03-10", 1, 0), ("2026-03-11", 0, 0)]
    assert summary(found) == (
        "2026-03-10 至 2026-03-11（2 天，事件 1 起）：邮件 1 → 0 封，每天 0.50 → 0.00 封；不再预警 1，不变 0"
    )
    [row] = table(found)
    assert row[3:] == ("不再预警", None, "2026-03-10 12:00", None, "黄色", "蓝色", 1, 0)
    record = as_record(found)
    assert record["summary"]["mails"] == {"before": 1, "after": 0}
    assert record["summary"]["levels"]["yellow"] == {"before": 1, "after": 0}
    assert record["incidents"][0]["before"]["mails"][0]["kind"] == "new"


def test_the_picture_shows_both_totals_and_every_level() -> None:
    """Well-formed SVG, and also where nobody was ever written to."""
    for rules in (["yellow: authors>=6"], ["yellow: off", "blue: off"]):
        found = compare(history(GROWING), with_changes(PRESENT, rules), with_changes(PRESENT, rules))
        words = "".join(ElementTree.fromstring(picture(found)).itertext())
        assert "现行规则（共" in words
        assert "红色" in words


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 100)), min_size=1, max_size=12), st.integers(2, 40))
def test_the_same_rules_change_nothing_and_higher_ones_never_gain(course: list[tuple[int, int]], authors: int) -> None:
    """Whatever the course of an incident."""
    one = matter(*(shot(hour, count, heat=float(heat)) for hour, (count, heat) in enumerate(course)))
    [same] = compare(history(one), PRESENT, PRESENT).changes
    assert same.kinds == ()
    higher = with_changes(PRESENT, [f"yellow: authors>={authors + 4}", "blue: severity>=3"])
    [change] = compare(history(one), PRESENT, higher).changes
    assert "gained" not in change.kinds
