"""Query results on stdout, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table

WIDE = 10_000
"""Columns where no terminal limits them: a line a row, however long."""


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], shape: str) -> None:
    """Print ``rows`` in the ``shape`` table, csv or json."""
    {"table": _as_table, "csv": _as_csv, "json": _as_json}[shape](columns, rows)


def _as_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    table = Table(*(Column(name, overflow="fold") for name in columns))
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    width = None if sys.stdout.isatty() else WIDE
    Console(width=width, markup=False, highlight=False).print(table)


def _as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[harmless(value) for value in row] for row in rows])


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe; posts are strangers' words."""
    if isinstance(value, str) and value[:1] in tuple("=+-@\t\r\n＝＋－＠"):
        return "'" + value
    return value


def _as_json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    print(json.dumps(records, ensure_ascii=False, indent=1, default=str))
