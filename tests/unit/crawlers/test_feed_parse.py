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
        ("<!DOCTYPE html><html><body>安全验证 captcha</body></html>", "blocked"),
        ("<html><title>安全验证</title><p>请输入图片中的验证码</p></html>", "blocked"),
        ("<html><title>桥</title><p>登录已过期，请重新扫码</p></html>", "login"),
        ("<!DOCTYPE html><html><title>404</title></html>", "changed"),
        ("", "changed"),
        ("hello", "changed"),
        ("/etc/hostname", "changed"),
        ('{"statusCode":500,"message":"id not found"}', "changed"),
        ('{"statusCode":500,"message":"暂无可用读书账号!"}', "login"),
        ('{"detail":"Not authenticated"}', "login"),
        ('{"err":"account expired","data":null}', "login"),
        ("<html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1></html>", "down"),
        ("<html><title>405</title>您的访问被阻断</html>", "blocked"),
        ("<html><script>function acw_sc__v2(){}</script></html>", "blocked"),
        ("[1,2]", "changed"),
        ('{"version":"https://jsonfeed.org/version/1","items":[{"id":"1",', "down"),
        (RSS[:-40], "down"),
        (BOMB, "changed"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: str, status: str) -> None:
    """Logins, captchas, web pages, errors, halves of feeds and bombs are failures of the source, not empty feeds."""
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


@pytest.mark.parametrize(
    "said",
    [
        "获取全文失败，请重试~",
        "<p>当前环境异常，完成验证后即可继续访问。</p><p>去验证</p>",
        "此帐号已被屏蔽，内容无法查看",
        "此内容被投诉且经审核涉嫌侵权，无法查看。",
        "该公众号已迁移至新的账号",
        "此帐号已自主注销，内容无法查看",
        "系统出错",
        "链接已过期",
        "轻触查看原文<br>向上滑动看下一个",
        "DELETED",
    ],
)
def test_what_a_bridge_or_wechat_says_in_place_of_the_article_is_a_failure(said: str) -> None:
    """None of it was written by the author."""
    assert failure_text(Entry("1", None, "春节营业安排", said, None, None))


def test_an_error_that_a_bridge_tells_as_an_entry_is_a_failure() -> None:
    """RSS-Bridge writes its own entry into the feed."""
    entry = Entry("1", None, "Bridge returned error 500! (20453)", "<p>Trace</p>" * 50, None, None)
    assert failure_text(entry) == "Bridge returned error 500! (20453)"


@pytest.mark.parametrize(
    "words", ["手机银行一转账就提示参数错误，急死人", "农商行系统出错，老人跑了三趟", "存单链接已过期怎么办"]
)
def test_a_short_post_that_complains_of_an_error_is_none(words: str) -> None:
    """Customers quote what the bank's own app says."""
    assert failure_text(Entry("1", None, "求助", words, None, None)) is None


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


def rss(inside: str) -> bytes:
    """A feed of one item that holds this."""
    return f'<rss version="2.0"><channel><item><guid>1</guid>{inside}</item></channel></rss>'.encode()


ATTRIBUTES = " ".join(f"a{number}='1'" for number in range(50_000))


@pytest.mark.parametrize("inside", ["<a>" * 1_000_000, "<a/>" * 1_000_000, "<" * 1_000_000, f"<a {ATTRIBUTES}/>"])
def test_a_feed_that_makes_the_parser_work_for_minutes_is_refused(inside: str) -> None:
    """Tags without end and elements with attributes without end; articles in CDATA may have as many as they like."""
    with pytest.raises(SourceError, match="反常"):
        parse_feed(rss(inside))
    with pytest.raises(SourceError, match="实体"):
        parse_feed(b"<!DOCTYPE r [<!EN\x00TITY a 'x'>]>" + rss("&a;"))
    whole = parse_feed(rss(f"<description><![CDATA[{'<br>' * 250_000}取钱]]></description>"))
    assert whole.entries[0].html.endswith("取钱")


@pytest.mark.parametrize(
    "inside",
    [
        f"<author>{'a@' * 200_000}</author>",
        f"<author>x{' ' * 200_000}y</author>",
        f"<pubDate>a{' ' * 200_000}b</pubDate>",
    ],
)
def test_no_field_makes_a_pattern_run_for_ever(inside: str) -> None:
    """Names and dates are short; what is longer is cut before it is matched."""
    entry = parse_feed(rss(inside)).entries[0]
    assert len(entry.author or "") <= 200
    assert entry.published is None


def test_a_web_page_of_broken_titles_is_told_at_once() -> None:
    """The title is looked for at the beginning of a page alone."""
    with pytest.raises(SourceError, match="无标题"):
        parse_feed(b"<!doctype html>" + b"<title" * 500_000)


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "undefined", "unicode_escape", "utf-7", "zlib", "rot13", "x" * 999]
)
def test_what_is_no_charset_is_not_used(charset: str) -> None:
    """A codec that is none of a page is passed over, whatever the header or the declaration says."""
    body = f'<?xml version="1.0" encoding="{charset}"?>{RSS}'.encode()
    assert parse_feed(body, f"text/xml; charset={charset}").entries[0].title == "镕基路排队"


def test_an_external_file_is_not_read() -> None:
    """A DTD or an entity from outside is never fetched."""
    doctype = b"<!DOCTYPE rss SYSTEM 'file:///etc/hostname'>"
    assert parse_feed(doctype + rss("<title>x</title>")).entries[0].title == "x"
