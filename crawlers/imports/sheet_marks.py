"""What stands in a worksheet beside its cells, and openpyxl leaves out where it reads row by row: links and merges."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from openpyxl.utils import range_boundaries
from openpyxl.xml.functions import iterparse

MOST_MARKED = 500_000
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

Place = tuple[int, int]
"""Row and column, from 1."""


@dataclass(slots=True)
class Marks:
    """``links``: the web address behind a cell; ``across``: by row, the columns that one cell stretches over;
    ``down``: the first place of each cell that stretches over several rows.
    """

    links: dict[Place, str] = field(default_factory=dict)
    across: dict[int, tuple[int, int]] = field(default_factory=dict)
    down: dict[Place, Place] = field(default_factory=dict)
    _firsts: dict[Place, Any] = field(default_factory=dict)

    def is_title(self, row: int, cells: Mapping[int, Any]) -> bool:
        """Whether the row (content by column) is one cell across several columns: a heading or a sum, no post."""
        first, last = self.across.get(row, (0, 0))
        inside = {column for column in cells if first <= column <= last}
        return len(inside) > 1 and all(value is None for column, value in cells.items() if column not in inside)

    def filled(self, row: int, column: int, value: Any) -> Any:
        """The cell's content; that of the first row where the cell stretches down. Rows must come in order."""
        first = self.down.get((row, column))
        if first == (row, column):
            self._firsts[first] = value
        return self._firsts.get(first) if first and value is None else value


def read_marks(file: BinaryIO, sheet: str) -> Marks:
    """The marks of the worksheet whose part of the workbook is called ``sheet``."""
    marks = Marks()
    with zipfile.ZipFile(file) as book:
        targets = _targets(book, sheet)
        with book.open(sheet) as source:
            for element in _elements(source):
                if element.tag == f"{_MAIN}mergeCell":
                    _note_merge(marks, element.get("ref", ""))
                elif element.tag == f"{_MAIN}hyperlink":
                    target = targets.get(element.get(_RELATION, ""), "")
                    marks.links |= dict.fromkeys(_places(element.get("ref", ""), marks), target) if target else {}
    return marks


def _elements(source: Any) -> Iterator[Any]:
    for _, element in iterparse(source):
        yield element
        if element.tag in (f"{_MAIN}row", f"{_MAIN}mergeCell", f"{_MAIN}hyperlink"):
            element.clear()


def _targets(book: zipfile.ZipFile, sheet: str) -> dict[str, str]:
    """The web addresses that the worksheet refers to, by their names in it."""
    folder, name = posixpath.split(sheet)
    part = f"{folder}/_rels/{name}.rels"
    if part not in book.namelist():
        return {}
    with book.open(part) as source:
        found = {element.get("Id", ""): element.get("Target", "") for _, element in iterparse(source)}
    return {name: target for name, target in found.items() if target.lower().startswith(("http://", "https://"))}


def _note_merge(marks: Marks, ref: str) -> None:
    first_column, first_row, last_column, last_row = range_boundaries(ref)
    if first_row == last_row:
        marks.across[first_row] = (first_column, last_column)
    elif first_column == last_column:
        marks.down |= dict.fromkeys(_places(ref, marks), (first_row, first_column))


def _places(ref: str, marks: Marks) -> list[Place]:
    first_column, first_row, last_column, last_row = range_boundaries(ref)
    count = (last_row - first_row + 1) * (last_column - first_column + 1)
    if count + len(marks.links) + len(marks.down) > MOST_MARKED:
        raise ValueError(f"合并或带链接的单元格超过 {MOST_MARKED} 个")
    rows, columns = range(first_row, last_row + 1), range(first_column, last_column + 1)
    return [(row, column) for row in rows for column in columns]
