"""Quiet means quiet: sources that cannot be seen are told of, doubted where they only seem quiet, and tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.collect import Round, collect_all
from pipeline.sweep import look
from storage.query import run_query
from tests.acceptance.conftest import Day, Inbox, ListSource
from tests.acceptance.test_the_day import a_dispute

OPS = "ops@bank.example"


@pytest.fixture
def watched(day: Day) -> Day:
    """The same day with somebody who looks after the sources."""
    recipients = day.parts.alerts.recipients.model_copy(update={"ops": (OPS,)})
    day.parts = replace(day.parts, alerts=day.parts.alerts.model_copy(update={"recipients": recipients}))
    return day


def with_another(day: Day) -> ListSource:
    """A second source beside the forum."""
    other = ListSource(day.source.door, "news")
    day.parts = replace(day.parts, sources=[day.source, other], labels={**day.parts.labels, "news": "县融媒体"})
    return other


def body(inbox: Inbox, *words: str) -> str:
    """The text of the only mail with these words in its subject."""
    [mail] = [mail for mail in inbox.mails if all(word in str(mail["Subject"]) for word in words)]
    part = mail.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def rows(day: Day, sql: str) -> list[tuple[Any, ...]]:
    return run_query(day.url, sql)[1]


def test_a_source_blind_for_longer_than_its_limit_is_told_once_and_its_return_once(watched: Day, inbox: Inbox) -> None:
    """After six hours ops get one mail with what to do, whatever is restarted; and one when it sees again."""
    watched.at("08:00").sweep()
    watched.source.status = "login"
    watched.at("12:00").sweep()
    inbox.expects(0, "【来源】")
    watched.at("15:00").sweep()
    inbox.expects(1, "【来源】青禾市民网看不到已 7 小时")
    assert "要求登录" in body(inbox, "【来源】")
    assert "yuqing sources try bbs" in body(inbox, "【来源】")
    watched.reopened().at("16:00").sweep()
    watched.at("16:00", days=1).sweep()
    inbox.expects(1, "【来源】")
    watched.source.status = "ok"
    watched.at("17:00").posts("城关的路修好了吗")
    watched.sweep()
    watched.at("18:00").sweep()
    inbox.expects(1, "【来源】青禾市民网又看到了（中断 33 小时）")
    assert "新帖 1 条" in body(inbox, "又看到了")
    inbox.expects(2, "【来源】")
    told = zip(inbox.subjects(), inbox.recipients, strict=True)
    assert {address for subject, address in told if "【来源】" in subject} == {OPS}
    assert inbox.ids_are_unique()


def test_a_limit_of_its_own(watched: Day, inbox: Inbox) -> None:
    """A source whose outages do not matter for a day is told of after its own hours."""
    watched.parts = replace(watched.parts, blind_hours={"bbs": 24})
    watched.at("08:00").sweep()
    watched.source.status = "down"
    watched.at("20:00").sweep()
    inbox.expects(0, "【来源】")
    watched.at("08:30", days=1).sweep()
    inbox.expects(1, "【来源】")


def test_all_sources_down_at_once_are_one_mail_about_the_network(watched: Day, inbox: Inbox) -> None:
    """Neither gets a mail of its own, and when both are back there is one all-clear."""
    other = with_another(watched)
    watched.at("08:00").sweep()
    other.status = watched.source.status = "down"
    watched.at("14:30").sweep()
    inbox.expects(1, "【来源】")
    inbox.expects(1, "所有来源都打不开，多半是本机网络")
    other.status = watched.source.status = "quiet"
    watched.at("15:00").sweep()
    inbox.expects(1, "青禾市民网、县融媒体又看到了")
    watched.at("16:00").sweep()
    inbox.expects(2, "【来源】")


def test_what_is_partial_for_good_is_told_once_and_its_darkness_again(watched: Day, inbox: Inbox) -> None:
    """After three days; and a door that closes later is another matter, over when the old state is back."""
    watched.at("08:00").sweep()
    watched.source.status = "partial"
    watched.at("08:00", days=1).sweep()
    inbox.expects(0, "【来源】")
    for _ in range(4):
        watched.at("09:00", days=1).sweep()
    inbox.expects(1, "【来源】青禾市民网没看全")
    watched.source.status = "blocked"
    watched.at("20:00").sweep()
    inbox.expects(1, "【来源】青禾市民网看不到已 11 小时")
    watched.source.status = "partial"
    watched.at("21:00").sweep()
    watched.at("09:00", days=1).sweep()
    assert "仍没看全" in body(inbox, "又看到了")
    inbox.expects(3, "【来源】")


def test_what_sees_again_but_not_yet_in_full_is_one_all_clear(watched: Day, inbox: Inbox) -> None:
    """After days of darkness the first look declares its gap: the all-clear says so, and only what lasts is told."""
    watched.at("08:00").sweep()
    watched.source.status = "blocked"
    for _ in range(4):
        watched.at("08:00", days=1).sweep()
    inbox.expects(1, "【来源】")
    watched.source.status = "partial"
    watched.at("08:00", days=1).sweep()
    assert "仍没看全" in body(inbox, "又看到了")
    inbox.expects(2, "【来源】")
    watched.at("08:00", days=1).sweep()
    inbox.expects(1, "【来源】青禾市民网没看全")


def test_a_tick_with_nothing_due_leaves_no_trace(day: Day, inbox: Inbox) -> None:
    """No run in the ledger, no source asked, no mail."""
    day.at("09:00").sweep()
    before = rows(day, "SELECT count(*) FROM v_runs")
    assert day.at("09:05").revisit() is None
    assert day.source.revisited == []
    assert rows(day, "SELECT count(*) FROM v_runs") == before
    inbox.expects(1)


def test_a_hot_thread_is_read_every_ten_minutes_and_its_counters_become_a_series(day: Day) -> None:
    """Ticks every five minutes; what was read just now is left alone; each visit adds a sighting."""
    day.at("08:50")
    root = a_dispute(day)
    day.at("09:00").sweep()
    for minute in range(5, 60, 5):
        day.at(f"09:{minute:02}")
        seen = {"id": root, "thread": root, "published_at": "2026-03-16T08:50:00+08:00"}
        day.posts("青禾银行吞我利息", title="青禾银行吞我利息，还有没有人管", metrics={"views": 2600 + minute}, **seen)
        day.revisit()
    visits = day.source.revisited.count(root)
    assert 4 <= visits <= 7
    [(incident, members, _)] = day.parts.store.active_incidents("青禾村镇银行", day.parts.clock() - timedelta(days=1))
    views = [sighting.views for member in members if member.post.id == root for sighting in member.sightings]
    assert len(views) > visits
    assert views == sorted(views)
    assert rows(day, "SELECT count(*) FROM v_runs WHERE kind = 'revisit'") == [(visits,)]
    assert incident.closed_at is None


def test_a_blind_source_is_tried_again_every_hour_but_no_thread_of_it(day: Day) -> None:
    """What the morning's sweep could not see is seen at ten, not tomorrow."""
    a_dispute(day)
    day.at("09:00").sweep()
    day.source.status = "down"
    day.at("09:30").sweep()
    day.at("10:00").revisit()
    assert day.source.revisited == []
    assert rows(day, "SELECT count(*) FROM v_runs WHERE kind = 'look'") == [(0,)]
    day.at("10:31").revisit()
    assert rows(day, "SELECT kind, status FROM v_runs WHERE kind = 'look'") == [("look", "attention")]
    day.source.status = "ok"
    day.at("11:32").revisit()
    assert day.parts.store.blind_sources(day.parts.clock()) == []


