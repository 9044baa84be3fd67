"""What people corrected in the grouping: merged, split off, taken out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UTCDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table and the pointer of a merged incident."""
    # A column without REFERENCES: SQLite adds one in place, and a copy of the table would cost much for little.
    op.add_column("incidents", sa.Column("merged_into", sa.Text(), nullable=True))
    op.create_table(
        "corrections",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("posts", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_corrections_incident_incidents"),
        sa.ForeignKeyConstraint(["target"], ["incidents.id"], name="fk_corrections_target_incidents"),
        sa.PrimaryKeyConstraint("key", name="pk_corrections"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_bank", "corrections", ["bank"], unique=False)
