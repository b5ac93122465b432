"""Measured couplings of a signal beside predicted ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmnmr.datatypes.coupling import Coupling
from qmnmr.datatypes.measured.comparison import ComparedCoupling, ComparedPair
from qmnmr.datatypes.shift import Prediction
from qmnmr.spectra.proton_system import exchanging_hydrogens


def compare_couplings(
    prediction: Prediction, pairs: Sequence[ComparedPair]
) -> tuple[tuple[ComparedCoupling, ...], tuple[str, ...]]:
    """Return the couplings that were given for signals of one molecule beside predicted ones, and warnings.

    Nobody says which coupling is which: the sizes of a signal's are matched so that the sum of squares is smallest,
    which makes errors look smaller than they are. Partners on N, O and S count only where more couplings were given
    than there are others.
    """
    from scipy.optimize import linear_sum_assignment

    found: list[ComparedCoupling] = []
    warnings: list[str] = []
    exchanging = exchanging_hydrogens(prediction.molecule)
    for pair in pairs:
        measured = [abs(hz) for hz in pair.measured_couplings_hz]
        if not measured or pair.nucleus != "1H" or not prediction.couplings:
            continue
        possible = _couplings_of(pair, prediction.couplings, without=exchanging)
        if len(measured) > len(possible):
            possible = _couplings_of(pair, prediction.couplings, without=frozenset())
        costs = np.array([[(hz - abs(c.coupling_hz)) ** 2 for c in possible] for hz in measured])
        rows, columns = linear_sum_assignment(costs.reshape(len(measured), len(possible)))
        found += [
            ComparedCoupling(
                molecule=pair.molecule,
                atoms=pair.atoms,
                measured_hz=measured[row],
                predicted_hz=abs(possible[column].coupling_hz),
                uncertainty_hz=possible[column].uncertainty_hz,
            )
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ]
        warnings += [
            f"{pair.molecule}: J {hz:g} Hz of the signal at {pair.measured_ppm:g} ppm has no predicted coupling"
            for row, hz in enumerate(measured)
            if row not in rows
        ]
    return tuple(found), tuple(warnings)


def _couplings_of(pair: ComparedPair, couplings: Sequence[Coupling], *, without: frozenset[int]) -> list[Coupling]:
    """Return the couplings of one nucleus of a signal with other signals, each as often as it has partners."""
    own = {number - 1 for number in pair.atoms}
    atom = min(own)
    return [
        coupling
        for coupling in couplings
        for other in (b if a == atom else a for a, b in coupling.atom_pairs if atom in (a, b))
        if other not in own | without
    ]
