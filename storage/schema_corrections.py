"""The tables of what people corrected in the grouping."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, Table, Text

from storage.schema import metadata
from storage.types import UTCDateTime

corrections = Table(
    "corrections",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("bank", Text, nullable=False),
    Column("incident", ForeignKey("incidents.id"), nullable=False),
    Column("target", ForeignKey("incidents.id")),
    Column("posts", JSON, nullable=False),
    Column("before", JSON, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("undone_at", UTCDateTime),
    Column("undone_by", Text),
    Column("undone_reason", Text),
    Index(None, "bank"),
    sqlite_autoincrement=True,
)
