"""Feeds in the shapes of the bridges and of a county's site, and the entries expected of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.parse.feed import failure_text, parse_feed
from crawlers.parse.html import html_to_text
from domain.clock import iso

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_feed_gives_the_expected_entries(name: str) -> None:
    """Id, address, title, text, author, time in UTC, and the words of a bridge that failed."""
    feed = parse_feed((HERE / name).read_bytes(), "text/xml", "https://feeds.example/list")
    found = [
        [
            entry.id,
            entry.url,
            entry.title,
            html_to_text(entry.html),
            entry.author,
            iso(entry.published) if entry.published else None,
            failure_text(entry),
        ]
        for entry in feed.entries
    ]
    assert found == EXPECTED[name]
    assert feed.title.startswith("清溪")
