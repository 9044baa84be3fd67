"""The curve of an incident as a picture, with the house's own font."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from alerts.curve import HEIGHT, WIDTH, curve, picture
from alerts.drawing import FAMILY, draw
from alerts.render import render_alert
from domain.alerts import Briefing
from domain.incidents import Snapshot

Make = Callable[..., Snapshot]
MISSING = "\ue000"
"""A character that the font lacks: it comes out as an empty box."""


def word(text: str) -> bytes:
    return draw(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        f'<text x="5" y="30" font-size="24" font-family="{FAMILY}">{text}</text></svg>'
    )


@pytest.fixture
def growing(snapshot: Make, noon: datetime) -> list[Snapshot]:
    """Eight hours in which an incident grew; nobody looked in the fourth."""
    return [
        snapshot(at=noon + timedelta(hours=h), posts=3 * h + 1, posts_24h=3 * h + 1, index=10.0 * h)
        for h in range(8)
        if h != 4
    ]


def test_every_character_of_the_picture_is_really_drawn(growing: list[Snapshot]) -> None:
    """On a machine without fonts each character still comes out as itself, neither as nothing nor as a box."""
    data = curve(growing)
    assert data is not None
    written = set("".join(re.findall(r">([^<>\n]+)</text>", picture(data, "#c62828")))) - {" "}
    assert {"每", "新", "帖", "传", "播", "指", "数", "时", "（"} <= written
    nothing, box = word(" "), word(MISSING)
    assert nothing != box
    assert [char for char in written if word(char) in (nothing, box)] == []


def test_index_and_posts_of_an_hour_nobody_looked_in(growing: list[Snapshot]) -> None:
    """No new posts are made up for it, and the index stays where it was last seen."""
    data = curve(growing)
    assert data is not None
    assert [slot.posts for slot in data.slots] == [1, 3, 3, 3, 0, 6, 3, 3]
    assert [slot.index for slot in data.slots] == [0, 10, 20, 30, 30, 50, 60, 70]


def test_the_picture_fits_a_mail(growing: list[Snapshot]) -> None:
    """A PNG of twice the shown size, under 60 kB, the same bytes every time."""
    data = curve(growing)
    assert data is not None
    drawn = draw(picture(data, "#c62828"), zoom=2)
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(drawn[16:20]), int.from_bytes(drawn[20:24])) == (2 * WIDTH, 2 * HEIGHT)
    assert len(drawn) < 60_000
    assert draw(picture(data, "#c62828"), zoom=2) == drawn


def test_the_mail_shows_the_curve_and_says_it_too(briefing: Callable[..., Briefing], growing: list[Snapshot]) -> None:
    """The HTML names the picture that comes along; its figures are in the alternative text and in the text part."""
    message = render_alert(briefing(history=tuple(growing)))
    (inline,) = message.pictures
    assert f'src="cid:{inline.cid}"' in message.html
    told = "12时 1，13时 3"
    assert told in message.html
    assert told in message.text
    assert render_alert(briefing(history=())).pictures == ()


def test_a_day_without_posts_has_bars_of_no_height(snapshot: Make, noon: datetime) -> None:
    """A counter that moved without a post still has its line."""
    still = [snapshot(at=noon + timedelta(hours=h), posts=5, posts_24h=0, index=20.0 + h) for h in range(3)]
    data = curve(still)
    assert data is not None
    assert sum(slot.posts for slot in data.slots) == 0
    assert "<polyline" in picture(data, "#c62828")
