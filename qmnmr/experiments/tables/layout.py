"""Lines as rows of cells: which delimiter, which line is the header, which lines are no rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.errors import InputError
from qmnmr.experiments.tables.columns import Column, is_header, read_column

Line = tuple[int, str]
"""Number, counted from 1, and text of a line."""

_DELIMITERS = ("\t", ";", ",", "|", "  ", " ")
_HEADER_WITHIN = 12  # lines: programs write a few of their own above


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a line."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A table with a header."""

    columns: tuple[Column, ...]
    delimiter: str
    header: int  # place of the header among the lines
    lines: tuple[Line, ...]

    @property
    def header_line(self) -> int:
        """The line of the header, counted from 1."""
        return self.lines[self.header][0]

    def rows(self, *, source: str) -> tuple[Row, ...]:
        """Return the rows below the header, blank lines and comments left out, each as wide as the header.

        Raises InputError for quotes that don't match, and for a row with more cells than columns.
        """
        rows = split_rows(self.lines[self.header + 1 :], self.delimiter, source=source)
        rows = [row for row in rows if any(cell.strip() for cell in row.cells)]
        if self._is_numbered(rows):
            rows = [Row(row.line, row.cells[1:]) for row in rows]
        return tuple(Row(row.line, self._fitted(row, source)) for row in rows)

    def _is_numbered(self, rows: Sequence[Row]) -> bool:
        """Return whether rows begin with a number that has no heading, as Mnova copies its tables."""
        width = len(self.columns)
        place = next((i for i, column in enumerate(self.columns) if column.field == "shift"), None)
        if not rows or not self.columns[0].heading or not all(row.cells[0].strip().isdecimal() for row in rows):
            return False
        has_more = any(len(_without_empty_end(row.cells)) == width + 1 for row in rows)
        first = rows[0].cells
        is_beside = place is not None and place + 1 < len(first) and not first[place][:1].isdigit()
        return has_more or (is_beside and place is not None and first[place + 1][:1].isdigit())

    def _fitted(self, row: Row, source: str) -> tuple[str, ...]:
        cells, width = row.cells, len(self.columns)
        if len(cells) > width:
            cells = _without_empty_end(cells)
        if len(cells) > width and self.delimiter == " " and self.columns[-1].field in ("atoms", "label"):
            cells = (*cells[: width - 1], " ".join(cells[width - 1 :]))
        if len(cells) > width:
            raise InputError(
                f"{source}, line {row.line}: {len(cells)} cells below {width} columns",
                hint='put a cell that holds commas in "quotes"; with decimal commas, part the cells by semicolons',
            )
        return (*cells, *([""] * (width - len(cells))))


def find_layout(lines: Sequence[Line]) -> Layout | None:
    """Return the table with a header that these lines hold, None if none of the first ones is a header."""
    for place, (_, text) in enumerate(lines[:_HEADER_WITHIN]):
        for delimiter in _DELIMITERS:
            headings = _split_header(text, delimiter)
            columns = [read_column(heading) for heading in headings]
            if is_header(columns) and _may_be_header(text, columns, delimiter, place):
                return Layout(tuple(columns), delimiter, place, tuple(lines))
    return None


def _may_be_header(text: str, columns: Sequence[Column], delimiter: str, place: int) -> bool:
    """Return whether a line with a heading of shifts is no line of running text."""
    if len(columns) == 1:
        return place == 0 and not columns[0].nucleus and not re.search(r"[,;|]", columns[0].heading)
    if delimiter in (",", " ", "  ") and re.search(r"\bNMR\b|MHz|\(|:", text):
        return delimiter != " " and not re.search(r"\bNMR\b|MHz", text)
    return delimiter != " " or all(column.is_known for column in columns)


def _without_empty_end(cells: tuple[str, ...]) -> tuple[str, ...]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _split_header(text: str, delimiter: str) -> list[str]:
    stripped = text.strip("\n\r").lstrip("#").rstrip() if delimiter == "\t" else text.strip().lstrip("#").strip()
    try:
        return _split(stripped, delimiter)
    except csv.Error:
        return []


def _split(text: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return text.split()
    if delimiter == "  ":
        return re.split(r"\s{2,}", text.strip())
    if delimiter == "|":
        return [cell.strip() for cell in text.strip().strip("|").split("|")]
    return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), [])]


def split_rows(lines: Sequence[Line], delimiter: str, *, source: str) -> list[Row]:
    """Return lines as rows; blank ones, comments and rules (|---|) are left out.

    Raises InputError for quotes that don't match.
    """
    kept = [(number, text) for number, text in lines if text.strip() and not is_comment(text) and not _is_rule(text)]
    if delimiter not in ("\t", ";", ","):
        return [Row(number, tuple(_split(text, delimiter))) for number, text in kept]
    reader = csv.reader((text for _, text in kept), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    while True:
        first = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            number = kept[min(first, len(kept) - 1)][0]
            raise InputError(f"{source}, line {number}: not CSV: {error}", hint="check the quotes") from None
        rows.append(Row(kept[first][0], tuple(cell.strip() for cell in cells)))


def is_comment(text: str) -> bool:
    """Return whether a line is a comment."""
    return text.lstrip().startswith(("#", "//", "%"))


def _is_rule(text: str) -> bool:
    return set(text.strip()) <= set("|-=+: _") and len(text.strip()) > 2
