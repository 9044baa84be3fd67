"""Articles, lists and sitemaps from pages of all kinds, hostile ones among them."""

from __future__ import annotations

import gzip
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.parse.addresses import article_id, day_in, is_front, looks_like_article, same_site
from crawlers.parse.article import Article, read_article
from crawlers.parse.article_page import LONGEST_WORDS, MOST_ELEMENTS, read_tree
from crawlers.parse.article_selectors import ArticleSelectors
from crawlers.parse.news_list import LinkSelectors, read_news_list
from crawlers.parse.sitemap import read_sitemap
from domain.clock import local
from domain.errors import SourceError

NOW = datetime(2026, 3, 17, 1, 0, tzinfo=UTC)
SENTENCE = "清溪农商行今天回应储户排队一事，称资金充足，请大家不要轻信传言，各网点照常营业。"
BODY = "".join(f"<p>第{number}段：{SENTENCE}</p>" for number in range(4))


def article(head: str = "", info: str = "", body: str = BODY, rules: ArticleSelectors | None = None) -> Article:
    """The article on a page with this metadata and this line under its title."""
    html = f"<html><head><title>农商行回应排队一事_清溪网</title>{head}</head><body><h1>农商行回应排队一事</h1>"
    page = f"{html}<div>{info}</div><div class='text'>{body}</div></body></html>"
    return read_article(page.encode(), "text/html; charset=utf-8", "http://www.qingxi.example/1.html", NOW, rules)


def fault(html: str) -> SourceError:
    """What is raised for a page."""
    with pytest.raises(SourceError) as caught:
        read_article(html.encode(), "text/html; charset=utf-8", "http://www.qingxi.example/1.html", NOW)
    return caught.value


@pytest.mark.parametrize(
    ("head", "info", "expected", "precision"),
    [
        ("", "2026-03-16 08:30", "2026-03-16 08:30", "minute"),
        ("", "2026年3月16日 08:30", "2026-03-16 08:30", "minute"),
        ("", "2026年3月16日 8时30分", "2026-03-16 08:30", "minute"),
        ("", "2026/03/16 星期一 08:30:09", "2026-03-16 08:30", "second"),
        ("", "日期：2026/03/16", "2026-03-16 00:00", "day"),
        ("", "发布于 3小时前", "2026-03-17 06:00", "hour"),
        ("", "03-16 08:30", "2026-03-16 08:30", "minute"),
        (
            '<meta property="article:published_time" content="2026-03-16T08:30:00+08:00">',
            "",
            "2026-03-16 08:30",
            "second",
        ),
        ('<meta property="article:published_time" content="2026-03-16T00:30:00Z">', "", "2026-03-16 08:30", "second"),
        ('<meta name="PubDate" content="2026-03-16">', "2026年03月16日 08:30", "2026-03-16 08:30", "minute"),
        ('<meta name="PubDate" content="2026-03-16 00:00:00">', "", "2026-03-16 00:00", "day"),
        ('<meta name="pubdate" content="1773621000">', "", "2026-03-16 08:30", "second"),
        ("", '<time datetime="2026-03-16T08:30">昨天</time>', "2026-03-16 08:30", "minute"),
        ('<script>{"datePublished": "2026-03-16T08:30:00"}</script>', "", "2026-03-16 08:30", "second"),
        ('<meta name="pubdate" content="2099-01-01 08:30">', "2026-03-16 08:30", "2026-03-16 08:30", "minute"),
    ],
)
def test_the_time_of_publication_is_found_to_the_minute(head: str, info: str, expected: str, precision: str) -> None:
    """Metadata, time tags and the words near the title; a day alone gives way to a clock of the same day."""
    at = article(head, info).at
    assert at is not None
    assert (f"{local(at.at):%Y-%m-%d %H:%M}", at.precision) == (expected, precision)


