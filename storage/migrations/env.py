"""Runs the migrations on the connection that `storage.database` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from storage import (  # noqa: F401 (their tables join the metadata)
    schema_actions,
    schema_channels,
    schema_corrections,
    schema_feedback,
    schema_spread,
)
from storage.schema import metadata
from storage.views import create_views, drop_views

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True)
# Views are derived: they go before the tables change and come back in their newest form (decision 0004).
drop_views(connection)
context.run_migrations()
create_views(connection)
