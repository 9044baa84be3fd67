"""Reading again: which posts are in doubt, and what second readers made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, or_, select

from domain.readings import Evidence, Reading
from domain.second import Doubtful, GreyZone, SecondOpinion, SecondOutcome, SecondTally
from storage.database import Database, upsert
from storage.fold import storable, text_hash
from storage.readings import (
    IS_PRESENT,
    IS_REPLIED,
    IS_ROOT,
    PARENT_COLUMNS,
    PARENT_HASH,
    parent_hashes,
    parent_text,
    replied,
    root,
    save_chunk,
)
from storage.rows import MOMENT, POST_COLUMNS, READING_COLUMNS, AnyRow, evidence_json, post_of, reading_of
from storage.schema import posts, readings, second_opinions

OPINION_COLUMNS = tuple(column.label(f"second_{column.name}") for column in second_opinions.c)
REVISION_OF_POST = ("post", "bank", "reader", "text_hash", "parent_hash")
"""What one opinion is of: the words of a post and of its parent, by one version of one reader."""

SPREAD = func.coalesce(posts.c.likes, 0) + 2 * (func.coalesce(posts.c.comments, 0) + func.coalesce(posts.c.shares, 0))
"""Engagement, as the spread index counts it."""


class SecondRepository:
    """Opinions by post, bank, reader and words. The first reading is never changed, only followed by another."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def doubtful(self, bank: str, zone: GreyZone, limit: int) -> list[Doubtful]:
        """Posts in the grey zone on which the latest reading does not rest on this reader's opinion yet.

        Those that have one come first; then those asked for least often, most spread, newest. What the reader was
        refused for is left out.
        """
        known = second_opinions.c.state
        query = (
            _in_zone(bank, zone)
            .where(or_(known.is_(None), known != "refused"), ~_rests_on_it(bank, zone))
            .order_by(
                case((known == "given", 0), else_=1),
                func.coalesce(second_opinions.c.attempts, 0),
                SPREAD.desc(),
                MOMENT.desc(),
                posts.c.key,
            )
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_doubtful(row) for row in connection.execute(query)]

    def save_second(
        self, bank: str, item: Doubtful, reader: str, outcome: SecondOutcome, reading: Reading | None, now: datetime
    ) -> None:
        """Keep what came of asking ``reader`` and, where one is given, the reading that rests on it, as the latest."""
        with self._database.write() as connection:
            row = _row(connection, bank, item, reader, outcome)
            upsert(connection, second_opinions, REVISION_OF_POST, [{**row, "asked_at": now}])
            if reading is not None:
                save_chunk(connection, bank, [(item.post, reading)], now)

    def second_tally(self, since: datetime) -> SecondTally:
        """How asking went since then: outcomes by their state, and the cause of the newest failure."""
        lately = second_opinions.c.asked_at >= since
        count = (
            select(second_opinions.c.state, func.count().label("number"))
            .where(lately)
            .group_by(second_opinions.c.state)
        )
        newest = (
            select(second_opinions.c.cause)
            .where(lately, second_opinions.c.state == "failed")
            .order_by(second_opinions.c.asked_at.desc(), second_opinions.c.key.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            found = {row.state: row.number for row in connection.execute(count)}
            cause = connection.execute(newest).scalar()
        return SecondTally(found.get("given", 0), found.get("refused", 0), found.get("failed", 0), cause)


def _in_zone(bank: str, zone: GreyZone) -> Select[Any]:
    """The posts with their parents, first readings and, where there is one, what this reader said of these words."""
    first = and_(IS_PRESENT, readings.c.bank == bank, readings.c.version == zone.version)
    said = and_(
        second_opinions.c.post == posts.c.key,
        second_opinions.c.bank == bank,
        second_opinions.c.reader == zone.reader,
        second_opinions.c.text_hash == posts.c.read_hash,
        second_opinions.c.parent_hash == PARENT_HASH,
    )
    return (
        select(*POST_COLUMNS, *PARENT_COLUMNS, *READING_COLUMNS, *OPINION_COLUMNS)
        .select_from(posts)
        .outerjoin(root, IS_ROOT)
        .outerjoin(replied, IS_REPLIED)
        .join(readings, first)
        .outerjoin(second_opinions, said)
        .where(readings.c.about, readings.c.negativity.between(zone.low, zone.high), zone.since <= MOMENT)
    )


def _rests_on_it(bank: str, zone: GreyZone) -> ColumnElement[bool]:
    latest = readings.alias("latest")
    return exists(
        select(latest.c.key).where(
            latest.c.post == posts.c.key,
            latest.c.bank == bank,
            latest.c.latest,
            latest.c.version == f"{zone.version}+{zone.reader}",
        )
    )


def _doubtful(row: AnyRow) -> Doubtful:
    opinion = None
    if row.second_state == "given":
        opinion = SecondOpinion(
            reader=row.second_reader,
            negative=row.second_negative,
            negativity=row.second_negativity,
            topics=None if row.second_topics is None else tuple(row.second_topics),
            severity=row.second_severity,
            quotes=tuple(Evidence(*quote) for quote in row.second_quotes),
            reason=row.second_reason,
        )
    return Doubtful(post_of(row), parent_text(row), reading_of(row), opinion)


def _row(connection: Connection, bank: str, item: Doubtful, reader: str, outcome: SecondOutcome) -> dict[str, Any]:
    """The whole row but for the time."""
    post, said = item.post, outcome.opinion
    identity = {
        "post": post.key,
        "bank": bank,
        "reader": reader,
        "text_hash": text_hash(post.title, post.text, post.picture_text),
        "parent_hash": parent_hashes(connection, [post.key])[post.key],
    }
    before = select(second_opinions.c.attempts).where(*(second_opinions.c[name] == identity[name] for name in identity))
    return {
        **identity,
        "first_version": item.first.version,
        "state": outcome.state,
        "attempts": (connection.execute(before).scalar() or 0) + 1,
        "cause": storable(outcome.cause),
        "negative": said.negative if said else None,
        "negativity": said.negativity if said else None,
        "severity": said.severity if said else None,
        "topics": list(said.topics) if said and said.topics is not None else None,
        "quotes": evidence_json(said.quotes) if said else [],
        "reason": storable(said.reason) if said else None,
    }
