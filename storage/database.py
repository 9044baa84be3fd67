"""The connection to the store: opening, upgrading, and the one way to read and to write.

Writers take turns: SQLite by ``BEGIN IMMEDIATE``, PostgreSQL by an advisory lock that ends with the
transaction. One bank's volume never needs two writers at once, and no method has to think about another that
writes beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from domain.errors import StoreError
from storage.schema import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_KEY = 0x79751
"""The number of the advisory lock on PostgreSQL; any constant will do."""

BUSY_TIMEOUT_MS = 30_000


class Database:
    """An open store. ``read`` and ``write`` give a connection in one transaction; the opener closes it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(writes=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look at the store."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that changes the store; everything or nothing is kept. Other writers wait."""
        with self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            yield connection

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


class LoneDatabase(Database):
    """A store that nobody else looks into before it is closed: all of it is one transaction on one connection.

    For a replay, which begins anew where it failed: nothing is kept before ``close``, and nothing is taken back.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._connection = self._writer.connect()
        self._transaction = self._connection.begin()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """The store with all that was written."""
        yield self._connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The same: there is no other writer."""
        yield self._connection

    def close(self) -> None:
        """Keep everything."""
        self._transaction.commit()
        self._connection.close()
        super().close()


def open_database(url: str) -> Database:
    """Open the store at ``url`` (SQLite or PostgreSQL), making or upgrading it where needed.

    Raises StoreError where it cannot be opened, or was written by a newer version of the program.
    """
    database = Database(make_engine(url))
    try:
        _bring_up_to_date(database)
    except DBAPIError as error:
        database.close()
        raise StoreError(f"无法打开数据库 {database.engine.url}：{error.orig}") from error
    except StoreError:
        database.close()
        raise
    return database


def make_engine(url: str) -> Engine:
    """An engine with this house's settings; nothing is opened yet except the folder of a SQLite file."""
    parsed = parse_url(url)
    is_file = parsed.get_backend_name() == "sqlite"
    # A server may have gone away since the last call; a file has not, and asking it doubles the calls.
    told = partial(json.dumps, ensure_ascii=False)
    engine = create_engine(parsed, json_serializer=told, pool_pre_ping=not is_file)
    if is_file:
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def parse_url(url: str) -> URL:
    """The address of a store; StoreError where it is none that this program can use."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(f"数据库地址写错了：{url!r}，例如应为 sqlite:///data/yuqing.db") from error
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"不支持这种数据库：{backend}，只支持 sqlite 和 postgresql")
    return parsed


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ``ON CONFLICT`` in the database's own dialect."""
    return insert_by(connection.dialect.name, table)


def insert_by(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """The same by the dialect's name, for a statement that is put together once."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def upsert(connection: Connection, table: Table, identity: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have all columns; one that is there by ``identity`` is replaced."""
    if rows:
        connection.execute(_upsert_into(connection.dialect.name, table, tuple(identity), tuple(rows[0])), rows)


@cache
def _upsert_into(
    dialect: str, table: Table, identity: tuple[str, ...], names: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
    """The statement of `upsert`: putting one together takes longer than running it."""
    statement = insert_by(dialect, table)
    values = {name: statement.excluded[name] for name in names if name not in identity}
    return statement.on_conflict_do_update(index_elements=identity, set_=values)


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: `_begin_sqlite` does, so that writers wait at the
    # beginning instead of failing in the middle.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _bring_up_to_date(database: Database) -> None:
    with database.read() as connection:
        if _revision(connection) == REVISION:
            return
    with database.write() as connection:
        _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Alembic is imported only where there is something to do: it would cost every command a noticeable start.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    present = _revision(connection)
    if present is not None and present not in known:
        raise StoreError(f"数据库的版本（{present}）比本程序认识的（{REVISION}）新，请升级程序，或改用另一个数据库")
    _require_utf8(connection)
    command.upgrade(config, "head")


def _require_utf8(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise StoreError(f"PostgreSQL 数据库的编码必须是 UTF8，现在是 {encoding}")
