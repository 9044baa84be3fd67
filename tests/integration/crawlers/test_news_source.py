"""A county paper on loopback, which edits, deletes and misbehaves as real ones do."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawlers.archive import Archive
from crawlers.config import Manners
from crawlers.door import Door
from crawlers.pollers.config import NewsConfig
from crawlers.pollers.news import NewsSource
from demo.httpd import Handler, Request, Response
from domain.clock import local
from domain.coverage import Collected

Serve = Callable[[Handler], str]
NOW = datetime(2026, 3, 16, 1, 0, 7, tzinfo=UTC)
BODY = (
    "清溪县农商行今天回应储户集中取款一事，称全县网点资金充足，营业时间照常，请大家不要轻信网上的传言。",
    "记者上午在城关支行看到，排队的人比往日多，大堂里增加了两名引导员，多数储户在半小时内办完了业务。",
    "县金融办负责人说，已经派人到现场了解情况，对编造和散布谣言的，将依法处理，并及时向社会公布结果。",
)


@dataclass
class Story:
    """One article; ``gone``: the site says so in words."""

    number: int
    title: str
    body: tuple[str, ...] = BODY
    at: datetime = NOW - timedelta(hours=3)
    hidden: bool = False
    gone: bool = False


@dataclass
class Paper:
    """The site. ``instead`` may answer a request in its place; ``asked`` are the paths that were asked for."""

    stories: list[Story]
    per_page: int = 20
    row: str = "news"
    body: str = "content"
    instead: Callable[[Request], Response | None] = lambda _request: None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """The handler of the server."""
        self.asked.append(request.path)
        answer = self.instead(request)
        if answer:
            return answer
        if request.path == "/list":
            return self.listing(int(request.first("page", "1")))
        if request.path == "/sitemap.xml":
            return self.sitemap(request)
        if request.path == "/rss":
            return self.feed(request)
        story = next((story for story in self.stories if request.path == path(story)), None)
        return self.article(story) if story else Response(404)

    def page(self, title: str, body: str) -> Response:
        """A whole page with the site's furniture."""
        menu = "<div class='nav'><a href='/'>首页</a> <a href='/list'>本地</a> <a href='/login'>登录</a></div>"
        foot = "<div class='foot'><a href='/about.html'>关于我们清溪新闻网站</a> 版权所有</div>"
        text = f"<html><head><title>{title}</title></head><body>{menu}{body}{foot}</body></html>"
        return Response(200, text.encode())

    def listing(self, number: int) -> Response:
        """A page of the list, newest first."""
        shown = [story for story in self.stories if not story.hidden]
        rows = "".join(
            f"<li class='{self.row}'><a href='{path(story)}?from=list#top'>{story.title}</a></li>"
            for story in shown[(number - 1) * self.per_page : number * self.per_page]
        )
        more = f"<a href='/list?page={number + 1}'>下一页</a>" if len(shown) > number * self.per_page else ""
        return self.page("本地要闻-清溪新闻网", f"<ul>{rows}</ul>{more}")

    def article(self, story: Story) -> Response:
        """An article, or the notice that there is none."""
        if story.gone:
            return self.page("提示信息", "<div class='tip'>该文章已被删除</div>")
        body = "".join(f"<p>{line}</p>" for line in story.body)
        info = f"{local(story.at):%Y-%m-%d %H:%M} 来源：清溪日报 作者：王小明"
        head = f"<h1>{story.title}</h1><div class='info'>{info}</div>"
        picture = "<p><img src='/pic/queue.jpg'></p>"
        return self.page(f"{story.title}_清溪新闻网", f"{head}<div class='{self.body}'>{body}{picture}</div>")

    def sitemap(self, request: Request) -> Response:
        """A sitemap of all articles, with the times of their changes."""
        base = f"http://{request.headers['host']}"
        rows = "".join(
            f"<url><loc>{base}{path(story)}</loc><lastmod>{story.at.isoformat()}</lastmod></url>"
            for story in self.stories
        )
        head = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        return Response(200, f"{head}{rows}</urlset>".encode(), "application/xml")

    def feed(self, request: Request) -> Response:
        """An RSS feed with summaries."""
        base = f"http://{request.headers['host']}"
        rows = "".join(
            f"<item><title>{story.title}</title><link>{base}{path(story)}</link><description>摘要</description></item>"
            for story in self.stories
        )
        return Response(
            200, f"<rss version='2.0'><channel><title>清溪</title>{rows}</channel></rss>".encode(), "text/xml"
        )


