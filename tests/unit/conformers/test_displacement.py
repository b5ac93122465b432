"""Small displacements of a geometry."""

from __future__ import annotations

import numpy as np

from qmnmr.conformers.displacement import AMPLITUDE_ANGSTROM, displaced
from qmnmr.datatypes.molecule import Geometry

FLAT = Geometry(symbols=("H", "C", "N"), coordinates_angstrom=((-1.07, 0.0, 0.0), (0.0, 0.0, 0.0), (1.15, 0.0, 0.0)))


def test_every_atom_moves_a_little_and_always_in_the_same_way():
    moved = displaced(FLAT)
    assert moved == displaced(FLAT)
    distance = np.abs(np.array(moved.coordinates_angstrom) - np.array(FLAT.coordinates_angstrom))
    assert distance.min() > 0
    assert distance.max() <= AMPLITUDE_ANGSTROM
    assert moved.symbols == FLAT.symbols
