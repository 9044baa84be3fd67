"""Makers of incidents, snapshots and briefings for the tests of the alerts room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.config import AlertConfig
from alerts.levels import judge
from domain.alerts import AlertState, Blind, Briefing, Decision, Digest, DigestLine, Level
from domain.incidents import Incident, Member, Snapshot
from domain.posts import Author, Metrics, Post
from domain.readings import Reading
from domain.spread import Course, Expectation, Outlook, Phase, PhaseMark, Surge

NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
"""12:00 in Asia/Shanghai, outside the quiet hours."""


@pytest.fixture
def noon() -> datetime:
    """The moment that the samples turn about."""
    return NOON


@pytest.fixture
def snapshot() -> Callable[..., Snapshot]:
    """Makes a snapshot of a small incident; keywords change fields."""
    return make_snapshot


@pytest.fixture
def incident() -> Incident:
    """A small incident about unpaid interest."""
    return make_incident()


@pytest.fixture
def briefing() -> Callable[..., Briefing]:
    """Makes the briefing of a first orange mail; keywords change fields."""
    return make_briefing


@pytest.fixture
def digest() -> Callable[..., Digest]:
    """Makes the digest of a day with one incident; keywords change fields."""
    return make_digest


def make_snapshot(**changes: Any) -> Snapshot:
    base = Snapshot(
        incident="20260316-a1b2c3", at=NOON, posts=12, posts_24h=12, authors=9, authors_24h=9, platforms=3,
        negative_posts=10, severity=2, engagement=640, velocity=5.0, acceleration=2.0, reprints=2, amplifiers=0,
        index=47.0, heat=46.0, confidence=0.9, last_post_at=NOON - timedelta(minutes=20), views=8300,
        followers_max=21000, negative_views=7900, named_posts=11,
        parts={"volume": 12.5, "authors": 9.3, "platforms": 8.0, "velocity": 5.9, "engagement": 9.8, "views": 1.5},
    )  # fmt: skip
    return replace(base, **changes)


def make_incident() -> Incident:
    return Incident(
        id="20260316-a1b2c3",
        bank="白鹭洲村镇银行",
        title="石门支行老人五万元三年定期到期没人通知，自动转存后利息少了一大截",
        topics=("interest_swallowed", "buck_passing"),
        opened_at=NOON - timedelta(hours=5),
        last_post_at=NOON - timedelta(minutes=20),
    )


def make_member(key: int = 1, **changes: Any) -> Member:
    post = Post(
        key=key, source="bailu-bbs", platform="forum", id=f"t{key}", kind="thread", thread=f"t{key}",
        text="存了三年，到期没人通知，取的时候说自动转存了，利息少了两千多，去问就互相推。",
        first_seen_at=NOON - timedelta(hours=4), last_seen_at=NOON, title="石门支行把我妈的利息吃了",
        url="https://bbs.bailu.example/t1.html", author=Author(key="k", name="早点铺的豆浆"),
        published_at=NOON - timedelta(hours=5), metrics=Metrics(views=3260, comments=14),
    )  # fmt: skip
    reading = Reading(
        about=True, topics=("interest_swallowed",), negative=True, negativity=0.9, severity=2, evidence=(), version="t"
    )
    return Member(replace(post, **changes), reading, "opens")


def make_briefing(**changes: Any) -> Briefing:
    snapshot, incident = make_snapshot(), make_incident()
    verdict = judge(snapshot, incident.topics, AlertConfig())
    state = AlertState(incident.id, level=verdict.level, notified=verdict.level, sequence=1, notified_at=NOON)
    history = tuple(
        make_snapshot(at=NOON - timedelta(hours=5 - n), posts=posts, posts_24h=posts)
        for n, posts in enumerate((1, 2, 2, 4, 7, 12))
    )
    base = Briefing(
        incident=incident,
        snapshot=snapshot,
        peak=snapshot,
        verdict=verdict,
        decision=Decision(state, "new", f"首次达到橙色。{verdict.reason}。"),
        first=make_member(),
        first_source="白鹭洲市民网",
        loudest=(
            make_member(),
            make_member(2, platform="douyin", title=None, text="我家也是，石门支行太黑了", url=None),
        ),
        history=history,
        platforms={"forum": 8, "douyin": 3, "wechat": 1},
        topic_labels=("吞利息", "推诿扯皮"),
        departments=("零售业务部", "办公室"),
        blind=(),
        link="http://yuqing.bank.example/incidents/20260316-a1b2c3",
        outlook=make_outlook(),
    )
    return replace(base, **changes)


def make_outlook(**changes: Any) -> Outlook:
    mark = PhaseMark(NOON - timedelta(hours=1), Phase.OUTBREAK, 1, "近 1 小时 7 帖，超出平时的节奏")
    base = Outlook(
        incident="20260316-a1b2c3", at=NOON, posts=12, mark=mark, course=Course(NOON, mark, NOON, 1.0, NOON),
        jumps=(("forum", NOON - timedelta(hours=5)), ("douyin", NOON - timedelta(minutes=20))), burst=True,
        surge=Surge(NOON, 60, 7, 6, 0.2, 1e-8), burst_at=NOON, doubling_hours=1.5,
        expectation=Expectation(70.0, 40.2, 119.1, "medium", "red", 60, 0.254),
    )  # fmt: skip
    return replace(base, **changes)


def make_digest(**changes: Any) -> Digest:
    base = Digest(
        bank="白鹭洲村镇银行", at=NOON, since=NOON - timedelta(days=1), posts_collected=320, posts_about=41,
        posts_negative=17, lines=(DigestLine(make_incident(), make_snapshot(), Level.ORANGE, new=True),),
        sources_seen=7, blind=(), undelivered=0, last_sweep_at=NOON - timedelta(hours=24),
    )  # fmt: skip
    return replace(base, **changes)


def make_blind() -> Blind:
    return Blind("dy-bailu", NOON - timedelta(hours=9), "blocked", "接口返回 403，可能触发了频率限制")
