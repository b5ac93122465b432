"""Conformers at the ranking's level: starts of two sources, walked down on GFN2-xTB's surface until none counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from qmnmr.conformers.alignment import align_slow_rotamers
from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.rdkit_search import expected_minima
from qmnmr.cost.cost_model import xtb_gradients_within
from qmnmr.datatypes.calculation import Calculation
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.engines.xtb import library
from qmnmr.engines.xtb.embedded import EmbeddedXtbEngine
from qmnmr.engines.xtb.library import StructureRefusedError
from qmnmr.exchange.polyhedra import octahedra_with_large_ligands
from qmnmr.funnel.minima.coverage import SOURCES, missed_population
from qmnmr.funnel.minima.known_minima import FoundMinimum, KnownMinima
from qmnmr.funnel.minima.starts import Source, Start
from qmnmr.funnel.minima.walks import walk
from qmnmr.units import BOLTZMANN_HARTREE_PER_KELVIN, HARTREE_KCAL_PER_MOL

_STARTS_PER_MINIMUM = 5  # of each source, at first
_FIRST_STARTS = 60  # at most
_BATCH = 30  # of each source
_TURNED_SHARE = 0.5  # of later batches
_BESIDE_SHARE = 0.8  # of the population, in the minima whose torsions are all turned at the end
_PARENT_TEMPERATURE = 2.0
"""Times the protocol's, for the weights of minima whose torsions are turned; half of the draws are of any minimum."""


def is_possible(molecule: Molecule, protocol: Protocol) -> bool:
    """Return whether a molecule is searched in this way: a flexible one, with GFN2-xTB in this process.

    Axes that no force field holds and octahedra with large ligands are left to the search that knows them.
    """
    if protocol.search.missed_population is None or protocol.ranking.method == "none" or not library.is_installed():
        return False
    if molecule.axes:
        return False
    mol = rdkit_mol(molecule)
    return expected_minima(mol) > 1.0 and not octahedra_with_large_ligands(mol)


def search_minima(
    molecule: Molecule, protocol: Protocol, *, check: Callable[[], None], tell: Callable[[int], None]
) -> Ensemble | None:
    """Return the minima within the ranking's window, with GFN2-xTB's energies, and what is estimated to be missing.

    Batches of starts until the estimate is below the protocol's share, the last batch brought less than that, and so
    did turning each torsion of the common minima; or until the starts are used up, which a note says. `check` is called
    before each gradient and may raise, `tell` with the number of starts made. None where nothing was found: no start
    could be embedded, or GFN2-xTB takes none.
    """
    search = _Search(molecule, protocol, check=check)
    try:
        search.run(tell)
    except StructureRefusedError:
        return None
    return search.ensemble()


