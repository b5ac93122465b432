"""The minima that a search has found so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qmnmr.conformers.pruning import ENERGY_KCAL_PER_MOL, RMSD_ANGSTROM, Place, Skeleton
from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.funnel.minima.coverage import SOURCES, Captures
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.units import HARTREE_KCAL_PER_MOL

_SAME_ANGSTROM = 0.2
"""Below the 0.25 Å between the nearest different minima; more than pruning's limit, since walks end a little early."""

_ON_ITS_WAY_KCAL_PER_MOL = 0.5
"""So much above a minimum, and as near, a structure is taken to be on its way to it."""


@dataclass(slots=True, kw_only=True, eq=False)
class FoundMinimum:
    """One minimum and how often it was found."""

    geometry: Geometry
    energy_hartree: float
    degeneracy: float
    captures: Captures
    place: Place


class KnownMinima:
    """Distinct minima of one molecule; the lower of two alike stays."""

    def __init__(self, molecule: Molecule, first: Geometry) -> None:
        self._skeleton = Skeleton.of(molecule, first)
        self.found: list[FoundMinimum] = []

    @property
    def lowest_hartree(self) -> float:
        """The energy of the lowest minimum; infinity where there is none yet."""
        return min((m.energy_hartree for m in self.found), default=np.inf)

    def leads_to(self, geometry: Geometry, energy_hartree: float) -> FoundMinimum | None:
        """Return the known minimum that a structure on its way down is going to; None if there is none."""
        place = self._skeleton.place(geometry, energy_hartree)
        below = ENERGY_KCAL_PER_MOL / HARTREE_KCAL_PER_MOL
        for known in self.found:
            if energy_hartree >= known.energy_hartree - below and self._skeleton.are_duplicates(
                place, known.place, rmsd_angstrom=_SAME_ANGSTROM, energy_kcal_per_mol=_ON_ITS_WAY_KCAL_PER_MOL
            ):
                return known
        return None

    def add(self, geometry: Geometry, energy_hartree: float, *, source: int) -> FoundMinimum:
        """Return the minimum that a structure is, counted as found by a source; of those alike the lowest one stays."""
        place = self._skeleton.place(geometry, energy_hartree)
        new = FoundMinimum(
            geometry=geometry,
            energy_hartree=energy_hartree,
            degeneracy=self._skeleton.degeneracy(place.points, RMSD_ANGSTROM),
            captures=Captures(counts=[0] * SOURCES),
            place=place,
        )
        known = next((one for one in self.found if self._are_one(place, one.place)), None)
        if known is None:
            known = new
            self.found.append(known)
        elif energy_hartree < known.energy_hartree:
            known.geometry, known.energy_hartree = new.geometry, new.energy_hartree
            known.degeneracy, known.place = new.degeneracy, new.place
            self._absorb(known)
        known.captures.counts[source] += 1
        return known

    def _absorb(self, lower: FoundMinimum) -> None:
        """Let a minimum that has become lower take in those that are one with it now; walks that ended there count."""
        for other in [one for one in self.found if one is not lower and self._are_one(one.place, lower.place)]:
            if other.energy_hartree >= lower.energy_hartree:
                self.found.remove(other)
                for source, count in enumerate(other.captures.counts):
                    lower.captures.counts[source] += count
                other.captures = lower.captures

    def _are_one(self, place: Place, known: Place) -> bool:
        return self._skeleton.are_duplicates(
            place, known, rmsd_angstrom=_SAME_ANGSTROM, energy_kcal_per_mol=ENERGY_KCAL_PER_MOL
        ) or self._skeleton.in_one_valley(place, known)

    def populations(self, temperature_kelvin: float) -> tuple[float, ...]:
        """Return the population of each minimum."""
        return boltzmann_populations(
            [m.energy_hartree for m in self.found],
            degeneracies=[m.degeneracy for m in self.found],
            temperature_kelvin=temperature_kelvin,
        )
