"""A prediction as notebooks show it: drawing and table. Static, and names in it are text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qmnmr.datatypes.shift import Prediction
from qmnmr.report.page.drawing import prediction_drawing
from qmnmr.report.text import NUMBER_COLUMNS, prediction_title, screen_rows

MOST_SHOWN = 20
"""Molecules of a run that are shown at once."""

_CELL = "padding:2px 10px;text-align:{side}"


def prediction_html(prediction: Prediction) -> str:
    """Return the HTML of one molecule: heading, drawing with the atoms' numbers, table, notes."""
    rows = screen_rows(prediction)
    notes = "".join(f"<li>{escape(message)}</li>" for message in prediction.messages)
    parts = [
        f"<p><b>{escape(prediction_title(prediction))}</b></p>",
        '<div style="display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start">',
        f'<div style="background:#ffffff">{prediction_drawing(prediction)}</div>',
        _table(rows) if rows else "",
        "</div>",
        f"<ul>{notes}</ul>" if notes else "",
    ]
    return f'<div class="qmnmr">{"".join(parts)}</div>'


def predictions_html(predictions: Sequence[Prediction]) -> str:
    """Return the HTML of a run: its first molecules, and how many more there are."""
    left = len(predictions) - MOST_SHOWN
    more = f"<p>and {left} more</p>" if left > 0 else ""
    return "".join(prediction_html(prediction) for prediction in predictions[:MOST_SHOWN]) + more


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    heading, *body = rows
    head = "".join(_cell("th", cell, column) for column, cell in enumerate(heading))
    lines = "".join(f"<tr>{''.join(_cell('td', cell, column) for column, cell in enumerate(row))}</tr>" for row in body)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(tag: str, text: str, column: int) -> str:
    side = "right" if column in NUMBER_COLUMNS else "left"
    return f'<{tag} style="{_CELL.format(side=side)}">{escape(text)}</{tag}>'
