"""Small displacements that break the symmetry of a geometry."""

from __future__ import annotations

import numpy as np

from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.rdkit_molecule import coordinates_of

AMPLITUDE_ANGSTROM = 0.02
"""Far below what tells conformers apart, enough to leave a saddle point."""

_SEED = 20201


def displaced(geometry: Geometry, *, amplitude_angstrom: float = AMPLITUDE_ANGSTROM) -> Geometry:
    """Return the geometry with each coordinate moved by at most the amplitude, always in the same way.

    An optimiser keeps the symmetry it starts with, so that a planar force-field minimum stays planar where the better
    method has a saddle point (FCH2OH: the force field's H-O-C-F angle is 0, GFN2-xTB's 60 degrees).
    """
    points = coordinates_of(geometry)
    moved = points + np.random.default_rng(_SEED).uniform(-amplitude_angstrom, amplitude_angstrom, points.shape)
    return Geometry(
        symbols=geometry.symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in moved.round(8).tolist())
    )
