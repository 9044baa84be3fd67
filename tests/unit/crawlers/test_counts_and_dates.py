"""Counts and times as sites print them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.parse.counts import parse_count
from crawlers.parse.dates import parse_epoch, parse_time
from crawlers.parse.nodes import count_of, css, tree_of


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        ("1.2万", 12_000), ("12,345", 12_345), ("10万+", 100_000), ("1.5亿", 150_000_000), ("3w", 30_000),
        ("2.5k", 2_500), ("０", 0), (" 88 ", 88), (7, 7), (3.0, 3), (2.5, None), (-1, None), (True, None),
        (None, None), ("", None), ("赞", None), ("-3", None), ("1.2.3", None),
        ("9" * 30, None), ([], None), ("5万1", None),
    ],
)  # fmt: skip
def test_a_count_is_read_as_it_is_shown(shown: object, count: int | None) -> None:
    """Chinese and English units, separators and a plus; what is no count is unknown, never 0."""
    assert parse_count(shown) == count


@pytest.mark.parametrize(
    ("shown", "count"),
    [("27", 27), ("3,214", 3_214), ("回复 12", 12), ("-5", None), ("9" * 25, None), ("9" * 5_000, None), ("", None)],
)
def test_a_counter_on_a_page_that_cannot_be_is_unknown(shown: str, count: int | None) -> None:
    """Below zero, or more than there are people: the site does not say."""
    assert count_of(css("p")(tree_of(f"<p>{shown}</p>"))) == count


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_whole_numbers_keep_every_digit(count: int) -> None:
    """Large counts pass unchanged, as numbers and as text."""
    assert parse_count(count) == parse_count(f"{count:,}") == count


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    """Whatever a site prints gives a value or None."""
    count = parse_count(text)
    moment = parse_time(text)
    assert count is None or count >= 0
    assert moment is None or moment.tzinfo is UTC


EIGHT = datetime(2026, 3, 10, 0, 0, tzinfo=UTC)
"""Eight o'clock in China."""


@pytest.mark.parametrize(
    "shown",
    [
        "Tue, 10 Mar 2026 08:00:00",
        "Tue, 10 Mar 2026 08:00:00 +0800",
        "Tue, 10 Mar 2026 00:00:00 GMT",
        "Tue, 10 Mar 2026 00:00:00 -0000",
        "Tue, 10 Mar 2026 08:00:00 CST",
        "Tue, 10 Mar 2026 08:00:00 GMT+8",
        "10 Mar 2026 08:00:00",
        "2026-03-10T00:00:00.000Z",
        "2026-03-10T08:00:00",
        "2026-03-10 08:00",
        "2026/3/10 8:00",
        "2026年3月10日 8:00",
        "2026年3月10日8时0分",
    ],
)
def test_a_date_without_a_zone_is_chinese(shown: str) -> None:
    """All of these are eight o'clock in China; CST is China Standard Time here."""
    assert parse_time(shown) == EIGHT


@pytest.mark.parametrize("shown", ["昨天 14:20", "", "2026-13-40 25:00", "Tue, 99 Mar 2026 08:00:00", "刚刚"])
def test_what_is_no_date_is_none(shown: str) -> None:
    """A time that cannot be read is unknown and not made up."""
    assert parse_time(shown) is None


@pytest.mark.parametrize("value", [1773100800, 1773100800000, "1773100800", 1773100800000000, 1773100800.0])
def test_epochs_are_told_apart_by_magnitude(value: object) -> None:
    """Seconds, milliseconds and microseconds give the same moment."""
    assert parse_epoch(value) == EIGHT


@pytest.mark.parametrize("value", [0, None, True, -5, float("nan"), float("inf"), "abc", 1e300, [], "0"])
def test_no_epoch_is_none(value: object) -> None:
    """Zero is how interfaces say that they do not know."""
    assert parse_epoch(value) is None
