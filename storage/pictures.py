"""Pictures of posts: which wait to be read, and the words that were read in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, insert, or_, select, update

from domain.pictures import Picture, PictureOutcome, PictureText, picture_identity
from storage.database import Database
from storage.fold import storable, text_hash
from storage.rows import MOMENT, chunks
from storage.schema import pictures, posts, readings
from storage.search import index_posts, searched

RETRY_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""Waits after the first, second and third failure; after the next one a picture is given up."""
MOST_OF_A_POST = 20
LONGEST_OF_A_POST = 10_000
"""Characters of picture words that one post carries."""


class PictureRepository:
    """Pictures by post and address. The pictures themselves are never kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting_pictures(self, since: datetime, now: datetime, limit: int) -> list[Picture]:
        """Pictures to be read or tried again, of posts since ``since`` that are still there: newest posts first.

        Those of posts that were read and are about no bank come last.
        """
        query = (
            select(pictures.c.key, pictures.c.url, posts.c.url.label("page"))
            .join(posts, posts.c.key == pictures.c.post)
            .where(_is_due(now), since <= MOMENT, ~posts.c.deleted)
            .order_by(_about_no_bank(), MOMENT.desc(), pictures.c.key)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [Picture(row.key, row.url, row.page) for row in connection.execute(query)]

    def known_picture(self, sha256: str) -> PictureText | None:
        """The words of the picture with this content where it was read before, also where there were none in it."""
        query = (
            select(pictures.c.text, pictures.c.confidence)
            .where(pictures.c.sha256 == sha256, pictures.c.state.in_(("read", "empty")))
            .order_by(pictures.c.key)
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return PictureText(row.text or "", row.confidence) if row else None

    def save_picture(self, outcome: PictureOutcome, now: datetime) -> None:
        """Keep what came of a picture. Words go to its post, which is then to be read again and found by them."""
        words = outcome.words
        values: dict[str, Any] = {
            "state": outcome.state,
            "sha256": outcome.sha256,
            "text": storable(words.text) if words and words.text else None,
            "confidence": words.confidence if words else None,
            "attempts": pictures.c.attempts + 1,
            "tried_at": now,
            "cause": storable(outcome.cause),
        }
        mine = pictures.c.key == outcome.key
        with self._database.write() as connection:
            connection.execute(update(pictures).where(mine).values(values))
            if outcome.state == "read":
                post = connection.execute(select(pictures.c.post).where(mine)).scalar()
                _give_words(connection, post)


def save_addresses(connection: Connection, found: Iterable[tuple[int, str]]) -> None:
    """Note pictures by (key of the post, address). One that is known changes nothing, but for a fresh address.

    Sites sign addresses anew for every visitor (`domain.pictures.picture_identity`): a picture that is still to be
    read takes the newest one, for the old one may have run out.
    """
    by_post: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for post, url in found:
        clean = storable(url) or ""
        by_post[post].setdefault(picture_identity(clean), clean)
    for chunk in chunks(by_post):
        known = _known_addresses(connection, chunk)
        fresh = [row for post in chunk for row in _fresh(post, by_post[post], known[post])]
        if fresh:
            connection.execute(insert(pictures), fresh)
        _readdress(connection, (pair for post in chunk for pair in _moved(by_post[post], known[post])))


def _known_addresses(connection: Connection, chunk: list[int]) -> defaultdict[int, dict[str, Any]]:
    known: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for row in connection.execute(select(pictures).where(pictures.c.post.in_(chunk))):
        known[row.post][picture_identity(row.url)] = row
    return known


def _fresh(post: int, found: dict[str, str], known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    unknown = [url for identity, url in found.items() if identity not in known]
    for url in unknown[: max(0, MOST_OF_A_POST - len(known))]:
        yield {"post": post, "url": url, "state": "waiting", "attempts": 0}


def _moved(found: dict[str, str], known: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for identity in found.keys() & known.keys():
        row = known[identity]
        if row.url != found[identity] and row.state in ("waiting", "failed"):
            yield row.key, found[identity]


def _readdress(connection: Connection, moved: Iterable[tuple[int, str]]) -> None:
    rows = [{"row_key": key, "new_url": url} for key, url in moved]
    if rows:
        statement = update(pictures).where(pictures.c.key == bindparam("row_key")).values(url=bindparam("new_url"))
        connection.execute(statement, rows)


def _is_due(now: datetime) -> ColumnElement[bool]:
    again = (
        and_(pictures.c.attempts == attempts, pictures.c.tried_at <= now - pause)
        for attempts, pause in enumerate(RETRY_AFTER, 1)
    )
    return or_(pictures.c.state == "waiting", and_(pictures.c.state == "failed", or_(*again)))


def _about_no_bank() -> ColumnElement[int]:
    latest = select(readings.c.key).where(readings.c.post == posts.c.key, readings.c.latest)
    return case((and_(exists(latest), ~exists(latest.where(readings.c.about))), 1), else_=0)


def _give_words(connection: Connection, post: int | None) -> None:
    row = connection.execute(select(posts.c.title, posts.c.text).where(posts.c.key == post)).first()
    if row is None or post is None:
        return
    query = select(pictures.c.text).where(pictures.c.post == post, pictures.c.state == "read").order_by(pictures.c.key)
    found = dict.fromkeys(filter(None, connection.execute(query).scalars()))
    words = "\n".join(found)[:LONGEST_OF_A_POST]
    values = {"picture_text": words or None, "read_hash": text_hash(row.title, row.text, words)}
    connection.execute(update(posts).where(posts.c.key == post).values(values))
    index_posts(connection, [(post, row.title, searched(row.text, words))])
