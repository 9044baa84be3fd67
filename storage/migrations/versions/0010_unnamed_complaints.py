"""Complaints that do not say of which bank, and how far the posts that complain were seen, also in the press."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns. Until now every incident began with a post that names its bank; views were not told apart."""
    op.add_column("readings", sa.Column("unnamed", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("snapshots", sa.Column("negative_views", sa.BigInteger(), nullable=True))
    op.add_column("snapshots", sa.Column("named_posts", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("snapshots", sa.Column("press_posts", sa.Integer(), nullable=False, server_default="0"))
