"""The cavity of a molecule in a continuum, as NWChem's COSMO has it.

York, Karplus, J. Phys. Chem. A 103, 11060 (1999): spheres around the atoms carry Gaussian charges at fixed directions; a
charge is switched off smoothly where another sphere covers it. Directions: centres of the triangles of an octahedron
that was divided again and again (each triangle into four). Radii: Klamt et al., J. Phys. Chem. A 102, 5074 (1998),
otherwise 1.17 times Bondi's, the default of NWChem's COSMO (its output prints them).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmnmr.engines.elements import SYMBOLS
from qmnmr.units import BOHR_ANGSTROM

Array = NDArray[np.float64]

_LIGHT_RADII = (
    *(1.300, 1.638, 1.404, 1.053, 2.0475, 2.000, 1.830, 1.720, 1.720),
    *(1.8018, 1.755, 1.638, 1.404, 2.457, 2.106, 2.160, 2.050, 2.223),
)
RADII_ANGSTROM: dict[str, float] = {
    symbol: 2.160 if symbol == "Br" else (_LIGHT_RADII[i] if i < len(_LIGHT_RADII) else 2.223)
    for i, symbol in enumerate(SYMBOLS)
}
"""Radii of the spheres by element."""

NWCHEM_DIVISIONS = 1
"""How often NWChem's default ("minbem 2") divides the octahedron: 32 charges on each sphere."""

_WIDTH = 0.98 * 4.0
"""NWChem's "gaussian surface charge width" with the constant that belongs to its unit of area."""
_SWITCHED_OFF = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Places where a continuum has its charges; n of them."""

    positions: Array  # (n, 3), bohr
    exponents: Array  # (n,), 1/bohr: the Gaussian is exp(-exponent^2 r^2)
    switching: Array  # (n,), 0 to 1
    atoms: NDArray[np.intp]  # (n,), the atom on whose sphere it is
    inner_radii: Array  # (n_atoms,), bohr, where a point is switched off wholly
    switching_widths: Array  # (n_atoms,), bohr

    def interaction(self) -> Array:
        """Return the matrix A of the charges' mutual repulsion, (n, n); York and Karplus, equations 63 to 67."""
        from scipy.spatial.distance import cdist
        from scipy.special import erf

        first, second = self.exponents[:, None], self.exponents[None]
        distances = cdist(self.positions, self.positions)
        np.fill_diagonal(distances, 1.0)
        matrix = erf(first * second / np.sqrt(first**2 + second**2) * distances) / distances
        np.fill_diagonal(matrix, self.exponents * sqrt(2 / pi) / self.switching)
        return np.asarray(matrix)


def build_surface(mol: Any, *, divisions: int) -> Surface:
    """Return the surface with 8 times 4^divisions directions on each sphere."""
    from scipy.spatial.distance import cdist

    directions = triangle_centres(divisions)
    centres = mol.atom_coords()
    radii = np.array([RADII_ANGSTROM[mol.atom_pure_symbol(i)] for i in range(mol.natm)]) / BOHR_ANGSTROM
    width = 0.5 ** (divisions + 1) * radii
    inner = radii - 0.5 * width
    positions = (centres[:, None] + radii[:, None, None] * directions).reshape(-1, 3)
    atoms = np.repeat(np.arange(mol.natm), len(directions))
    depth = np.clip((cdist(positions, centres) - inner) / width, 0.0, 1.0)
    depth[np.arange(len(atoms)), atoms] = 1.0
    switching = (depth**3 * (10.0 - 15.0 * depth + 6.0 * depth**2)).prod(axis=1)
    kept = switching >= _SWITCHED_OFF
    exponents = _WIDTH * sqrt(len(directions) / (2 * pi)) / radii
    return Surface(
        positions=positions[kept],
        exponents=exponents[atoms[kept]],
        switching=switching[kept],
        atoms=atoms[kept],
        inner_radii=inner,
        switching_widths=width,
    )


def triangle_centres(divisions: int) -> Array:
    """Return unit vectors to the triangles of a divided octahedron, shape (8 times 4^divisions, 3)."""
    x, y, z = np.eye(3)
    triangles = np.array([[a * x, b * y, c * z] for a in (1, -1) for b in (1, -1) for c in (1, -1)], dtype=float)
    for _ in range(divisions):
        a, b, c = triangles.transpose(1, 0, 2)
        ab, bc, ca = (_unit(a + b), _unit(b + c), _unit(c + a))
        triangles = np.concatenate([np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    return _unit(triangles.sum(axis=1))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
