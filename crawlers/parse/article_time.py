"""When an article was published: metadata, ``<time>``, the words near its title. Pure.

A time without a zone is Asia/Shanghai. Of several, one to the minute goes before one to the day of the same day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from crawlers.parse.article_page import PageTree
from crawlers.parse.dates import parse_epoch
from crawlers.parse.forum_times import Moment, parse_time
from domain.clock import local

_META_NAMES = {
    "article:published_time", "article:published", "og:published_time", "og:release_date", "og:time", "pubdate",
    "publishdate", "publish_date", "publish_time", "publishtime", "published_time", "firstpublishedtime",
    "apub:time", "weibo:article:create_at", "datepublished", "date_published", "bytedance:published_time",
    "_pubtime", "ptime", "originalpublicationdate", "sailthru.date", "dc.date.issued", "article_date_original",
}  # fmt: skip
_IN_SCRIPT = re.compile(
    r"[\"'](?:datePublished|pubDate|publish_?[tT]ime|publishDate|createTime)[\"']\s*:\s*[\"']?([^\"',}<]{8,40})"
)
_CLOCKED = re.compile(
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?[\sT,，|]{0,6}(?:星期[一二三四五六日天]\s?)?"
    r"\d{1,2}\s?[:：时]\s?\d{2}(?:\s?[:：分]\s?\d{2})?"
)
_DAY = re.compile(r"(?<!\d)(?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}(?!\d)")
# Without a year, or without a day: those of the latest past, or from now back.
_VAGUE = re.compile(
    r"(?<![\d-])\d{1,2}\s?[-月]\s?\d{1,2}\s?日?\s+\d{1,2}[:：]\d{2}(?!\d)|(?:今天|昨天|前天)\s?\d{1,2}[:：]\d{2}"
    r"|(?<!\d)\d{1,3}\s?(?:分钟|小时)前"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_MIDNIGHT = re.compile(r"[\sT]0?0:00(?::00)?(?:\.0+)?(?:Z|[+-]\d\d:?\d\d)?$")
_FIRST_WORDS = 3_000
# From a little above the title down to the first lines of the body.
_ABOVE, _BELOW = 200, 700
_EARLIEST_YEAR = 1995
_AHEAD = timedelta(days=1)


def published(page: PageTree, title: str, now: datetime) -> Moment | None:
    """The time of publication with its precision; None where the page does not say, or says what cannot be."""
    found = [moment for moment in _candidates(page, title, now) if _is_credible(moment.at, now)]
    if not found:
        return None
    first = found[0]
    if first.precision != "day":
        return first
    day = local(first.at).date()
    exact = (moment for moment in found if moment.precision != "day" and local(moment.at).date() == day)
    return next(exact, first)


def moment_of(text: str, now: datetime) -> Moment | None:
    """A time as a tag gives it: a Unix time, or in words. Midnight to the second is a day."""
    plain = text.strip()[:100]
    if _EPOCH.fullmatch(plain):
        epoch = parse_epoch(plain)
        return Moment(epoch, "second") if epoch else None
    moment = parse_time(_plain_clock(plain), now)
    return replace(moment, precision="day") if moment and _MIDNIGHT.search(plain) else moment


def near_title(words: str, title: str, above: int = _ABOVE, below: int = _BELOW) -> str:
    """The words round the title where it stands on the page, not in a menu; else the page's first words."""
    at = words.rfind(f"\n{title}\n", 0, 20_000) if title else -1
    if at < 0:
        at = words.find(title) if title else -1
    return words[max(0, at - above) : at + len(title) + below] if at >= 0 else words[:_FIRST_WORDS]


def _candidates(page: PageTree, title: str, now: datetime) -> Iterator[Moment]:
    texts = [*_of_metas(page), *_IN_SCRIPT.findall(page.html)[:3], *_of_tags(page)]
    window = near_title(page.words, title)
    texts += _CLOCKED.findall(window)[:3]
    texts += [*_DAY.findall(window)[:2], *_CLOCKED.findall(page.words)[:2], *_DAY.findall(page.words)[:1]]
    texts += _VAGUE.findall(window)[:1]
    for text in texts:
        moment = moment_of(text, now)
        if moment:
            yield moment


def _of_metas(page: PageTree) -> Iterator[str]:
    for meta in page.root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if name.strip().lower() in _META_NAMES and meta.get("content"):
            yield meta.get("content")


def _of_tags(page: PageTree) -> Iterator[str]:
    for tag in page.root.xpath("(//time|//*[@itemprop='datePublished'])[position() < 4]"):
        yield from filter(None, (tag.get("datetime"), tag.get("content"), " ".join("".join(tag.itertext()).split())))


def _plain_clock(text: str) -> str:
    """``8时30分`` as ``8:30``; weekdays and separators between day and clock go."""
    plain = re.sub(r"(\d)\s?时\s?(\d{2})\s?(?:分(?:\s?(\d{2})\s?秒?)?)?", _clock, text)
    plain = re.sub(r"星期[一二三四五六日天]", " ", plain)
    return re.sub(r"([\d日])[\s,，|]+(?=\d{1,2}[:：])", r"\1 ", plain)


def _clock(match: re.Match[str]) -> str:
    return ":".join(part for part in match.groups() if part)


def _is_credible(moment: datetime, now: datetime) -> bool:
    return moment.year >= _EARLIEST_YEAR and moment <= now + _AHEAD
