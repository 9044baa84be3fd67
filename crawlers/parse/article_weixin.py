"""A page of mp.weixin.qq.com: its text stands in one element, its time in a script. Pure.

Extractors take it for hidden, and its title is often only in the metadata.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawlers.parse.article_body import neat
from crawlers.parse.article_facts import metas
from crawlers.parse.article_page import PageTree, pictures_of, text_of
from crawlers.parse.article_rules import Ruled
from crawlers.parse.dates import parse_epoch
from crawlers.parse.dates import parse_time as parse_date
from crawlers.parse.forum_times import Moment

_EPOCH = re.compile(r"\b(?:ct|createTimestamp|oriCreateTime|create_time)\s*[=:]\s*[\"']?(\d{10})\b")
_PRINTED = re.compile(
    r"\b(?:publish_time|createTime)\s*[=:]\s*[\"'](\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?\s\d{1,2}:\d{2})"
)
_SHARED = re.compile(r"以下文章来源于\s{0,5}([^\s,，。]{2,30})")


def is_weixin(url: str) -> bool:
    """Whether an address is an article of a 公众号."""
    return (urlsplit(url).hostname or "") == "mp.weixin.qq.com"


def read_weixin(page: PageTree) -> Ruled | None:
    """The fields of such a page; None where its text is not there."""
    found = page.root.xpath("//*[@id='js_content']")
    if not found:
        return None
    title = _text(page, "activity-name") or next(metas(page, ("og:title", "twitter:title")), "") or page.title
    account = _text(page, "js_name") or next(metas(page, ("og:article:author", "author")), None)
    shared = _SHARED.search(page.words)
    return Ruled(
        title=title or None,
        text=neat(text_of(found[0])),
        pictures=pictures_of(found[0], page.url),
        at=_published(page.html),
        author=account,
        origin=shared.group(1) if shared else None,
    )


def _text(page: PageTree, id_: str) -> str | None:
    found = page.root.xpath("//*[@id=$id]", id=id_)
    return " ".join("".join(found[0].itertext()).split())[:200] or None if found else None


def _published(html: str) -> Moment | None:
    epoch = _EPOCH.search(html)
    at = parse_epoch(epoch.group(1)) if epoch else None
    if at:
        return Moment(at, "second")
    printed = _PRINTED.search(html)
    at = parse_date(printed.group(1)) if printed else None
    return Moment(at, "minute") if at else None