@pytest.mark.parametrize(
    ("info", "origin"),
    [
        ("来源：清溪日报", "清溪日报"),
        ("2026-03-16 来源: 清溪融媒 作者：王明", "清溪融媒"),
        ("稿源：新清溪网 编辑：李四", "新清溪网"),
        ("转自：清溪发布", "清溪发布"),
        ("来源：<a href='#'>清溪日报</a>", "清溪日报"),
        ("来源：本网", None),
        ("资金来源广泛", None),
        ("", None),
    ],
)
def test_the_note_of_a_reprint_is_kept_as_the_last_line(info: str, origin: str | None) -> None:
    """Grouping and people see by it where an article was taken from."""
    found = article(info=info)
    assert found.origin == origin
    assert found.text.endswith(f"\n来源：{origin}" if origin else SENTENCE)


def test_an_origin_that_the_body_names_is_not_added_again() -> None:
    """It stands once."""
    found = article(body=f"{BODY}<p>来源：清溪日报</p>")
    assert (found.origin, found.text.count("来源：")) == ("清溪日报", 1)


def test_view_counters_are_no_words_of_the_author() -> None:
    """They change with every visit, and each would look like an edit."""
    texts = {article(body=f"<p>浏览次数：{count}</p>{BODY}<p>阅读 {count}</p>").text for count in (1, 283, 1_000)}
    assert len(texts) == 1


def test_a_rule_goes_before_the_extractors() -> None:
    """Each field by its selector, without what is dropped; what has none is found without a rule."""
    rules = ArticleSelectors(
        body=".text", title="xpath://b", time=".when", author=".who", origin="i", drop=".text p + p"
    )
    info = "<b>另一个标题</b><span class=when>2026-03-16 08:30</span>"
    info += "<span class=who>作者：王明</span><i>来源：清溪日报</i>"
    found = article(info=info, rules=rules)
    assert (found.title, found.author, found.origin, found.by) == ("另一个标题", "王明", "清溪日报", "rule")
    assert found.text == f"第0段：{SENTENCE}\n来源：清溪日报"


@pytest.mark.parametrize(
    ("html", "status", "words"),
    [
        ("<title>404 Not Found</title><h1>Not Found</h1>", "changed", "网站说"),
        ("<title>提示</title><p>您访问的页面不存在，请返回首页</p>", "changed", "网站说"),
        ("<title>提示</title><p>该文章已被作者删除</p>", "changed", "网站说"),
        ("<title>用户登录</title><form><input type='password'></form>", "login", "要求登录"),
        ("<title>清溪网</title><p>请先登录后查看</p>", "login", "要求登录"),
        ("<title>安全验证</title><p>拖动滑块</p>", "blocked", "验证"),
        ("<title>清溪网</title><p>您的访问过于频繁</p>", "blocked", "防火墙"),
        ("<title>清溪网</title><p>系统维护中</p>", "down", "报错"),
        ("<title>405</title><p>您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</p>", "blocked", "防火墙"),
        ("<title></title><script>var $_ts=window['$_ts'];</script>", "blocked", "验证"),
        ("<title>清溪网</title><div id='app'></div>", "changed", "没有找到正文"),
        ("", "changed", ""),
    ],
)
def test_what_stands_in_the_place_of_an_article_is_recognised(html: str, status: str, words: str) -> None:
    """Each with HTTP 200."""
    error = fault(html)
    assert error.status == status
    assert words in error.cause


def test_an_article_about_logins_and_captchas_is_an_article() -> None:
    """Also a short one that says 系统维护, as banks' notices do."""
    notice = "<p>我行将于今晚零点进行系统维护，届时请先登录手机银行查看公告，验证码短信可能延迟，敬请谅解。</p>"
    assert article(info="2026-03-16 08:30", body=notice).text.startswith("我行将于今晚")
    assert article(body="<p>该文章已被删除，请先登录后查看，系统维护。</p>" * 8).text


