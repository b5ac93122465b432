"""The cavity of a molecule in a continuum: spheres around the atoms that carry Gaussian charges at fixed directions.

A charge is switched off smoothly where another sphere covers it: York, Karplus, J. Phys. Chem. A 103, 11060 (1999);
Lange, Herbert, J. Chem. Phys. 133, 244111 (2010). Two sets of directions:

- those of NWChem with `ificos 1`, as qmnmr asks it: the centres of an icosahedron's divided triangles, 80 on each
  sphere, and charges that are four times wider towards each other than towards themselves, points towards the
  molecule (read in NWChem's `solvation/hnd_cosmo_lib.F`). The default, for equal numbers on both engines;
- Lebedev's, with the widths that York and Karplus fitted to them: to measure how far from the limit of many charges
  the default is (docs/explanation/embedded-engine.md has figures).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from qmnmr.engines.cavities import CAVITY_RADII_ANGSTROM
from qmnmr.engines.pyscf.pyscf_types import Mole
from qmnmr.units import BOHR_ANGSTROM

Array = NDArray[np.float64]

_SWITCHED_OFF = 1e-4  # NWChem's "switching function tolerance"
NWCHEM_DIRECTIONS = 80
_POINT = 1e8  # exponent of what should be a point, 1/bohr

_LEBEDEV_WIDTHS = {50: 4.89250673295, 110: 4.90101060987, 194: 4.90337644248, 302: 4.90498088169, 590: 4.90624071359}
"""By number of directions, from PySCF's `solvent/pcm.py`, which cites table II of J. Chem. Phys. 122, 194110 (2005)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sphere:
    """Directions on the unit sphere and the Gaussians that go with them."""

    directions: Array  # (n, 3)
    exponents: Array  # (n,), towards other charges; all exponents are for a radius of one
    own_exponents: Array  # (n,), for the charge's energy with itself
    outer_exponents: Array  # (n,), towards the molecule
    switching_width: float  # share of the radius
    inner_share: float  # of the switching zone that lies inside the sphere


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Places where a continuum has its charges, n of them; in bohr, exponents 1/bohr: exp(-exponent^2 r^2)."""

    positions: Array  # (n, 3)
    exponents: Array  # (n,)
    own_exponents: Array  # (n,)
    outer_exponents: Array  # (n,)
    switching: Array  # (n,), 0 to 1
    atoms: NDArray[np.intp]  # (n,), the atom on whose sphere it is
    centres: Array  # (n_atoms, 3)
    inner_radii: Array  # (n_atoms,), inside of which a point is switched off wholly
    switching_widths: Array  # (n_atoms,)

    def interaction(self) -> Array:
        """Return the matrix A of the charges' mutual repulsion, (n, n); York and Karplus 1999."""
        from scipy.spatial.distance import cdist
        from scipy.special import erf

        first, second = self.exponents[:, None], self.exponents[None]
        distances = cdist(self.positions, self.positions)
        np.fill_diagonal(distances, 1.0)
        matrix = erf(first * second / np.sqrt(first**2 + second**2) * distances) / distances
        np.fill_diagonal(matrix, self.own_exponents * sqrt(2 / pi) / self.switching)
        return np.asarray(matrix)


def lebedev_sphere(n_directions: int) -> Sphere:
    """Return Lebedev's directions; widths and switching zone of Lange and Herbert 2010."""
    from pyscf.dft import gen_grid

    grid = gen_grid.MakeAngularGrid(n_directions)
    exponents = _LEBEDEV_WIDTHS[n_directions] / np.sqrt(4 * pi * grid[:, 3])
    width = sqrt(14 / n_directions)
    return Sphere(
        directions=grid[:, :3],
        exponents=exponents,
        own_exponents=exponents,
        outer_exponents=exponents,
        switching_width=width,
        inner_share=0.5 + 1 / width - sqrt(1 / width**2 - 1 / 28),
    )


def nwchem_sphere() -> Sphere:
    """Return NWChem's 80 directions with `ificos 1`; its default `minbem 2` divides the icosahedron once."""
    directions = triangle_centres(1)
    exponents = np.full(len(directions), 0.98 * sqrt(len(directions) / (2 * pi)))
    return Sphere(
        directions=directions,
        exponents=exponents,
        own_exponents=4 * exponents,
        outer_exponents=np.full(len(directions), _POINT),
        switching_width=0.25,
        inner_share=0.5,
    )


def build_surface(mol: Mole, sphere: Sphere, *, cavity: str) -> Surface:
    """Return the molecule's surface in a cavity of qmnmr.engines.cavities."""
    from scipy.spatial.distance import cdist

    centres = mol.atom_coords()
    by_element = CAVITY_RADII_ANGSTROM[cavity]
    radii = np.array([by_element[mol.atom_pure_symbol(i)] for i in range(mol.natm)]) / BOHR_ANGSTROM
    widths = sphere.switching_width * radii
    inner = radii - sphere.inner_share * widths
    positions = (centres[:, None] + radii[:, None, None] * sphere.directions).reshape(-1, 3)
    atoms = np.repeat(np.arange(mol.natm), len(sphere.directions))
    depth = np.clip((cdist(positions, centres) - inner) / widths, 0.0, 1.0)
    depth[np.arange(len(atoms)), atoms] = 1.0
    switching = (depth**3 * (10.0 - 15.0 * depth + 6.0 * depth**2)).prod(axis=1)
    kept = switching >= _SWITCHED_OFF

    def scaled(exponents: Array) -> Array:
        return np.asarray((exponents / radii[:, None]).ravel()[kept])

    return Surface(
        positions=positions[kept],
        exponents=scaled(sphere.exponents),
        own_exponents=scaled(sphere.own_exponents),
        outer_exponents=scaled(sphere.outer_exponents),
        switching=switching[kept],
        atoms=atoms[kept],
        centres=centres,
        inner_radii=inner,
        switching_widths=widths,
    )


def triangle_centres(divisions: int) -> Array:
    """Return unit vectors to the triangles of a divided icosahedron, shape (20 times 4^divisions, 3).

    Two opposite edges of the icosahedron are parallel to each axis, as in NWChem; the middles of edges are moved out
    to the sphere before the next division.
    """
    cosine, sine = sqrt(0.5 + sqrt(0.05)), sqrt(0.5 - sqrt(0.05))  # of half the angle between two corners
    planar = np.array([[0.0, x * cosine, y * sine] for x in (1, -1) for y in (1, -1)])
    corners = np.concatenate([planar, planar[:, [2, 0, 1]], planar[:, [1, 2, 0]]])
    touching = corners @ corners.T > 0.4  # 1/sqrt(5) between neighbours
    triples = [c for c in combinations(range(12), 3) if all(touching[i, j] for i, j in combinations(c, 2))]
    triangles = corners[np.array(triples)]
    for _ in range(divisions):
        a, b, c = triangles.transpose(1, 0, 2)
        ab, bc, ca = (_unit(a + b), _unit(b + c), _unit(c + a))
        triangles = np.concatenate([np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    return _unit(triangles.sum(axis=1))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
