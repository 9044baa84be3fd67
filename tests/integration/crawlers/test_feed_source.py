"""A feed as a source, served as bridges serve it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.config import Manners
from crawlers.door import Door
from crawlers.pollers.config import FeedConfig
from crawlers.pollers.feed import FeedSource
from demo.feeds import render, serve_feeds
from demo.httpd import Handler
from demo.httpd import Request as Asked
from demo.httpd import Response as Answer
from demo.town import Article, Feed

Serve = Callable[[Handler], str]
NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


def article(number: int, html: str = "<p>存款</p>") -> Article:
    """An article; later numbers are newer."""
    url = f"https://mp.weixin.example/s/{number}"
    return Article(f"a{number}", url, f"第{number}篇", html, "清溪发布", NOW - timedelta(hours=50 - number))


def feed(*numbers: int, form: str = "json") -> Feed:
    """A feed of these articles."""
    return Feed("qingxi", form, "清溪发布", tuple(article(number) for number in numbers))


def source(base: str, platform: str = "wechat") -> FeedSource:
    """The product's source for the town's feed; its pauses are not slept."""
    config = FeedConfig.model_validate(
        {"name": "wx", "kind": "feed", "platform": platform, "url": f"{base}/qingxi", "delay_s": 0}
    )
    return FeedSource(config, Manners(), Door(b"k"), sleep=lambda _: None)


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_every_format_gives_the_articles(form: str) -> None:
    """Title, text, time, address and account come out of each of the three formats alike."""
    with serve_feeds([feed(1, 2, form=form)]) as base:
        collected = source(base).collect({}, NOW)
    assert (collected.coverage.status, collected.coverage.got, collected.coverage.expected) == ("ok", 2, 2)
    newest = collected.observations[0]
    assert (newest.title, newest.text, newest.kind) == ("第2篇", "存款", "article")
    assert newest.published_at == NOW - timedelta(hours=48)
    assert newest.url == "https://mp.weixin.example/s/2"
    assert newest.author
    assert newest.author.name == "清溪发布"
    assert newest.thread == newest.id


def test_a_second_look_at_nothing_new_is_quiet() -> None:
    """The server is asked conditionally and says 304; that is a successful look."""
    with serve_feeds([feed(1, 2)]) as base:
        first = source(base).collect({}, NOW)
        second = source(base).collect(first.memory, NOW)
    assert second.coverage.status == "quiet"
    assert second.observations == ()
    assert second.memory == first.memory


def test_only_new_and_changed_articles_are_observed_again() -> None:
    """What stood in the last poll unchanged is not told twice."""
    feeds = [feed(1, 2)]
    with serve_feeds(feeds) as base:
        first = source(base).collect({}, NOW)
        feeds[0] = Feed("qingxi", "json", "清溪发布", (article(2), article(1, "<p>更正</p>"), article(3)))
        second = source(base).collect(first.memory, NOW)
    assert [(seen.id, seen.text) for seen in second.observations] == [("a3", "存款"), ("a1", "更正")]
    assert second.coverage.status == "ok"


def test_two_polls_that_do_not_overlap_say_so() -> None:
    """Where all articles of the last poll are gone, others may have come and gone between."""
    feeds = [feed(1, 2)]
    with serve_feeds(feeds) as base:
        first = source(base).collect({}, NOW)
        feeds[0] = feed(8, 9)
        second = source(base).collect(first.memory, NOW)
    assert second.coverage.status == "partial"
    assert "可能漏抓" in (second.coverage.cause or "")
    assert len(second.observations) == 2


def test_a_feed_that_is_suddenly_empty_is_not_quiet() -> None:
    """A bridge whose account has expired serves an empty feed; what was known is not forgotten over it."""
    feeds = [feed(1, 2)]
    with serve_feeds(feeds) as base:
        first = source(base).collect({}, NOW)
        feeds[0] = feed()
        second = source(base).collect(first.memory, NOW)
        feeds[0] = feed(1, 2)
        third = source(base).collect(second.memory, NOW)
    assert second.coverage.status == "partial"
    assert "一篇文章也没有" in (second.coverage.cause or "")
    assert third.coverage.status == "quiet"


def test_a_text_that_the_bridge_did_not_get_is_refused_and_asked_for_again() -> None:
    """The bridge's excuse is not stored as an article; as soon as the text is there it comes in."""
    feeds = [Feed("qingxi", "rss", "清溪发布", (article(1), article(2, "获取全文失败，请重试~")))]
    with serve_feeds(feeds) as base:
        first = source(base).collect({}, NOW)
        again = source(base).collect(first.memory, NOW)
        feeds[0] = feed(1, 2, form="rss")
        later = source(base).collect(again.memory, NOW)
    assert [reject.reason for reject in first.rejects] == ["bridge_failure"]
    assert (first.coverage.status, first.coverage.got, first.coverage.expected) == ("partial", 1, 2)
    assert again.coverage.status == "partial"
    assert [seen.title for seen in later.observations] == ["第2篇"]
    assert later.coverage.status == "ok"


