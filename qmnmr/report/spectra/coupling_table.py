"""Couplings as a table."""

from __future__ import annotations

import csv
import io

from qmnmr.datatypes.shift import Prediction

COUPLING_COLUMNS = (
    "molecule",
    "atoms_1",
    "atoms_2",
    "bonds",
    "class",
    "coupling_hz",
    "uncertainty_hz",
    "source",
    "flags",
)
"""The columns of couplings.csv, in order."""


class CouplingTable:
    """The text of couplings.csv, filled while predictions come by.

    A row is one coupling. Its pairs are the first atom of `atoms_1` with the first of `atoms_2`, the second with the
    second, and so on.
    """

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\n")
        self._writer.writerow(COUPLING_COLUMNS)

    def add(self, prediction: Prediction) -> None:
        """Write the rows of a molecule."""
        for coupling in prediction.couplings:
            error_bar = "" if coupling.uncertainty_hz is None else f"{coupling.uncertainty_hz:.2f}"
            self._writer.writerow(
                (
                    prediction.molecule.name,
                    *(" ".join(str(pair[side] + 1) for pair in coupling.atom_pairs) for side in (0, 1)),
                    coupling.n_bonds,
                    coupling.coupling_class,
                    f"{coupling.coupling_hz:.2f}",
                    error_bar,
                    coupling.source,
                    "; ".join(coupling.flags),
                )
            )

    def text(self) -> str:
        """Return what is written so far."""
        return self._text.getvalue()
