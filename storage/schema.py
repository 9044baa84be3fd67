"""The tables. A change here needs a new migration (decision 0004); analysts read the views instead."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.types import Exact, UTCDateTime

REVISION = "0010"
"""The migration that these tables stand at; a test holds it to the newest file in migrations/versions."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

COUNTERS = ("views", "likes", "comments", "shares", "favorites")


def _counters() -> list[Column[int]]:
    return [Column(name, BigInteger) for name in COUNTERS]


runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("started_at", UTCDateTime, nullable=False),
    Column("finished_at", UTCDateTime),
    Column("status", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("process", Text, nullable=False),
    Index(None, "kind", "status"),
    sqlite_autoincrement=True,
)

posts = Table(
    "posts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("source", Exact, nullable=False),
    Column("platform", Text, nullable=False),
    Column("id", Exact, nullable=False),
    Column("kind", Text, nullable=False),
    Column("thread", Exact, nullable=False),
    Column("reply_to", Exact),
    Column("url", Text),
    Column("author_key", Text),
    Column("author_name", Text),
    Column("author_followers", BigInteger),
    Column("author_verified", Boolean),
    Column("title", Text),
    Column("text", Text, nullable=False),
    Column("text_hash", String(32), nullable=False),
    Column("read_hash", String(32), nullable=False),
    Column("picture_text", Text),
    Column("text_seen_at", UTCDateTime),
    Column("published_at", UTCDateTime),
    Column("first_seen_at", UTCDateTime, nullable=False),
    Column("last_seen_at", UTCDateTime, nullable=False),
    Column("edited", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    *_counters(),
    UniqueConstraint("source", "id"),
    Index(None, "source", "thread"),
    Index(None, "source", "first_seen_at"),
    Index(None, "first_seen_at"),
    sqlite_autoincrement=True,
)

post_texts = Table(
    "post_texts",
    metadata,
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), primary_key=True),
    Column("text_hash", String(32), primary_key=True),
    Column("title", Text),
    Column("text", Text, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
)

observations = Table(
    "observations",
    metadata,
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), primary_key=True),
    Column("observed_at", UTCDateTime, primary_key=True),
    *_counters(),
    Column("text_hash", String(32)),
    Column("deleted", Boolean, nullable=False),
    Column("capture", Text),
    sqlite_with_rowid=False,
)

pictures = Table(
    "pictures",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sha256", String(64), index=True),
    Column("text", Text),
    Column("confidence", Float),
    Column("attempts", Integer, nullable=False),
    Column("tried_at", UTCDateTime),
    Column("cause", Text),
    UniqueConstraint("post", "url"),
    Index(None, "state"),
    sqlite_autoincrement=True,
)

