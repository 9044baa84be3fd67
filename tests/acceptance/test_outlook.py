"""What the duty officer and the analyst learn of how a matter goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from incidents.burst import BurstConfig
from incidents.phase import PhaseConfig
from storage.query import run_query
from tests.acceptance.conftest import Day, Inbox
from tests.acceptance.test_the_day import a_dispute


def rows(day: Day, sql: str) -> list[dict[str, Any]]:
    """What `yuqing query` gives."""
    columns, found = run_query(day.url, sql)
    return [dict(zip(columns, row, strict=True)) for row in found]


def test_a_sudden_outbreak_is_told_with_what_is_usual_and_what_is_to_come(day: Day, inbox: Inbox) -> None:
    """Five accounts within a minute: the mail names the phase, the burst and a forecast that is called weak."""
    a_dispute(day)
    day.at("08:20").posts(
        "青禾银行吞利息的视频，城关支行定期到期自动转存，利息少了一千二", platform="douyin", kind="video",
        metrics={"likes": 31},
    )  # fmt: skip
    day.at("08:30").sweep()
    (mail,) = [mail for mail in inbox.mails if "新增" in str(mail["Subject"])]
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "阶段：爆发" in text
    assert "突增：平时这个钟点" in text
    assert "样本太少，预测仅供参考" in text


def test_a_bank_sets_its_own_bars_of_bursts_and_phases(day: Day) -> None:
    """The same posts under `bursts:` and `phases:` that ask for fifty: no burst, no outbreak."""
    day.parts = replace(day.parts, bursts=BurstConfig(least_posts=50), phases=PhaseConfig(outbreak_posts=50))
    a_dispute(day)
    day.at("08:30").sweep()
    (row,) = rows(day, "SELECT * FROM v_incident_outlook")
    assert not row["burst"]
    assert row["phase_label"] == "上升"


def test_analysts_see_each_platform_grow_and_the_phase_end(day: Day) -> None:
    """Rows only where something changed, unknown counters NULL, and calm once, two days later."""
    root = a_dispute(day)
    day.at("09:00").sweep()
    day.posts("城关支行又吞了我家三万块定期的利息，没人通知", under=root)
    day.at("10:00").sweep()
    for _ in range(4):
        day.at("10:00", days=1).sweep()
    grown = rows(day, "SELECT * FROM v_incident_platforms WHERE platform = 'forum' ORDER BY at")
    assert [row["posts"] for row in grown][:1] == [5]
    assert grown[-1]["posts"] == 6
    assert len(grown) <= 6
    assert {row["views"] for row in grown} == {2600}
    assert {row["likes"] for row in grown} == {None}
    phases = [row["phase_label"] for row in rows(day, "SELECT * FROM v_incident_outlook ORDER BY at")]
    assert phases[0] == "爆发"
    assert phases.count("平息") == 1
