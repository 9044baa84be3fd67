"""``yuqing alerts …`` on a real store: what is shown, what is done, and what a slip is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.progress import Silent
from app.starting import write_starting_folder
from app.wiring import make_parts
from config.settings import load_settings
from domain.clock import system_clock
from domain.coverage import Collected, Coverage
from domain.posts import Author, Observation
from pipeline.alert import raise_alerts
from pipeline.analyse import analyse
from pipeline.group import group_new
from pipeline.measure import measure
from storage.store import SqlStore, open_store

Yuqing = Callable[..., Result]
TEXTS = (
    "青禾银行城关支行要倒闭了，取不出钱，大家快去取",
    "我也听说青禾银行要倒闭，城关支行门口挤兑，都在排队取钱",
    "青禾银行取不出钱了，赶紧去城关支行",
    "真的假的，青禾银行城关支行挤兑了，我妈已经去了",
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration folder whose store holds one red incident that was mailed just now."""
    folder = tmp_path_factory.mktemp("conf") / "qinghe"
    write_starting_folder(folder)
    now = system_clock() - timedelta(minutes=30)
    observed = [
        Observation(
            "bbs", "forum", f"p{n}", "thread" if n == 0 else "reply", "p0", text, now + timedelta(minutes=n),
            author=Author(f"u{n}", f"网友{n}"), title="青禾银行出事了" if n == 0 else None,
        )
        for n, text in enumerate(TEXTS)
    ]  # fmt: skip
    parts = make_parts(load_settings(folder), Silent())
    parts = replace(parts, sources=[])
    assert isinstance(parts.store, SqlStore)
    parts.store.save_collected(Collected(tuple(observed), (), Coverage("bbs", now, now, "ok", 4)), None)
    for stage in (analyse, group_new, measure, raise_alerts):
        stage(parts)
    parts.store.close()
    return folder


@pytest.fixture
def yuqing(town: Path) -> Yuqing:
    """Runs ``yuqing alerts`` on the folder."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["alerts", *words, "--config", str(town)])

    return run


@pytest.fixture
def incident(town: Path) -> str:
    """The id of the incident."""
    store = open_store(load_settings(town).store_url)
    (state,) = store.open_alerts()
    store.close()
    return state.incident


def test_explain_shows_rules_figures_distance_and_decisions(yuqing: Yuqing, incident: str) -> None:
    """Each rule of each level with what it has and lacks, and why a mail came."""
    done = yuqing("explain", incident)
    assert done.exit_code == 0, done.output
    told = done.output
    assert f"事件 {incident}《" in told
    assert "网点：城关支行" in told
    assert "✓ 挤兑传言或聚集：严重程度 3（门槛 3），热度" in told
    assert "还差" in told
    assert "已是最高级别。" in told
    assert "发信（新增） 无→红色：首次达到红色。" in told
    assert told.index("红色\n") < told.index("橙色\n") < told.index("黄色\n") < told.index("蓝色\n")


def test_the_list_says_who_was_told_and_who_is_waited_for(yuqing: Yuqing, incident: str) -> None:
    """One row for each open alert."""
    done = yuqing("list", "--format", "csv")
    header, row = done.output.splitlines()[:2]
    assert header == "事件,级别,标题,通报,何时,确认,交办,暂停到,下次催办"
    assert row.startswith(f"{incident},红色,")


def test_what_people_do_is_kept_and_shown(yuqing: Yuqing, incident: str) -> None:
    """An assignment answers nothing; an acknowledgement does, and then nobody is waited for."""
    given_to = yuqing("assign", incident, "--to", "零售业务部", "--by", "王主任")
    assert given_to.output == f"事件 {incident} 已交给 零售业务部。\n"
    assert "没有人确认；下一次催办" in yuqing("explain", incident).output
    assert yuqing("ack", incident, "--by", "王主任", "--note", "已联系支行").exit_code == 0
    assert yuqing("note", incident, "支行已贴出公告", "--by", "李").exit_code == 0
    told = yuqing("explain", incident).output
    assert "王主任" in told
    assert "已确认（红色）：已联系支行" in told
    assert "李 备注（红色）：支行已贴出公告" in told
    assert "下一次催办" not in told
    assert "交办：零售业务部" in told
    false = yuqing("false-alarm", incident, "--by", "王主任")
    assert "已标为误报（红色）" in false.output
    assert "标为误报" in yuqing("list", "--format", "csv").output


def test_a_silence_is_set_listed_and_lifted(yuqing: Yuqing, incident: str) -> None:
    """It takes the incident's level where none is given; lifted, it is shown only among all."""
    placed = yuqing("silence", incident, "--hours", "4", "--by", "王主任", "--reason", "正在处置")
    assert placed.exit_code == 0, placed.output
    assert "已暂停通报，最高到红色（1 号，王主任：正在处置；至 " in placed.output
    assert "注意：连红色也不会发邮件。" in placed.output
    assert f"事件 {incident}" in yuqing("silences").output
    assert "暂停通报（红色及以下）" in yuqing("explain", incident).output
    lifted = yuqing("unsilence", "1", "--by", "李行长")
    assert lifted.output.startswith("1 号暂停通报已结束")
    assert "正在处置" not in yuqing("silences").output
    assert "李行长于" in yuqing("silences", "--all").output
    again = yuqing("unsilence", "1", "--by", "李行长")
    assert again.exit_code == 1
    assert "1 号暂停通报已于" in again.output


def test_every_decision_comes_out_the_same_again(yuqing: Yuqing, incident: str) -> None:
    """Made again from the records, by the same code."""
    done = yuqing("replay", incident)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("个决定，都与记录相同。\n")


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("explain", "20990101-ffff"), 1, "没有事件 20990101-ffff；用 yuqing alerts list 看有哪些"),
        (("ack", "20990101-ffff", "--by", "王"), 1, "没有事件 20990101-ffff"),
        (("ack", "INCIDENT"), 2, "--by"),
        (("ack", "INCIDENT", "--by", " "), 1, "请写明何人"),
        (("silence", "--hours", "4", "--by", "王", "--reason", "x"), 1, "请写明暂停哪些事件的通报"),
        (("silence", "--branch", "城关", "--hours", "4", "--by", "王", "--reason", "x"), 2, "是不是 城关支行？"),
        (("silence", "INCIDENT", "--by", "王", "--reason", "x"), 2, "--hours"),
        (("silence", "INCIDENT", "--until", "明天", "--by", "王", "--reason", "x"), 2, "“明天” 不是时间"),
        (("silence", "INCIDENT", "--hours", "999", "--by", "王", "--reason", "x"), 1, "30 天以内"),
        (("unsilence", "77", "--by", "王"), 1, "没有 77 号暂停通报"),
    ],
)
def test_a_slip_is_told_with_what_would_be_right(
    yuqing: Yuqing, incident: str, words: tuple[str, ...], status: int, told: str
) -> None:
    """Unknown incidents, branches and numbers, missing names and times: said at once, and nothing is kept."""
    done = yuqing(*(incident if word == "INCIDENT" else word for word in words))
    assert done.exit_code == status, done.output
    assert told in done.output
