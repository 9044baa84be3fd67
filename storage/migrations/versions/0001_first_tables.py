"""The first tables and the search index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Exact, UTCDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table. Views are made by env.py after the last migration."""
    _incidents()
    _posts()
    _runs()
    _source_memory()
    _alert_states()
    _coverage()
    _level_changes()
    _memberships()
    _notices()
    _observations()
    _post_texts()
    _readings()
    _rejects()
    _snapshots()
    _considered()
    _deliveries()
    _search_index()


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("last_post_at", UTCDateTime(), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("maybe_same_as", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("ix_incidents_bank_last_post_at", "incidents", ["bank", "last_post_at"], unique=False)


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("source", Exact, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("id", Exact, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thread", Exact, nullable=False),
        sa.Column("reply_to", Exact, nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("author_key", sa.Text(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("author_followers", sa.BigInteger(), nullable=True),
        sa.Column("author_verified", sa.Boolean(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(length=32), nullable=False),
        sa.Column("text_seen_at", UTCDateTime(), nullable=True),
        sa.Column("published_at", UTCDateTime(), nullable=True),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", UTCDateTime(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column("favorites", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_posts"),
        sa.UniqueConstraint("source", "id", name="uq_posts_source_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_posts_first_seen_at", "posts", ["first_seen_at"], unique=False)
    op.create_index("ix_posts_source_thread", "posts", ["source", "thread"], unique=False)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_runs_kind_status", "runs", ["kind", "status"], unique=False)


def _source_memory() -> None:
    op.create_table(
        "source_memory",
        sa.Column("source", Exact, nullable=False),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_memory"),
    )


def _alert_states() -> None:
    op.create_table(
        "alert_states",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=True),
        sa.Column("notified", sa.Integer(), nullable=False),
        sa.Column("notified_at", UTCDateTime(), nullable=True),
        sa.Column("notified_index", sa.Float(), nullable=False),
        sa.Column("below_since", UTCDateTime(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_alert_states_incident_incidents"),
        sa.PrimaryKeyConstraint("incident", name="pk_alert_states"),
    )


def _coverage() -> None:
    op.create_table(
        "coverage",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.Column("source", Exact, nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("got", sa.Integer(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        sa.Column("new_posts", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_coverage_run_runs"),
        sa.PrimaryKeyConstraint("key", name="pk_coverage"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_coverage_source_finished_at", "coverage", ["source", "finished_at"], unique=False)


def _level_changes() -> None:
    op.create_table(
        "level_changes",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("index", sa.Float(), nullable=False),
        sa.Column("heat", sa.Float(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_level_changes_incident_incidents"),
        sa.PrimaryKeyConstraint("incident", "at", name="pk_level_changes"),
    )


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("post", sa.Integer(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("original", sa.Integer(), nullable=True),
        sa.Column("joined_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_memberships_incident_incidents"),
        sa.ForeignKeyConstraint(
            ["original"], ["posts.key"], name="fk_memberships_original_posts", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["post"], ["posts.key"], name="fk_memberships_post_posts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post", "bank", name="pk_memberships"),
    )
    op.create_index("ix_memberships_incident", "memberships", ["incident"], unique=False)


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.Column("not_before", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_notices_incident_incidents"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_incident", "notices", ["incident"], unique=False)


def _observations() -> None:
    op.create_table(
        "observations",
        sa.Column("post", sa.Integer(), nullable=False),
        sa.Column("observed_at", UTCDateTime(), nullable=False),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column("favorites", sa.BigInteger(), nullable=True),
        sa.Column("text_hash", sa.String(length=32), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post"], ["posts.key"], name="fk_observations_post_posts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post", "observed_at", name="pk_observations"),
        sqlite_with_rowid=False,
    )


def _post_texts() -> None:
    op.create_table(
        "post_texts",
        sa.Column("post", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["post"], ["posts.key"], name="fk_post_texts_post_posts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post", "text_hash", name="pk_post_texts"),
    )


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("post", sa.Integer(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(length=32), nullable=False),
        sa.Column("parent_hash", sa.String(length=65), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("about", sa.Boolean(), nullable=False),
        sa.Column("negative", sa.Boolean(), nullable=False),
        sa.Column("negativity", sa.Float(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["post"], ["posts.key"], name="fk_readings_post_posts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name="pk_readings"),
        sa.UniqueConstraint(
            "post",
            "bank",
            "version",
            "text_hash",
            "parent_hash",
            name="uq_readings_post_bank_version_text_hash_parent_hash",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_readings_latest",
        "readings",
        ["post", "bank"],
        unique=True,
        sqlite_where=sa.text("latest"),
        postgresql_where=sa.text("latest"),
    )


def _rejects() -> None:
    op.create_table(
        "rejects",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.Column("source", Exact, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_rejects_run_runs"),
        sa.PrimaryKeyConstraint("key", name="pk_rejects"),
        sqlite_autoincrement=True,
    )


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("posts_24h", sa.Integer(), nullable=False),
        sa.Column("authors", sa.Integer(), nullable=False),
        sa.Column("authors_24h", sa.Integer(), nullable=False),
        sa.Column("platforms", sa.Integer(), nullable=False),
        sa.Column("negative_posts", sa.Integer(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("engagement", sa.BigInteger(), nullable=False),
        sa.Column("velocity", sa.Float(), nullable=False),
        sa.Column("acceleration", sa.Float(), nullable=False),
        sa.Column("reprints", sa.Integer(), nullable=False),
        sa.Column("amplifiers", sa.Integer(), nullable=False),
        sa.Column("index", sa.Float(), nullable=False),
        sa.Column("heat", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("last_post_at", UTCDateTime(), nullable=False),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("followers_max", sa.BigInteger(), nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_snapshots_incident_incidents"),
        sa.PrimaryKeyConstraint("incident", "at", name="pk_snapshots"),
    )


def _considered() -> None:
    op.create_table(
        "considered",
        sa.Column("post", sa.Integer(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("reading", sa.Integer(), nullable=False),
        sa.Column("in_thread", sa.Boolean(), nullable=False),
        sa.Column("considered_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["post"], ["posts.key"], name="fk_considered_post_posts", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["reading"], ["readings.key"], name="fk_considered_reading_readings", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post", "bank", name="pk_considered"),
    )
    op.create_index("ix_considered_reading", "considered", ["reading"], unique=False)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=True),
        sa.Column("tried_at", UTCDateTime(), nullable=True),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("smtp_code", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name="fk_deliveries_notice_notices"),
        sa.PrimaryKeyConstraint("key", name="pk_deliveries"),
        sa.UniqueConstraint("message_id", name="uq_deliveries_message_id"),
        sa.UniqueConstraint("notice", "recipient", name="uq_deliveries_notice_recipient"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_state_next_at", "deliveries", ["state", "next_at"], unique=False)


def _search_index() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE post_words USING fts5(words, tokenize = 'ascii')")
        op.execute(
            "CREATE TRIGGER post_words_forget AFTER DELETE ON posts "
            "BEGIN DELETE FROM post_words WHERE rowid = old.key; END"
        )
        return
    op.execute(
        "CREATE TABLE post_words ("
        "post integer NOT NULL REFERENCES posts (key) ON DELETE CASCADE, "
        "part integer NOT NULL, words tsvector NOT NULL, PRIMARY KEY (post, part))"
    )
    op.execute("CREATE INDEX ix_post_words_words ON post_words USING gin (words)")
