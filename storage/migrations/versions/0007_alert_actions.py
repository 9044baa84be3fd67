"""What people did about an alert, silences, and the record of every decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UTCDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the tables and what the state of an alert needs for reminders."""
    _states()
    _actions()
    _silences()
    _decisions()


def _states() -> None:
    """What was mailed before asks nobody now: ``asked_at`` stays empty."""
    op.add_column("alert_states", sa.Column("asked_at", UTCDateTime(), nullable=True))
    op.add_column("alert_states", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("alert_states", sa.Column("waiting_since", UTCDateTime(), nullable=True))
    op.add_column("alert_states", sa.Column("waiting_until", UTCDateTime(), nullable=True))
    op.add_column("alert_states", sa.Column("row", sa.Text(), nullable=False, server_default=""))
    op.add_column("alert_states", sa.Column("reason", sa.Text(), nullable=False, server_default=""))


def _actions() -> None:
    op.create_table(
        "incident_actions",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_incident_actions_incident_incidents"),
        sa.PrimaryKeyConstraint("key", name="pk_incident_actions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_actions_incident", "incident_actions", ["incident"], unique=False)


def _silences() -> None:
    op.create_table(
        "silences",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("begin", UTCDateTime(), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("max_level", sa.Integer(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=True),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("branch", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("lifted_at", UTCDateTime(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_silences_incident_incidents"),
        sa.PrimaryKeyConstraint("key", name="pk_silences"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_silences_until", "silences", ["until"], unique=False)


def _decisions() -> None:
    op.create_table(
        "rule_sets",
        sa.Column("version", sa.String(12), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("first_used_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_rule_sets"),
    )
    op.create_table(
        "decisions",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("rules", sa.String(12), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("index", sa.Float(), nullable=False),
        sa.Column("heat", sa.Float(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_decisions_incident_incidents"),
        sa.ForeignKeyConstraint(["rules"], ["rule_sets.version"], name="fk_decisions_rules_rule_sets"),
        sa.PrimaryKeyConstraint("key", name="pk_decisions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_incident", "decisions", ["incident"], unique=False)
