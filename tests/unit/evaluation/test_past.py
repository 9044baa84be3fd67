"""Incidents that people remember: which of a replay is meant, how much earlier it was told, or why it was missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.config import AlertConfig
from domain.alerts import Level
from domain.incidents import Incident, Snapshot
from evaluation.past import (
    ALERTED,
    BELOW,
    UNGROUPED,
    UNSEEN,
    Alert,
    Replayed,
    SeenPost,
    likeness,
    look_for,
    pairs_of,
)
from evaluation.past_list import PastIncident, PastList, Refusal
from evaluation.past_report import told, write_past
from evaluation.whatif import Matter

NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONFIG = AlertConfig()
BANK = ("青禾村镇银行", "青禾银行")


def post(name: str, text: str, incident: str | None = "q", **changes: Any) -> SeenPost:
    """A negative post about the bank, published at noon."""
    link = f"https://bbs.example/thread?tid={name}"
    read = {"about": True, "negative": True, "negativity": 0.9}
    return replace(SeenPost("bbs", name, link, text, NOON, incident=incident, **read), **changes)


def matter(name: str, title: str, **changes: Any) -> Matter:
    """A grievance of two authors, opened at noon."""
    shot = Snapshot(
        incident=name, at=NOON, posts=2, posts_24h=2, authors=2, authors_24h=2, platforms=1, negative_posts=2,
        severity=2, engagement=0, velocity=1.0, acceleration=0.0, reprints=0, amplifiers=0, index=18.0, heat=18.0,
        confidence=1.0, last_post_at=NOON,
    )  # fmt: skip
    incident = Incident(name, BANK[0], title, ("queue_slow",), NOON, NOON)
    return Matter(replace(incident, **changes), (shot,), NOON)


QUEUE = "青禾银行城关支行排队两个小时，大堂只开一个窗口"
FEE = "青禾银行又扣了我的短信费，从来没有开通过"
REPLAYED = Replayed(
    (
        post("t1", QUEUE),
        post("t2", "城关支行又是排队"),
        post("f1", FEE, "f"),
        post("n1", "青禾银行送米送油", None, negative=False),
    ),
    {"q": matter("q", QUEUE), "f": matter("f", FEE)},
    {"q": [Alert(NOON + HOUR, Level.YELLOW), Alert(NOON + 3 * HOUR, Level.ORANGE)]},
)


def past(title: str, noticed: datetime = NOON + 5 * HOUR, **changes: Any) -> PastIncident:
    """A row of the list."""
    return replace(PastIncident(2, title, noticed), **changes)


def look(item: PastIncident, replayed: Replayed = REPLAYED) -> Any:
    """What becomes of one row."""
    return look_for(item, replayed, CONFIG, BANK)


def test_the_first_post_or_its_link_decides_whatever_the_title_says() -> None:
    """Also where the link carries another scheme and tracking."""
    by_post = look(past("完全不同的说法", post=("bbs", "t2")))
    by_link = look(past("完全不同的说法", url="http://bbs.example/thread?tid=t1&utm_source=app"))
    for finding in (by_post, by_link):
        assert (finding.kind, finding.how, finding.matter.incident.id) == (ALERTED, "首帖", "q")
    assert (by_post.lead_hours, by_post.highest) == (4.0, Level.ORANGE)


def test_without_a_post_the_words_and_the_time_decide() -> None:
    """A title of people's own, and keywords; months later it is another matter."""
    assert look(past("城关支行排队两小时")).matter.incident.id == "q"
    assert look(past("客户投诉", keywords=("短信费", "没有开通"))).matter.incident.id == "f"
    assert look(past("城关支行排队两小时", NOON + timedelta(days=60))).kind == UNSEEN


def test_who_noticed_before_us_has_a_negative_lead() -> None:
    """Hours that we came later."""
    assert look(past("城关支行排队", NOON - HOUR)).lead_hours == -2.0


def test_a_missed_incident_says_what_it_lacked() -> None:
    """Grouped, but below the thresholds: with its figures, and how far the nearest rule was."""
    finding = look(past("乱扣短信费", keywords=("短信费",)))
    assert (finding.kind, finding.lead_hours) == (BELOW, None)
    assert "最高时蓝色" in finding.reason
    assert "2 名作者" in finding.reason
    assert "还差 2 名作者" in finding.reason


def test_a_post_that_was_read_as_harmless_is_told_as_such() -> None:
    """It was collected; reading is where it was lost."""
    finding = look(past("送米送油引争议", post=("bbs", "n1")))
    assert finding.kind == UNGROUPED
    assert "bbs:n1 采集到了，没有判为负面" in finding.reason
    foreign = Replayed((post("n1", "送米送油", None, about=False),), {}, {})
    assert "没有判为说的是本行" in look(past("送米送油"), foreign).reason


def test_what_was_never_collected_is_told_as_such() -> None:
    """Neither the post that is named nor anything like it."""
    finding = look(past("保险柜失窃", post=("bbs", "x9")))
    assert (finding.kind, finding.reason) == (UNSEEN, "首帖没有采集到，也没有采集到文字和时间相近的帖子")


def test_names_of_the_bank_make_nothing_alike() -> None:
    """They are in every text."""
    assert look(past("青禾村镇银行青禾银行门口结冰")).kind == UNSEEN


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_likeness_stays_between_nothing_and_the_same(title: str, words: list[str]) -> None:
    """Whatever is typed, and it is greatest for the text itself."""
    item = past(title, keywords=tuple(words))
    score = likeness(item, pairs_of(title), REPLAYED.posts)
    assert 0.0 <= score <= 1.0
    if pairs_of(title) and not words:
        assert likeness(item, pairs_of(title), [post("t", title)]) == 1.0


def test_tables_and_summary_tell_the_same(tmp_path: Path) -> None:
    """past.csv, past.md and the summary; strangers' words end no cell and start no formula."""
    items = (past("城关支行排队|", level=Level.YELLOW), past("=保险柜失窃", row=3))
    findings = [look(item) for item in items]
    made = write_past(tmp_path, PastList("list.csv", items, (Refusal(4, "没有名称"),)), findings)
    assert made == {
        "file": "list.csv", "incidents": 2, "refused": 1,
        "outcomes": {"alerted": 1, "below": 0, "not_negative": 0, "never_collected": 1},
        "share_alerted": 0.5, "alerted_before_noticed": 1, "median_lead_hours": 4.0,
    }  # fmt: skip
    assert told(made) == (
        "以往事件 2 起：预警了 1 起（其中 1 起早于人发现，提前小时数的中位数 4）；没有采集到 1 起；清单里有 1 行没有用"
    )
    table = (tmp_path / "past.csv").read_text(encoding="utf-8-sig").splitlines()
    assert table[1].startswith("2,城关支行排队|,2026-03-10 17:00,已预警,4,q,")
    assert table[2].startswith("3,'=保险柜失窃,")
    page = (tmp_path / "past.md").read_text(encoding="utf-8")
    assert "城关支行排队\\|" in page
    assert "- 第 4 行：没有名称" in page
