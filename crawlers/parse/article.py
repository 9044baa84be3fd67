"""A page → the article on it: title, text, time, author, origin, pictures. Pure.

In this order: the site's own rule from the configuration, the rule for mp.weixin.qq.com, and for all other pages two
extractors of which each is checked by the other. A page that is no article raises `SourceError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crawlers.parse.article_body import Body, find_body, squeezed, worth
from crawlers.parse.article_facts import author, headline, is_origin, origin
from crawlers.parse.article_faults import SHORT_BODY, article_fault, empty_fault
from crawlers.parse.article_page import PageTree, pictures_of, read_tree
from crawlers.parse.article_rules import Ruled, read_ruled
from crawlers.parse.article_selectors import ArticleSelectors
from crawlers.parse.article_time import published
from crawlers.parse.article_weixin import is_weixin, read_weixin
from crawlers.parse.charsets import decode_page
from crawlers.parse.forum_times import Moment
from domain.errors import SourceError

_LEAST_BODY = 10
_KNOWN_BY = 6
_LABELS = ("来源：", "来源:", "稿源：", "作者：", "作者:", "记者：")


@dataclass(frozen=True, slots=True)
class Article:
    """An article. ``text`` is plain, with a last line ``来源：`` where the page names its origin and the body does not.

    ``at`` with its precision; ``by`` is ``rule``, ``weixin``, ``readability``, ``gne`` or ``none`` (a video or pictures
    with a title and no text); ``doubt`` says why the text may not be the whole or the right one.
    """

    title: str
    text: str
    at: Moment | None
    author: str | None
    origin: str | None
    pictures: tuple[str, ...]
    by: str
    doubt: str | None


def read_article(
    body: bytes, content_type: str, url: str, now: datetime, rules: ArticleSelectors | None = None
) -> Article:
    """The article on a page that came from ``url`` at ``now``.

    SourceError where there is none: `GoneError` where the site says that it is deleted, ``login``, ``blocked`` (a
    captcha), ``down`` (an error page), ``changed`` (no text, or the rule's selector finds nothing).
    """
    page = read_tree(decode_page(body, content_type), url)
    if page is None:
        raise SourceError("changed", "文章页是空的")
    if is_weixin(url):
        ruled, by = read_weixin(page) or Ruled(), "weixin"
    else:
        ruled, by = _by_rule(page, rules, now), "rule"
    found = Body(ruled.text, ruled.pictures, by) if ruled.text is not None else _searched(page, by)
    sure = ruled.text is not None
    if fault := article_fault(page, found.text, sure=sure, dated=published(page, "", now) is not None):
        raise fault
    return _put_together(page, ruled, found, now)


def is_another(article: Article, headline: str) -> bool:
    """Whether what was taken without a rule from a page of few words is none of the article that a list calls so."""
    wanted = squeezed(headline)[:_KNOWN_BY]
    if article.by in ("rule", "weixin") or len(wanted) < _KNOWN_BY or len(article.text) > SHORT_BODY:
        return False
    return wanted not in squeezed(article.title + article.text)


def _by_rule(page: PageTree, rules: ArticleSelectors | None, now: datetime) -> Ruled:
    if rules is None:
        return Ruled()
    try:
        return read_ruled(page, rules, now)
    except SourceError as error:
        # A login or a captcha in the article's place has no body either, and says more.
        raise article_fault(page, "") or error from None


def _searched(page: PageTree, by: str) -> Body:
    """The body without a rule; a page of WeChat's without its element has none."""
    return Body("", (), by) if by == "weixin" else find_body(page)


def _put_together(page: PageTree, ruled: Ruled, found: Body, now: datetime) -> Article:
    title = ruled.title or headline(page)
    text = found.text
    pictures = found.pictures
    is_bare = len(squeezed(text)) < _LEAST_BODY or (page.films and worth(text) < _LEAST_BODY)
    if is_bare and found.by not in ("rule", "weixin"):
        pictures = pictures_of(page.root, page.url)
        if not title or not (page.films or pictures):
            raise empty_fault(page)
        found, text = Body("", pictures, "none"), ""
    elif not text and not pictures and not page.films:
        raise empty_fault(page)
    taken_from = _unlabelled(ruled.origin) or origin(page, title, text)
    if taken_from and not is_origin(taken_from):
        taken_from = None
    return Article(
        title=title,
        text=_with_origin(_without_title(text, title), taken_from),
        at=ruled.at or published(page, title, now),
        author=_unlabelled(ruled.author) or author(page, title, text),
        origin=taken_from,
        pictures=pictures,
        by=found.by,
        doubt=found.doubt,
    )


def _unlabelled(value: str | None) -> str | None:
    for label in _LABELS:
        value = value.removeprefix(label).strip() if value else value
    return value or None


def _without_title(text: str, title: str) -> str:
    """The extractors often take the heading into the body, where grouping would count it twice."""
    first, _, rest = text.partition("\n")
    return rest if rest and squeezed(first) == squeezed(title) else text


def _with_origin(text: str, taken_from: str | None) -> str:
    if not taken_from or f"来源：{taken_from}" in squeezed(text).replace(":", "："):
        return text
    return f"{text}\n来源：{taken_from}".strip()
