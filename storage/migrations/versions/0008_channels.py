"""Letters go by several channels, with pictures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UTCDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns and the table; what was written so far went by mail, and what was given up is not told anew."""
    op.add_column("notices", sa.Column("short", sa.Text(), nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("channel", sa.Text(), nullable=False, server_default="mail"))
    op.add_column("deliveries", sa.Column("preface", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("escalated_at", UTCDateTime(), nullable=True))
    op.execute("UPDATE deliveries SET escalated_at = tried_at WHERE state = 'failed'")
    op.create_index("ix_deliveries_channel_tried_at", "deliveries", ["channel", "tried_at"], unique=False)
    op.create_table(
        "notice_pictures",
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("cid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name="fk_notice_pictures_notice_notices"),
        sa.PrimaryKeyConstraint("notice", "place", name="pk_notice_pictures"),
    )
