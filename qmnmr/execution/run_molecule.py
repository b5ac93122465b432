"""The chain for one molecule: search, optimise, prune, weigh, shield."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

from qmnmr.conformers.equivalence import align_slow_rotamers
from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.pruning import prune
from qmnmr.conformers.rdkit_search import given_geometry, search
from qmnmr.datatypes.calculation import (
    Calculation,
    CalculationFailure,
    CalculationKind,
    CalculationResult,
    FailureKind,
)
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Conformer, Ensemble, Molecule
from qmnmr.datatypes.theory import LevelOfTheory, Protocol
from qmnmr.execution.progress import Progress, Report
from qmnmr.execution.run_calculation import MoleculeStore, Outcome, Workplace, run_calculation
from qmnmr.units import HARTREE_KCAL_PER_MOL


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeOutcome:
    """What the chain gave for one molecule, before anything is averaged.

    `results` holds every calculation that counts, by label. An ensemble of None means that no conformer came through.
    """

    molecule: Molecule
    ensemble: Ensemble | None
    results: dict[str, CalculationResult]
    failures: tuple[CalculationFailure, ...]
    notes: tuple[str, ...]


def run_molecule(
    molecule: Molecule,
    protocol: Protocol,
    *,
    resources: Resources,
    workplace: Workplace,
    store: MoleculeStore,
    report: Report,
) -> MoleculeOutcome:
    """Take one molecule through the protocol and return what came of it.

    A conformer whose calculation fails is left out and named; only when none is left does the molecule fail. What the
    store already holds is not computed again.
    """
    return _Chain(
        molecule=molecule, protocol=protocol, resources=resources, workplace=workplace, store=store, report=report
    ).run()


def search_conformers(molecule: Molecule, protocol: Protocol) -> Ensemble:
    """Return the conformers that go on to quantum chemistry: a search's, or the one geometry of the input.

    Raises InputError for a molecule that can't be embedded or that has no geometry to keep.
    """
    return given_geometry(molecule) if protocol.search.method == "none" else search(molecule, protocol.search)


def optimization(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> Calculation:
    """Return the geometry optimisation of a conformer."""
    label = f"{conformer.label}-optimization"
    return _calculation(molecule, conformer, label, CalculationKind.OPTIMIZATION, protocol.optimization)


def weight_energy(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> Calculation | None:
    """Return the calculation of a conformer's energy for its weight; None if the optimisation's own energy serves."""
    level = protocol.energy
    if level is None or level == protocol.optimization:
        return None
    return _calculation(molecule, conformer, f"{conformer.label}-energy", CalculationKind.ENERGY, level)


def shieldings(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> tuple[Calculation, ...]:
    """Return the shielding calculations of a conformer: one for each level that one of its elements needs."""
    calculations = {}
    for element in dict.fromkeys(molecule.symbols):
        label = shielding_label(conformer.label, protocol=protocol, element=element)
        level = protocol.shielding_level(element)
        calculations[label] = _calculation(molecule, conformer, label, CalculationKind.SHIELDING, level)
    return tuple(calculations.values())


def conformer_calculations(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> tuple[Calculation, ...]:
    """Return all calculations of a conformer, in the order in which they run."""
    energy = weight_energy(molecule, conformer, protocol)
    return (
        optimization(molecule, conformer, protocol),
        *(() if energy is None else (energy,)),
        *shieldings(molecule, conformer, protocol),
    )


def shielding_label(conformer: str, *, protocol: Protocol, element: str) -> str:
    """Return the label of the calculation that shields this element in this conformer."""
    levels = list(dict.fromkeys(level for _, level in protocol.shieldings))
    if len(levels) == 1:
        return f"{conformer}-shielding"
    return f"{conformer}-shielding{levels.index(protocol.shielding_level(element)) + 1}"


class _Chain:
    def __init__(
        self,
        *,
        molecule: Molecule,
        protocol: Protocol,
        resources: Resources,
        workplace: Workplace,
        store: MoleculeStore,
        report: Report,
    ) -> None:
        self.molecule = molecule
        self.protocol = protocol
        self.resources = resources
        self.workplace = workplace
        self.store = store
        self.report = report
        self.results: dict[str, CalculationResult] = {}
        self.failures: list[CalculationFailure] = []
        self.notes: list[str] = list(molecule.notes)

    def run(self) -> MoleculeOutcome:
        ensemble = self._search()
        self.notes.extend(ensemble.notes)
        conformers = self._optimize(ensemble.conformers)
        conformers = self._prune(conformers)
        conformers = self._weigh(conformers)
        conformers = self._shield(conformers)
        return MoleculeOutcome(
            molecule=self.molecule,
            ensemble=Ensemble(molecule=self.molecule, conformers=conformers) if conformers else None,
            results=self.results,
            failures=tuple(self.failures),
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _search(self) -> Ensemble:
        stored = self.store.load_ensemble()
        if stored is not None:
            return stored
        self._tell("search")
        found = search_conformers(self.molecule, self.protocol)
        self.store.save_ensemble(found)
        return found

    def _optimize(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        outcomes = self._run_all([optimization(self.molecule, c, self.protocol) for c in conformers])
        kept = []
        for conformer, outcome in zip(conformers, outcomes, strict=True):
            if isinstance(outcome, CalculationFailure):
                self.failures.append(outcome)
                continue
            change = structure_change(self.molecule, outcome.geometry)
            if change is not None:
                self.failures.append(_changed(outcome, change))
                continue
            self.results[outcome.label] = outcome
            kept.append(replace(conformer, geometry=outcome.geometry, energy_hartree=outcome.energy_hartree))
        return tuple(kept)

    def _prune(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        """Drop duplicates and what lies above the energy window; number slow rotamers alike."""
        if not conformers:
            return ()
        distinct = prune(Ensemble(molecule=self.molecule, conformers=tuple(conformers))).conformers
        lowest = min(_energy(c) for c in distinct)
        window = self.protocol.energy_window_kcal_per_mol / HARTREE_KCAL_PER_MOL
        within = tuple(c for c in distinct if _energy(c) - lowest <= window)
        aligned = align_slow_rotamers(self.molecule, Ensemble(molecule=self.molecule, conformers=within))
        self.notes.extend(aligned.notes)
        return aligned.conformers

    def _weigh(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        """Give each conformer its energy at the level of the weights, if that is another than the optimisation's."""
        wanted = [weight_energy(self.molecule, c, self.protocol) for c in conformers]
        calculations = [c for c in wanted if c is not None]
        if not calculations:
            return tuple(conformers)
        outcomes = self._run_all(calculations)
        kept = []
        for conformer, outcome in zip(conformers, outcomes, strict=True):
            if isinstance(outcome, CalculationFailure):
                self.failures.append(outcome)
                continue
            self.results[outcome.label] = outcome
            kept.append(replace(conformer, energy_hartree=outcome.energy_hartree))
        return tuple(sorted(kept, key=_energy))

    def _shield(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        calculations = [s for c in conformers for s in shieldings(self.molecule, c, self.protocol)]
        outcomes = self._run_all(calculations)
        for outcome in outcomes:
            if isinstance(outcome, CalculationFailure):
                self.failures.append(outcome)
            else:
                self.results[outcome.label] = outcome
        failed = {f.label.rpartition("-")[0] for f in self.failures if f.kind is CalculationKind.SHIELDING}
        return tuple(c for c in conformers if c.label not in failed)

    def _run_all(self, calculations: Sequence[Calculation]) -> list[Outcome]:
        """Run calculations of one step side by side on the molecule's cores; many: one core each, one: all cores."""
        if not calculations:
            return []
        side_by_side = min(len(calculations), self.resources.cores)
        cores = self.resources.cores // side_by_side
        memory_mb = self.resources.memory_mb // side_by_side
        step = str(calculations[0].kind)
        self._tell(step, 0, len(calculations))
        with ThreadPoolExecutor(max_workers=side_by_side) as pool:
            futures = [
                pool.submit(
                    run_calculation, c, workplace=self.workplace, store=self.store, cores=cores, memory_mb=memory_mb
                )
                for c in calculations
            ]
            for done, _ in enumerate(as_completed(futures), start=1):
                self._tell(step, done, len(calculations))
            return [f.result() for f in futures]

    def _tell(self, step: str, done: int = 0, total: int = 0) -> None:
        self.report(Progress(molecule=self.molecule.name, step=step, done=done, total=total))


def _calculation(
    molecule: Molecule, conformer: Conformer, label: str, kind: CalculationKind, level: LevelOfTheory
) -> Calculation:
    return Calculation(
        label=label,
        kind=kind,
        geometry=conformer.geometry,
        charge=molecule.charge,
        multiplicity=molecule.multiplicity,
        level=level,
    )


def _energy(conformer: Conformer) -> float:
    if conformer.energy_hartree is None:
        raise ValueError(f"conformer {conformer.label} has no energy")
    return conformer.energy_hartree


def _changed(outcome: CalculationResult, change: str) -> CalculationFailure:
    return CalculationFailure(
        label=outcome.label,
        kind=outcome.kind,
        failure=FailureKind.STRUCTURE_CHANGED,
        message="the optimisation ended in another structure",
        evidence=change,
        hint="this conformer is left out; if all are, the structure may not be a minimum at this level",
    )
