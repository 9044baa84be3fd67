"""What is no feed is told apart; encodings and oddities are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.parse.feed import Entry, decode, failure_text, parse_feed
from domain.errors import SourceError

RSS = (
    '<rss version="2.0"><channel><title>T</title><item><guid>g</guid><title>镕基路排队</title>'
    "<pubDate>Tue, 10 Mar 2026 08:00:00</pubDate></item></channel></rss>"
)
BOMB = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss><channel/></rss>'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html><head><title>微信登录</title></head><body>请扫码</body></html>", "login"),
        ("<!DOCTYPE html><html><body>安全验证 captcha</body></html>", "login"),
        ("<!DOCTYPE html><html><title>404</title></html>", "changed"),
        ("", "changed"),
        ("hello", "changed"),
        ("/etc/hostname", "changed"),
        ('{"statusCode":500,"message":"id not found"}', "changed"),
        ("[1,2]", "changed"),
        ('{"version":"https://jsonfeed.org/version/1","items":[{"id":"1",', "down"),
        (RSS[:-40], "down"),
        (BOMB, "changed"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: str, status: str) -> None:
    """Login pages, web pages, errors, halves of feeds and bombs are failures of the source, not empty feeds."""
    with pytest.raises(SourceError) as caught:
        parse_feed(body.encode())
    assert caught.value.status == status
    assert caught.value.cause


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (RSS.encode(), ""),
        (RSS.encode("gb18030"), ""),
        (RSS.encode("gb18030"), "text/xml; charset=gb2312"),
        (RSS.encode("gb18030"), "text/xml; charset=utf-8"),
        (('<?xml version="1.0" encoding="gb2312"?>' + RSS).encode("gb18030"), "text/xml"),
        (('<?xml version="1.0" encoding="gb2312"?>' + RSS).encode(), "text/xml; charset=utf-8"),
        (b"\xef\xbb\xbf" + RSS.encode(), "text/xml; charset=gbk"),
        (RSS.encode("utf-16"), "text/xml"),
        ((" \n" + RSS).encode(), "text/html"),
        (RSS.replace("排队", "排\x0b队").encode(), ""),
    ],
)
def test_every_encoding_gives_the_same_words(body: bytes, content_type: str) -> None:
    """BOM, header, declaration and the bytes themselves are asked, in this order, until one fits."""
    assert parse_feed(body, content_type).entries[0].title == "镕基路排队"


def test_an_entry_that_stands_twice_is_read_once() -> None:
    """The first of two entries with one id is kept, and the order of the feed."""
    item = "<item><guid>{}</guid><title>{}</title></item>"
    items = item.format("a", "1") + item.format("b", "2") + item.format("a", "3")
    feed = parse_feed(f"<rss version='2.0'><channel>{items}</channel></rss>".encode())
    assert [(entry.id, entry.title) for entry in feed.entries] == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    "author",
    [
        "<author>a@b.example (老王)</author>",
        "<dc:creator>老王</dc:creator>",
        "<author>老王</author>",
        "<atom:author><atom:name>老王</atom:name><atom:email>a@b.example</atom:email></atom:author>",
    ],
)
def test_an_author_is_a_name(author: str) -> None:
    """Each library writes authors in its own way; the address is left out."""
    space = "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:atom='http://www.w3.org/2005/Atom'"
    body = f"<rss version='2.0' {space}><channel><item><guid>g</guid><title>t</title>{author}</item></channel></rss>"
    assert parse_feed(body.encode()).entries[0].author == "老王"


def test_an_article_that_quotes_a_failure_is_an_article() -> None:
    """Only a short text is taken for the bridge's own words."""
    long = "读者问：为什么总是“获取全文失败，请重试~”？" + "我们查了一下原因，写在这里。" * 10
    assert failure_text(Entry("1", None, "t", "<p>获取全文失败，请重试~</p>", None, None)) == "获取全文失败，请重试~"
    assert failure_text(Entry("1", None, "t", long, None, None)) is None


@given(st.binary(max_size=300))
def test_any_bytes_give_a_feed_or_a_failure_of_the_source(body: bytes) -> None:
    """Whatever a server sends, reading it ends in entries or in `SourceError`."""
    assert isinstance(decode(body), str)
    try:
        feed = parse_feed(body)
    except SourceError:
        return
    assert feed.entries is not None
