"""Read-only SQL for analysts (``yuqing query``): the documented views, a time limit, errors in Chinese."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import URL

from domain.errors import StoreError
from storage.database import open_database, parse_url
from storage.views import VIEWS

TIME_LIMIT_S = 60.0
STEPS_BETWEEN_CHECKS = 100_000
READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_FUNCTION)

Table = tuple[list[str], list[tuple[Any, ...]]]
"""Column names, and the rows."""


def run_query(url: str, sql: str, time_limit_s: float = TIME_LIMIT_S) -> Table:
    """Run one SELECT over the views and return (columns, rows); nothing can be changed by it.

    On SQLite the tables behind the views are refused, too. On PostgreSQL the transaction is read-only; what
    may be read is a matter of the login's rights. Raises StoreError with the cause in Chinese.
    """
    open_database(url).close()
    return read_only(url, sql, time_limit_s)


def read_only(url: str, sql: str, time_limit_s: float = TIME_LIMIT_S) -> Table:
    """The same on a store as it stands: one that is not there is not made, and an older one is not upgraded."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _query_sqlite(parsed, sql, time_limit_s)
    return _query_postgresql(parsed, sql, time_limit_s)


def _query_sqlite(url: URL, sql: str, time_limit_s: float) -> Table:
    try:
        with closing(sqlite3.connect(f"file:{_quoted(url.database or '')}?mode=ro", uri=True)) as connection:
            connection.set_authorizer(_authorize)
            deadline = time.monotonic() + time_limit_s
            connection.set_progress_handler(_over(deadline), STEPS_BETWEEN_CHECKS)
            cursor = connection.execute(sql)
            columns = [column[0] for column in cursor.description or ()]
            return columns, cursor.fetchall()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise StoreError(_explain(str(error), time_limit_s)) from error


def _quoted(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _over(deadline: float) -> Callable[[], int]:
    return lambda: int(time.monotonic() > deadline)


def _authorize(action: int, table: str | None, column: str | None, _schema: str | None, view: str | None) -> int:
    # Counting a view's rows reports the table without a column and without the view: so much may be known.
    seen = table in VIEWS or view in VIEWS or column == ""
    if action in READING or (action == sqlite3.SQLITE_READ and seen):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _query_postgresql(url: URL, sql: str, time_limit_s: float) -> Table:
    # An optional part of the installation: only those who keep their store in PostgreSQL have it.
    import psycopg

    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(address) as connection:
            connection.read_only = True
            limit = str(int(time_limit_s * 1000))
            connection.execute("SELECT set_config('statement_timeout', %s, true)", (limit,))
            # A prepared statement is one statement: nothing can end the read-only transaction and go on.
            cursor = connection.execute(sql.encode(), prepare=True)
            columns = [column.name for column in cursor.description or ()]
            return columns, cursor.fetchall() if columns else []
    except psycopg.Error as error:
        raise StoreError(_explain(str(error), time_limit_s)) from error


CAUSES = (
    ("interrupted", "查询超过 {limit:g} 秒，已中止；请加上条件缩小范围"),
    ("statement timeout", "查询超过 {limit:g} 秒，已中止；请加上条件缩小范围"),
    ("prohibited", "只能查询这些视图：{views}"),
    ("not authorized", "只能查询，不能修改；可以查询的视图：{views}"),
    ("read-only", "只能查询，不能修改"),
    ("unable to open", "没有这个数据库文件，或者读不了"),
    ("no such table", "没有这个视图；可以查询的视图：{views}"),
    ('relation "', "没有这个视图；可以查询的视图：{views}"),
    ("no such column", "没有这一列"),
    ('column "', "没有这一列"),
    ("one statement", "一次只能执行一条查询语句"),
    ("multiple commands", "一次只能执行一条查询语句"),
    ("syntax error", "SQL 语法有误"),
)


def _explain(message: str, limit: float) -> str:
    known = (text for sign, text in CAUSES if sign in message)
    cause = next(known, "查询不能执行").format(limit=limit, views="、".join(VIEWS))
    return f"{cause}（{message.strip()}）"
