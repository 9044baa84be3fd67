"""The tables of how each platform's share of an incident grew, and its outlook."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Integer, Table, Text

from storage.schema import metadata
from storage.types import UTCDateTime

platform_spread = Table(
    "platform_spread",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("at", UTCDateTime, primary_key=True),
    Column("posts", Integer, nullable=False),
    Column("authors", Integer, nullable=False),
    Column("replies", Integer, nullable=False),
    Column("reprints", Integer, nullable=False),
    Column("velocity", Float, nullable=False),
    Column("acceleration", Float, nullable=False),
    Column("negative_share", Float, nullable=False),
    Column("repeated_share", Float, nullable=False),
    Column("followers_known", Float, nullable=False),
    Column("loudest_share", Float),
    Column("doubling_hours", Float),
    Column("followers", BigInteger),
    Column("likes", BigInteger),
    Column("comments", BigInteger),
    Column("shares", BigInteger),
    Column("favorites", BigInteger),
    Column("views", BigInteger),
)

outlooks = Table(
    "outlooks",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("at", UTCDateTime, primary_key=True),
    Column("posts", Integer, nullable=False),
    Column("phase", Text, nullable=False),
    Column("phase_since", UTCDateTime, nullable=False),
    Column("wave", Integer, nullable=False),
    Column("phase_reason", Text, nullable=False),
    Column("course", JSON, nullable=False),
    Column("jumps", JSON, nullable=False),
    Column("burst", Boolean, nullable=False),
    Column("burst_at", UTCDateTime),
    Column("surge_at", UTCDateTime),
    Column("surge_minutes", Integer),
    Column("observed", Integer),
    Column("surge_authors", Integer),
    Column("expected", Float),
    Column("chance", Float),
    Column("doubling_hours", Float),
    Column("final", Float),
    Column("low", Float),
    Column("high", Float),
    Column("confidence", Text),
    Column("next_level", Text),
    Column("next_size", Integer),
    Column("next_chance", Float),
)