readings = Table(
    "readings",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), nullable=False),
    Column("bank", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("text_hash", String(32), nullable=False),
    Column("parent_hash", String(65), nullable=False),
    Column("latest", Boolean, nullable=False),
    Column("about", Boolean, nullable=False),
    Column("negative", Boolean, nullable=False),
    Column("negativity", Float, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("leaning", JSON, nullable=False, server_default="[]"),
    Column("unnamed", Integer, nullable=False, server_default="0"),
    Column("read_at", UTCDateTime, nullable=False),
    UniqueConstraint("post", "bank", "version", "text_hash", "parent_hash"),
    sqlite_autoincrement=True,
)
Index(
    "uq_readings_latest",
    readings.c.post,
    readings.c.bank,
    unique=True,
    sqlite_where=text("latest"),
    postgresql_where=text("latest"),
)

second_opinions = Table(
    "second_opinions",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), nullable=False),
    Column("bank", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("text_hash", String(32), nullable=False),
    Column("parent_hash", String(65), nullable=False),
    Column("first_version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("asked_at", UTCDateTime, nullable=False, index=True),
    Column("cause", Text),
    Column("negative", Boolean),
    Column("negativity", Float),
    Column("severity", Integer),
    Column("topics", JSON(none_as_null=True)),
    Column("quotes", JSON, nullable=False),
    Column("reason", Text),
    UniqueConstraint("post", "bank", "reader", "text_hash", "parent_hash"),
    sqlite_autoincrement=True,
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("bank", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("opened_at", UTCDateTime, nullable=False),
    Column("last_post_at", UTCDateTime, nullable=False),
    Column("closed_at", UTCDateTime),
    Column("maybe_same_as", Text),
    Column("merged_into", Text),
    Index(None, "bank", "last_post_at"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), primary_key=True),
    Column("bank", Text, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("how", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("original", ForeignKey("posts.key", ondelete="SET NULL")),
    Column("joined_at", UTCDateTime, nullable=False),
)

considered = Table(
    "considered",
    metadata,
    Column("post", ForeignKey("posts.key", ondelete="CASCADE"), primary_key=True),
    Column("bank", Text, primary_key=True),
    Column("reading", ForeignKey("readings.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("in_thread", Boolean, nullable=False),
    Column("considered_at", UTCDateTime, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("at", UTCDateTime, primary_key=True),
    Column("posts", Integer, nullable=False),
    Column("posts_24h", Integer, nullable=False),
    Column("authors", Integer, nullable=False),
    Column("authors_24h", Integer, nullable=False),
    Column("platforms", Integer, nullable=False),
    Column("negative_posts", Integer, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("engagement", BigInteger, nullable=False),
    Column("velocity", Float, nullable=False),
    Column("acceleration", Float, nullable=False),
    Column("reprints", Integer, nullable=False),
    Column("amplifiers", Integer, nullable=False),
    Column("index", Float, nullable=False),
    Column("heat", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("last_post_at", UTCDateTime, nullable=False),
    Column("views", BigInteger),
    Column("followers_max", BigInteger),
    Column("negative_views", BigInteger),
    Column("named_posts", Integer, nullable=False, server_default="1"),
    Column("press_posts", Integer, nullable=False, server_default="0"),
    Column("parts", JSON, nullable=False),
)

alert_states = Table(
    "alert_states",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("level", Integer, nullable=False),
    Column("since", UTCDateTime),
    Column("notified", Integer, nullable=False),
    Column("notified_at", UTCDateTime),
    Column("notified_index", Float, nullable=False),
    Column("below_since", UTCDateTime),
    Column("sequence", Integer, nullable=False),
    Column("decided_at", UTCDateTime),
    Column("asked_at", UTCDateTime),
    Column("reminded", Integer, nullable=False),
    Column("waiting_since", UTCDateTime),
    Column("waiting_until", UTCDateTime),
    Column("row", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

level_changes = Table(
    "level_changes",
    metadata,
    Column("incident", ForeignKey("incidents.id"), primary_key=True),
    Column("at", UTCDateTime, primary_key=True),
    Column("before", Integer, nullable=False),
    Column("after", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("index", Float, nullable=False),
    Column("heat", Float, nullable=False),
    Column("inputs", JSON, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("incident", ForeignKey("incidents.id"), index=True),
    Column("reason", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("short", Text, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("thread", Text),
    Column("not_before", UTCDateTime),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("notice", ForeignKey("notices.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UTCDateTime),
    Column("tried_at", UTCDateTime),
    Column("sent_at", UTCDateTime),
    Column("smtp_code", Integer),
    Column("last_error", Text),
    Column("preface", Text),
    Column("escalated_at", UTCDateTime),
    UniqueConstraint("notice", "recipient"),
    Index(None, "state", "next_at"),
    Index(None, "channel", "tried_at"),
    sqlite_autoincrement=True,
)

coverage = Table(
    "coverage",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id")),
    Column("source", Exact, nullable=False),
    Column("started_at", UTCDateTime, nullable=False),
    Column("finished_at", UTCDateTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("got", Integer, nullable=False),
    Column("expected", BigInteger),
    Column("new_posts", Integer, nullable=False),
    Column("cause", Text),
    Column("evidence", Text),
    Column("usual", Float),
    Column("filled", JSON),
    Index(None, "source", "finished_at"),
    sqlite_autoincrement=True,
)

thread_visits = Table(
    "thread_visits",
    metadata,
    Column("source", Exact, primary_key=True),
    Column("thread", Exact, primary_key=True),
    Column("visited_at", UTCDateTime, nullable=False),
    Column("visits", Integer, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False, index=True),
    Column("placed_at", UTCDateTime, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("lifted_at", UTCDateTime),
    Column("lifted_by", Text),
    sqlite_autoincrement=True,
)

source_memory = Table(
    "source_memory",
    metadata,
    Column("source", Exact, primary_key=True),
    Column("memory", JSON, nullable=False),
    Column("written_at", UTCDateTime, nullable=False),
)

rejects = Table(
    "rejects",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id")),
    Column("source", Exact, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("line", Integer),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", Text, nullable=False),
    sqlite_autoincrement=True,
)
