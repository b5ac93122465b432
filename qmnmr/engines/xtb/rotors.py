"""B3LYP/6-31G*'s barriers above GFN2-xTB's, where a saturated carbon turns."""

from __future__ import annotations

from qmnmr.engines.surfaces.rotors import SATURATED, RotorDifference
from qmnmr.units import HARTREE_KCAL_PER_MOL

_KCAL_PER_MOL = {
    "C3": {"O1": 0.27, "N2": 0.95, "N3": 0.90, "=C3": 0.85, "C3": 0.15, "C4": -0.30, "Cl1": -0.50},
    "C4": {"H1": -0.24, "C4": -0.24, "N3": -1.13, "O2": -1.43, "F1": -1.05, "Cl1": -1.31},
    "N3": {"C3": -0.96, "C4": -0.65},
    "O2": {"C3": -0.72, "C4": -0.45},
    "P3": {"C4": -0.33},
    "S2": {"C4": -0.86},
    "S4": {"O1": -0.55, "C4": -0.55},
}
ROTORS = tuple(
    RotorDifference(axis=axis, beside=beside, barrier=barrier / HARTREE_KCAL_PER_MOL)
    for axis, neighbours in _KCAL_PER_MOL.items()
    for beside, barrier in neighbours.items()
)
"""Of methyl groups turned as they are by 60°; an axis of another kind has none (docs/decisions/0015)."""

SATURATED_ROTORS = tuple(rotor for rotor in ROTORS if rotor.axis == SATURATED)
"""Those of bonds between saturated carbons. They are the same in all staggered conformers, whose energies remain
GFN2-xTB's, and keep apart those that its flat barriers lose."""
