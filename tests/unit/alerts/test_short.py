"""The few lines for a chat: what a phone's screen should show of an alert, a digest and a notice of sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.render import render_alert, render_digest, render_outages
from domain.alerts import Blind, Briefing, Digest
from domain.coverage import Outage
from tests.unit.alerts.test_render import NASTY

Make = Callable[..., Any]


def test_an_alert_says_why_how_much_who_and_where(briefing: Callable[..., Briefing], noon: datetime) -> None:
    """Reason, figures, department, the loudest post with its link, what was not seen, the page."""
    blind = Blind("dy-bailu", noon - timedelta(hours=9), "blocked", "接口返回 403")
    made = briefing(blind=(blind,))
    lines = render_alert(made).short.splitlines()
    assert lines[0] == made.decision.reason
    assert lines[1] == "传播指数 47 · 12 帖 · 3 个平台；主题：吞利息、推诿扯皮；该谁处理：零售业务部、办公室"
    assert lines[2].startswith("声音最大：")
    assert lines[2].endswith("https://bbs.bailu.example/t1.html")
    assert lines[3:] == [
        "有 1 个来源现在看不全，实际可能更严重。",
        "事件页面：http://yuqing.bank.example/incidents/20260316-a1b2c3",
    ]


def test_a_digest_says_its_verdict_and_the_first_incidents(digest: Callable[..., Digest]) -> None:
    """At most five lines of incidents, and how many more there are."""
    made = digest()
    many = render_digest(replace(made, lines=made.lines * 8, undelivered=2)).short
    assert many.count("橙色·新") == 5
    assert "另有 3 起没有列出。" in many
    assert "请注意：有 2 条通知没有送达" in many
    assert "320 帖" in many


def test_a_blind_source_is_told_with_what_to_do(noon: datetime) -> None:
    """One line for each source."""
    outage = Outage("bbs", "青禾市民网", noon - timedelta(hours=7), "login", "要求登录", None)
    lines = render_outages([outage], noon, everything=False).short.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("【青禾市民网】状态：要求登录；")
    assert "换上新的 Cookie" in lines[1]


def test_words_of_users_keep_to_their_line(briefing: Callable[..., Briefing]) -> None:
    """Line breaks and control characters of a post do not forge lines of ours."""
    made = briefing()
    first = made.loudest[0]
    nasty = replace(first, post=replace(first.post, text=NASTY * 3, title=NASTY))
    short = render_alert(replace(made, loudest=(nasty,))).short
    assert len(short.splitlines()) == 4
    assert "\u202e" not in short
