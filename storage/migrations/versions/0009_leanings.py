"""What a text that does not complain of the bank would be about if it did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; readings so far have none, and are made anew where a sweep still looks at them."""
    op.add_column("readings", sa.Column("leaning", sa.JSON(), nullable=False, server_default="[]"))
