"""The funnel for one molecule: search, rank, screen, optimise, prune, weigh, shield."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from qmnmr.conformers.alignment import align_slow_rotamers
from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.pruning import prune
from qmnmr.datatypes.calculation import (
    Calculation,
    CalculationFailure,
    CalculationResult,
    FailureKind,
    Matrix,
)
from qmnmr.datatypes.funnel import POPULATION, SEARCH, FunnelStep
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Conformer, Ensemble, Molecule, tautomer_of
from qmnmr.datatypes.protocol import Protocol, Step
from qmnmr.funnel.crest_search import search_with_crest
from qmnmr.funnel.free_energies import add_free_energies, require_xtb
from qmnmr.funnel.funnel_words import remark, total_cpu_seconds
from qmnmr.funnel.level_agreement import disagreeing_levels
from qmnmr.funnel.minima.xtb_search import is_possible, search_minima
from qmnmr.funnel.progress import Progress, Report
from qmnmr.funnel.ranking import Ranked, rank
from qmnmr.funnel.screening import screen
from qmnmr.funnel.search import search_conformers
from qmnmr.funnel.selection import energy_of, most_populated, within_window
from qmnmr.funnel.side_by_side import AnyEngine, run_calculations
from qmnmr.funnel.start_hessians import start_hessians
from qmnmr.funnel.tautomers import search_tautomers
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.refinement import ABSENCE, can_refine
from qmnmr.programs.run_calculation import MoleculeStore, Outcome, Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeOutcome:
    """What the chain gave for one molecule, before anything is averaged.

    An ensemble of None means that no conformer came through.
    """

    molecule: Molecule
    ensemble: Ensemble | None
    results: dict[str, dict[str, CalculationResult]]  # every calculation that counts, by conformer and step
    failures: tuple[CalculationFailure, ...]
    notes: tuple[str, ...]
    funnel: tuple[FunnelStep, ...]
    tautomers: tuple[str, ...] = ("",)  # that were compared, as `Conformer.tautomer` names them; "" is the one as drawn
    missed_population: float | None = None  # estimated share in conformers that never came to DFT; None: unknown

    @property
    def all_results(self) -> tuple[CalculationResult, ...]:
        """Return every calculation that counts."""
        return tuple(result for of_one in self.results.values() for result in of_one.values())


def run_molecule(
    molecule: Molecule,
    protocol: Protocol,
    *,
    budget: CoreBudget,
    workplace: Workplace,
    store: MoleculeStore,
    report: Report,
) -> MoleculeOutcome:
    """Take one molecule through the protocol and return what came of it.

    A conformer whose calculation fails is left out and named; only when none is left does the molecule fail. What the
    store already holds is not computed again. Raises MissingProgramError where free energies are wanted without xTB.
    """
    return _Chain(
        molecule=molecule, protocol=protocol, budget=budget, workplace=workplace, store=store, report=report
    ).run()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConformers:
    """What search and ranking gave for one molecule."""

    ensemble: Ensemble  # as searched
    ranked: Ranked  # what would go to DFT
    notes: tuple[str, ...]
    funnel: tuple[FunnelStep, ...]


def find_conformers(
    molecule: Molecule,
    protocol: Protocol,
    *,
    budget: CoreBudget,
    workplace: Workplace,
    store: MoleculeStore,
    report: Report,
) -> FoundConformers:
    """Return the conformers that would go to DFT; nothing is computed beyond search and ranking."""
    return _Chain(
        molecule=molecule, protocol=protocol, budget=budget, workplace=workplace, store=store, report=report
    ).find()


class _Chain:
    def __init__(
        self,
        *,
        molecule: Molecule,
        protocol: Protocol,
        budget: CoreBudget,
        workplace: Workplace,
        store: MoleculeStore,
        report: Report,
    ) -> None:
        self.molecule = molecule
        self.protocol = protocol if can_refine() else replace(protocol, refinement=None)
        self.budget = budget
        self.workplace = workplace
        self.store = store
        self.report = report
        self.results: dict[str, dict[str, CalculationResult]] = {}
        self.failures: list[CalculationFailure] = []
        self.notes: list[str] = list(molecule.notes)
        if self.protocol != protocol:
            self.notes.append(f"{ABSENCE}: geometries were optimised with DFT alone, at several times the cost")
        self.funnel: list[FunnelStep] = []
        self.forms: dict[str, Molecule] = {}  # of each conformer the molecule with its graph
        self.tautomers: list[str] = []
        self.missed_population: float | None = None

    def run(self) -> MoleculeOutcome:
        if self.protocol.has_free_energies:
            require_xtb(self.workplace.has_program)
        found = self._search()
        self.forms = {c.label: tautomer_of(self.molecule, c) for c in found.conformers}
        self.tautomers = list(dict.fromkeys(c.tautomer for c in found.conformers))
        conformers = self._screen(self._rank(found))
        conformers = self._optimize(conformers)
        conformers = self._align(self._weigh(conformers))
        conformers = self._add_free_energies(conformers)
        conformers = self._populate(conformers)
        conformers = self._shield(conformers)
        return MoleculeOutcome(
            molecule=self.molecule,
            ensemble=Ensemble(molecule=self.molecule, conformers=conformers) if conformers else None,
            results=self.results,
            failures=tuple(self.failures),
            notes=tuple(dict.fromkeys(self.notes)),
            funnel=tuple(self.funnel),
            tautomers=tuple(self.tautomers),
            missed_population=self.missed_population,
        )

    def find(self) -> FoundConformers:
        """Search and rank alone."""
        found = self._search()
        ranked = self._rank(found)
        return FoundConformers(
            ensemble=found, ranked=ranked, notes=tuple(dict.fromkeys(self.notes)), funnel=tuple(self.funnel)
        )

    def _search(self) -> Ensemble:
        ensemble = self.store.load_ensemble()
        if ensemble is None:
            self._tell(SEARCH)
            before = time.thread_time()
            self.budget.announce(1)
            with self.budget.lend(size=len(self.molecule.symbols), max_cores=self._search_cores) as share:
                found = self._new_ensemble(share)
            ensemble = replace(found, cpu_seconds=round(found.cpu_seconds + time.thread_time() - before, 2))
            self.store.save_ensemble(ensemble)
        self.notes.extend(ensemble.notes)
        settings = self.protocol.search
        if ensemble.starts:
            self._count(
                FunnelStep(
                    name=SEARCH,
                    method=settings.method if not ensemble.method else f"{settings.method}, {ensemble.method}",
                    entered=ensemble.starts,
                    left=len(ensemble.conformers),
                    cpu_seconds=ensemble.cpu_seconds,
                    remark=self._search_words(ensemble),
                )
            )
        return ensemble

    def _search_words(self, ensemble: Ensemble) -> str:
        if not ensemble.method:
            return f"distinct ones within {self.protocol.search.energy_window_kcal_per_mol:g} kcal/mol"
        window = f"within {self.protocol.ranking.energy_window_kcal_per_mol:g} kcal/mol"
        missed = 100 * (ensemble.missed_population or 0.0)
        return f"{window}; {missed:.1f} % of the population missed (estimate)"

    @property
    def _search_cores(self) -> int | None:
        return None if self.protocol.search.method == "crest" and not self.molecule.other_geometries else 1

    def _new_ensemble(self, share: Resources) -> Ensemble:
        """Search the conformers of all tautomers; of a molecule that was given with its conformers these are all."""
        if self.protocol.search.method == "none" or self.molecule.other_geometries:
            return search_conformers(self.molecule, self.protocol)

        def search(tautomer: Molecule, prefix: str) -> Ensemble:
            if self.protocol.search.method != "crest":
                return self._searched(tautomer)
            return search_with_crest(
                tautomer, self.protocol, workplace=self.workplace, store=self.store, resources=share, prefix=prefix
            )

        return search_tautomers(self.molecule, most=self.protocol.search.max_tautomers, search=search)

    def _searched(self, tautomer: Molecule) -> Ensemble:
        """Search at the level of the ranking where that can be done, else with the force field."""
        found: Ensemble | None = None
        if is_possible(tautomer, self.protocol):
            tell = partial(self._tell, SEARCH, total=self.protocol.search.max_starts)
            found = search_minima(tautomer, self.protocol, check=self.workplace.programs.check, tell=tell)
        return found or search_conformers(tautomer, self.protocol)

    def _rank(self, ensemble: Ensemble) -> Ranked:
        run = partial(self._run_all, self.protocol.ranking_step.title)
        ranked = rank(ensemble, self.protocol, run=run, has_program=self.workplace.has_program)
        self.notes.extend(ranked.notes)
        self.missed_population = ranked.missed_population
        if ranked.step is not None:
            self._count(ranked.step)
        return ranked

    def _screen(self, ranked: Ranked) -> tuple[Conformer, ...]:
        """Leave out what DFT finds too high already on xTB's geometries."""
        run = partial(self._run_all, self.protocol.screening_step.title, engine=self.workplace.engine)
        screened = screen(self.molecule, ranked, self.protocol, run=run)
        if screened.step is not None:
            self._count(screened.step)
        return screened.conformers

    def _optimize(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        """Optimise; drop duplicates, and what lies above the window unless the weights have a level of their own."""
        step = self.protocol.optimization_step
        if step.refinement is not None:
            calculations = [step.of(c, self.molecule) for c in conformers]
        else:
            calculations = [
                replace(step.of(c, self.molecule), start_hessian=hessian)
                for c, hessian in zip(conformers, self._start_hessians(conformers), strict=True)
            ]
        outcomes, accepted = self._run_step(step, calculations)
        optimized = []
        for conformer, result in zip(conformers, accepted, strict=True):
            if result is not None:
                optimized.append(replace(conformer, geometry=result.geometry, energy_hartree=result.energy_hartree))
        self._forget_lost_tautomers(conformers, optimized)
        window = self.protocol.energy_window_kcal_per_mol
        distinct = prune(Ensemble(molecule=self.molecule, conformers=tuple(optimized))).conformers
        within = within_window(distinct, window) if self.protocol.energy_step is None else distinct
        refined = [result for result in accepted if result is not None and step.refinement is not None]
        words = remark(
            gradients=sum(result.optimization_steps or 0 for result in refined),
            failed=len(conformers) - len(optimized),
            duplicates=len(optimized) - len(distinct),
            above=len(distinct) - len(within),
            window_kcal_per_mol=window,
        )
        self._count_outcomes(step, outcomes, left=len(within), words=words)
        return within

    def _align(self, conformers: tuple[Conformer, ...]) -> tuple[Conformer, ...]:
        """Number slow rotamers alike."""
        if not conformers:
            return ()
        aligned = align_slow_rotamers(self.molecule, Ensemble(molecule=self.molecule, conformers=conformers))
        self.notes.extend(aligned.notes)
        return aligned.conformers

    def _start_hessians(self, conformers: Sequence[Conformer]) -> tuple[Matrix | None, ...]:
        """Return what the optimisers begin with."""
        found = start_hessians(
            self.molecule,
            conformers,
            self.protocol,
            run=partial(self._run_all, self.protocol.hessian_step.title),
            store=self.store,
            workplace=self.workplace,
        )
        if found.step is not None:
            self._count(found.step)
        return found.hessians

    def _run_step(
        self, step: Step, calculations: Sequence[Calculation]
    ) -> tuple[list[Outcome], list[CalculationResult | None]]:
        """Return the outcomes of a step's calculations, and of each the result that counts, None for a failure."""
        outcomes = self._run_all(step.title, calculations, self.workplace.engine)
        return outcomes, [self._accepted(c, o) for c, o in zip(calculations, outcomes, strict=True)]

    def _accepted(self, calculation: Calculation, outcome: Outcome) -> CalculationResult | None:
        """Keep a result whose geometry still is the molecule; note any other outcome as a failure."""
        if isinstance(outcome, CalculationResult):
            change = structure_change(self.forms[calculation.conformer], outcome.geometry)
            if change is None:
                self.results.setdefault(calculation.conformer, {})[calculation.step] = outcome
                return outcome
            outcome = _changed(outcome, change)
        self.failures.append(outcome)
        return None

    def _weigh(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        """Give each conformer its energy at the level of the weights, if that is another than the optimisation's.

        What lies above the window there is dropped. A conformer alone has nothing to be weighed against.
        """
        step = self.protocol.energy_step
        if step is None or len(conformers) < 2:
            return tuple(conformers)
        outcomes, accepted = self._run_step(step, [step.of(c, self.molecule) for c in conformers])
        pairs = zip(conformers, accepted, strict=True)
        kept = [replace(c, energy_hartree=result.energy_hartree) for c, result in pairs if result is not None]
        self._forget_lost_tautomers(conformers, kept)
        window = self.protocol.energy_window_kcal_per_mol
        within = within_window(kept, window)
        words = remark(failed=len(conformers) - len(kept), above=len(kept) - len(within), window_kcal_per_mol=window)
        self._count_outcomes(step, outcomes, left=len(within), words=words)
        return tuple(sorted(within, key=energy_of))

    def _add_free_energies(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        run = partial(self._run_all, self.protocol.free_energy_step.title)
        found = add_free_energies(self.molecule, conformers, self.protocol, run=run)
        self.notes.extend(found.notes)
        if found.step is not None:
            self._count(found.step)
        return found.conformers

    def _populate(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        """Let those go on to the costly shieldings that hold the population."""
        share = self.protocol.shielded_population
        chosen = most_populated(conformers, share=share, temperature_kelvin=self.protocol.temperature_kelvin)
        left = len(chosen.conformers)
        if left < len(conformers):
            words = f"{100 * chosen.left_out:.1f} % of the population left out"
            self._count(
                FunnelStep(
                    name=POPULATION, method="", entered=len(conformers), left=left, cpu_seconds=0.0, remark=words
                )
            )
            self.notes.append(f"{left} of {len(conformers)} conformers got shieldings: {words}")
        return chosen.conformers

    def _shield(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        steps = self.protocol.shielding_steps(self.molecule.symbols)
        calculations = [step.of(c, self.molecule) for c in conformers for step in steps]
        outcomes, _ = self._run_step(steps[0], calculations)
        found = [(c, [self.results.get(c.label, {}).get(step.name) for step in steps]) for c in conformers]
        whole = [(c, [r for r in results if r is not None]) for c, results in found if None not in results]
        doubts = disagreeing_levels([results for _, results in whole])
        self.failures.extend(doubt for doubt in doubts if doubt is not None)
        kept = tuple(c for (c, _), doubt in zip(whole, doubts, strict=True) if doubt is None)
        self._forget_lost_tautomers(conformers, kept)
        if conformers:
            self._count(
                FunnelStep(
                    name=steps[0].title,
                    method=", ".join(str(step.level) for step in steps),
                    entered=len(conformers),
                    left=len(kept),
                    cpu_seconds=total_cpu_seconds(outcomes),
                    remark=remark(failed=len(conformers) - len(kept)),
                )
            )
        return kept

    def _forget_lost_tautomers(self, before: Sequence[Conformer], after: Sequence[Conformer]) -> None:
        """Note tautomers all of whose conformers failed: their share is not known, while that of high ones is small."""
        lost = {c.tautomer for c in before} - {c.tautomer for c in after}
        self.tautomers = [tautomer for tautomer in self.tautomers if tautomer not in lost]

    def _run_all(self, step: str, calculations: Sequence[Calculation], engine: AnyEngine) -> list[Outcome]:
        return run_calculations(
            calculations,
            engine,
            workplace=self.workplace,
            store=self.store,
            budget=self.budget,
            tell=partial(self._tell, step),
        )

    def _count_outcomes(self, step: Step, outcomes: Sequence[Outcome], *, left: int, words: str) -> None:
        if outcomes:
            self._count(
                FunnelStep(
                    name=step.title,
                    method=str(step.level),
                    entered=len(outcomes),
                    left=left,
                    cpu_seconds=total_cpu_seconds(outcomes),
                    remark=words,
                )
            )

    def _count(self, step: FunnelStep) -> None:
        self.funnel.append(step)

    def _tell(self, step: str, done: int = 0, total: int = 0) -> None:
        self.report(Progress(molecule=self.molecule.name, step=step, done=done, total=total))


def _changed(outcome: CalculationResult, change: str) -> CalculationFailure:
    return CalculationFailure(
        label=outcome.label,
        kind=outcome.kind,
        failure=FailureKind.STRUCTURE_CHANGED,
        message="the optimisation ended in another structure",
        evidence=change,
        hint="this conformer is left out; if all are, the structure may not be a minimum at this level",
    )