HOSTILE = {
    "depth": "<html><body>" + "<div>" * 500_000 + SENTENCE,
    "markup in attributes": "<html><body><p title='" + "<" * 900_000 + "'>文</p>",
    "spaces": "<html><title>" + " " * 300_000 + "</title><body><p>来源：" + " " * 600_000,
    "digits": "<html><body><p>" + "2026-03-1" * 50_000,
    "data": "<html><body><img src='data:image/png;base64," + "A" * 9_000_000 + "'>" + BODY,
    "headings": "<html><title>" + "题" * 100_000 + "</title><body>" + ("<h1>" + "题" * 190 + "</h1>") * 500,
    "scripts": "<html><body>" + "<script>" * 300_000,
    "scripts with tails": "<html><body>" + "<script></script>文" * 100_000,
    "nul": "<html><body><p>\0" + SENTENCE * 3,
}
HUGE = {
    "text": f"<p>{SENTENCE}</p>" * 80_000,
    "links": "<a href=/x>新闻</a>" * 300_000,
    "line breaks": "文<br>" * 1_000_000,
    "commas": ("<div>" + ",，" * 200 + "</div>") * 12_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_page_takes_long(kind: str) -> None:
    """What comes out of it, if anything, matters less."""
    begun = time.monotonic()
    with suppress(SourceError):
        read_article(HOSTILE[kind].encode(), "text/html; charset=utf-8", "http://a.example/1", NOW)
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("kind", HUGE)
def test_what_extractors_work_on_is_bounded(kind: str) -> None:
    """Their time grows faster than the page, so the page is cut before; that is told as a doubt."""
    page = read_tree(f"<html><body><h1>农商行回应</h1>{HUGE[kind]}</body></html>", "http://a.example/1")
    assert page is not None
    assert len(list(page.root.iter())) <= MOST_ELEMENTS
    assert len(page.words) <= LONGEST_WORDS
    assert page.cut


def test_a_list_by_the_rule_for_all_sites() -> None:
    """Headlines of articles of the same site and of 公众号; menus, files and other sites are none."""
    html = """<html><title>清溪网</title><body><base href="http://news.qingxi.example/bd/">
    <a href="/">清溪新闻网站首页</a><a href="list_2.html">更多本地新闻请看这里</a>
    <a href="/a/20260316/1.pdf">公告全文下载请点这里</a>
    <a href="t20260316_1.html"><img src="1.jpg"></a><a href="t20260316_1.html#c">农商行回应储户排队一事</a>
    <a href="/content/98765.shtml" title="县城关大桥今天恢复通车">县城关大桥今天…</a>
    <a href="https://mp.weixin.qq.com/s/abc">清溪发布：停水通知来了</a><a href="http://ads.example/20260316/1.html">低价买好房看这里啊</a>
    <a href="javascript:void(0)">点击加载更多的新闻</a><a href="?page=2">下一页</a></body></html>"""
    found = read_news_list(html, "http://www.qingxi.example/bd/", LinkSelectors())
    assert [(entry.url, entry.title) for entry in found.entries] == [
        ("http://news.qingxi.example/bd/t20260316_1.html", "农商行回应储户排队一事"),
        ("http://news.qingxi.example/content/98765.shtml", "县城关大桥今天恢复通车"),
        ("https://mp.weixin.qq.com/s/abc", "清溪发布：停水通知来了"),
    ]
    assert found.next == "http://news.qingxi.example/bd/?page=2"


def test_a_list_by_a_pattern() -> None:
    """Addresses that match it, whatever their words."""
    html = "<a href='/x/1'>一</a><a href='/y/2'>农商行回应储户排队一事</a>"
    found = read_news_list(html, "http://a.example/", LinkSelectors(pattern="/x/"))
    assert [entry.url for entry in found.entries] == ["http://a.example/x/1"]


def test_a_sitemap_for_news_gives_headlines_and_times() -> None:
    """The time of publication goes before that of the last change; without a zone it is Beijing time."""
    xml = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
    xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc> http://a.example/1 </loc>
    <lastmod>2026-03-17</lastmod><news:news><news:publication_date>2026-03-16T08:30</news:publication_date>
    <news:title>农商行回应</news:title></news:news></url><url><loc>ftp://a.example/2</loc></url></urlset>"""
    found = read_sitemap(xml.encode(), 1_000_000)
    entry = found.entries[0]
    assert (entry.url, entry.title, entry.at) == (
        "http://a.example/1",
        "农商行回应",
        datetime(2026, 3, 16, 0, 30, tzinfo=UTC),
    )
    assert (len(found.entries), found.whole) == (1, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", "changed"),
        (b"<!DOCTYPE html><html><title>x</title></html>", "changed"),
        ("<html><title>用户登录</title></html>".encode(), "login"),
        (b'<!DOCTYPE u [<!ENTITY a "a">]><urlset/>', "changed"),
        (gzip.compress(b"0" * 2_000_000), "changed"),
        (b"\x1f\x8b" + b"broken" * 9, "down"),
        (b"<rss></rss>", "changed"),
    ],
)
def test_what_is_no_sitemap_is_refused(body: bytes, status: str) -> None:
    """Pages, bombs and other files."""
    with pytest.raises(SourceError) as caught:
        read_sitemap(body, 1_000_000)
    assert caught.value.status == status


