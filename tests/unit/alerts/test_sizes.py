"""How many posts the next level asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alerts.config import AlertConfig
from alerts.rules_config import LevelRules, Levels, Rule
from alerts.sizes import next_size
from domain.alerts import Level

Make = Callable[..., Any]
CONFIG = AlertConfig(
    levels=Levels(
        red=LevelRules(any_of=(Rule(severity=3, posts=90), Rule(severity=2, authors=30))),
        orange=LevelRules(any_of=(Rule(severity=2, authors=15), Rule(topics=("group_event",), posts=5))),
        yellow=LevelRules(any_of=(Rule(severity=2, negative_posts=4),)),
        blue=LevelRules(any_of=(Rule(severity=1),)),
    )
)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"posts": 6, "authors": 3, "negative_posts": 3}, (Level.YELLOW, 8)),
        ({"posts": 24, "authors": 12, "negative_posts": 12}, (Level.ORANGE, 30)),
        ({"posts": 30, "authors": 20, "negative_posts": 12}, (Level.RED, 45)),
        ({"posts": 60, "authors": 20, "negative_posts": 12, "severity": 3}, (Level.RED, 90)),
        ({"posts": 90, "authors": 30, "negative_posts": 12}, None),
        ({"posts": 9, "authors": 3, "negative_posts": 3, "severity": 0}, None),
    ],
)
def test_the_nearest_level_above_says_its_size(
    snapshot: Make, figures: dict[str, int], expected: tuple[Level, int] | None
) -> None:
    """Missing authors and negative posts become posts at their present ratio; one that is too grave does not count."""
    assert next_size(snapshot(heat=50.0, **figures), ("app_fault",), CONFIG) == expected


def test_rules_of_another_topic_do_not_count_and_those_of_its_own_do(snapshot: Make) -> None:
    """A gathering needs only five posts for orange."""
    figures = {"posts": 4, "authors": 4, "negative_posts": 4, "severity": 2}
    assert next_size(snapshot(heat=50.0, **figures), ("group_event",), CONFIG) == (Level.ORANGE, 5)
    assert next_size(snapshot(heat=50.0, **figures), ("fees_unfair",), CONFIG) == (Level.ORANGE, 15)


def test_a_level_whose_rules_ask_for_no_more_posts_is_passed_over(snapshot: Make) -> None:
    """By the shipped rules orange waits for a third platform, so the size that counts is that of a day's authors."""
    figures = {"posts": 12, "posts_24h": 12, "authors": 9, "authors_24h": 9, "platforms": 2}
    assert next_size(snapshot(heat=46.0, **figures), ("interest_swallowed",), AlertConfig()) == (Level.ORANGE, 20)
