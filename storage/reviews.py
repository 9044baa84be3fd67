"""The queue for review: which posts an analyst was asked to judge, and which were drawn by lot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, exists, func, select

from domain.feedback import Review, Standing
from storage.database import Database, upsert
from storage.labels import standing_of, standings
from storage.rows import AnyRow, chunks
from storage.schema import posts, readings
from storage.schema_feedback import labels, reviews


class ReviewRepository:
    """What was queued, and what could be. Which posts teach most is the caller's to say."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unsure(self, bank: str, since: datetime, bar: float, limit: int) -> list[Standing]:
        """Posts about the bank first seen since then, neither labelled nor queued, nearest to the ``bar`` first."""
        query = (
            standings(bank, readings.c.about)
            .where(readings.c.key.is_not(None), posts.c.first_seen_at >= since)
            .where(~_is_in(labels, bank), ~_is_in(reviews, bank))
            .order_by(func.abs(readings.c.negativity - bar), posts.c.key)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [standing_of(row) for row in connection.execute(query)]

    def about_since(self, bank: str, since: datetime) -> list[int]:
        """The keys of all posts about the bank that were first seen since then and are not drawn yet, in order."""
        drawn = exists().where(reviews.c.post == posts.c.key, reviews.c.bank == bank, reviews.c.sampled)
        read = and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest, readings.c.about)
        query = select(posts.c.key).join(readings, read).where(posts.c.first_seen_at >= since, ~drawn)
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(posts.c.key)).scalars())

    def standings_of(self, bank: str, keys: Sequence[int]) -> list[Standing]:
        """The posts of these keys, in order of key."""
        with self._database.read() as connection:
            rows = [
                row
                for chunk in chunks(keys)
                for row in connection.execute(standings(bank).where(posts.c.key.in_(chunk)))
            ]
        return [standing_of(row) for row in sorted(rows, key=lambda row: row.key)]

    def reviews(self) -> list[Review]:
        """Everything that was ever queued or drawn, in order."""
        with self._database.read() as connection:
            return [_review_of(row) for row in connection.execute(select(reviews).order_by(reviews.c.key))]

    def queue(self, new: Sequence[Review]) -> None:
        """Put posts into the queue; one that is there already is drawn now as well, or has another reason."""
        rows = [_row(review) for review in new]
        with self._database.write() as connection:
            upsert(connection, reviews, ("post", "bank"), rows)


def _is_in(table: Table, bank: str) -> ColumnElement[bool]:
    return exists().where(table.c.post == posts.c.key, table.c.bank == bank)


def _row(review: Review) -> dict[str, object]:
    return {
        "post": review.post,
        "bank": review.bank,
        "day": review.day,
        "queued_at": review.at,
        "reason": review.reason,
        "score": review.score,
        "sampled": review.sampled,
        "negative": review.negative,
        "version": review.version,
    }


def _review_of(row: AnyRow) -> Review:
    return Review(
        row.post, row.bank, row.day, row.queued_at, row.reason, row.score, row.sampled, row.negative, row.version
    )
