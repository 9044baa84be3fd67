"""A feed that has only digests, and the articles' own pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.pollers.config import FeedConfig
from crawlers.pollers.feed import FeedSource
from demo.httpd import Handler, Request, Response

Serve = Callable[[Handler], str]
NOW = datetime(2026, 3, 16, 1, 0, 7, tzinfo=UTC)
LINE = "清溪农商行今天回应储户集中取款一事，称全县网点资金充足，请大家不要轻信传言。"
WHOLE = LINE * 6


@dataclass
class Site:
    """A feed of articles by number, with what it gives of each; their pages; ``tag`` an ETag for the feed."""

    digests: dict[int, str]
    bodies: dict[int, str] = field(default_factory=dict)
    element: str = "description"
    tag: str | None = None
    instead: Callable[[Request], Response | None] = lambda _request: None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """The handler of the server."""
        self.asked.append(request.path)
        answer = self.instead(request)
        if answer:
            return answer
        if request.path == "/rss":
            return self.feed(request)
        number = int(request.path.rpartition("/")[2] or 0) if request.path.startswith("/s/") else 0
        return self.page(number) if number in self.digests else Response(404)

    def feed(self, request: Request) -> Response:
        """The feed; 304 where its tag is known."""
        if self.tag and request.headers.get("if-none-match") == self.tag:
            return Response(304)
        base = f"http://{request.headers['host']}"
        items = "".join(
            f"<item><title>第{number}篇</title><guid>a{number}</guid><link>{base}/s/{number}</link>"
            f"<pubDate>Sun, 15 Mar 2026 22:0{number}:00 GMT</pubDate>"
            f"<{self.element}><![CDATA[{digest}]]></{self.element}></item>"
            for number, digest in self.digests.items()
        )
        space = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
        text = f"<rss version='2.0' {space}><channel><title>清溪发布</title>{items}</channel></rss>"
        return Response(200, text.encode(), "text/xml", (("ETag", self.tag),) if self.tag else ())

    def page(self, number: int) -> Response:
        """An article's own page."""
        body = self.bodies.get(number) or f"<p>{WHOLE}</p><p>第{number}篇完</p>"
        text = (
            f"<html><head><title>第{number}篇</title></head><body><h1>第{number}篇</h1><div>{body}</div></body></html>"
        )
        return Response(200, text.encode())


def source(base: str, archive: Archive | None = None, **changes: Any) -> FeedSource:
    """The product's source for the feed; its pauses are not slept."""
    config = FeedConfig.model_validate({"name": "wx", "kind": "feed", "url": f"{base}/rss", "delay_s": 0, **changes})
    return FeedSource(config, Manners(), Door(b"k"), archive=archive, sleep=lambda _: None)


@pytest.mark.parametrize("digest", ["摘要", "", f"{WHOLE}[…]", f"{LINE}<a href='/s/1'>阅读全文</a>"])
def test_an_entry_of_a_digest_brings_the_whole_text_from_its_page(serve: Serve, tmp_path: Path, digest: str) -> None:
    """Title, time and account stay the feed's, and the kept page is the article's."""
    reader = source(serve(Site({1: digest})), Archive(tmp_path))
    collected = reader.collect({}, NOW)
    seen = collected.observations[0]
    assert (collected.coverage.status, seen.id, seen.title) == ("ok", "a1", "第1篇")
    assert seen.text == f"{WHOLE}\n第1篇完"
    assert seen.published_at == datetime(2026, 3, 15, 22, 1, tzinfo=UTC)
    assert seen.author is not None
    assert seen.author.name == "清溪发布"
    assert seen.capture
    assert reader.collect(collected.memory, NOW).coverage.status == "quiet"


@pytest.mark.parametrize(
    ("site", "full_text", "asked"),
    [
        (Site({1: "全文"}, element="content:encoded"), "auto", False),
        (Site({1: WHOLE}), "auto", False),
        (Site({1: "摘要"}), "never", False),
        (Site({1: WHOLE}, element="content:encoded"), "always", True),
    ],
)
def test_pages_are_asked_for_where_the_configuration_says_so(
    serve: Serve, site: Site, full_text: str, asked: bool
) -> None:
    """What the feed calls its content is the text, and so is a long summary."""
    collected = source(serve(site), full_text=full_text).collect({}, NOW)
    assert collected.coverage.status == "ok"
    assert ("/s/1" in site.asked) is asked


FAULTS = [
    Response(503),
    Response(403),
    Response(404),
    Response(200, "<html><title>安全验证</title></html>".encode()),
    Response(200, "<html><body><p>该内容已被发布者删除</p></body></html>".encode()),
    Response(302, headers=(("Location", "http://169.254.169.254/"),)),
]


