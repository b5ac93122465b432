"""Shifts as tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from qmnmr.datatypes.shift import ChemicalShift, Prediction
from qmnmr.report.group_names import group_names

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("molecule", "atoms", "element", "nucleus", "shielding_ppm", "shift_ppm", "uncertainty_ppm", "label"),
    *("group", "flags", "reference_shift_ppm", "reference", "smiles", "status", "message"),
)
"""The columns of shifts.csv, in order; new ones come behind those that programs count on already."""


def atom_numbers(shift: ChemicalShift) -> list[int]:
    """Return the atoms of a set counted from 1."""
    return [index + 1 for index in shift.atom_indices]


def shifts_frame(predictions: Prediction | Iterable[Prediction]) -> pd.DataFrame:
    """Return one row for each set of equivalent nuclei, with the columns of COLUMNS; unknown values are missing.

    A molecule without shifts has one row, which says why.

    Args:
        predictions: One prediction or several, of `predict` or `load_run`.
    """
    import pandas as pd  # half of a second that runs without a table need not spend

    several = (predictions,) if isinstance(predictions, Prediction) else predictions
    rows = [row for prediction in several for row in table_rows(prediction)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shifts_csv(predictions: Iterable[Prediction]) -> str:
    """Return shifts.csv: ppm with four decimals, an empty field where a value is not known."""
    table = ShiftTable()
    for prediction in predictions:
        table.add(prediction)
    return table.text()


class ShiftTable:
    """The text of shifts.csv, filled while predictions come by."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def add(self, prediction: Prediction) -> None:
        """Write the rows of a molecule."""
        self._writer.writerows(map(table_cells, table_rows(prediction)))

    def text(self) -> str:
        """Return what is written so far."""
        return self._text.getvalue()


def table_cells(row: Iterable[object]) -> list[object]:
    """Return the values of a row as they are written: ppm with four decimals."""
    return [f"{value:.4f}" if isinstance(value, float) else value for value in row]


def table_rows(prediction: Prediction) -> Iterator[tuple[Any, ...]]:
    """Yield the values of COLUMNS for each set of equivalent nuclei; None where a value is not known.

    A molecule without shifts has one row, with its message.
    """
    molecule, status = prediction.molecule, str(prediction.status)
    if not prediction.shifts:
        nothing = (None,) * (len(COLUMNS) - 4)
        yield (molecule.name, *nothing, molecule.smiles, status, "; ".join(prediction.messages))
        return
    groups = group_names(molecule)
    for shift in prediction.shifts:
        yield (
            molecule.name,
            " ".join(str(n) for n in atom_numbers(shift)),
            shift.element,
            shift.nucleus,
            shift.shielding_ppm,
            shift.shift_ppm,
            shift.uncertainty_ppm,
            shift.label,
            groups[shift.atom_indices[0]],
            "; ".join(shift.flags),
            shift.reference_shift_ppm,
            shift.reference,
            molecule.smiles,
            status,
            "",
        )