def test_a_sitemap_that_was_cut_short_says_so() -> None:
    """What came before is kept."""
    found = read_sitemap(b"<urlset><url><loc>http://a.example/1</loc></url><url><loc>http://a.exam", 1_000)
    assert ([entry.url for entry in found.entries], found.whole) == (["http://a.example/1"], False)


def test_the_id_of_an_article_does_not_depend_on_the_way_to_it() -> None:
    """Scheme, tracking, sessions and the order of parameters are left out; a long one is hashed."""
    ways = (
        "http://www.A.example/n/1.html?utm_source=x&b=2&a=1#top",
        "https://www.a.example:443/n/1.html;jsessionid=F00?a=1&b=2&spm=1",
    )
    assert {article_id(way) for way in ways} == {"www.a.example/n/1.html?a=1&b=2"}
    weixin = "https://mp.weixin.qq.com/s?__biz=M&mid=2&idx=1&sn=f&chksm=1&scene=27#rd"
    assert article_id(weixin) == "mp.weixin.qq.com/s?__biz=M&idx=1&mid=2&sn=f"
    assert len(article_id("http://a.example/" + "x" * 3_000)) <= 255


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.example/2026/03/16/abc.html", True),
        ("http://a.example/content_12345.htm", True),
        ("http://a.example/show.php?id=7", True),
        ("http://a.example/node_12345.htm", False),
        ("http://a.example/list/12345.html", True),
        ("http://a.example/about.html", False),
        ("http://a.example/20260316/1.jpg", False),
        ("https://mp.weixin.qq.com/mp/profile_ext?action=home&id=12345", False),
    ],
)
def test_addresses_that_look_like_articles(url: str, expected: bool) -> None:
    """A date, a number or a hash, and no list, file or profile."""
    assert looks_like_article(url) is expected


def test_addresses_that_say_a_day_a_site_or_a_front_page() -> None:
    """Days are those of Shanghai; hosts below one another are one site."""
    assert day_in("http://a.example/202603/t20260316_1.html") == datetime(2026, 3, 15, 16, 0, tzinfo=UTC)
    assert day_in("http://a.example/n/20261345.html") is None
    assert same_site("http://news.a.example/1", "http://www.a.example/")
    assert not same_site("http://a.example/", "http://ba.example/")
    assert [is_front(f"http://a.example{path}") for path in ("/", "/404.html", "/a/1.html")] == [True, True, False]


def test_a_time_from_tomorrow_on_is_none() -> None:
    """Clocks of editors run ahead, but not by years."""
    assert article(info=f"{local(NOW + timedelta(days=9)):%Y-%m-%d %H:%M}").at is None
