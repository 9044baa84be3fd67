"""The tables of feedback: what analysts judged, the models fitted with it, and the queue for review."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from storage.schema import metadata
from storage.types import UTCDateTime

labels = Table(
    "labels",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), nullable=False),
    Column("bank", Text, nullable=False),
    Column("text_hash", String(32), nullable=False),
    Column("platform", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("parent", Text),
    Column("about", Boolean, nullable=False),
    Column("negative", Boolean, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("severity", Integer),
    Column("kind", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("judged_by", Text, nullable=False),
    Column("judged_at", UTCDateTime, nullable=False),
    Column("note", Text),
    Index(None, "post", "bank"),
    sqlite_autoincrement=True,
)

models = Table(
    "models",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("version", Text, nullable=False, unique=True),
    Column("trained_at", UTCDateTime, nullable=False),
    Column("taken", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("base_digest", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("shipped_digest", String(64), nullable=False),
    Column("rules", Text, nullable=False),
    Column("data_hash", String(64), nullable=False),
    Column("records", Integer, nullable=False),
    Column("labels", Integer, nullable=False),
    Column("scores", JSON, nullable=False),
    sqlite_autoincrement=True,
)

model_changes = Table(
    "model_changes",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("at", UTCDateTime, nullable=False),
    Column("version", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_autoincrement=True,
)

reviews = Table(
    "reviews",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), nullable=False),
    Column("bank", Text, nullable=False),
    Column("day", String(10), nullable=False),
    Column("queued_at", UTCDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("sampled", Boolean, nullable=False),
    Column("negative", Boolean, nullable=False),
    Column("version", Text, nullable=False),
    UniqueConstraint("post", "bank"),
    Index(None, "day"),
    sqlite_autoincrement=True,
)