class _Search:
    def __init__(self, molecule: Molecule, protocol: Protocol, *, check: Callable[[], None]) -> None:
        self._molecule = molecule
        self._protocol = protocol
        self._on_gradient = check
        self._most_gradients = xtb_gradients_within(protocol.search.budget_cpu_hours, n_atoms=len(molecule.symbols))
        self._gradients = 0
        seed = protocol.search.random_seed
        self._sources = [Source(molecule=molecule, number=number, seed=seed) for number in range(SOURCES)]
        self._ends: dict[tuple[int, int], FoundMinimum | None] = {}  # of source and form
        self._known: KnownMinima | None = None
        self._looked_beside: set[FoundMinimum] = set()
        self._starts = 0
        self._missed = 1.0

    def run(self, tell: Callable[[int], None]) -> None:
        """Search until nothing that counts is found."""
        settings = self._protocol.search
        target = settings.missed_population or 0.0
        each = math.ceil(_STARTS_PER_MINIMUM * expected_minima(rdkit_mol(self._molecule)))
        for source in self._sources:
            self._walk_all(source, source.embedded(min(_FIRST_STARTS, each)))
        new = 0.0
        while self._known is not None and self._known.found:
            tell(self._starts)
            captures = [m.captures for m in self._known.found]
            self._missed = missed_population(self._populations(self._known), captures)
            if self._is_used_up:
                break
            if max(self._missed, new) > target:
                new = self._batch(self._known, min(_BATCH, each))
                continue
            new = self._look_beside(self._known)
            if new <= target:
                break

    @property
    def _is_used_up(self) -> bool:
        return self._starts >= self._protocol.search.max_starts or self._gradients >= self._most_gradients

    def _check(self) -> None:
        self._on_gradient()
        self._gradients += 1

    def _batch(self, known: KnownMinima, count: int) -> float:
        """Let both sources find more; return the population of what was not known before."""
        before = set(known.found)
        turned = round(_TURNED_SHARE * count)
        for source in self._sources:
            own = [m for m in known.found if m.captures.counts[source.number]]
            kt = _PARENT_TEMPERATURE * BOLTZMANN_HARTREE_PER_KELVIN * self._protocol.temperature_kelvin
            low = [math.exp(-(m.energy_hartree - known.lowest_hartree) / kt) for m in own]
            weights = [w / sum(low) + 1.0 / len(own) for w in low]
            self._walk_all(source, source.turned([m.geometry for m in own], weights, turned))
            self._walk_all(source, source.embedded(count - turned))
        populations = zip(known.found, self._populations(known), strict=True)
        return sum(population for minimum, population in populations if minimum not in before)

    def _look_beside(self, known: KnownMinima) -> float:
        """Turn each torsion of the minima that hold most; return the population of what was not known before.

        Both sources may have missed a minimum one torsion away from a common one. What is known is not counted as
        found once more: such starts know where minima are.
        """
        before, left = set(known.found), _BESIDE_SHARE
        order = sorted(zip(self._populations(known), known.found, strict=True), key=lambda row: -row[0])
        for population, minimum in order:
            if left <= 0.0:
                break
            left -= population
            if minimum in self._looked_beside:
                continue
            self._looked_beside.add(minimum)
            for start in self._sources[0].beside(minimum.geometry):
                counts = {m: list(m.captures.counts) for m in known.found}
                self._walk_all(self._sources[0], [start])
                for m in known.found:
                    m.captures.counts[:] = counts.get(m, m.captures.counts)
        populations = zip(known.found, self._populations(known), strict=True)
        return sum(population for minimum, population in populations if minimum not in before)

    def _walk_all(self, source: Source, starts: Iterable[Start]) -> None:
        for start in starts:
            if self._gradients >= self._most_gradients and self._known is not None and self._known.found:
                return
            self._starts += 1
            form = None if start.form is None else (source.number, start.form)
            if form is not None and start.is_repeated:
                end = self._ends.get(form)
                if end is not None:
                    end.captures.counts[source.number] += 1
                continue
            if self._known is None:
                self._known = KnownMinima(self._molecule, start.geometry)
                refusal = EmbeddedXtbEngine().refusal(self._calculation(start.geometry))
                if refusal is not None:
                    raise StructureRefusedError(refusal)
            end = walk(
                self._calculation(start.geometry),
                self._known,
                source=source.number,
                window_kcal_per_mol=self._protocol.ranking.energy_window_kcal_per_mol,
                check=self._check,
            )
            if form is not None:
                self._ends[form] = end

    def _calculation(self, geometry: Geometry) -> Calculation:
        start = Conformer(label="start", geometry=geometry, energy_hartree=None)
        return self._protocol.ranking_step.of(start, self._molecule)

    def _populations(self, known: KnownMinima) -> tuple[float, ...]:
        return known.populations(self._protocol.temperature_kelvin)

    def ensemble(self) -> Ensemble | None:
        """Return what was found, lowest first, labelled c001 on; None if it is nothing."""
        found = [] if self._known is None else sorted(self._known.found, key=lambda m: m.energy_hartree)
        limit = self._protocol.ranking.energy_window_kcal_per_mol / HARTREE_KCAL_PER_MOL
        inside = [
            m
            for m in found
            if m.energy_hartree <= found[0].energy_hartree + limit
            and structure_change(self._molecule, m.geometry) is None
        ]
        if not inside:
            return None
        conformers = tuple(
            Conformer(
                label=f"c{number:03d}",
                geometry=m.geometry,
                energy_hartree=m.energy_hartree,
                degeneracy=m.degeneracy,
            )
            for number, m in enumerate(inside, start=1)
        )
        ensemble = Ensemble(
            molecule=self._molecule,
            conformers=conformers,
            notes=self._notes(),
            starts=self._starts,
            gradients=self._gradients,
            method=f"{self._protocol.ranking_step.level}, {library.PACKAGE} {library.version()}",
            missed_population=self._missed,
        )
        return align_slow_rotamers(self._molecule, ensemble)

    def _notes(self) -> tuple[str, ...]:
        settings = self._protocol.search
        if self._missed <= (settings.missed_population or 0.0) or not self._is_used_up:
            return ()
        found = f"about {100 * self._missed:.0f} % of the population may be in conformers that it did not find"
        limit = "the most that the protocol allows"
        if self._starts < settings.max_starts:
            limit = f"when the protocol's budget of {settings.budget_cpu_hours:g} CPU hours was used up"
        return (f"the search ended after {self._starts} starts, {limit}: {found}",)
