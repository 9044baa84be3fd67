"""The texts of a feed's articles that the feed itself does not have: fetched from the articles' own pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crawlers.http import Response
from crawlers.pace import BudgetError
from crawlers.parse.article import Article
from crawlers.parse.feed import Entry, is_digest
from crawlers.parse.selected_faults import GoneError
from crawlers.pollers.article_pages import ArticlePages
from crawlers.pollers.article_records import words_digest
from crawlers.pollers.config import FeedConfig
from crawlers.pollers.forum_pages import TimeUpError
from domain.errors import SourceError

MOST_TRIES = 5
"""An article whose text could not be had in so many polls is left with what the feed says of it."""

_MOST_PAGES = 500
_MOST_FAULTS_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Text:
    """An article's own page: what was read, and the answer that shows it."""

    article: Article
    page: Response


@dataclass
class Texts:
    """What the pages brought in one run, and what is noted of them for the next.

    ``read`` by entry id; ``same`` are those whose words have not changed; ``gone`` with the page that says so, if any;
    ``faults`` in order; ``lacking`` entries still without their text, with the number of attempts; ``pages`` the
    address and digest of each text that came from a page; ``doubts`` why some may be the wrong ones.
    """

    lacking: dict[str, int]
    pages: dict[str, dict[str, Any]]
    read: dict[str, Text] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    gone: dict[str, Response | None] = field(default_factory=dict)
    faults: list[SourceError] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def note(self) -> dict[str, Any]:
        """The JSON values for the memory; only the newest pages."""
        pages = dict(list(self.pages.items())[-_MOST_PAGES:])
        return {**({"lacking": self.lacking} if self.lacking else {}), **({"pages": pages} if pages else {})}


def recall(memory: Mapping[str, Any]) -> Texts:
    """What a memory notes of texts."""
    pages = {id_: dict(page) for id_, page in (memory.get("pages") or {}).items()}
    return Texts(dict(memory.get("lacking") or {}), pages)


def wants_page(entry: Entry, config: FeedConfig) -> bool:
    """Whether the entry's text is to come from its own page."""
    if config.full_text == "never" or not entry.url:
        return False
    return config.full_text == "always" or is_digest(entry)


def fetch_texts(entries: Iterable[Entry], pages: ArticlePages, config: FeedConfig, texts: Texts) -> None:
    """Read the pages of these entries, ``max_articles`` at most; those that were not had are ``lacking``."""
    asked = in_a_row = 0
    for entry in entries:
        tries = texts.lacking.get(entry.id, 0)
        texts.lacking[entry.id] = tries
        if asked >= config.max_articles or in_a_row >= _MOST_FAULTS_IN_A_ROW:
            continue
        asked += 1
        error = _read(entry.id, entry.url or "", pages, texts, entry.title)
        if error is None:
            in_a_row = 0
            del texts.lacking[entry.id]
            continue
        texts.faults.append(error)
        if isinstance(error, TimeUpError | BudgetError):
            in_a_row = _MOST_FAULTS_IN_A_ROW
        else:
            in_a_row += 1
            texts.lacking[entry.id] = tries + 1


def fetch_again(wanted: Collection[str], pages: ArticlePages, config: FeedConfig, texts: Texts) -> None:
    """Read pages again that were read before; articles whose page says so are ``gone``.

    Where most are said to be gone the site has moved, and nobody deleted anything: that is a fault.
    """
    known = [id_ for id_ in texts.pages if id_ in wanted and not texts.pages[id_].get("gone")]
    gone: dict[str, tuple[SourceError, Response | None]] = {}
    in_a_row = 0
    for id_ in known[: config.max_articles]:
        if in_a_row >= _MOST_FAULTS_IN_A_ROW:
            break
        error = _read(id_, texts.pages[id_]["url"], pages, texts)
        in_a_row = 0 if error is None or isinstance(error, GoneError) else in_a_row + 1
        if isinstance(error, GoneError):
            gone[id_] = error, pages.answer
        elif error is not None:
            texts.faults.append(error)
    if len(gone) > max(1, len(texts.read) + len(texts.same)):
        texts.faults += [error for error, _ in gone.values()]
        return
    for id_, (_, page) in gone.items():
        texts.gone[id_] = page
        texts.pages[id_]["gone"] = True


def _read(id_: str, url: str, pages: ArticlePages, texts: Texts, headline: str = "") -> SourceError | None:
    try:
        article = pages.read(url, headline)
    except SourceError as error:
        return error
    if pages.answer is None:
        return SourceError("changed", "文章页没有回答")
    digest, before = words_digest(article.title, article.text), texts.pages.get(id_, {})
    is_same = before.get("digest") == digest or (before and article.doubt and article.by != before.get("by"))
    texts.pages.pop(id_, None)
    texts.pages[id_] = {"url": url, "digest": before["digest"] if is_same else digest, "by": article.by}
    if is_same:
        texts.same.add(id_)
    else:
        texts.read[id_] = Text(article, pages.answer)
        texts.doubts += [article.doubt] if article.doubt else []
    return None
