"""The town's feeds, in the shapes that the feed library of the 公众号 bridges writes, oddities and all.

RSS has dates in GMT and no author; Atom has ids that are no URI and ``updated`` alone; JSON Feed 1 has
``date_modified`` alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from demo.httpd import Request, Response, serving
from demo.town import Article, Feed
from domain.clock import to_utc

GENERATOR = "https://feeds.example"


@contextmanager
def serve_feeds(feeds: Sequence[Feed]) -> Iterator[str]:
    """Serve each feed at ``/{name}``; yields the base URL. The sequence is read anew for every request."""

    def answer(request: Request) -> Response:
        found = next((feed for feed in feeds if request.path == f"/{feed.name}"), None)
        return _feed_response(found, request) if found else Response(404, b"Not Found", "text/plain")

    with serving(answer) as base:
        yield base


def render(feed: Feed) -> tuple[bytes, str]:
    """The feed's bytes and its Content-Type; articles newest first."""
    write, content_type = _FORMATS[feed.format]
    articles = sorted(feed.articles, key=lambda article: article.at, reverse=True)
    return write(feed, articles).encode(), content_type


def _feed_response(feed: Feed, request: Request) -> Response:
    body, content_type = render(feed)
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(304, headers=(("ETag", tag),))
    return Response(200, body, content_type, (("ETag", tag),))


def _rss(feed: Feed, articles: Sequence[Article]) -> str:
    items = "".join(
        f"""
        <item>
            <title>{_cdata(article.title)}</title>
            <link>{escape(article.url)}</link>
            <guid>{escape(article.url)}</guid>
            <pubDate>{_gmt(article.at)}</pubDate>
            <content:encoded>{_cdata(article.html)}</content:encoded>
            <enclosure url="{GENERATOR}/cover.jpg" length="0" type="image/jpg"/>
        </item>"""
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
    <channel>
        <title>{escape(feed.title)}</title>
        <link>{GENERATOR}/{feed.name}</link>
        <docs>https://validator.w3.org/feed/docs/rss2.html</docs>{items}
    </channel>
</rss>"""


def _atom(feed: Feed, articles: Sequence[Article]) -> str:
    entries = "".join(
        f"""
    <entry>
        <title type="html">{_cdata(article.title)}</title>
        <id>{escape(article.id)}</id>
        <link href={quoteattr(article.url)}/>
        <updated>{_zulu(article.at)}</updated>
        <content type="html">{_cdata(article.html)}</content>
        <author><name>{escape(article.author)}</name></author>
    </entry>"""
        for article in articles
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
    <id>{escape(feed.name)}</id>
    <title>{escape(feed.title)}</title>{entries}
</feed>"""


def _json(feed: Feed, articles: Sequence[Article]) -> str:
    items = [
        {
            "id": article.id,
            "content_html": article.html,
            "url": article.url,
            "title": article.title,
            "image": f"{GENERATOR}/cover.jpg",
            "date_modified": _zulu(article.at),
        }
        for article in articles
    ]
    page = {"version": "https://jsonfeed.org/version/1", "title": feed.title, "items": items}
    return json.dumps(page, ensure_ascii=False, indent=4)


_FORMATS: dict[str, tuple[Callable[[Feed, Sequence[Article]], str], str]] = {
    "rss": (_rss, "application/rss+xml; charset=utf-8"),
    "atom": (_atom, "application/atom+xml; charset=utf-8"),
    "json": (_json, "application/feed+json; charset=utf-8"),
}


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _gmt(moment: datetime) -> str:
    return format_datetime(to_utc(moment), usegmt=True)


def _zulu(moment: datetime) -> str:
    return to_utc(moment).strftime("%Y-%m-%dT%H:%M:%S.000Z")
