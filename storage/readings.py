"""Reading: which posts are still to be read for a bank, and what was read in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, delete, func, insert, or_, select, update

from domain.posts import Post, full_text
from domain.readings import Reading
from storage.database import Database
from storage.fold import text_hash
from storage.rows import IN_ORDER, POST_COLUMNS, AnyRow, chunks, evidence_json, post_of
from storage.schema import posts, readings

PARENT_CHARS = 1000
"""How much of a root is read beside its replies: the name of the bank often stands in its text, not its title."""

root, replied = posts.alias("root"), posts.alias("replied")

IS_ROOT = and_(root.c.source == posts.c.source, root.c.id == posts.c.thread, posts.c.thread != posts.c.id)
IS_REPLIED = and_(
    replied.c.source == posts.c.source, replied.c.id == posts.c.reply_to, posts.c.reply_to != posts.c.thread
)
PARENT_HASH = func.coalesce(root.c.read_hash, "") + "/" + func.coalesce(replied.c.read_hash, "")
"""Names the words that a post answers: it changes when a parent is edited, arrives later, or its pictures are read."""
IS_PRESENT = and_(
    readings.c.post == posts.c.key, readings.c.text_hash == posts.c.read_hash, readings.c.parent_hash == PARENT_HASH
)
"""A reading of what the post and its parent say now."""
PARENT_COLUMNS = (
    root.c.title.label("root_title"),
    root.c.text.label("root_text"),
    root.c.picture_text.label("root_picture_text"),
    replied.c.text.label("replied_text"),
    replied.c.picture_text.label("replied_picture_text"),
)


class ReadingRepository:
    """Readings by post and bank; the newest of each pair is marked ``latest``, the others are history."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unread(self, bank: str, version: str, limit: int) -> list[tuple[Post, str | None]]:
        """Posts without a reading of this version and of their present words and parent, oldest first.

        The parent's text is the root's title, text and picture words (cut at `PARENT_CHARS`) and, on the next line,
        the post that is answered where that is not the root; None for a root, and where the root was never seen.
        """
        with self._database.read() as connection:
            return [(post_of(row), parent_text(row)) for row in connection.execute(_unread(bank, version, limit))]

    def save_readings(self, bank: str, readings: Sequence[tuple[Post, Reading]], now: datetime) -> None:
        """Keep what was read in each post as `unread` handed it out; earlier readings become history."""
        with self._database.write() as connection:
            for chunk in chunks(readings):
                save_chunk(connection, bank, chunk, now)


@cache
def _unread(bank: str, version: str, limit: int) -> Select[Any]:
    # A reading that rests on a second opinion stands in the place of the first one ("version+reader").
    this = or_(readings.c.version == version, readings.c.version.startswith(f"{version}+", autoescape=True))
    done = and_(IS_PRESENT, readings.c.bank == bank, readings.c.latest, this)
    return (
        select(*POST_COLUMNS, *PARENT_COLUMNS)
        .outerjoin(root, IS_ROOT)
        .outerjoin(replied, IS_REPLIED)
        .outerjoin(readings, done)
        .where(readings.c.key.is_(None))
        .order_by(*IN_ORDER)
        .limit(limit)
    )


# Put together once: that takes longer than running them.
_CHOSEN: BindParameter[Any] = bindparam("chosen", expanding=True)
_IDENTITY = ("post", "bank", "version", "text_hash", "parent_hash")
_NO_LONGER_LATEST = (
    update(readings)
    .where(readings.c.bank == bindparam("whose"), readings.c.post.in_(_CHOSEN), readings.c.latest)
    .values(latest=False)
)
_DELETE_SAME = delete(readings).where(*(readings.c[name] == bindparam(f"row_{name}") for name in _IDENTITY))
_INSERT = insert(readings)
_PARENT_HASHES = (
    select(posts.c.key, PARENT_HASH.label("parent_hash"))
    .select_from(posts)
    .outerjoin(root, IS_ROOT)
    .outerjoin(replied, IS_REPLIED)
    .where(posts.c.key.in_(_CHOSEN))
)


def parent_text(row: AnyRow) -> str | None:
    """What a post answers as `ReadingRepository.unread` has it, of a row that has `PARENT_COLUMNS`."""
    if row.root_text is None:
        return None
    lead = full_text(row.root_title, row.root_text, row.root_picture_text).strip("\n")[:PARENT_CHARS]
    if row.replied_text is None:
        return lead
    return f"{lead}\n{full_text(None, row.replied_text, row.replied_picture_text)}"


def save_chunk(connection: Connection, bank: str, pairs: list[tuple[Post, Reading]], now: datetime) -> None:
    """Keep readings of at most `storage.rows.CHUNK` posts as the latest ones."""
    keys = [post.key for post, _reading in pairs]
    parents = parent_hashes(connection, keys)
    rows = [_row(bank, post, reading, parents[post.key], now) for post, reading in pairs]
    connection.execute(_NO_LONGER_LATEST, {"whose": bank, "chosen": keys})
    connection.execute(_DELETE_SAME, [{f"row_{name}": row[name] for name in _IDENTITY} for row in rows])
    connection.execute(_INSERT, rows)


def parent_hashes(connection: Connection, keys: list[int]) -> dict[int, str]:
    """The present `PARENT_HASH` of each post."""
    return {row.key: row.parent_hash for row in connection.execute(_PARENT_HASHES, {"chosen": keys})}


def _row(bank: str, post: Post, reading: Reading, parent_hash: str, now: datetime) -> dict[str, Any]:
    return {
        "post": post.key,
        "bank": bank,
        "version": reading.version,
        "text_hash": text_hash(post.title, post.text, post.picture_text),
        "parent_hash": parent_hash,
        "latest": True,
        "about": reading.about,
        "negative": reading.negative,
        "negativity": reading.negativity,
        "severity": reading.severity,
        "topics": list(reading.topics),
        "evidence": evidence_json(reading.evidence),
        "leaning": list(reading.leaning),
        "unnamed": reading.unnamed,
        "read_at": now,
    }