def path(story: Story) -> str:
    """The address of an article."""
    return f"/a/202603/t20260316_{story.number}.html"


def paper(**changes: Any) -> Paper:
    """Three articles."""
    titles = ("农商行回应储户集中取款", "城关支行延长营业时间公告", "县金融办派人到现场了解情况")
    return Paper([Story(number, title) for number, title in enumerate(titles, 1001)], **changes)


def source(base: str, archive: Archive | None = None, **changes: Any) -> NewsSource:
    """The product's source for the paper; its pauses are not slept."""
    facts = {"name": "xw", "kind": "news", "delay_s": 0, "urls": [f"{base}/list"]}
    config = NewsConfig.model_validate({**facts, **changes})
    return NewsSource(config, Manners(), Door(b"k"), archive=archive, sleep=lambda _: None)


def first_sweep(serve: Serve, site: Paper, **changes: Any) -> tuple[NewsSource, Collected]:
    """A source that has read the paper once."""
    reader = source(serve(site), **changes)
    return reader, reader.collect({}, NOW)


def titles(collected: Collected) -> list[str | None]:
    """The titles of what was observed, in order."""
    return [seen.title for seen in collected.observations]


def gone(collected: Collected) -> list[str]:
    """The numbers of the articles that were told as deleted."""
    return [seen.id.rpartition("_")[2].removesuffix(".html") for seen in collected.observations if seen.deleted]


def test_a_first_sweep_brings_every_article_whole(serve: Serve, tmp_path: Path) -> None:
    """Title, body, time to the minute, author, origin and pictures, and the page is kept."""
    base = serve(paper())
    collected = source(base, Archive(tmp_path)).collect({}, NOW)
    assert (collected.coverage.status, collected.coverage.cause, collected.rejects) == ("ok", None, ())
    assert (collected.coverage.got, collected.coverage.expected) == (3, 3)
    seen = collected.observations[0]
    assert (seen.kind, seen.platform, seen.title, seen.thread) == ("news", "news", "农商行回应储户集中取款", seen.id)
    assert seen.text == "\n".join((*BODY, "来源：清溪日报"))
    assert seen.published_at == datetime(2026, 3, 15, 22, 0, tzinfo=UTC)
    assert seen.author is not None
    assert seen.author.name == "王小明"
    assert seen.pictures == (f"{base}/pic/queue.jpg",)
    assert seen.id == f"{base.removeprefix('http://')}/a/202603/t20260316_1001.html"
    assert len({one.capture for one in collected.observations}) == 3
    assert all(one.capture for one in collected.observations)


def test_a_second_sweep_is_quiet_and_emits_nothing(serve: Serve) -> None:
    """The articles are read again for edits, and there are none."""
    site = paper()
    reader, first = first_sweep(serve, site)
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert (second.coverage.status, second.observations, second.coverage.cause) == ("quiet", (), None)
    assert site.asked.count(path(site.stories[0])) == 2


def test_new_edited_and_deleted_articles_are_told_and_nothing_else(serve: Serve) -> None:
    """A 404 of an article that no list shows any more, and a notice in words even where a list still does."""
    site = paper()
    site.stories += [Story(1004, "农商行召开年度工作会议通报"), Story(1005, "清溪县举办金融知识宣传活动")]
    reader, first = first_sweep(serve, site)
    site.stories.insert(0, Story(1006, "农商行再次回应取款传言"))
    site.stories[1].body = (*BODY, "更正：前文所称人数有误。")
    site.stories[2].gone = True
    del site.stories[3]
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert sorted(gone(second)) == ["1002", "1003"]
    assert titles(second)[:2] == ["农商行再次回应取款传言", "农商行回应储户集中取款"]
    assert "更正：前文所称人数有误。" in second.observations[1].text
    assert len(second.observations) == 4
    assert reader.collect(second.memory, NOW + timedelta(hours=2)).coverage.status == "quiet"


