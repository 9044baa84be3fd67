"""Kept pages, words in pictures, expectation and fill of coverage, visits of threads, legal holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Exact, UTCDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns and tables; what was read so far was read without pictures."""
    op.add_column("observations", sa.Column("capture", sa.Text(), nullable=True))
    op.add_column("posts", sa.Column("read_hash", sa.String(32), nullable=False, server_default=""))
    op.add_column("posts", sa.Column("picture_text", sa.Text(), nullable=True))
    op.execute("UPDATE posts SET read_hash = text_hash")
    op.create_index("ix_posts_source_first_seen_at", "posts", ["source", "first_seen_at"], unique=False)
    op.add_column("coverage", sa.Column("usual", sa.Float(), nullable=True))
    op.add_column("coverage", sa.Column("filled", sa.JSON(), nullable=True))
    _pictures()
    _thread_visits()
    _holds()


def _pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("post", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", UTCDateTime(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["post"], ["posts.key"], name="fk_pictures_post_posts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name="pk_pictures"),
        sa.UniqueConstraint("post", "url", name="uq_pictures_post_url"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pictures_sha256", "pictures", ["sha256"], unique=False)
    op.create_index("ix_pictures_state", "pictures", ["state"], unique=False)


def _thread_visits() -> None:
    op.create_table(
        "thread_visits",
        sa.Column("source", Exact, nullable=False),
        sa.Column("thread", Exact, nullable=False),
        sa.Column("visited_at", UTCDateTime(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "thread", name="pk_thread_visits"),
    )


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("placed_at", UTCDateTime(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lifted_at", UTCDateTime(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_holds_incident_incidents"),
        sa.PrimaryKeyConstraint("key", name="pk_holds"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_holds_incident", "holds", ["incident"], unique=False)
