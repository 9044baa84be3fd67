"""The tables of what people did about alerts, silences, and the record of decisions."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from storage.schema import metadata
from storage.types import UTCDateTime

incident_actions = Table(
    "incident_actions",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("detail", Text),
    Column("via", Text, nullable=False),
    sqlite_autoincrement=True,
)

silences = Table(
    "silences",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("begin", UTCDateTime, nullable=False),
    Column("until", UTCDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("max_level", Integer, nullable=False),
    Column("bank", Text),
    Column("incident", ForeignKey("incidents.id")),
    Column("topic", Text),
    Column("branch", Text),
    Column("platform", Text),
    Column("source", Text),
    Column("words", Text),
    Column("lifted_at", UTCDateTime),
    Column("lifted_by", Text),
    Index(None, "until"),
    sqlite_autoincrement=True,
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("version", String(12), primary_key=True),
    Column("content", JSON, nullable=False),
    Column("first_used_at", UTCDateTime, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("rules", ForeignKey("rule_sets.version"), nullable=False),
    Column("before", Integer, nullable=False),
    Column("after", Integer, nullable=False),
    Column("kind", Text),
    Column("row", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("index", Float, nullable=False),
    Column("heat", Float, nullable=False),
    Column("inputs", JSON, nullable=False),
    sqlite_autoincrement=True,
)