def test_a_new_article_whose_page_is_not_there_yet_is_asked_for_again(serve: Serve) -> None:
    """Many a site lists an article before its page can be had; a link that stays dead is given up in the end."""
    site = paper()
    site.instead = lambda request: Response(404) if request.path.endswith("1002.html") else None
    reader, first = first_sweep(serve, site)
    assert (first.coverage.status, first.coverage.got, first.coverage.expected) == ("ok", 2, 3)
    assert "1 个新链接打不开" in (first.coverage.cause or "")
    site.instead = lambda _request: None
    assert titles(reader.collect(first.memory, NOW)) == ["城关支行延长营业时间公告"]


def test_where_most_new_articles_answer_404_the_source_did_not_see(serve: Serve) -> None:
    """The addresses on the list have changed, or the pages are kept from us."""
    site = paper()
    site.instead = lambda request: (
        Response(404) if request.path.startswith("/a/") and not request.path.endswith("1001.html") else None
    )
    reader, first = first_sweep(serve, site)
    assert (first.coverage.status, first.coverage.got, first.coverage.expected) == ("partial", 1, 3)
    site.instead = lambda _request: None
    assert len(titles(reader.collect(first.memory, NOW))) == 2


def test_a_page_that_knows_neither_headline_nor_text_is_another_template(serve: Serve) -> None:
    """A menu and the publisher's line are no article; the headline is told, and the article comes when it can."""
    site = paper()
    empty = site.page("清溪新闻网", "<div id='root'></div><p>清溪日报社主办，未经授权不得转载</p>")
    site.instead = lambda request: empty if request.path.endswith("1002.html") else None
    reader, first = first_sweep(serve, site)
    assert first.coverage.status == "partial"
    assert "可能换了模板" in (first.coverage.cause or "")
    told = {seen.title: seen.text for seen in first.observations}
    assert told["城关支行延长营业时间公告"] == ""
    site.instead = lambda _request: None
    healed = reader.collect(first.memory, NOW)
    assert titles(healed) == ["城关支行延长营业时间公告"]
    assert healed.observations[0].text


def test_a_site_that_answers_404_for_everything_has_deleted_nothing(serve: Serve) -> None:
    """It has moved: the source is changed, and the articles are tried again."""
    site = paper()
    reader, first = first_sweep(serve, site)
    site.instead = lambda request: Response(404) if request.path.startswith("/a/") else None
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert (second.coverage.status, second.observations) == ("changed", ())
    site.instead = lambda request: Response(200, b"", "text/html") if request.path == "/list" else None
    site.stories = []
    third = reader.collect(second.memory, NOW + timedelta(hours=2))
    assert (third.coverage.status, third.observations) == ("changed", ())


def test_a_list_that_does_not_reach_the_last_sweep_is_a_gap(serve: Serve) -> None:
    """Articles may have come and gone between; what is there is read all the same."""
    site = paper()
    reader, first = first_sweep(serve, site, max_pages=1)
    site.stories = [Story(2000 + number, f"农商行公告第{number}号请储户周知") for number in range(5)]
    second = reader.collect(first.memory, NOW + timedelta(days=1))
    assert second.coverage.status == "partial"
    assert "可能漏抓" in (second.coverage.cause or "")
    assert len([seen for seen in second.observations if not seen.deleted]) == 5


def test_paging_goes_on_to_what_is_known(serve: Serve) -> None:
    """Five new articles on pages of two, and no gap; the pages below are not asked for."""
    site = paper(per_page=2)
    reader, first = first_sweep(serve, site)
    site.stories[:0] = [Story(2000 + number, f"农商行公告第{number}号请储户周知") for number in range(3)]
    site.asked.clear()
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert (second.coverage.status, len(second.observations)) == ("ok", 3)
    assert site.asked.count("/list") == 3


