"""What a mail says of phase, burst and forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts.outlook_facts import outlook_lines, path
from domain.spread import Expectation, PlatformSpread, Surge
from tests.unit.alerts.conftest import make_outlook


def row(**changes: Any) -> PlatformSpread:
    """All platforms together, of which nothing is odd."""
    base = PlatformSpread("i", "all", datetime(2026, 3, 16), 12, 9, 4, 0, 5.0, 2.0, 0.9, 0.1, 0.5, 0.2)  # noqa: DTZ001
    return replace(base, **changes)


def test_phase_burst_forecast_and_path_are_said_in_plain_words() -> None:
    """The four lines, word for word."""
    assert outlook_lines(make_outlook(), [row()]) == (
        ("阶段", "爆发，自 2026-03-16 11:00 起；近 1 小时 7 帖，超出平时的节奏"),
        ("突增", "平时这个钟点约 0.2 帖，近一小时 7 帖（6 名作者）"),
        ("走势", "约 1.5 小时翻一番；预计最终 40～120 帖（八成把握），达到红色所需 60 帖的机会约 25%"),
        ("先后出现", "论坛 03-16 07:00 → 抖音 11:40"),
    )


@pytest.mark.parametrize(("posts", "why"), [(8, "样本太少"), (30, "走势还不明朗")])
def test_a_vague_forecast_says_so_and_why(posts: int, why: str) -> None:
    """Too few posts, or too wide a range: no chance is named."""
    vague = Expectation(20.0, 5.0, 60.0, "low", "red", 60, 0.1)
    (line,) = [
        text for label, text in outlook_lines(make_outlook(posts=posts, expectation=vague), []) if label == "走势"
    ]
    assert line == f"约 1.5 小时翻一番；{why}，预测仅供参考：最终 5～60 帖"


def test_two_posts_are_not_said_to_double() -> None:
    """A doubling time is told from six posts on."""
    assert "翻一番" not in dict(outlook_lines(make_outlook(posts=5), []))["走势"]


def test_a_burst_that_is_over_by_now_says_when_it_was(noon: datetime) -> None:
    """The morning's mail tells of last night."""
    surge = Surge(noon - timedelta(hours=12), 180, 9, 8, 0.01, 1e-12)
    lines = dict(outlook_lines(make_outlook(surge=surge), []))
    assert lines["突增"] == "平时这个钟点不到 0.1 帖，2026-03-16 00:00 前的三小时 9 帖（8 名作者）"


@pytest.mark.parametrize(("minutes", "said"), [(30, "30 分钟"), (90, "90 分钟"), (120, "两小时"), (1440, "24 小时")])
def test_the_window_of_a_burst_is_said_as_people_say_it(noon: datetime, minutes: int, said: str) -> None:
    """Whatever windows a bank sets."""
    lines = dict(outlook_lines(make_outlook(at=noon, surge=Surge(noon, minutes, 9, 8, 0.01, 1e-12)), []))
    assert lines["突增"] == f"平时这个钟点不到 0.1 帖，近{said} 9 帖（8 名作者）"


def test_an_all_clear_needs_no_forecast() -> None:
    """Only the phase and the way that it took."""
    assert [label for label, _ in outlook_lines(make_outlook(), [], over=True)] == ["阶段", "先后出现"]


def test_what_is_not_known_is_left_out(noon: datetime) -> None:
    """No outlook, no line; no growth, no forecast and one platform leave the phase alone."""
    bare = make_outlook(burst=False, surge=None, doubling_hours=None, expectation=None, jumps=(("forum", noon),))
    assert [label for label, _ in outlook_lines(bare, [])] == ["阶段"]
    assert outlook_lines(None, [row()]) == ()


def test_signs_of_a_few_making_the_noise_are_pointed_out() -> None:
    """Repeated texts and one busy account, from six posts on."""
    loud = row(repeated_share=0.42, loudest_share=0.58)
    assert ("留意", "42% 的帖子文字雷同，可能有人刷帖；58% 的帖子出自同一个账号") in outlook_lines(
        make_outlook(), [loud]
    )
    assert "留意" not in dict(outlook_lines(make_outlook(), [replace(loud, posts=5)]))


def test_a_rare_chance_is_not_called_zero() -> None:
    """不到 1%."""
    rare = Expectation(13.0, 12.0, 14.0, "high", "red", 600, 0.001)
    assert "机会不到 1%" in dict(outlook_lines(make_outlook(expectation=rare), []))["走势"]


def test_the_day_is_said_where_it_changes(noon: datetime) -> None:
    """Two platforms on one day, the third on the next; a platform that is new to the program keeps its code."""
    times = (noon, noon + timedelta(hours=1), noon + timedelta(hours=13))
    told = path(list(zip(("forum", "weibo", "newone"), times, strict=True)))
    assert told == "论坛 03-16 12:00 → 微博 13:00 → newone 03-17 01:00"
