"""Times as feeds and interfaces print them → aware times. A time without a zone is Asia/Shanghai. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

from domain.clock import SHANGHAI, to_utc

# What a Chinese site calls CST is China Standard Time; RFC 822 would read it as US Central.
_CHINA_ZONE = re.compile(r"\s*(?:\(?CST\)?|(?:GMT|UTC)\s*\+\s*0?8(?::?00)?)\s*$", re.IGNORECASE)
_NO_ZONE = re.compile(r"-00:?00$")
_NUMBERS = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT]*(\d{1,2})\s*[:：时]\s*(\d{1,2})(?:\s*[:：分]\s*(\d{1,2}))?\s*[分秒]?)?"
)
# A date is short; on a long string of spaces the patterns would take for ever.
_LONGEST = 100
_DIGITS = re.compile(r"-?\d{1,20}(?:\.\d+)?")


def parse_time(text: str, zone: tzinfo = SHANGHAI) -> datetime | None:
    """An RFC 822, ISO 8601 or Chinese date (in ``zone`` where it says none), in UTC; None where it is none of these."""
    plain = _CHINA_ZONE.sub(" +0800", text.strip()[:_LONGEST])
    for parse in (datetime.fromisoformat, _mail_date, _numbers):
        try:
            moment = parse(plain)
            return to_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def parse_epoch(value: object) -> datetime | None:
    """Seconds, milli-, micro- or nanoseconds since 1970, told apart by magnitude; 0 or no number: None."""
    if isinstance(value, str):
        value = float(value) if _DIGITS.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e20:
        return None
    seconds = float(value)
    while seconds >= 1e11:  # the year 5138 in seconds, 1973 in milliseconds
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def _mail_date(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    # -0000 is UTC by RFC 5322; Python gives it, as a lacking zone, without one.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None and _NO_ZONE.search(text) else moment


def _numbers(text: str) -> datetime:
    match = _NUMBERS.search(text)
    if not match:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the caller knows the zone