def spoilt(site: Paper, how: str) -> Callable[[Request], Response | None]:
    """The second page of the list shows the first once more, or an error."""
    return lambda request: (
        (site.listing(1) if how == "repeats" else Response(404)) if request.first("page", "1") == "2" else None
    )


@pytest.mark.parametrize(("how", "cause"), [("repeats", "翻页不起作用，第 2 页与第 1 页相同"), ("fails", "HTTP 404")])
def test_what_stands_behind_a_list_page_that_fails_is_read_when_it_is_mended(
    serve: Serve, how: str, cause: str
) -> None:
    """The fault is told, and the known articles on the first page do not end the next reading."""
    site = paper(per_page=2)
    site.instead = spoilt(site, how)
    reader, first = first_sweep(serve, site)
    assert (first.coverage.status, len(first.observations)) == ("partial", 2)
    assert cause in (first.coverage.cause or "")
    again = reader.collect(first.memory, NOW)
    assert again.coverage.status == "partial"
    site.instead = lambda _request: None
    mended = reader.collect(again.memory, NOW)
    assert (mended.coverage.status, len(mended.observations)) == ("ok", 1)
    assert reader.collect(mended.memory, NOW).coverage.status == "quiet"


def test_more_articles_than_a_sweep_may_read_are_read_in_the_next(serve: Serve) -> None:
    """Nothing is lost and nothing is told twice; until all are read the source is partial."""
    reader, first = first_sweep(serve, paper(), max_articles=2)
    assert (first.coverage.status, len(first.observations)) == ("partial", 2)
    assert "还有 1 篇没有读" in (first.coverage.cause or "")
    assert (first.coverage.got, first.coverage.expected) == (2, 3)
    second = reader.collect(first.memory, NOW)
    assert (second.coverage.status, titles(second)) == ("ok", ["县金融办派人到现场了解情况"])