def weeks_of(day: Day, posts: int, days: int = 16, **facts: Any) -> None:
    """So many days on each of which so many people write about the weather; only the collecting runs."""
    for _ in range(days):
        day.at("08:00", days=1)
        for number in range(posts):
            written = (day.now - timedelta(hours=1 + number)).isoformat()
            day.posts("今天天气不错", **{"published_at": written, **facts})
        collect_all(day.parts, None, Round())


def test_a_source_that_only_seems_quiet_is_partial(day: Day, inbox: Inbox) -> None:
    """Twelve posts a day for weeks, then none: the ledger, the mails and the look's summary say what was to be
    expected."""
    weeks_of(day, 12)
    report = day.at("08:00", days=1).sweep()
    assert report is not None
    [coverage] = report.coverages
    assert coverage.status == "partial"
    assert coverage.cause is not None
    assert coverage.cause.startswith("按以往这段时间应有约 1")
    assert "这次只有 0 帖，可能没有看全" in coverage.cause
    assert coverage.cause in body(inbox, "日报").replace("\n", "")
    [(usual, status)] = rows(day, "SELECT usual, status FROM v_coverage WHERE run_kind = 'sweep'")
    assert 9 < usual < 15
    assert status == "partial"


def test_a_source_that_says_itself_what_it_could_not_see_is_not_asked_twice(day: Day) -> None:
    """Its own cause stays, and nothing is expected of it."""
    weeks_of(day, 12)
    day.source.status = "login"
    [coverage] = collect_all(day.at("08:00", days=1).parts, None, Round())
    assert (coverage.status, coverage.cause, coverage.usual) == ("login", "要求登录", None)


def test_a_page_that_lost_its_authors_has_changed_and_its_posts_are_kept(day: Day) -> None:
    """The field, what was usual and what came now are named; the posts are there all the same."""
    weeks_of(day, 6, days=5)
    weeks_of(day, 6, days=1, author=None)
    [(status, cause)] = rows(day, "SELECT status, cause FROM v_coverage ORDER BY finished_at DESC LIMIT 1")
    assert status == "changed"
    assert cause == "主帖的字段“作者”以往 100% 有，最近 6 条新帖里只有 0 条有，页面可能改版"
    assert rows(day, "SELECT count(*) FROM v_posts") == [(36,)]


def test_where_no_history_is_asked_nothing_is_doubted(day: Day) -> None:
    """`improbable: 0` leaves every source's own word alone, as a replay does."""
    rules = day.parts.alerts.sources.model_copy(update={"improbable": 0.0})
    day.parts = replace(day.parts, alerts=day.parts.alerts.model_copy(update={"sources": rules}))
    weeks_of(day, 12)
    report = look(day.at("08:00", days=1).parts)
    assert report is not None
    assert report.coverages[0].status == "ok"
    assert rows(day, "SELECT count(*) FROM v_coverage WHERE usual IS NOT NULL") == [(0,)]
