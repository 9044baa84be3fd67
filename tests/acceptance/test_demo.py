"""The demonstration town, from end to end: ``python -m demo`` in a process of its own, and what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from re import search, sub
from typing import Any

import pytest

from demo.smtp import Mail, page_of, parse, read_mails
from demo.stories import FORUMS, load_town
from demo.town import Forum, Thread
from domain.alerts import Level
from domain.clock import iso

ROOT = Path(__file__).resolve().parents[2]
NAMES = "青禾银行|青禾村行|青禾村镇银行|青禾yh|城关支行|河湾支行|东山分理处"
URGENT = (Level.ORANGE, Level.RED)


@cache
def _rows(config: Path, sql: str) -> list[dict[str, Any]]:
    command = [Path(sys.executable).parent / "yuqing", "query", sql, "--config", config, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


@dataclass(frozen=True)
class Demo:
    """A demonstration that is over."""

    out: Path
    status: int
    printed: str
    errors: str

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the product answers to a query."""
        return _rows(self.out / "config", sql)

    def level_of(self, *words: str) -> Level:
        """The highest level that an incident with a post of all the words ever had."""
        posts = self.rows("SELECT incident, title, text FROM v_incident_posts")
        told = [post for post in posts if all(word in f"{post['title']}{post['text']}" for word in words)]
        assert told, f"no incident has a post with {words}"
        incidents = {post["incident"] for post in told}
        alerts = self.rows("SELECT incident, level_after FROM v_alerts")
        levels = [Level.of(alert["level_after"]) for alert in alerts if alert["incident"] in incidents]
        return max(levels, default=Level.NONE)

    @property
    def mails(self) -> list[Mail]:
        """The mails that arrived."""
        return read_mails(self.out / "mails")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One run of the demonstration."""
    out = tmp_path_factory.mktemp("town") / "out"
    command = [sys.executable, "-m", "demo", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    return Demo(out, done.returncode, done.stdout, done.stderr)


def test_asked_for_help_it_explains_itself_and_writes_nothing(tmp_path: Path) -> None:
    """An option is no folder."""
    command = [sys.executable, "-m", "demo", "--help"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert "folder" in done.stdout
    assert not list(tmp_path.iterdir())


def test_it_ends_well_and_says_where_things_lie(demo: Demo) -> None:
    """The run ends with 0, shows the incidents, and names the folders of mails and the database."""
    assert demo.status == 0, demo.printed + demo.errors
    assert str(demo.out / "mails") in demo.printed
    assert str(demo.out / "config" / "yuqing.db") in demo.printed
    assert (demo.out / "config" / "yuqing.db").exists()


def test_every_source_saw_everything(demo: Demo) -> None:
    """No source is blind, and each brought something home."""
    coverage = demo.rows("SELECT source, status, got FROM v_coverage")
    assert {row["source"] for row in coverage} == {
        "qinghe-bbs", "hewan-bbs", "redian", "rongmei", "bank-wx", "douyin", "kuaishou",
    }  # fmt: skip
    assert all(row["status"] == "ok" and row["got"] > 0 for row in coverage), coverage


def _visible(forum: Forum) -> Iterator[Thread]:
    readable = {board.fid for board in forum.boards if board.readable}
    return (thread for thread in forum.threads if thread.fid in readable and not thread.read_permission)


def _words(body: str) -> str:
    body = sub(r"<i class=\"pstatus\">.*?</i>", "", body)
    return unescape(sub(r"<[^>]+>", "", body.replace("<br />\n", "\n"))).strip()


@pytest.mark.parametrize("position", [0, 1], ids=FORUMS)
def test_every_visible_floor_is_there(demo: Demo, position: int) -> None:
    """Each floor that a guest may read is in the store with its text, author and time, and no other one is."""
    forum = load_town().forums[position]
    expected = {}
    for thread in _visible(forum):
        for number, floor in enumerate(thread.floors):
            if floor.state == "shown":
                key = f"p{floor.pid}" if number else f"t{thread.tid}"
                expected[key] = (_words(floor.body), floor.author, iso(floor.at))
    sql = f"SELECT id, text, author_name, published_at FROM v_posts WHERE source = '{FORUMS[position]}-bbs'"  # noqa: S608 - a name of ours
    rows = demo.rows(sql + " AND kind <> 'comment' AND NOT deleted")
    found = {row["id"]: (row["text"], row["author_name"], row["published_at"]) for row in rows}
    assert found == expected


def test_every_comment_and_article_is_there(demo: Demo) -> None:
    """Each article, video and comment is in the store under its platform."""
    town = load_town()
    rows = demo.rows("SELECT platform, kind, text, title FROM v_posts WHERE platform <> 'forum'")
    for platform in ("douyin", "kuaishou"):
        said = {comment.text for video in town.videos if video.platform == platform for comment in video.comments}
        assert {row["text"] for row in rows if (row["platform"], row["kind"]) == (platform, "comment")} == said
    titles = {article.title for feed in town.feeds for article in feed.articles}
    assert {row["title"] for row in rows if row["platform"] in ("wechat", "news")} == titles


def test_the_swallowed_interest_is_urgent(demo: Demo) -> None:
    """The dispute over a deposit that was renewed without notice, blown up by a public account, is orange or red."""
    assert demo.level_of("20万存一年只给200块利息") in URGENT
    assert demo.level_of("青禾村镇银行被指", "坑害百姓") in URGENT


def test_the_blown_up_story_and_its_reprint_are_one_incident(demo: Demo) -> None:
    """The reprint in the other forum joins the public account's article, and says so."""
    posts = demo.rows("SELECT incident, source, kind, how FROM v_incident_posts WHERE title LIKE '%坑害百姓%'")
    assert {post["source"] for post in posts} == {"redian", "hewan-bbs"}
    assert len({post["incident"] for post in posts}) == 1
    assert "reprint" in {post["how"] for post in posts}