FAULTS = {
    "503": (Response(503), "对方服务器出错"),
    "captcha": (Response(200, "<html><title>安全验证</title><p>请完成安全验证</p></html>".encode()), "要求先通过验证"),
    "login": (Response(200, "<html><title>提示</title><p>您尚未登录，请先登录</p></html>".encode()), "要求登录"),
    "redirect": (Response(302, headers=(("Location", "http://169.254.169.254/latest"),)), "内网或保留地址"),
    "empty": (Response(200, b"<html><body></body></html>"), "没有找到正文"),
    "bomb": (
        Response(200, gzip.compress(b"0" * 20_000_000), headers=(("Content-Encoding", "gzip"),)),
        "回答超过 16000 KB",
    ),
    "error": (Response(200, b"<html><title>502 Bad Gateway</title></html>"), "报错页面"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_an_article_that_cannot_be_read_leaves_its_headline_and_is_tried_again(serve: Serve, kind: str) -> None:
    """The others are read, the cause names it, and its text comes when it can be had."""
    site = paper()
    answer, cause = FAULTS[kind]
    site.instead = lambda request: answer if request.path == path(site.stories[1]) else None
    reader, first = first_sweep(serve, site)
    assert first.coverage.status == "partial"
    assert f"文章“{site.stories[1].title}”" in (first.coverage.cause or "")
    assert cause in (first.coverage.cause or "")
    assert sorted((seen.title, bool(seen.text)) for seen in first.observations) == sorted(
        (story.title, number != 1) for number, story in enumerate(site.stories)
    )
    again = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert (again.coverage.status, again.observations) == ("partial", ())
    site.instead = lambda _request: None
    third = reader.collect(again.memory, NOW + timedelta(hours=2))
    assert (third.coverage.status, titles(third)) == ("ok", [site.stories[1].title])
    assert third.observations[0].text.startswith(BODY[0])


def test_an_answer_cut_short_is_no_edit(serve: Serve) -> None:
    """A page that does not end as those before is not read."""
    site = paper()
    reader, first = first_sweep(serve, site)
    whole = site.article(site.stories[0]).body
    short = Response(200, whole[: whole.index(BODY[1].encode())])
    site.instead = lambda request: short if request.path == path(site.stories[0]) else None
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert (second.coverage.status, second.observations) == ("partial", ())
    assert "中途被截断" in (second.coverage.cause or "")


def test_a_list_whose_selector_finds_nothing_is_changed_with_the_selector(serve: Serve) -> None:
    """HTTP 200 without a link is no quiet paper; what is remembered stays."""
    site = paper()
    reader, first = first_sweep(serve, site, links={"link": "li.news a"})
    assert len(first.observations) == 3
    site.row = "item"
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert (second.coverage.status, second.observations) == ("changed", ())
    assert "li.news a" in (second.coverage.evidence or "")
    assert "本地要闻" in (second.coverage.evidence or "")
    site.row = "news"
    assert reader.collect(second.memory, NOW + timedelta(hours=2)).coverage.status == "quiet"


def test_a_body_whose_selector_finds_nothing_is_changed_with_the_selector(serve: Serve) -> None:
    """The rule of the configuration goes before the extractors, which would find something."""
    site = paper()
    reader, first = first_sweep(serve, site, article={"body": ".content", "drop": "img"})
    assert first.observations[0].pictures == ()
    site.body = "text"
    site.stories.insert(0, Story(1006, "农商行再次回应取款传言"))
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert second.coverage.status == "changed"
    assert "body: .content" in (second.coverage.evidence or "")
    assert [(seen.title, seen.text) for seen in second.observations] == [("农商行再次回应取款传言", "")]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Response(403), "blocked"),
        (Response(503), "down"),
        (Response(404), "changed"),
        (Response(200, "<html><title>用户登录</title></html>".encode()), "login"),
        (Response(200, "<html><title>访问验证</title></html>".encode()), "blocked"),
        (Response(200, b""), "changed"),
    ],
)
def test_a_list_that_cannot_be_read_blinds_the_source(serve: Serve, answer: Response, status: str) -> None:
    """No article is asked for, and what is remembered stays."""
    site = paper()
    reader, first = first_sweep(serve, site)
    site.instead = lambda request: answer if request.path == "/list" else None
    site.asked.clear()
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert (second.coverage.status, second.observations) == (status, ())
    assert not [one for one in site.asked if one.startswith("/a/")]
    site.instead = lambda _request: None
    assert reader.collect(second.memory, NOW + timedelta(hours=2)).coverage.status == "quiet"


def test_a_list_of_which_the_site_says_304_is_quiet(serve: Serve) -> None:
    """It is asked for conditionally, and articles that are still due are read all the same."""
    site = paper()

    def tagged(request: Request) -> Response | None:
        if request.path != "/list":
            return None
        if request.headers.get("if-none-match") == '"1"':
            return Response(304)
        whole = site.listing(1)
        return Response(200, whole.body, whole.content_type, (("ETag", '"1"'),))

    site.instead = tagged
    reader, first = first_sweep(serve, site, max_articles=2)
    second = reader.collect(first.memory, NOW)
    assert (second.coverage.status, len(second.observations)) == ("ok", 1)
    assert reader.collect(second.memory, NOW).coverage.status == "quiet"


@pytest.mark.parametrize("packed", [False, True])
def test_a_sitemap_gives_the_articles_of_late(serve: Serve, packed: bool) -> None:
    """Old articles of a large one are left, a change that it tells is looked at, and a packed file is unpacked."""
    site = paper()
    site.stories.append(Story(900, "去年的旧闻一则请勿再读", at=NOW - timedelta(days=300)))

    def pack(request: Request) -> Response | None:
        if not packed or request.path != "/sitemap.xml":
            return None
        return Response(200, gzip.compress(site.sitemap(request).body), "application/octet-stream")

    site.instead = pack
    base = serve(site)
    reader = source(base, urls=[f"{base}/sitemap.xml"], discovery="sitemap", reread_days=0, max_articles=3)
    first = reader.collect({}, NOW)
    assert (first.coverage.status, len(first.observations)) == ("ok", 3)
    site.stories[0].body, site.stories[0].at = (*BODY, "更正：前文有误。"), NOW + timedelta(minutes=30)
    second = reader.collect(first.memory, NOW + timedelta(hours=1))
    assert titles(second) == ["农商行回应储户集中取款"]


