"""How each platform's share of an incident grew, and what is to be expected of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UTCDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables; the snapshots stay as they are."""
    op.create_table(
        "platform_spread",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("authors", sa.Integer(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("reprints", sa.Integer(), nullable=False),
        sa.Column("velocity", sa.Float(), nullable=False),
        sa.Column("acceleration", sa.Float(), nullable=False),
        sa.Column("negative_share", sa.Float(), nullable=False),
        sa.Column("repeated_share", sa.Float(), nullable=False),
        sa.Column("followers_known", sa.Float(), nullable=False),
        sa.Column("loudest_share", sa.Float(), nullable=True),
        sa.Column("doubling_hours", sa.Float(), nullable=True),
        sa.Column("followers", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column("favorites", sa.BigInteger(), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_platform_spread_incident_incidents"),
        sa.PrimaryKeyConstraint("incident", "platform", "at", name="pk_platform_spread"),
    )
    op.create_table(
        "outlooks",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("phase_since", UTCDateTime(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("phase_reason", sa.Text(), nullable=False),
        sa.Column("course", sa.JSON(), nullable=False),
        sa.Column("jumps", sa.JSON(), nullable=False),
        sa.Column("burst", sa.Boolean(), nullable=False),
        sa.Column("burst_at", UTCDateTime(), nullable=True),
        sa.Column("surge_at", UTCDateTime(), nullable=True),
        sa.Column("surge_minutes", sa.Integer(), nullable=True),
        sa.Column("observed", sa.Integer(), nullable=True),
        sa.Column("surge_authors", sa.Integer(), nullable=True),
        sa.Column("expected", sa.Float(), nullable=True),
        sa.Column("chance", sa.Float(), nullable=True),
        sa.Column("doubling_hours", sa.Float(), nullable=True),
        sa.Column("final", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Text(), nullable=True),
        sa.Column("next_level", sa.Text(), nullable=True),
        sa.Column("next_size", sa.Integer(), nullable=True),
        sa.Column("next_chance", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_outlooks_incident_incidents"),
        sa.PrimaryKeyConstraint("incident", "at", name="pk_outlooks"),
    )
