"""Times as Chinese forums write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.parse.forum_times import UNIT, parse_first, parse_time
from domain.clock import local

NOW = datetime(2026, 11, 23, 8, 30, 5, tzinfo=UTC)  # 16:30:05 in Shanghai


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("刚刚", "2026-11-23T08:30:05", "minute"),
        ("5\u00a0秒前", "2026-11-23T08:30:00", "second"),
        ("12\u00a0分钟前", "2026-11-23T08:18:05", "minute"),
        ("半小时前", "2026-11-23T08:00:05", "hour"),
        ("3\u00a0小时前", "2026-11-23T05:30:05", "hour"),
        ("3 个小时前", "2026-11-23T05:30:05", "hour"),
        ("今天 09:15", "2026-11-23T01:15:00", "minute"),
        ("昨天\u00a008:05", "2026-11-22T00:05:00", "minute"),
        ("前天 23:59", "2026-11-21T15:59:00", "minute"),
        ("昨天", "2026-11-21T16:00:00", "day"),
        ("7\u00a0天前", "2026-11-15T16:00:00", "day"),
        ("2026-1-27", "2026-01-26T16:00:00", "day"),
        ("2026-1-27 16:41", "2026-01-27T08:41:00", "minute"),
        ("发表于 2026-5-7 16:41:37", "2026-05-07T08:41:37", "second"),
        ("2026年3月5日 08：30", "2026-03-05T00:30:00", "minute"),
        ("2026/3/5", "2026-03-04T16:00:00", "day"),
        ("2026-03-05T08:30:00+09:00", "2026-03-04T23:30:00", "second"),
        ("2026-03-05T08:30:00.123Z", "2026-03-05T08:30:00", "second"),
        ("11-20 09:15", "2026-11-20T01:15:00", "minute"),
        ("12-20 09:15", "2025-12-20T01:15:00", "minute"),
        ("11月20日", "2026-11-19T16:00:00", "day"),
        ("2-29", "2024-02-28T16:00:00", "day"),
        ("09:15", "2026-11-23T01:15:00", "minute"),
        ("23:15", "2026-11-22T15:15:00", "minute"),
        ("11-22-2026 08:05 PM", "2026-11-22T12:05:00", "minute"),
        ("5/7/2019 12:41:37 AM", "2019-05-06T16:41:37", "second"),
        ("27-1-2026", "2026-01-26T16:00:00", "day"),
        ("昨天\u00a012:05 PM", "2026-11-22T04:05:00", "minute"),
    ],
)
def test_each_form_is_read(text: str, at: str, precision: str) -> None:
    """Every form gives its moment in UTC and the unit to which it is known."""
    moment = parse_time(text, NOW)
    assert moment is not None
    assert (moment.at, moment.precision) == (datetime.fromisoformat(at).replace(tzinfo=UTC), precision)


@pytest.mark.parametrize("text", ["", "沙发", "2026-02-30", "2026-13-01", "25:61", "3个月前", "13-45", "123456天前"])
def test_what_is_no_time_is_none(text: str) -> None:
    """No guess is made where there is no time, or no such date."""
    assert parse_time(text, NOW) is None


def test_the_title_goes_before_the_words() -> None:
    """The exact time in a title wins over the words beside it."""
    moment = parse_first(["显示全部", "2026-11-23 16:11", "半小时前"], NOW)
    assert moment is not None
    assert moment.at == datetime(2026, 11, 23, 8, 11, tzinfo=UTC)


def test_a_new_year_across_the_zone_is_this_morning() -> None:
    """On New Year's Eve in UTC it is already January in Shanghai."""
    moment = parse_time("1-1 00:30", datetime(2026, 12, 31, 17, 0, tzinfo=UTC))
    assert moment is not None
    assert moment.at == datetime(2026, 12, 31, 16, 30, tzinfo=UTC)


AGES = st.timedeltas(timedelta(0), timedelta(days=364))


@given(AGES)
def test_a_time_without_year_is_the_latest_past_one(age: timedelta) -> None:
    """Month, day and clock of any moment of the past year come back as that moment."""
    moment = (NOW - age).replace(second=0, microsecond=0)
    wall = local(moment)
    parsed = parse_time(f"{wall.month}-{wall.day} {wall:%H:%M}", NOW)
    assert parsed is not None
    assert parsed.at == moment


@given(AGES)
def test_a_full_time_survives_discuz_spelling(age: timedelta) -> None:
    """Without zero padding and with seconds nothing is lost."""
    moment = (NOW - age).replace(microsecond=0)
    wall = local(moment)
    parsed = parse_time(f"发表于 {wall.year}-{wall.month}-{wall.day} {wall:%H:%M:%S}", NOW)
    assert parsed is not None
    assert parsed.at == moment


@given(st.integers(0, 9999), st.sampled_from(["秒前", "分钟前", "小时前", "天前"]))
def test_a_relative_time_lies_in_the_past_by_its_unit(count: int, unit: str) -> None:
    """N units ago is no later than now, and off by less than one unit."""
    parsed = parse_time(f"{count}\u00a0{unit}", NOW)
    assert parsed is not None
    step = UNIT[parsed.precision]
    assert timedelta(0) <= (NOW - parsed.at) - (count - 1) * step <= 2 * step


@given(st.text(max_size=40))
def test_any_text_is_survived(text: str) -> None:
    """Whatever stands there, the answer is a moment or none."""
    parsed = parse_time(text, NOW)
    assert parsed is None or parsed.at.tzinfo is UTC
