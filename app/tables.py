"""Query results on stdout, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], shape: str) -> None:
    """Print ``rows`` in the ``shape`` table, csv or json."""
    {"table": _as_table, "csv": _as_csv, "json": _as_json}[shape](columns, rows)


def _as_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console = Console(soft_wrap=not sys.stdout.isatty(), markup=False, highlight=False)
    console.print(table)


def _as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_harmless(value) for value in row] for row in rows])


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe; posts are strangers' words."""
    if isinstance(value, str) and value[:1] in tuple("=+-@\t\r\n＝＋－＠"):
        return "'" + value
    return value


def _as_json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    print(json.dumps(records, ensure_ascii=False, indent=1, default=str))
