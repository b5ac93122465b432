"""Shifts as tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from qmnmr.datatypes.shift import ChemicalShift, Prediction

COLUMNS = ("molecule", "atoms", "element", "nucleus", "shielding_ppm", "shift_ppm", "uncertainty_ppm")
"""The columns of shifts.csv, in order."""


def atom_numbers(shift: ChemicalShift) -> list[int]:
    """Return the atoms of a set counted from 1."""
    return [index + 1 for index in shift.atom_indices]


def shifts_frame(predictions: Sequence[Prediction]) -> pd.DataFrame:
    """Return one row for each set of equivalent nuclei, with the columns of COLUMNS; unknown values are missing."""
    rows = [
        (
            prediction.molecule.name,
            " ".join(str(n) for n in atom_numbers(shift)),
            shift.element,
            shift.nucleus,
            shift.shielding_ppm,
            shift.shift_ppm,
            shift.uncertainty_ppm,
        )
        for prediction in predictions
        for shift in prediction.shifts
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shifts_csv(predictions: Sequence[Prediction]) -> str:
    """Return shifts.csv: ppm with four decimals, an empty field where a value is not known."""
    return shifts_frame(predictions).to_csv(index=False, float_format="%.4f", lineterminator="\n")
