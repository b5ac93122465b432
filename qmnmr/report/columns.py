"""Rows as lines of even columns."""

from __future__ import annotations

from collections.abc import Container, Sequence


def aligned(rows: Sequence[tuple[str, ...]], *, right: Container[int] = ()) -> list[str]:
    """Return rows as lines; columns named in `right` are right-aligned, no line ends in blanks."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
