"""The funnel as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.funnel import FunnelStep

_HEADINGS = ("step", "in", "out", "CPU s", "method; where the others went")


def funnel_lines(funnel: Sequence[FunnelStep]) -> list[str]:
    """Return the funnel as a table; nothing for a molecule whose search gave one conformer, which has no funnel."""
    if not any(step.left > 1 or step.entered > 1 for step in funnel if step.name != "search"):
        return []
    rows = [_HEADINGS, *(_row(step) for step in funnel)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    return [
        "  ".join(
            cell.rjust(width) if 0 < i < 4 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _row(step: FunnelStep) -> tuple[str, ...]:
    words = "; ".join(word for word in (step.method, step.remark) if word)
    return (step.name, str(step.entered), str(step.left), f"{step.cpu_seconds:.1f}", words)
