"""What the mails say, and that user content can do no harm in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from alerts.curve import curve
from alerts.render import render_alert, render_digest
from alerts.wording import clean, safe_link, shortened, trend
from domain.alerts import AlertState, Blind, Briefing, Decision
from domain.incidents import Snapshot
from domain.posts import Author, Metrics
from domain.readings import Evidence

Make = Callable[..., Any]
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "alerts"
NASTY = '<script>alert("x")</script>\'&\u202egnp.exe\u200b\r\nBcc: a@b.example\x07'


@pytest.fixture
def blind(noon: datetime) -> Blind:
    """A source that was blocked in the night."""
    return Blind("dy-bailu", noon - timedelta(hours=9), "blocked", "接口返回 403，可能触发了频率限制")


class Tags(HTMLParser):
    """Collects tags, attributes and text, and whether every table part is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.text += dict(attrs).get("alt") or ""
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_part_stands_alone(briefing: Make, blind: Blind) -> None:
    """The plain text is the one in the golden file: everything that a duty officer needs, without the HTML."""
    message = render_alert(briefing(blind=(blind,)))
    assert f"{message.subject}\n\n{message.text}" == (GOLDEN / "alert.txt").read_text(encoding="utf-8")


def test_digest_text(digest: Make, blind: Blind) -> None:
    """The digest's text is the one in the golden file."""
    message = render_digest(digest(blind=(blind,), undelivered=2))
    assert f"{message.subject}\n\n{message.text}" == (GOLDEN / "digest.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("part", ["bank", "title", "topics", "author", "text", "cause", "place"])
def test_user_content_is_escaped_everywhere(briefing: Make, blind: Blind, part: str) -> None:
    """Mark-up in any field is text, and control and bidi characters are gone from subject, text and HTML."""
    message = render_alert(_with(briefing(), blind, part))
    page = Tags(message.html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "<script" not in message.html
    assert '<script>alert("x")' in page.text
    assert "\u202e" not in message.subject + message.text + message.html
    assert "\x07" not in message.text + message.html
    assert "\n" not in message.subject
    assert page.open == []


def _with(base: Briefing, blind: Blind, part: str) -> Briefing:
    member = base.loudest[0]
    post: dict[str, Any] = {"author": {"author": Author(name=NASTY)}, "text": {"text": NASTY, "title": None}}
    changes: dict[str, Any] = {
        "bank": {"incident": replace(base.incident, bank=NASTY)},
        "title": {"incident": replace(base.incident, title=NASTY)},
        "topics": {"topic_labels": (NASTY,), "departments": (NASTY,)},
        "cause": {"blind": (replace(blind, cause=NASTY, source=NASTY),)},
        "place": {"platforms": {NASTY: 3}},
    }
    if part in post:
        return replace(base, loudest=(replace(member, post=replace(member.post, **post[part])),))
    return replace(base, **changes[part])


def test_html_needs_nothing_from_elsewhere(briefing: Make, digest: Make, blind: Blind) -> None:
    """No script, style sheet or form; pictures come with the mail; links are http or https; at most 600 pixels."""
    for message in (render_alert(briefing(blind=(blind,))), render_digest(digest(blind=(blind,)))):
        page = Tags(message.html)
        shown = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
        assert shown == [f"cid:{inline.cid}" for inline in message.pictures]
        assert not {"script", "link", "iframe", "form", "svg", "style"} & {tag for tag, _ in page.tags}
        links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
        assert all(link and link.startswith(("http://", "https://")) for link in links)
        assert "max-width:600px" in message.html
        assert "url(" not in message.html
        assert page.open == []


def test_html_and_text_say_the_same(briefing: Make, blind: Blind) -> None:
    """Title, reason, figures, posts and blind sources are in both parts."""
    message = render_alert(briefing(blind=(blind,)))
    shown = " ".join(Tags(message.html).text.split())
    for line in message.text.splitlines():
        for piece in re.findall(r"[\u4e00-\u9fff]{4,}", line):
            assert piece in shown


def test_subject_has_a_short_title_and_a_constant_tail(briefing: Make) -> None:
    """Level and kind first, at most 24 characters of the title, the figures, the incident's number last."""
    subject = render_alert(briefing()).subject
    assert subject == (
        "【橙色·新增】白鹭洲村镇银行｜石门支行老人五万元三年定期到期没人通知，自动转…（指数47，12帖/3平台）#20260316-a1b2c3"
    )


@pytest.mark.parametrize(("told", "figures"), [(35.2, "指数47↑12，"), (60.0, "指数47↓13，"), (47.3, "指数47，")])
def test_the_subject_says_how_far_the_index_has_moved(briefing: Make, told: float, figures: str) -> None:
    """Against the last mail, up or down; a change that rounds to nothing is none."""
    assert figures in render_alert(briefing(told_index=told)).subject


@pytest.mark.parametrize(
    ("kind", "sequence", "head"),
    [("raised", 2, "橙色·升级"), ("growth", 2, "橙色·扩大"), ("new", 3, "橙色·复燃"), ("resolved", 3, "解除")],
)
def test_kinds_in_the_subject(briefing: Make, kind: str, sequence: int, head: str) -> None:
    """Each kind has its word; a first mail after an all-clear is a re-flare; the all-clear has no level."""
    decision = Decision(AlertState("i", sequence=sequence), kind, "原因。")
    assert render_alert(briefing(decision=decision)).subject.startswith(f"【{head}】")


def test_an_all_clear_names_no_thresholds(briefing: Make) -> None:
    """The rule that held once is not shown as if it held now."""
    message = render_alert(briefing(decision=Decision(AlertState("i", sequence=3), "resolved", "已平息。")))
    assert "门槛" not in message.text
    assert "#2e7d32" in message.html


def test_a_decision_that_sends_nothing_cannot_be_rendered(briefing: Make) -> None:
    """It has no kind, and no message."""
    with pytest.raises(ValueError, match="sends nothing"):
        render_alert(briefing(decision=Decision(AlertState("i"), None, "")))


def test_bare_incident(briefing: Make, snapshot: Make) -> None:
    """Unknown counters are 未知, no author is 匿名, and missing parts leave no empty headings."""
    bare = snapshot(views=None, followers_max=None, parts={}, velocity=0.0, acceleration=0.0, confidence=0.4)
    nobody = replace(briefing().loudest[0].post, author=None, metrics=Metrics(), text="", title=None)
    member = replace(briefing().loudest[0], post=nobody)
    message = render_alert(briefing(snapshot=bare, history=(), loudest=(member,), departments=(), topic_labels=()))
    for words in (
        "浏览：未知",
        "匿名",
        "（没有文字）",
        "没有计数",
        "该谁处理：未指定",
        "主题：未归类",
        "可信度低",
        "全部来源正常。",
    ):
        assert words in message.text
    assert "每小时新帖" not in message.text


@pytest.mark.parametrize(
    ("changes", "short", "verdict"),
    [
        ({"lines": (), "posts_negative": 0}, "未发现负面信息", "未发现负面信息，7 个来源全部正常。"),
        ({"lines": ()}, "负面 17 帖，无事件", "有 17 帖负面信息，没有形成新的事件动态。7 个来源全部正常。"),
        ({"lines": (), "posts_negative": 0, "sources_seen": 0}, "没有看到任何来源", "不能说明有没有负面信息"),
        ({}, "1 起事件（橙色 1）", "1 起事件有新动态：橙色 1。7 个来源全部正常。"),
    ],
)
def test_digest_says_what_was_found(digest: Make, changes: dict[str, Any], short: str, verdict: str) -> None:
    """Nothing, posts without an incident, incidents; and never "nothing" where nothing was seen."""
    message = render_digest(digest(**changes))
    assert message.subject == f"【舆情日报】白鹭洲村镇银行｜{short}#2026-03-16"
    assert verdict in message.text


@pytest.mark.parametrize("seen", [0, 6])
def test_silence_of_a_blind_source_proves_nothing(digest: Make, blind: Blind, seen: int) -> None:
    """With a blind source the digest never says that all is well, neither in the subject nor in the text."""
    message = render_digest(digest(lines=(), posts_negative=0, blind=(blind,), sources_seen=seen))
    assert message.subject.endswith("未发现负面信息，但 1 个来源看不到#2026-03-16")
    assert "没有消息不等于没有事" in message.text or "不能说明有没有负面信息" in message.text
    assert "全部正常" not in message.text + message.html


def test_digest_warnings(digest: Make, noon: datetime) -> None:
    """Undelivered mail, a first sweep, and a missed day are said."""
    assert "有 3 条通知没有送达" in render_digest(digest(undelivered=3)).text
    assert "第一份日报" in render_digest(digest(last_sweep_at=None)).text
    assert "漏了至少一天" in render_digest(digest(last_sweep_at=noon - timedelta(hours=49))).text


@pytest.mark.parametrize(("index", "said"), [(58.0, "指数 47（03-16 02:00 最高 58），12 帖"), (47.3, "指数 47，12 帖")])
def test_digest_tells_the_height_of_the_night(digest: Make, noon: datetime, index: float, said: str) -> None:
    """An incident that was louder at 02:00 than it is now shows both; one that was not shows one figure."""
    (line,) = digest().lines
    peak = replace(line.snapshot, at=noon - timedelta(hours=10), index=index)
    message = render_digest(digest(lines=(replace(line, peak=peak),)))
    assert said in message.text
    assert said in message.html


def test_long_digest_is_cut_and_counted(digest: Make) -> None:
    """Thirty incidents are listed, the others counted."""
    message = render_digest(digest(lines=digest().lines * 33))
    assert "另有 3 起没有列出。" in message.text
    assert message.text.count("编号 20260316-a1b2c3") == 30


def test_curve_by_hour_and_by_day(snapshot: Make, noon: datetime) -> None:
    """Cumulative counts become new posts for each hour, or each day over longer spans; quiet ones are zero."""
    hours = [snapshot(at=noon + timedelta(hours=h), posts=p, posts_24h=p) for h, p in ((0, 2), (1, 5), (3, 6))]
    by_hour = curve(hours)
    assert by_hour is not None
    assert (by_hour.unit, [slot.posts for slot in by_hour.slots]) == ("小时", [2, 3, 0, 1])
    days = [snapshot(at=noon + timedelta(days=d), posts=p, posts_24h=1) for d, p in ((0, 10), (1, 12), (3, 15))]
    by_day = curve(days)
    assert by_day is not None
    assert by_day.unit == "天"
    assert by_day.told == "3/16 0，3/17 2，3/18 0，3/19 3"
    assert curve(hours[:1]) is None


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//a.example", "http://", "https://a.example/ b", "ftp://a.example",
     "http://a.example/\u202e", "http://[::1", "http://a.example/" + "x" * 500, None],
)  # fmt: skip
def test_only_plain_web_addresses_become_links(url: str | None) -> None:
    """Anything but a clean http or https address is not shown as a link."""
    assert safe_link(url) is None
    assert safe_link("https://bbs.a.example/t.php?tid=1&page=2") == "https://bbs.a.example/t.php?tid=1&page=2"


