"""An article → the observation record of docs/interfaces.md, without its source. Pure."""

from __future__ import annotations

import hashlib
import html
from datetime import datetime
from typing import Any

from crawlers.parse.article import Article
from domain.clock import iso

Record = dict[str, Any]


def words_digest(title: str, text: str) -> str:
    """Changes with the words of an article."""
    return hashlib.sha256(f"{title}\0{text}".encode(errors="replace")).hexdigest()[:16]


def article_words(article: Article) -> Record:
    """Title, text, author and pictures as the record has them.

    The door takes mark-up off; what is left of it in these are the author's own signs.
    """
    name = article.author or article.origin
    return {
        "title": html.escape(article.title, quote=False) or None,
        "text": html.escape(article.text, quote=False),
        "author": {"name": html.escape(name, quote=False)} if name else None,
        "pictures": list(article.pictures),
    }


def when(article: Article, fallback: datetime | None) -> str | None:
    """The time of publication: the article's own; where it gives only the day, that of the list if of the same day."""
    at = article.at.at if article.at else None
    if fallback and (at is None or (article.at and article.at.precision == "day" and abs(fallback - at).days < 1)):
        at = max(fallback, at) if at else fallback
    return iso(at) if at else None
