"""Labels: the posts that analysts judge, and what they said. History stays; the newest label of a pair counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, select

from domain.feedback import Judgement, Label, Standing
from storage.database import Database
from storage.fold import text_hash
from storage.readings import IS_REPLIED, IS_ROOT, PARENT_COLUMNS, parent_text, replied, root
from storage.rows import POST_COLUMNS, READING_COLUMNS, AnyRow, post_of, reading_of
from storage.schema import posts, readings
from storage.schema_feedback import labels


class LabelRepository:
    """What analysts said. How it differs from the reading is the caller's to say (`domain.feedback.kind_of`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, source: str, post: str, bank: str) -> Standing | None:
        """The post with what it answers and its newest reading for the bank; None where there is no such post."""
        query = standings(bank).where(posts.c.source == source, posts.c.id == post)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else standing_of(row)

    def save_labels(self, new: Sequence[Label]) -> None:
        """Keep labels beside the earlier ones."""
        rows = [_row(label) for label in new]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(labels), rows)

    def labels(self, *, history: bool = False) -> list[Label]:
        """The labels in effect, or all that were ever given, in the order in which they were given."""
        query = select(*labels.c, posts.c.source, posts.c.id).join(posts, posts.c.key == labels.c.post)
        query = query.order_by(labels.c.key)
        with self._database.read() as connection:
            rows = connection.execute(query if history else query.where(labels.c.key.in_(in_effect())))
            return [_label_of(row) for row in rows]


def in_effect() -> Select[Any]:
    """The keys of the labels in effect."""
    return select(func.max(labels.c.key)).group_by(labels.c.post, labels.c.bank)


def standings(bank: str, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Posts as `standing_of` wants them; a reading joins where the ``conditions`` hold for it."""
    of_bank = and_(readings.c.post == posts.c.key, readings.c.bank == bank, readings.c.latest, *conditions)
    return (
        select(*POST_COLUMNS, *PARENT_COLUMNS, *READING_COLUMNS)
        .outerjoin(root, IS_ROOT)
        .outerjoin(replied, IS_REPLIED)
        .outerjoin(readings, of_bank)
    )


def standing_of(row: AnyRow) -> Standing:
    """The post of a row of `standings`."""
    return Standing(post_of(row), parent_text(row), None if row.reading_key is None else reading_of(row))


def _row(label: Label) -> dict[str, Any]:
    judged = label.judgement
    return {
        "post": label.post,
        "bank": label.bank,
        # The text that is read holds the title already.
        "text_hash": text_hash(None, label.text),
        "platform": label.platform,
        "text": label.text,
        "parent": label.parent,
        "about": judged.about,
        "negative": judged.negative,
        "topics": list(judged.topics),
        "severity": judged.severity,
        "kind": label.kind,
        "version": label.version,
        "judged_by": label.by,
        "judged_at": label.at,
        "note": label.note,
    }


def _label_of(row: AnyRow) -> Label:
    return Label(
        post=row.post,
        source=row.source,
        id=row.id,
        bank=row.bank,
        platform=row.platform,
        text=row.text,
        parent=row.parent,
        judgement=Judgement(row.about, row.negative, tuple(row.topics), row.severity),
        kind=row.kind,
        version=row.version,
        by=row.judged_by,
        at=row.judged_at,
        note=row.note,
        key=row.key,
    )
