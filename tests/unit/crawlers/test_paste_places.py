"""What the address of a page that somebody found says."""

from __future__ import annotations

import pytest

from crawlers.paste.places import kind_of, platform_of, same_page, whole_address


@pytest.mark.parametrize(
    ("url", "platform", "kind"),
    [
        ("https://mp.weixin.qq.com/s/abc", "wechat", "article"),
        ("https://tieba.baidu.com/p/1", "tieba", "thread"),
        ("https://www.douyin.com/video/1", "douyin", "video"),
        ("https://m.weibo.cn/status/1", "weibo", "article"),
        ("https://www.xiaohongshu.com/explore/1", "xiaohongshu", "article"),
        ("https://www.zhihu.com/question/1", "zhihu", "article"),
        ("https://notdouyin.com/video/1", None, "article"),
        ("https://douyin.com.evil.example/1", None, "article"),
    ],
)
def test_the_host_tells_the_platform(url: str, platform: str | None, kind: str) -> None:
    """The whole host, and no other that only looks like it."""
    assert (platform_of(url), kind_of(platform or "other")) == (platform, kind)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.example.com/a/?id=1", "https://example.com/a?utm_source=x&id=1#top"),
        ("https://mp.weixin.qq.com/s?__biz=B&mid=1&idx=1&sn=S&chksm=c&scene=21#wechat_redirect",
         "https://mp.weixin.qq.com/s?sn=S&idx=1&mid=1&__biz=B"),
        ("https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2"),
    ],
)  # fmt: skip
def test_addresses_of_one_page_are_the_same_however_it_was_passed_on(one: str, other: str) -> None:
    """Scheme, www, order, tracking marks and anchors lead nowhere else."""
    assert same_page(one) == same_page(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/a?id=1", "https://example.com/a?id=2"),
        ("https://example.com/#/news/1", "https://example.com/#/news/2"),
        ("https://mp.weixin.qq.com/s?__biz=B&mid=1&idx=1", "https://mp.weixin.qq.com/s?__biz=B&mid=1&idx=2"),
    ],
)
def test_other_pages_stay_apart(one: str, other: str) -> None:
    """What names the page counts, also behind the # of a site that is one script."""
    assert same_page(one) != same_page(other)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" mp.weixin.qq.com/s/abc ", "https://mp.weixin.qq.com/s/abc"),
        ("HTTP://a.example/x", "HTTP://a.example/x"),
        ("javascript:alert(1)", None),
        ("ftp://a.example/x", None),
        ("two words", None),
        ("https://", None),
        ("http://a.example:99999/", None),
    ],
)
def test_only_web_addresses_are_taken(typed: str, address: str | None) -> None:
    """A missing scheme is https; all else is no address of a page."""
    assert whole_address(typed) == address
