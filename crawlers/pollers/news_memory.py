"""What a sweep of a news site notes for the next one, and which articles it therefore reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from crawlers.parse.news_list import Listed
from crawlers.parse.numbers import mask

VERSION = 1
MOST_ARTICLES = 5_000
MOST_TRIES = 5
"""An article that could not be read in so many sweeps is given up; its headline has been told."""

_MOST_HOSTS = 200
_NEVER = datetime.min.replace(tzinfo=UTC)


class ArticleState(BaseModel):
    """An article as it was when last read.

    ``due``: not read yet, after ``tries`` attempts. ``digest`` of the words that were told, empty where none were;
    ``by`` the way by which they were found. ``first`` when a list showed it first; ``changed`` the sitemap's
    last change; ``listed`` when a list showed it last.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    title: str = ""
    due: bool = True
    tries: int = 0
    digest: str = ""
    by: str = ""
    gone: bool = False
    first: datetime | None = None
    changed: datetime | None = None
    listed: datetime | None = None
    visited: datetime | None = None

    def seen_on_list(self, entry: Listed, now: datetime) -> ArticleState:
        """After a list showed it."""
        return self.model_copy(update={"listed": now, "title": entry.title or self.title, "first": self.first or now})

    def failed(self) -> ArticleState:
        """After an attempt that failed for the article's own sake."""
        return self.model_copy(update={"tries": self.tries + 1, "due": self.tries + 1 < MOST_TRIES})


class Memory(BaseModel):
    """All that one source remembers, as JSON values between runs.

    ``tags``: ETag and Last-Modified of each address of the configuration that was read. ``broken``: those whose last
    reading a fault ended. ``closes``: see `ArticlePages`.
    """

    model_config = ConfigDict(extra="forbid")

    version: int = VERSION
    tags: dict[str, dict[str, str]] = {}
    broken: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    articles: dict[str, ArticleState] = {}

    def note(self) -> dict[str, Any]:
        """The JSON values: of very many articles those listed or visited last; numbers in titles masked."""
        kept = sorted(self.articles.items(), key=lambda pair: _activity(pair[1]), reverse=True)[:MOST_ARTICLES]
        articles = {id_: state.model_copy(update={"title": mask(state.title)}) for id_, state in kept}
        memory = Memory(tags=self.tags, broken=self.broken, closes=self.closes[:_MOST_HOSTS], articles=articles)
        return {**memory.model_dump(mode="json", exclude_defaults=True), "version": VERSION}


def recall(note: Mapping[str, Any]) -> Memory:
    """The memory in a note; a note of another version counts as none, so that everything is read again."""
    if note.get("version") != VERSION:
        return Memory()
    return Memory.model_validate(note)


def must_read(memory: Memory, listed: Mapping[str, Listed]) -> list[str]:
    """Articles that are due: those of the lists in their order first."""
    first = [id_ for id_ in listed if memory.articles[id_].due]
    return first + [id_ for id_, state in memory.articles.items() if state.due and id_ not in listed]


def read_again(memory: Memory, now: datetime, days: int) -> list[str]:
    """Articles first seen in the last ``days`` to look for edits and deletions in, the least recently visited first.

    Those whose change a sitemap has told since the visit go before.
    """
    since = now - timedelta(days=days)
    found = [
        (not _moved(state), state.visited or _NEVER, id_)
        for id_, state in memory.articles.items()
        if not state.due and not state.gone and (_moved(state) or (state.first or _NEVER) >= since)
    ]
    return [id_ for _, _, id_ in sorted(found)]


def _moved(state: ArticleState) -> bool:
    return state.changed is not None and state.visited is not None and state.changed > state.visited


def _activity(state: ArticleState) -> datetime:
    return max(filter(None, (state.listed, state.visited)), default=_NEVER)
