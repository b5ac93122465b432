"""Shifts as tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from qmnmr.datatypes.shift import ChemicalShift, Prediction

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("molecule", "atoms", "element", "nucleus", "shielding_ppm", "shift_ppm", "uncertainty_ppm", "label")
"""The columns of shifts.csv, in order."""


def atom_numbers(shift: ChemicalShift) -> list[int]:
    """Return the atoms of a set counted from 1."""
    return [index + 1 for index in shift.atom_indices]


def shifts_frame(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """Return one row for each set of equivalent nuclei, with the columns of COLUMNS; unknown values are missing."""
    import pandas as pd  # half of a second that runs without a table need not spend

    return pd.DataFrame(list(_rows(predictions)), columns=list(COLUMNS))


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
        for name, atoms, element, nucleus, shielding, shift, uncertainty, label in _rows((prediction,)):
            calibrated = "" if shift is None else f"{shift:.4f}"
            error_bar = "" if uncertainty is None else f"{uncertainty:.4f}"
            self._writer.writerow((name, atoms, element, nucleus, f"{shielding:.4f}", calibrated, error_bar, label))

    def text(self) -> str:
        """Return what is written so far."""
        return self._text.getvalue()


def _rows(
    predictions: Iterable[Prediction],
) -> Iterator[tuple[str, str, str, str, float, float | None, float | None, str]]:
    for prediction in predictions:
        for shift in prediction.shifts:
            yield (
                prediction.molecule.name,
                " ".join(str(n) for n in atom_numbers(shift)),
                shift.element,
                shift.nucleus,
                shift.shielding_ppm,
                shift.shift_ppm,
                shift.uncertainty_ppm,
                shift.label,
            )