def test_a_revisit_reads_only_what_is_asked_for() -> None:
    """An article of an open incident is read again; the others wait for the sweep."""
    feeds = [feed(1, 2)]
    with serve_feeds(feeds) as base:
        first = source(base).collect({}, NOW)
        feeds[0] = Feed("qingxi", "json", "清溪发布", (article(1, "<p>改了</p>"), article(2), article(3)))
        visit = source(base).collect(first.memory, NOW, revisit=["a1"])
        sweep = source(base).collect(visit.memory, NOW)
    assert [seen.id for seen in visit.observations] == ["a1"]
    assert [seen.id for seen in sweep.observations] == ["a3"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(200, "<html><title>请登录</title></html>".encode()), "login"),
        (Answer(200, b"<!DOCTYPE html><html><title>Welcome</title></html>"), "changed"),
        (Answer(403), "blocked"),
        (Answer(404), "changed"),
        (Answer(429), "blocked"),
        (Answer(503), "down"),
        (Answer(200, b'<!DOCTYPE r [<!ENTITY a "a">]><rss/>'), "changed"),
    ],
)
def test_a_failure_is_data(serve: Serve, answer: Answer, status: str) -> None:
    """Whatever stands in the feed's place, the coverage says it, and the memory is as it was."""
    base = serve(lambda request: Answer(404) if request.path == "/robots.txt" else answer)
    memory = {"seen": {"a1": "x"}, "etag": '"1"'}
    collected = source(base).collect(memory, NOW)
    assert collected.coverage.status == status
    assert collected.coverage.cause
    assert collected.coverage.evidence == f"{base}/qingxi"
    assert collected.memory == memory


def test_a_feed_that_robots_txt_forbids_is_not_read(serve: Serve) -> None:
    """The source is blocked, and the feed itself was never asked for."""
    seen: list[str] = []

    def site(request: Asked) -> Answer:
        seen.append(request.path)
        return Answer(200, b"User-agent: *\nDisallow: /", "text/plain")

    collected = source(serve(site)).collect({}, NOW)
    assert collected.coverage.status == "blocked"
    assert seen == ["/robots.txt"]


def test_a_gb2312_feed_without_zones_is_read(serve: Serve) -> None:
    """A county's site: declared GB2312, characters beyond it, eight o'clock in China."""
    body, _ = render(replace(feed(1, form="rss"), title="镕基路新闻"))
    text = body.decode().replace('encoding="utf-8"', 'encoding="gb2312"').replace(" GMT</pubDate>", "</pubDate>")
    base = serve(lambda _: Answer(200, text.encode("gb18030"), "text/xml"))
    collected = source(base, "news").collect({}, NOW)
    seen = collected.observations[0]
    assert (seen.kind, seen.title) == ("news", "第1篇")
    assert seen.author
    assert seen.author.name == "镕基路新闻"
    assert seen.published_at == NOW - timedelta(hours=49 + 8)
