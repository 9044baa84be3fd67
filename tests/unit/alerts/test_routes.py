"""Whom a matter is told to, and which contacts and channels a configuration may name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.config import AlertConfig
from alerts.routes import Matter, readers
from alerts.routes_config import Fallback, Ladder
from domain.alerts import Level

PEOPLE = {"red": ["r@b.example"], "yellow": ["y@b.example"], "digest": ["d@b.example"], "ops": ["ops@b.example"]}
MATTER = Matter("白鹭洲村镇银行", ("interest_swallowed",), ("零售业务部", "办公室"), ("石门支行",))
MAILED = (Level.YELLOW, Level.ORANGE, Level.RED)


def config(*routes: dict[str, Any], **more: Any) -> AlertConfig:
    """A configuration with these routes, a group and a program."""
    channels = {"群": {"kind": "wecom", "url_env": "X"}}
    return AlertConfig.model_validate({"channels": channels, "recipients": PEOPLE, "routes": routes, **more})


def test_without_routes_the_recipients_decide() -> None:
    """A simple set-up stays as it is."""
    assert readers(MATTER, Level.ORANGE, config()) == ("y@b.example",)
    assert readers(MATTER, Level.NONE, config()) == ("d@b.example",)


@pytest.mark.parametrize(
    "condition",
    [
        {"bank": "白鹭洲村镇银行"},
        {"topics": ["penalty_news", "interest_swallowed"]},
        {"departments": ["办公室"]},
        {"branches": ["石门支行", "双溪支行"]},
        {"level": "orange"},
        {},
    ],
)
def test_a_route_matches_by_what_it_asks(condition: dict[str, Any]) -> None:
    """One of a list is enough; a level means this one or higher; without conditions it takes all."""
    assert readers(MATTER, Level.ORANGE, config({**condition, "to": ["群"]})) == ("群",)


@pytest.mark.parametrize(
    "condition",
    [
        {"bank": "青禾村镇银行"},
        {"topics": ["penalty_news"]},
        {"departments": ["信息科技部"]},
        {"branches": ["双溪支行"]},
        {"level": "red"},
        {"bank": "白鹭洲村镇银行", "branches": ["双溪支行"]},
    ],
)
def test_a_route_that_asks_for_something_else_is_passed_over(condition: dict[str, Any]) -> None:
    """All conditions must be met; then the recipients decide."""
    assert readers(MATTER, Level.ORANGE, config({**condition, "to": ["群"]})) == ("y@b.example",)


def test_the_first_match_decides_and_continue_adds() -> None:
    """From the top; one that goes on is told too; nobody is named twice."""
    first = {"branches": ["石门支行"], "to": ["branch@b.example", "群"], "continue": True}
    second = {"departments": ["办公室"], "to": ["群", "office@b.example"]}
    third = {"to": ["all@b.example"]}
    expected = ("branch@b.example", "群", "office@b.example")
    assert readers(MATTER, Level.RED, config(first, second, third)) == expected
    assert readers(MATTER, Level.RED, config(second, first, third)) == ("群", "office@b.example")


def test_a_route_without_anybody_for_the_level_is_passed_over() -> None:
    """Levels of a route fall to the next one below, never to the one above."""
    only_red = {"to": {"red": ["群"]}}
    assert readers(MATTER, Level.RED, config(only_red)) == ("群",)
    assert readers(MATTER, Level.ORANGE, config(only_red)) == ("y@b.example",)


CONTACTS = st.lists(st.sampled_from(["群", "a@b.example", "c@b.example"]), min_size=1, max_size=3)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "bank": st.sampled_from([MATTER.bank, "别的银行"]),
        "level": st.sampled_from(["red", "orange", "yellow"]),
        "branches": st.lists(st.sampled_from(["石门支行", "双溪支行"]), max_size=2),
        "continue": st.booleans(),
    },
)
ROUTES = st.lists(st.builds(lambda asks, to: {**asks, "to": to}, CONDITIONS, CONTACTS), max_size=5)


@given(ROUTES, st.sampled_from(MAILED))
def test_whatever_the_routes_somebody_is_told_once_and_operations_never(
    routes: list[dict[str, Any]], level: Level
) -> None:
    """No set of routes loses an alert, doubles a reader, or wakes those who look after the sources."""
    found = readers(MATTER, level, config(*routes))
    assert found
    assert len(set(found)) == len(found)
    assert "ops@b.example" not in found


@given(ROUTES, st.sampled_from(MAILED))
def test_more_routes_at_the_end_change_nothing_that_was_decided(routes: list[dict[str, Any]], level: Level) -> None:
    """Where a route before it decided, a last one for all is not asked."""
    first = {"to": ["a@b.example"]}
    assert readers(MATTER, level, config(first, *routes)) == ("a@b.example",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"recipients": {"red": ["科技群"]}}, "channels 里也没有"),
        ({"routes": [{"to": ["科技群"]}]}, "channels 里也没有"),
        ({"fallback": {"red": "科技群"}}, "channels 里也没有"),
        ({"fallback": {"contacts": {"群": "科技群"}}}, "channels 里也没有"),
        ({"routes": [{"to": []}]}, "没有写发给谁"),
        ({"routes": [{"to": ["群"], "level": "blue"}]}, "red、orange、yellow"),
        ({"routes": [{"to": ["a b"]}]}, "不是邮箱地址"),
        ({"channels": {"mail": {"kind": "wecom", "url_env": "X"}}}, "不能是 mail"),
        ({"channels": {"推送": {"kind": "apprise", "url_env": "X", "proxy": "http://10.0.0.9:3128"}}}, "HTTPS_PROXY"),
        ({"channels": {"推送": {"kind": "apprise", "url_file": "u", "ca_file": "ca.pem"}}}, "ca_file"),
        ({"channels": {"a@b": {"kind": "wecom", "url_env": "X"}}}, "渠道的名字"),
        ({"channels": {"群": {"kind": "wecom", "url": "https://x/?key=1"}}}, "Extra inputs"),
        ({"channels": {"群": {"kind": "wecom"}}}, "url_env"),
        ({"channels": {"群": {"kind": "webhook", "url_env": "X"}}}, "secret_env"),
        ({"channels": {"群": {"kind": "qq", "url_env": "X"}}}, "wecom"),
        ({"channels": {"群": {"kind": "wecom", "url_env": "X", "proxy": "socks5://x"}}}, "pattern"),
    ],
)
def test_wrong_contacts_and_channels_are_refused(data: dict[str, Any], words: str) -> None:
    """A slip is an error that says what is wrong; a key has no place in the file."""
    with pytest.raises(ValidationError, match=words):
        config(**data)


def test_platforms_have_their_quota() -> None:
    """What is not said otherwise is what the platform takes."""
    kinds = {"a": "wecom", "b": "dingtalk", "c": "feishu", "d": "webhook"}
    channels = {
        name: {"kind": kind, "url_env": "X", **({"secret_env": "Y"} if name == "d" else {})}
        for name, kind in kinds.items()
    }
    made = AlertConfig.model_validate({"channels": channels})
    assert [made.channels[name].per_minute for name in kinds] == [20, 20, 100, 60]


def test_the_stand_in_of_a_contact_wins_over_that_of_the_level() -> None:
    """Below yellow only contacts have one."""
    fallback = Fallback.model_validate({"red": "r@b.example", "contacts": {"a@b.example": "s@b.example"}})
    assert fallback.instead_of("a@b.example", Level.RED) == "s@b.example"
    assert fallback.instead_of("c@b.example", Level.RED) == "r@b.example"
    assert fallback.instead_of("c@b.example", Level.ORANGE) is None
    assert fallback.instead_of("a@b.example", Level.NONE) == "s@b.example"


def test_a_ladder_has_nobody_below_its_lowest_rung() -> None:
    """Yellow does not reach those who want to hear of red alone."""
    assert Ladder(red=("r@b.example",)).at(Level.YELLOW) == ()
