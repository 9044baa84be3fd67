"""Models of the bank's own: every training with its figures, which model is in use since when, and what it changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, func, insert, or_, select

from domain.feedback import Difference, Judgement, ModelChange, ModelRecord
from domain.posts import full_text
from storage.database import Database
from storage.rows import IN_ORDER, AnyRow
from storage.schema import posts, readings
from storage.schema_feedback import model_changes, models


class ModelRepository:
    """The records of trainings and changes. The models themselves are files in the configuration folder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_model(self) -> str:
        """The name of the next training: v1, v2 and so on."""
        with self._database.read() as connection:
            return f"v{(connection.execute(select(func.max(models.c.key))).scalar() or 0) + 1}"

    def save_model(self, record: ModelRecord, change: ModelChange | None) -> None:
        """Keep what came of a training, and in the same transaction that the model is in use from now on."""
        values = {name: getattr(record, name) for name in ModelRecord.__slots__}
        values["scores"] = {name: list(pair) for name, pair in record.scores.items()}
        with self._database.write() as connection:
            connection.execute(insert(models).values(values))
            if change is not None:
                connection.execute(insert(model_changes).values(_change_row(change)))

    def models(self) -> list[ModelRecord]:
        """Every training, taken or not, in order."""
        with self._database.read() as connection:
            return [_record_of(row) for row in connection.execute(select(models).order_by(models.c.key))]

    def change_model(self, change: ModelChange) -> None:
        """Another model is in use from now on."""
        with self._database.write() as connection:
            connection.execute(insert(model_changes).values(_change_row(change)))

    def model_changes(self) -> list[ModelChange]:
        """Which model was in use since when, in order; before the first the shipped one was."""
        query = select(model_changes).order_by(model_changes.c.key)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [ModelChange(row.at, row.version, row.changed_by, row.reason) for row in rows]

    def reading_versions(self, bank: str) -> dict[str, int]:
        """How many posts were read for the bank by each version of rules and model, the newest reading last.

        What a second reader has said ("version+reader") is left out.
        """
        query = (
            select(readings.c.version, func.count(readings.c.post.distinct()))
            .where(readings.c.bank == bank, ~readings.c.version.contains("+"))
            .group_by(readings.c.version)
            .order_by(func.max(readings.c.read_at), readings.c.version)
        )
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def compare_readings(self, bank: str, old: str, new: str) -> tuple[int, list[Difference]]:
        """How many texts both versions have read for the bank, and those that they read differently, in order.

        Other words (an edit, another parent) are another text. Severity alone makes no difference.
        """
        before, after = readings.alias("before"), readings.alias("after")
        same = and_(*(before.c[name] == after.c[name] for name in ("post", "bank", "text_hash", "parent_hash")))
        both = and_(before.c.bank == bank, before.c.version == old, after.c.version == new)
        differs = or_(
            before.c.about != after.c.about,
            before.c.negative != after.c.negative,
            cast(before.c.topics, Text) != cast(after.c.topics, Text),
        )
        columns = (posts.c.source, posts.c.id, posts.c.title, posts.c.text, posts.c.picture_text)
        query = (
            select(*columns, *_labelled(before, "before"), *_labelled(after, "after"))
            .select_from(before)
            .join(after, same)
            .join(posts, posts.c.key == before.c.post)
            .where(both, differs)
            .order_by(*IN_ORDER)
        )
        with self._database.read() as connection:
            count = connection.execute(select(func.count()).select_from(before).join(after, same).where(both))
            return count.scalar_one(), [_difference_of(row) for row in connection.execute(query)]


def _labelled(side: FromClause, name: str) -> list[ColumnElement[Any]]:
    return [side.c[column].label(f"{name}_{column}") for column in ("about", "negative", "topics", "severity")]


def _difference_of(row: AnyRow) -> Difference:
    words = full_text(row.title, row.text, row.picture_text)
    old = Judgement(row.before_about, row.before_negative, tuple(row.before_topics), row.before_severity)
    new = Judgement(row.after_about, row.after_negative, tuple(row.after_topics), row.after_severity)
    return Difference(row.source, row.id, words, old, new)


def _record_of(row: AnyRow) -> ModelRecord:
    values = row._asdict()
    del values["key"]
    return ModelRecord(**{**values, "scores": {name: tuple(pair) for name, pair in values["scores"].items()}})


def _change_row(change: ModelChange) -> dict[str, Any]:
    return {"at": change.at, "version": change.version, "changed_by": change.by, "reason": change.reason}
