"""The index of a run: every molecule with a small drawing, how it ended, and the way to its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.report.page.drawing import thumbnail
from qmnmr.report.page.shell import rendered
from qmnmr.report.words import counted

PARTIAL = "partial"
"""A molecule with shifts that leave conformers out because a calculation failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """What the index says of a molecule."""

    name: str
    smiles: str
    drawing: str  # SVG
    state: str
    signals: str  # "5 13C, 8 1H"
    flagged: int
    conformers: int
    cpu_seconds: float
    message: str  # why there is no result
    address: str  # of its page; "" where there is none


def index_row(prediction: Prediction, *, address: str) -> IndexRow:
    """Return the row of a molecule."""
    shifted = [s for s in prediction.shifts if s.shift_ppm is not None]
    counts = {s.nucleus: 0 for s in shifted}
    for shift in shifted:
        counts[shift.nucleus] += 1
    is_completed = prediction.status is PredictionStatus.COMPLETED
    return IndexRow(
        name=prediction.molecule.name,
        smiles=prediction.molecule.smiles,
        drawing=thumbnail(prediction.molecule),
        state=PARTIAL if is_completed and prediction.failures else prediction.status.value,
        signals=", ".join(f"{count} {nucleus}" for nucleus, count in counts.items()),
        flagged=sum(bool(s.flags) for s in prediction.shifts),
        conformers=len(prediction.conformers),
        cpu_seconds=0.0 if prediction.provenance is None else prediction.provenance.cpu_seconds,
        message="" if is_completed or not prediction.messages else prediction.messages[0],
        address=address,
    )


def index_page(rows: Sequence[IndexRow], *, run: str) -> str:
    """Return the index of a run as one file of HTML; addresses are relative to it."""
    states = {row.state: 0 for row in rows}
    for row in rows:
        states[row.state] += 1
    values = {
        "run": run,
        "rows": [(row, Markup(row.drawing)) for row in rows],  # noqa: S704  # names in it are escaped there
        "states": states,
        "said": f"{counted(len(rows), 'molecule')}: {', '.join(f'{count} {state}' for state, count in states.items())}",
        "digest": "",
    }
    return rendered("index.html.j2", script="index.js", values=values)