def test_cleaning_keeps_what_people_wrote() -> None:
    """Emoji made of several characters stay whole; white space is one space; cut text ends in an ellipsis."""
    assert clean(" 👨\u200d👩\u200d👧　好\n\n行 \ufeff") == "👨\u200d👩\u200d👧 好 行"
    assert shortened("一二三四五", 4) == "一二三…"
    assert shortened("一二三四", 4) == "一二三四"
    assert clean("a\ud800b") == "ab"


@pytest.mark.parametrize(
    ("velocity", "acceleration", "words"),
    [
        (0.0, 0.0, "最近一小时没有新帖"),
        (5.0, 2.0, "最近一小时 5 帖，正在加快，比前一小时多 2 帖"),
        (1.0, -4.0, "最近一小时 1 帖，正在放缓，比前一小时少 4 帖"),
        (3.0, 0.0, "最近一小时 3 帖，与前一小时持平"),
    ],
)
def test_trend_in_words(snapshot: Callable[..., Snapshot], velocity: float, acceleration: float, words: str) -> None:
    """Velocity and acceleration are said, not plotted alone."""
    assert trend(snapshot(velocity=velocity, acceleration=acceleration)) == words


def test_words_of_a_picture_are_shown_as_such_from_where_they_count(briefing: Make) -> None:
    """Half of the excerpt is the post's own, half begins near the evidence and says that a machine read it."""
    given = briefing()
    member = given.loudest[0]
    screen = "转账汇款 收款人 王某\n" * 20 + "系统繁忙，转账失败，请稍后再试"
    post = replace(member.post, title=None, text="手机银行又这样，" * 20, picture_text=screen)
    start = post.full_text.index("转账失败")
    evidence = (Evidence("app_fault", start, start + 4, "转账失败"),)
    shown = replace(member, post=post, reading=replace(member.reading, evidence=evidence))
    text = render_alert(briefing(loudest=(shown,))).text
    [line] = [line.strip() for line in text.splitlines() if "机器识读" in line]
    own, _, pictured = line.partition("［图中文字，机器识读］")
    assert own.startswith("手机银行又这样")
    assert own.endswith("…")
    assert pictured.startswith("…")
    assert pictured.endswith("系统繁忙，转账失败，请稍后再试")
    whole = replace(shown, post=replace(post, text="看图", picture_text="系统繁忙"), reading=member.reading)
    assert "看图［图中文字，机器识读］系统繁忙" in render_alert(briefing(loudest=(whole,))).text


def test_a_mail_says_where_nobody_has_named_the_bank(briefing: Make) -> None:
    """Whose matter it is has to be checked first; of a matter in which somebody named it there is nothing to say."""
    said = "还没有一帖点名本行"
    unnamed = render_alert(briefing(snapshot=replace(briefing().snapshot, named_posts=0)))
    named = render_alert(briefing())
    assert said in unnamed.text
    assert said in unnamed.html
    assert said not in named.text + named.html