def test_a_sitemap_index_leads_to_the_newest_of_its_sitemaps(serve: Serve) -> None:
    """Only as many as the configuration allows, the newest first."""
    site = paper()

    def index(request: Request) -> Response | None:
        if request.path != "/index.xml":
            return None
        base = f"http://{request.headers['host']}"
        rows = "".join(
            f"<sitemap><loc>{base}/{name}</loc><lastmod>{day}</lastmod></sitemap>"
            for name, day in (("old.xml", "2026-03-01"), ("sitemap.xml", "2026-03-16"), ("older.xml", "2020-01-01"))
        )
        return Response(200, f"<sitemapindex>{rows}</sitemapindex>".encode(), "text/xml")

    site.instead = index
    base = serve(site)
    first = source(base, urls=[f"{base}/index.xml"], discovery="sitemap", max_pages=1).collect({}, NOW)
    assert (first.coverage.status, len(first.observations)) == ("ok", 3)
    assert not {"/old.xml", "/older.xml"} & set(site.asked)


def test_a_feed_leads_to_the_articles(serve: Serve) -> None:
    """Its summaries are not the text, which comes from the pages."""
    site = paper()
    base = serve(site)
    first = source(base, urls=[f"{base}/rss"], discovery="feed").collect({}, NOW)
    assert (first.coverage.status, len(first.observations)) == ("ok", 3)
    assert first.observations[0].text.startswith(BODY[0])


def test_a_revisit_reads_only_what_is_asked_for(serve: Serve) -> None:
    """Without the list; an article of which the site says that it is gone is told as deleted, once."""
    site = paper()
    reader, first = first_sweep(serve, site)
    ids = [seen.id for seen in first.observations]
    site.stories[0].body = (*BODY, "更正：前文有误。")
    site.stories[1].gone = True
    site.asked.clear()
    visit = reader.collect(first.memory, NOW + timedelta(minutes=30), revisit=ids[:2])
    assert (len(visit.observations), gone(visit)) == (2, ["1002"])
    assert set(site.asked) == {"/robots.txt", path(site.stories[0]), path(site.stories[1])}
    again = reader.collect(visit.memory, NOW + timedelta(minutes=60), revisit=ids[:2])
    assert (again.coverage.status, again.observations) == ("quiet", ())


def test_what_robots_txt_forbids_is_not_asked_for(serve: Serve) -> None:
    """Neither the list nor any article."""
    site = paper()
    rules = Response(200, b"User-agent: *\nDisallow: /\n", "text/plain")
    site.instead = lambda request: rules if request.path == "/robots.txt" else None
    _, first = first_sweep(serve, site)
    assert first.coverage.status == "blocked"
    assert set(site.asked) == {"/robots.txt"}


def test_a_site_that_goes_down_in_the_middle_is_left_alone(serve: Serve) -> None:
    """After five faults in a row the rest waits for the next sweep, which reads it."""
    site = Paper([Story(2000 + number, f"农商行公告第{number}号请储户周知") for number in range(12)])
    site.instead = lambda request: (
        Response(403) if request.path > path(site.stories[1]) and request.path < "/l" else None
    )
    reader, first = first_sweep(serve, site)
    assert first.coverage.status == "partial"
    assert "还有 5 篇没有读" in (first.coverage.cause or "")
    assert len([seen for seen in first.observations if seen.text]) == 2
    site.instead = lambda _request: None
    second = reader.collect(first.memory, NOW)
    assert (second.coverage.status, len(second.observations)) == ("ok", 10)
