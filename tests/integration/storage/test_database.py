"""Opening the store: migrations, versions, settings of the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, text

from domain.errors import StoreError
from storage.database import open_database
from storage.schema import metadata
from storage.views import VIEWS
from tests.integration.storage.conftest import Scene, seen


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    # The search index is made by hand in the migration; views are not tables.
    return kind != "table" or not str(name).startswith("post_words")


def test_the_migrations_make_exactly_the_tables_of_the_schema(database_url: str) -> None:
    """A change of the schema without a migration, or the reverse, fails here."""
    database = open_database(database_url)
    with database.read() as connection:
        options = {"compare_type": True, "include_name": _ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    database.close()


def test_opening_again_keeps_everything_and_migrates_nothing(scene: Scene) -> None:
    """A second opening finds what the first wrote."""
    scene.see(seen("1"))
    assert [post.id for post, _parent in scene.reopened().unread("行", "版", 5)] == ["1"]


def test_a_store_of_a_newer_version_is_refused(database_url: str) -> None:
    """An older program does not touch what it does not know."""
    database = open_database(database_url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="请升级程序"):
        open_database(database_url)


def test_a_file_that_is_no_database_is_said_in_chinese(tmp_path: Path) -> None:
    """The message names the store and the cause."""
    path = tmp_path / "yuqing.db"
    path.write_text("这不是数据库" * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="无法打开数据库"):
        open_database(f"sqlite:///{path}")


def test_sqlite_is_set_up_for_one_writer_and_many_readers(sqlite_url: str) -> None:
    """WAL, foreign keys, patience and NORMAL synchronisation hold on every connection."""
    database = open_database(sqlite_url)
    names = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
    with database.read() as connection:
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in names]
    assert found == ["wal", 1, 30_000, 1]


def test_a_reader_is_not_held_up_by_a_writer(scene: Scene) -> None:
    """While one process writes, another reads what was there before."""
    other = scene.reopened()
    scene.see(seen("1"))
    with scene.store._database.write() as connection:
        connection.execute(text("UPDATE posts SET text = '半途'"))
        assert [post.text for post, _parent in other.unread("行", "版", 5)] == ["取钱排队"]


def test_an_upgrade_makes_every_view_anew(database_url: str) -> None:
    """Views come with the program's version, whatever was there before."""
    database = open_database(database_url)
    with database.write() as connection:
        connection.execute(text("DROP VIEW v_posts"))
        connection.execute(text("CREATE VIEW v_posts AS SELECT 1 AS old"))
        connection.execute(text("DELETE FROM alembic_version"))
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"DROP TABLE {table.name}" + (" CASCADE" if _is_pg(database.engine) else "")))
        connection.execute(text("DROP TABLE post_words"))
    database.close()
    again = open_database(database_url)
    with again.read() as connection:
        assert all(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar() == 0 for name in VIEWS)  # noqa: S608
        assert "old" not in connection.execute(text("SELECT * FROM v_posts")).keys()  # noqa: SIM118
    again.close()


def test_a_batch_is_one_transaction(scene: Scene) -> None:
    """Saving a batch commits once: a crash in it leaves nothing half done."""
    commits: list[int] = []
    event.listen(scene.store._database.engine, "commit", lambda _connection: commits.append(1))
    scene.see(*[seen(str(number)) for number in range(50)])
    assert len(commits) == 1


def _is_pg(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"
