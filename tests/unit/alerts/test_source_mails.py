"""What is told of blind sources: the words, the ids, and whom they go to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.config import AlertConfig
from alerts.notices import Blindness, blindness_of, blindness_told, recovery_notices, source_notices
from alerts.render import render_outages, render_recoveries
from alerts.source_facts import length
from domain.alerts import Level, Message
from domain.coverage import STATUSES, Outage, Recovery
from tests.unit.alerts.test_render import NASTY, Tags

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "alerts"
NOON = datetime(2026, 3, 16, 4, 0, tzinfo=UTC)
MAIL = Message("s", "t", "h")
CONFIG = AlertConfig.model_validate({"recipients": {"digest": ["d@bank.example"], "ops": ["o@bank.example"]}})
LOGIN = Outage(
    "shimin-bbs", "青禾市民网", NOON - timedelta(hours=7), "login", "要求登录", "HTTP 200，标题“登录 - 市民网”"
)
PARTIAL = Outage(
    "dy-own", "本行抖音号", NOON - timedelta(days=3), "partial",
    "按以往这段时间应有约 38 帖（很少低于 11），这次只有 0 帖，可能没有看全",
)  # fmt: skip


def told(message: Message) -> str:
    return f"{message.subject}\n\n{message.text}"


def test_a_blind_source_is_told_with_what_to_do() -> None:
    """Status, since when, cause, evidence and the next step stand in the text, which is the one in the golden file."""
    message = render_outages([LOGIN], NOON, everything=False)
    assert told(message) == (GOLDEN / "source.txt").read_text(encoding="utf-8")
    assert message.subject == "【来源】青禾市民网看不到已 7 小时"
    partial = render_outages([PARTIAL], NOON, everything=False)
    assert partial.subject == "【来源】本行抖音号没看全已 3 天"
    assert "按以往这段时间应有约 38 帖" in partial.text


def test_the_all_clear_says_how_long_and_what_was_caught_up() -> None:
    """The span, whether all is seen again, and the new posts; none at all is a reason to look."""
    back = Recovery("shimin-bbs", "青禾市民网", LOGIN.since, NOON, "ok", 37)
    quiet = Recovery("dy-own", "本行抖音号", PARTIAL.since, NOON, "partial", 0)
    assert told(render_recoveries([back, quiet], NOON)) == (GOLDEN / "recovery.txt").read_text(encoding="utf-8")


def test_many_sources_at_once_are_one_subject_and_all_of_them_mean_the_network() -> None:
    """Three names and a number; where nothing can be reached the bank's own network is named first."""
    many = [replace(LOGIN, source=f"s{n}", label=f"论坛{n}", status="down") for n in range(5)]
    assert (
        render_outages(many, NOON, everything=False).subject
        == "【来源】论坛0、论坛1、论坛2等 5 个来源看不到，最久已 7 小时"
    )
    network = render_outages(many, NOON, everything=True)
    assert network.subject == "【来源】所有来源都打不开，多半是本机网络（5 个来源，最久已 7 小时）"
    assert "请先检查本机" in network.text


@pytest.mark.parametrize("status", [status for status in STATUSES if status not in ("ok", "quiet")])
def test_every_way_of_not_seeing_has_its_advice(status: str) -> None:
    """No status leaves the reader without a next step; html and text say the same."""
    message = render_outages([replace(LOGIN, status=status)], NOON, everything=False)
    advice = message.text.split("怎么办：")[1].splitlines()[0]
    assert len(advice) > 15
    assert "{" not in advice
    assert advice in Tags(message.html).text


def test_what_a_site_says_can_do_no_harm() -> None:
    """A title from outside is text in the HTML, and control characters are gone."""
    nasty = replace(LOGIN, evidence=NASTY, cause=NASTY, label=NASTY)
    message = render_outages([nasty], NOON, everything=False)
    page = Tags(message.html)
    assert "script" not in {tag for tag, _ in page.tags}
    assert "\u202e" not in message.subject + message.text + message.html
    assert "\n" not in message.subject
    assert page.open == []


def test_a_blindness_has_one_id_for_ever() -> None:
    """Source and begin make it, to the second; a part that is missing is another matter than darkness."""
    dark, partial = blindness_of(LOGIN), blindness_of(PARTIAL)
    assert (dark.notice, partial.notice) == ("source.shimin-bbs.20260315210000", "source.dy-own.20260313040000.partial")
    assert [blindness_told(item.notice) for item in (dark, partial)] == [dark, partial]
    late = replace(LOGIN, since=LOGIN.since + timedelta(milliseconds=400))
    assert blindness_of(late).notice == dark.notice


def test_one_mail_for_all_and_a_mark_for_each() -> None:
    """The first notice goes to ops, the others to nobody: they mark what was told. The all-clear keeps the thread."""
    first, mark = source_notices([LOGIN, PARTIAL], MAIL, CONFIG, NOON)
    assert (first.recipients, mark.recipients) == (("o@bank.example",), ())
    assert (first.kind, first.level, first.thread, mark.thread) == ("source", Level.NONE, first.id, first.id)
    [over] = recovery_notices({blindness_of(PARTIAL): first.id}, MAIL, CONFIG, NOON)
    assert (over.id, over.thread, over.recipients) == (mark.id + ".over", first.id, ("o@bank.example",))


def test_without_ops_the_readers_of_the_digest_are_told_and_nights_are_quiet() -> None:
    """A notice made at two in the morning waits for half past seven, like everything that is not red."""
    config = AlertConfig.model_validate({"recipients": {"digest": ["d@bank.example"]}})
    night = datetime(2026, 3, 15, 18, 0, tzinfo=UTC)
    [notice] = source_notices([LOGIN], MAIL, config, night)
    assert notice.recipients == ("d@bank.example",)
    assert notice.not_before == datetime(2026, 3, 16, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "words"),
    [(timedelta(seconds=5), "1 分钟"), (timedelta(minutes=59), "59 分钟"), (timedelta(hours=47), "47 小时"),
     (timedelta(hours=49), "2 天")],
)  # fmt: skip
def test_lengths_in_words(span: timedelta, words: str) -> None:
    """Minutes, hours up to two days, then days."""
    assert length(span) == words


def test_an_id_of_a_source_with_the_longest_name_can_be_read_back() -> None:
    """Names may have forty characters with digits, dashes and underscores."""
    blindness = Blindness("a-b_9" * 8, NOON, dark=False)
    assert blindness_told(blindness.notice) == blindness
