"""What second readers made of posts whose first reading was in doubt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UTCDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table; the readings stay as they are."""
    op.create_table(
        "second_opinions",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("post", sa.Integer(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(32), nullable=False),
        sa.Column("parent_hash", sa.String(65), nullable=False),
        sa.Column("first_version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("negative", sa.Boolean(), nullable=True),
        sa.Column("negativity", sa.Float(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("topics", sa.JSON(), nullable=True),
        sa.Column("quotes", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["post"], ["posts.key"], name="fk_second_opinions_post_posts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name="pk_second_opinions"),
        sa.UniqueConstraint(
            "post", "bank", "reader", "text_hash", "parent_hash", name="uq_second_opinions_post_bank_reader_text_hash_parent_hash"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_second_opinions_asked_at", "second_opinions", ["asked_at"], unique=False)
