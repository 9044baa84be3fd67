"""The pictures that mails carry, beside their notice."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from storage.schema import metadata

notice_pictures = Table(
    "notice_pictures",
    metadata,
    Column("notice", ForeignKey("notices.id"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("cid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
