"""Times as Chinese forums write them → moments. Pure; the present moment is given.

Covers every form of Discuz (its ``dgmdate``: 刚刚, N 秒前, N 分钟前, 半小时前, N 小时前, 昨天/前天 HH:MM,
N 天前, ``Y-n-j[ H:i[:s]]``, and as a site may set it ``n-j-Y h:i A``), ISO 8601, 年月日 and slashes, and
forms without a year, which mean the latest past one. A wall clock is that of Asia/Shanghai.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from domain.clock import SHANGHAI

Precision = Literal["second", "minute", "hour", "day"]
UNIT: dict[Precision, timedelta] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}

# A site's clock may run a little ahead of ours; a year-less time beyond this belongs to the past.
_AHEAD = timedelta(hours=1)
# Asking the tables of the time zone takes longer than all else that is done to read a time.
_LAST_SUMMER_TIME, _SHANGHAI_AHEAD = 1991, timedelta(hours=8)
_CLOCK = (
    r"(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?:[:：](?P<second>\d{2})(?:\.\d+)?)?"
    r"(?:\s*(?P<half>[AaPp])[Mm]\b)?"
)
_ZONE = r"(?P<zone>Z|[+-]\d{2}:?\d{2})"
_DATE = r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
_YEAR_LAST = r"(?<!\d)(?P<one>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})(?!\d)"
_YEARLESS = r"(?<!\d)(?P<month>\d{1,2})\s*[-/月]\s*(?P<day>\d{1,2})(?!\d)\s*日?"
_DAYS_BACK = {"今天": 0, "昨天": 1, "昨日": 1, "前天": 2, "前日": 2}
_UNITS: dict[str, Precision] = {
    "秒": "second", "秒钟": "second", "分": "minute", "分钟": "minute",
    "小时": "hour", "个小时": "hour", "天": "day",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in UTC, and the unit to which the page gave it. A day begins at midnight in Shanghai."""

    at: datetime
    precision: Precision


def parse_time(text: str, now: datetime) -> Moment | None:
    """The first time in ``text``, seen at ``now`` (aware); None where there is none or it is no real date."""
    plain = " ".join(text.split())  # U+00A0 and U+3000 are white space to split()
    for pattern, read in _FORMS:
        if match := pattern.search(plain):
            return read(match, now)
    return None


def parse_first(texts: Iterable[str], now: datetime) -> Moment | None:
    """The first of several texts that holds a time: the ``title`` of a span goes before its words."""
    for text in texts:
        if moment := parse_time(text, now):
            return moment
    return None


def _absolute(match: re.Match[str], _now: datetime) -> Moment | None:
    return _moment(int(match["year"]), match)


def _year_last(match: re.Match[str], _now: datetime) -> Moment | None:
    """Month first, unless that can only be a day."""
    one, other = int(match["one"]), int(match["other"])
    month, day = (other, one) if one > 12 else (one, other)
    return _moment_on(int(match["year"]), month, day, match)


def _latest_past(match: re.Match[str], now: datetime) -> Moment | None:
    year = now.astimezone(SHANGHAI).year
    # Next year first: on New Year's Eve the site's clock may be past midnight. 2-29 may lie eight years back.
    for candidate in range(year + 1, year - 9, -1):
        moment = _moment(candidate, match)
        if moment and moment.at <= now + _AHEAD:
            return moment
    return None


def _moment(year: int, match: re.Match[str]) -> Moment | None:
    return _moment_on(year, int(match["month"]), int(match["day"]), match)


def _moment_on(year: int, month: int, day: int, match: re.Match[str]) -> Moment | None:
    try:
        wall = datetime(year, month, day, *_clock(match), tzinfo=UTC)
        if zone := match.groupdict().get("zone"):
            wall = datetime.fromisoformat(wall.replace(tzinfo=None).isoformat() + zone).astimezone(UTC)
        elif year > _LAST_SUMMER_TIME:
            wall -= _SHANGHAI_AHEAD
        else:
            wall = wall.replace(tzinfo=SHANGHAI).astimezone(UTC)
        return Moment(wall, _precision(match))
    except (ValueError, OverflowError):
        return None


def _days_back(match: re.Match[str], now: datetime) -> Moment | None:
    return _on(now - timedelta(days=_DAYS_BACK[match["when"]]), match)


def _clock_alone(match: re.Match[str], now: datetime) -> Moment | None:
    today = _on(now, match)
    return today if today and today.at <= now + _AHEAD else _on(now - timedelta(days=1), match)


def _on(day: datetime, match: re.Match[str]) -> Moment | None:
    hour, minute, second = _clock(match)
    try:
        wall = day.astimezone(SHANGHAI).replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        return None
    return Moment(wall.astimezone(UTC), _precision(match))


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    hour = int(match["hour"] or 0)
    if match["half"] and hour <= 12:
        hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
    return hour, int(match["minute"] or 0), int(match["second"] or 0)


def _precision(match: re.Match[str]) -> Precision:
    return "second" if match["second"] else "minute" if match["hour"] else "day"


def _ago(match: re.Match[str], now: datetime) -> Moment | None:
    precision = _UNITS[match["unit"]]
    moment = now - int(match["count"]) * UNIT[precision]
    if precision == "day":
        moment = moment.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0)
    return Moment(moment.astimezone(UTC).replace(microsecond=0), precision)


def _half_an_hour(_match: re.Match[str], now: datetime) -> Moment | None:
    return Moment((now - timedelta(minutes=30)).astimezone(UTC).replace(microsecond=0), "hour")


def _just_now(_match: re.Match[str], now: datetime) -> Moment | None:
    return Moment(now.astimezone(UTC).replace(microsecond=0), "minute")


_Reader = Callable[[re.Match[str], datetime], Moment | None]
# In the order of trust: a full date first, a bare clock last.
_FORMS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (re.compile(rf"{_DATE}(?:[T\s]*{_CLOCK}{_ZONE}?)?"), _absolute),
    (re.compile(rf"{_YEAR_LAST}(?:\s*{_CLOCK})?"), _year_last),
    (re.compile(rf"(?P<when>{'|'.join(_DAYS_BACK)})\s*(?:{_CLOCK})?"), _days_back),
    (re.compile(r"半\s*个?小时前"), _half_an_hour),
    (re.compile(rf"(?<!\d)(?P<count>\d{{1,4}})\s*(?P<unit>{'|'.join(_UNITS)})\s*前"), _ago),
    (re.compile(r"刚刚|刚才"), _just_now),
    (re.compile(rf"{_YEARLESS}(?:\s*{_CLOCK})?"), _latest_past),
    (re.compile(rf"(?<![\d:：]){_CLOCK}"), _clock_alone),
)


def coarser(first: Precision, second: Precision) -> timedelta:
    """The larger unit of two precisions: within it two moments cannot be told apart."""
    return max(UNIT[first], UNIT[second])
