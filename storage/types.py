"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

Exact = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared and sorted by code point, as SQLite does: names and identifiers from outside."""


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware in, aware UTC out, to the microsecond; a time without a zone is refused (ValueError).

    SQLite keeps ISO 8601 text of fixed width (``2026-03-16T07:30:00.000000Z``), so that text order is time
    order; PostgreSQL keeps ``timestamptz``.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, ``timestamptz`` elsewhere."""
        kind: TypeEngine[Any] = String(27) if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The stored form of an aware moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored time must have a zone: {value!r}")
        moment = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return moment
        # Every row has several of them, and strftime takes four times as long.
        return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The moment in UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return moment.astimezone(UTC)