def test_the_run_rumour_is_urgent(demo: Demo) -> None:
    """Talk that the bank cannot pay is orange or red, although the police have said that it is not so."""
    assert demo.level_of("听说青禾银行取不出钱了，里面的人说没钱了") in URGENT
    assert demo.level_of("听说青禾银行取不出钱了？真的假的") in URGENT


def test_slow_renewal_and_the_crashing_app_are_incidents(demo: Demo) -> None:
    """The long rant about a renewal is mailed; the filmed crash of last week is one incident, and calm by now."""
    assert demo.level_of("抵押登记拖了两个月") >= Level.YELLOW
    assert demo.level_of("手机银行又闪退了") == Level.NONE
    crash = demo.rows("SELECT DISTINCT incident, platform FROM v_incident_posts WHERE text LIKE '%闪退%'")
    assert {row["platform"] for row in crash} == {"forum", "kuaishou"}
    assert len({row["incident"] for row in crash}) == 1


def test_what_is_no_matter_for_alarm_raises_none(demo: Demo) -> None:
    """Nothing about another bank, praise, questions, the park or the household waste is in an incident."""
    posts = demo.rows("SELECT title, text FROM v_incident_posts WHERE how = 'opens' OR negative = 1")
    told = "\n".join(f"{post['title']} {post['text']}" for post in posts)
    for words in (
        "信贷员卷款",
        "骗子银行，还我血汗钱",
        "表扬一下东山分理处",
        "存款利率高",
        "青禾公园的梅花",
        "垃圾分类桶",
    ):
        assert words not in told


def test_town_life_is_in_no_incident(demo: Demo) -> None:
    """What is said where nobody names the bank is no matter of the bank's."""
    posts = demo.rows("SELECT source, id, thread, title, text, incident FROM v_posts WHERE source <> 'bank-wx'")
    named = {(p["source"], p["thread"]) for p in posts if search(NAMES, f"{p['title']}{p['text']}")}
    stray = [p["text"] for p in posts if p["incident"] and (p["source"], p["thread"]) not in named]
    assert not stray


def test_small_matters_are_no_mail(demo: Demo) -> None:
    """A grumble about one open window, and a card that was given back next morning, are at most listed."""
    assert demo.level_of("就开一个窗口") <= Level.BLUE
    assert demo.level_of("取款机把我卡吞了") <= Level.BLUE


def test_the_mails(demo: Demo) -> None:
    """A digest and alerts arrived, each readable as text and as HTML, with a subject that tells the bank."""
    mails = demo.mails
    assert any("日报" in mail.subject for mail in mails)
    assert any("红色" in mail.subject or "橙色" in mail.subject for mail in mails)
    for mail in mails:
        message = parse(mail.file)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        assert text is not None
        assert html is not None
        assert "青禾村镇银行" in mail.subject
        assert "青禾村镇银行" in text.get_content()
        shown = mail.file.with_suffix(".html").read_text(encoding="utf-8")
        assert shown == (page_of(message) or "").replace("\r\n", "\n")
        assert "cid:" not in shown
    assert len({mail.message_id for mail in mails}) == len(mails)
