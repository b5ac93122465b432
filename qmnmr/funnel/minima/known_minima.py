"""The minima that a search has found so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qmnmr.conformers.pruning import ENERGY_KCAL_PER_MOL, RMSD_ANGSTROM, Skeleton
from qmnmr.conformers.rotation import principal_moments, rotates_alike
from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import Coordinates
from qmnmr.funnel.minima.coverage import SOURCES, Captures
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.units import HARTREE_KCAL_PER_MOL

_SAME_ANGSTROM = 0.2
"""Below the 0.25 Å between the nearest different minima; more than pruning's limit, since walks end a little early."""

_TWINS_ANGSTROM, _TWINS_KCAL_PER_MOL = 0.3, 0.03
"""The same for walks that end in one flat valley, as hexylamine's do: no further apart in energy."""

_ON_ITS_WAY_KCAL_PER_MOL = 0.5
"""So much above a minimum, and as near, a structure is taken to be on its way to it."""


@dataclass(slots=True, kw_only=True, eq=False)
class FoundMinimum:
    """One minimum and how often it was found."""

    geometry: Geometry
    energy_hartree: float
    degeneracy: float
    captures: Captures
    points: Coordinates  # (k, 3) in Å, of the skeleton
    moments: np.ndarray  # (3,) in u Å²


class KnownMinima:
    """Distinct minima of one molecule; the lower of two alike stays."""

    def __init__(self, molecule: Molecule, first: Geometry) -> None:
        self._skeleton = Skeleton.of(molecule, first)
        self.found: list[FoundMinimum] = []

    @property
    def lowest_hartree(self) -> float:
        """The energy of the lowest minimum; infinity where there is none yet."""
        return min((m.energy_hartree for m in self.found), default=np.inf)

    def near(self, geometry: Geometry, energy_hartree: float, *, is_minimum: bool) -> FoundMinimum | None:
        """Return the known minimum that a structure is, or is on its way to; None if there is none."""
        moments, points = principal_moments(geometry), self._skeleton.points(geometry)
        above = (ENERGY_KCAL_PER_MOL if is_minimum else _ON_ITS_WAY_KCAL_PER_MOL) / HARTREE_KCAL_PER_MOL
        below = ENERGY_KCAL_PER_MOL / HARTREE_KCAL_PER_MOL
        for known in self.found:
            higher = energy_hartree - known.energy_hartree
            is_twin = is_minimum and abs(higher) * HARTREE_KCAL_PER_MOL < _TWINS_KCAL_PER_MOL
            if (
                -below <= higher <= above
                and rotates_alike(moments, known.moments)
                and self._skeleton.same(points, known.points, _TWINS_ANGSTROM if is_twin else _SAME_ANGSTROM)
            ):
                return known
        return None

    def add(self, geometry: Geometry, energy_hartree: float, *, source: int) -> FoundMinimum:
        """Return the minimum that a structure is, counted as found by a source; of two alike the lower one stays."""
        known = self.near(geometry, energy_hartree, is_minimum=True)
        if known is None:
            points = self._skeleton.points(geometry)
            known = FoundMinimum(
                geometry=geometry,
                energy_hartree=energy_hartree,
                degeneracy=self._skeleton.degeneracy(points, RMSD_ANGSTROM),
                captures=Captures(counts=[0] * SOURCES),
                points=points,
                moments=principal_moments(geometry),
            )
            self.found.append(known)
        elif energy_hartree < known.energy_hartree:
            known.geometry, known.energy_hartree = geometry, energy_hartree
            known.points, known.moments = self._skeleton.points(geometry), principal_moments(geometry)
        known.captures.counts[source] += 1
        return known

    def populations(self, temperature_kelvin: float) -> tuple[float, ...]:
        """Return the population of each minimum."""
        return boltzmann_populations(
            [m.energy_hartree for m in self.found],
            degeneracies=[m.degeneracy for m in self.found],
            temperature_kelvin=temperature_kelvin,
        )
