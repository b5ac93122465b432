"""How uncertain a shift is: the calibration's error for its kind of nucleus, and what conformer weights contribute."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qmnmr.datatypes.calibration import ScalingFactors
from qmnmr.shifts.apply_factors import level_error_ppm
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.units import HARTREE_KCAL_PER_MOL

TAUTOMER_ERROR_KCAL_PER_MOL = 1.0
"""What all conformers of one tautomer have in common beside it.

B3LYP/6-31G* puts 1H-tetrazole and 1H-1,2,3-triazole 0.8, 4H-1,2,4-triazole 0.7 kcal/mol too high above their lower
tautomers, beside CCSD(T) at the basis set limit (Balabin, J. Chem. Phys. 2009, 131, 154307).
"""


def weight_moves(
    isotropic_ppm: Sequence[Sequence[float]],
    *,
    energies_hartree: Sequence[float],
    degeneracies: Sequence[float],
    temperature_kelvin: float,
    energy_error_kcal_per_mol: float,
    sets: Sequence[Sequence[int]],
    tautomers: Sequence[str] = (),
) -> tuple[tuple[float, ...], ...]:
    """Return for each set, in ascending order, how far its shielding (ppm) moves with each error of the energies.

    The energies of n conformers are taken to be off by this error each, independently: a move is half the difference
    that plus and minus the error on one conformer make; likewise 1 kcal/mol on all conformers of one tautomer, where
    there are several (`tautomers` names that of each). Moves are the same errors in the same order for all sets; their
    root of the sum of squares is the part of the weights in an error bar. One conformer has no move.
    `isotropic_ppm` has shape (conformers, atoms).
    """
    values = np.asarray(isotropic_ppm, dtype=float)
    ordered = sorted(tuple(sorted(s)) for s in sets)
    if len(values) < 2:
        return ((),) * len(ordered)
    moves = []
    for together, error in _independent_errors(len(energies_hartree), energy_error_kcal_per_mol, tautomers):
        step = error / HARTREE_KCAL_PER_MOL
        moved = []
        for sign in (1.0, -1.0):
            shifted = [e + sign * step * (i in together) for i, e in enumerate(energies_hartree)]
            populations = boltzmann_populations(
                shifted, degeneracies=degeneracies, temperature_kelvin=temperature_kelvin
            )
            moved.append(populations @ values)
        by_atom = (moved[0] - moved[1]) / 2.0
        moves.append([float(by_atom[list(members)].mean()) for members in ordered])
    return tuple(zip(*moves, strict=True))


def _independent_errors(conformers: int, each: float, tautomers: Sequence[str]) -> list[tuple[set[int], float]]:
    """Return the conformers whose energies are off together, and by how many kcal/mol."""
    errors = [({k}, each) for k in range(conformers)]
    names = set(tautomers)
    if len(names) > 1:
        members = ({k for k, name in enumerate(tautomers) if name == wanted} for wanted in sorted(names))
        errors += [(together, TAUTOMER_ERROR_KCAL_PER_MOL) for together in members]
    return errors


def uncertainty_ppm(factors: ScalingFactors, *, environment: str, weight_sensitivity_ppm: float) -> float:
    """Return the standard uncertainty of a shift: level and weights, added in squares."""
    return math.hypot(level_error_ppm(factors, environment), weight_sensitivity_ppm / abs(factors.slope))
