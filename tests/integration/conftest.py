"""Real databases for the integration tests: SQLite files, and a PostgreSQL server of the session's own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from storage.database import open_database
from storage.schema import metadata

DATABASES = count(1)


def _server_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _as_server_user() -> list[str]:
    # The server refuses to run as root.
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _run(program: Path, *arguments: str) -> None:
    command = [*_as_server_user(), str(program), *arguments]
    subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The socket folder of a PostgreSQL server on no network, in a short temporary folder."""
    programs = _server_programs()
    if programs is None:
        pytest.skip("PostgreSQL server is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    try:
        _run(programs / "initdb", "-D", str(data), "-U", "yuqing", "-A", "trust", "--no-sync", "--locale=C.UTF-8")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
        _run(programs / "pg_ctl", "start", "-w", "-D", str(data), "-l", str(folder / "log"), "-o", options)
        yield str(folder)
    finally:
        if (data / "postmaster.pid").exists():
            _run(programs / "pg_ctl", "stop", "-w", "-m", "fast", "-D", str(data))
        shutil.rmtree(folder)


def _new_database(server: str) -> str:
    name = f"t{next(DATABASES)}"
    with psycopg.connect(f"postgresql://yuqing@/postgres?host={server}", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://yuqing@/{name}?host={server}"


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """The address of an empty PostgreSQL database."""
    return _new_database(postgresql_server)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'yuqing.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, on each of the two in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest tables and nothing in them."""
    path = tmp_path_factory.mktemp("store") / "yuqing.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgresql_store(postgresql_server: str) -> str:
    """The address of a PostgreSQL store that the session's tests use one after another."""
    url = _new_database(postgresql_server)
    open_database(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that has its tables already and nothing in them, on each database in turn."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_store"), tmp_path / "yuqing.db")
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgresql_store")
    with psycopg.connect(url) as connection:
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        connection.execute(f"TRUNCATE {tables}, post_words RESTART IDENTITY".encode())
    return url