@pytest.mark.parametrize("answer", FAULTS)
def test_a_text_that_is_not_to_be_had_leaves_the_digest_and_is_asked_for_again(serve: Serve, answer: Response) -> None:
    """The coverage says so, the feed is not asked conditionally, and the text comes as soon as it can be had."""
    site = Site({1: "摘要", 2: "摘要二"}, tag='"1"')
    site.instead = lambda request: answer if request.path == "/s/2" else None
    reader = source(serve(site))
    first = reader.collect({}, NOW)
    assert first.coverage.status == "partial"
    assert "1 篇只有摘要，全文没有取到" in (first.coverage.cause or "")
    assert {seen.id: seen.text.partition("。")[0] for seen in first.observations} == {
        "a1": LINE.partition("。")[0],
        "a2": "摘要二",
    }
    again = reader.collect(first.memory, NOW)
    assert (again.coverage.status, again.observations) == ("partial", ())
    site.instead = lambda _request: None
    later = reader.collect(again.memory, NOW)
    assert [(seen.id, seen.text.endswith("第2篇完")) for seen in later.observations] == [("a2", True)]
    assert later.coverage.status == "ok"
    assert reader.collect(later.memory, NOW).coverage.status == "quiet"


def test_a_text_that_is_never_to_be_had_is_given_up(serve: Serve) -> None:
    """After five polls the digest is what there is, and the source sees again."""
    site = Site({1: "摘要"})
    site.instead = lambda request: Response(403) if request.path == "/s/1" else None
    reader, memory = source(serve(site)), {}
    statuses = []
    for _ in range(6):
        collected = reader.collect(memory, NOW)
        memory = dict(collected.memory)
        statuses.append(collected.coverage.status)
    assert statuses == ["partial"] * 5 + ["quiet"]
    assert site.asked.count("/s/1") == 5


def test_no_more_pages_than_allowed_are_read_in_one_run(serve: Serve) -> None:
    """The rest comes later, and meanwhile its digests are there."""
    reader = source(serve(Site({1: "一", 2: "二", 3: "三"})), max_articles=2)
    first = reader.collect({}, NOW)
    assert (first.coverage.status, sorted(len(seen.text) > 9 for seen in first.observations)) == (
        "partial",
        [False, True, True],
    )
    second = reader.collect(first.memory, NOW)
    assert (second.coverage.status, [seen.id for seen in second.observations]) == ("ok", ["a3"])


def test_a_fault_does_not_write_the_digest_over_the_text(serve: Serve) -> None:
    """The feed's digest has changed and the page cannot be had: the text that was told stays."""
    site = Site({1: "摘要"})
    reader = source(serve(site))
    first = reader.collect({}, NOW)
    site.digests[1] = "另一个摘要"
    site.instead = lambda request: Response(503) if request.path == "/s/1" else None
    second = reader.collect(first.memory, NOW)
    assert (second.coverage.status, second.observations) == ("partial", ())


def test_a_revisit_tells_edits_and_deletions_of_articles_whose_page_was_read(serve: Serve) -> None:
    """Also of one that is no longer in the feed, which alone is no deletion; each is told once."""
    site = Site({1: "一", 2: "二", 3: "三", 4: "四"})
    reader = source(serve(site))
    first = reader.collect({}, NOW)
    site.bodies = {1: f"<p>{WHOLE}</p><p>更正：前文有误。</p>", 2: "<p>该内容已被发布者删除</p>"}
    pages = {f"/s/{number}": site.page(number) for number in (2, 3)}
    del site.digests[2], site.digests[3]
    site.instead = lambda request: pages.get(request.path)
    sweep = reader.collect(first.memory, NOW)
    assert sweep.observations == ()
    visit = reader.collect(sweep.memory, NOW + timedelta(hours=1), revisit=["a1", "a2", "a3"])
    told = {seen.id: (seen.deleted, seen.text[-8:]) for seen in visit.observations}
    assert told == {"a1": (False, "更正：前文有误。"), "a2": (True, "")}
    assert visit.coverage.status == "ok"
    again = reader.collect(visit.memory, NOW + timedelta(hours=2), revisit=["a1", "a2", "a3"])
    assert (again.coverage.status, again.observations) == ("quiet", ())


def test_a_site_whose_pages_are_all_gone_has_moved(serve: Serve) -> None:
    """Nothing is told as deleted, and the re-visit is partial."""
    site = Site({1: "一", 2: "二"})
    reader = source(serve(site))
    first = reader.collect({}, NOW)
    site.instead = lambda request: Response(404) if request.path.startswith("/s/") else None
    visit = reader.collect(first.memory, NOW, revisit=["a1", "a2"])
    assert (visit.coverage.status, visit.observations) == ("partial", ())
