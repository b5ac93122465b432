"""The funnel for one molecule: search, rank, screen, optimise, prune, weigh, shield, couple."""

from __future__ import annotations

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
from qmnmr.datatypes.funnel import POPULATION, FunnelStep
from qmnmr.datatypes.molecule import Conformer, Ensemble, Molecule, tautomer_of
from qmnmr.datatypes.protocol import BY_DFT, Protocol, Step
from qmnmr.funnel.chain import Chain
from qmnmr.funnel.find_conformers import ranked, searched
from qmnmr.funnel.free_energies import add_free_energies, require_xtb
from qmnmr.funnel.funnel_words import remark, total_cpu_seconds
from qmnmr.funnel.level_agreement import disagreeing_levels
from qmnmr.funnel.progress import Report
from qmnmr.funnel.ranking import Ranked
from qmnmr.funnel.screening import screen
from qmnmr.funnel.selection import energy_of, most_populated, within_window
from qmnmr.funnel.start_hessians import start_hessians
from qmnmr.programs.core_budget import CoreBudget
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
    store already holds is not computed again. Raises MissingProgramError where xTB is needed and missing.
    """
    chain = Chain(molecule=molecule, protocol=protocol, budget=budget, workplace=workplace, store=store, report=report)
    return _Funnel(chain).run()


class _Funnel:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.molecule = chain.molecule
        self.protocol = chain.protocol
        self.workplace = chain.workplace
        self.results: dict[str, dict[str, CalculationResult]] = {}
        self.failures: list[CalculationFailure] = []
        self.forms: dict[str, Molecule] = {}  # of each conformer the molecule with its graph
        self.tautomers: list[str] = []

    def run(self) -> MoleculeOutcome:
        require_xtb(self.protocol, self.workplace.has_program)
        found = searched(self.chain)
        self.forms = {c.label: tautomer_of(self.molecule, c) for c in found.conformers}
        self.tautomers = list(dict.fromkeys(c.tautomer for c in found.conformers))
        chosen = ranked(self.chain, found)
        conformers = chosen.conformers
        if self.protocol.geometry == BY_DFT:
            conformers = self._optimize(self._screen(chosen))
        conformers = self._align(self._weigh(conformers))
        conformers = self._add_free_energies(conformers)
        conformers = self._populate(conformers)
        conformers = self._shield(conformers)
        self._couple(conformers)
        return MoleculeOutcome(
            molecule=self.molecule,
            ensemble=Ensemble(molecule=self.molecule, conformers=conformers) if conformers else None,
            results=self.results,
            failures=tuple(self.failures),
            notes=self.chain.all_notes(),
            funnel=tuple(self.chain.funnel),
            tautomers=tuple(self.tautomers),
            missed_population=chosen.missed_population,
        )

    def _screen(self, ranked: Ranked) -> tuple[Conformer, ...]:
        """Leave out what DFT finds too high already on xTB's geometries."""
        run = partial(self.chain.run_all, self.protocol.screening_step.title, engine=self.workplace.engine)
        screened = screen(self.molecule, ranked, self.protocol, run=run)
        self.chain.count(screened.step)
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
        self.chain.count_outcomes(step, outcomes, left=len(within), words=words)
        return within

    def _align(self, conformers: tuple[Conformer, ...]) -> tuple[Conformer, ...]:
        """Number slow rotamers alike."""
        if not conformers:
            return ()
        aligned = align_slow_rotamers(self.molecule, Ensemble(molecule=self.molecule, conformers=conformers))
        self.chain.notes.extend(aligned.notes)
        return aligned.conformers

    def _start_hessians(self, conformers: Sequence[Conformer]) -> tuple[Matrix | None, ...]:
        """Return what the optimisers begin with."""
        found = start_hessians(
            self.molecule,
            conformers,
            self.protocol,
            run=partial(self.chain.run_all, self.protocol.hessian_step.title),
            store=self.chain.store,
            workplace=self.workplace,
        )
        self.chain.count(found.step)
        return found.hessians

    def _run_step(
        self, step: Step, calculations: Sequence[Calculation]
    ) -> tuple[list[Outcome], list[CalculationResult | None]]:
        """Return the outcomes of a step's calculations, and of each the result that counts, None for a failure."""
        outcomes = self.chain.run_all(step.title, calculations, self.workplace.engine)
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
        if step is None or (step.is_comparison and len(conformers) < 2):
            return tuple(conformers)
        outcomes, accepted = self._run_step(step, [step.of(c, self.molecule) for c in conformers])
        pairs = zip(conformers, accepted, strict=True)
        kept = [replace(c, energy_hartree=result.energy_hartree) for c, result in pairs if result is not None]
        self._forget_lost_tautomers(conformers, kept)
        window = self.protocol.energy_window_kcal_per_mol
        within = within_window(kept, window)
        words = remark(failed=len(conformers) - len(kept), above=len(kept) - len(within), window_kcal_per_mol=window)
        self.chain.count_outcomes(step, outcomes, left=len(within), words=words)
        return tuple(sorted(within, key=energy_of))

    def _add_free_energies(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        run = partial(self.chain.run_all, self.protocol.free_energy_step.title)
        found = add_free_energies(
            self.molecule, conformers, self.protocol, run=run, has_program=self.workplace.has_program
        )
        self.chain.notes.extend(found.notes)
        self.chain.count(found.step)
        return found.conformers

    def _populate(self, conformers: Sequence[Conformer]) -> tuple[Conformer, ...]:
        """Let those go on to the costly shieldings that hold the population."""
        share = self.protocol.shielded_population
        chosen = most_populated(conformers, share=share, temperature_kelvin=self.protocol.temperature_kelvin)
        left = len(chosen.conformers)
        if left < len(conformers):
            words = f"{100 * chosen.left_out:.1f} % of the population left out"
            self.chain.count(
                FunnelStep(
                    name=POPULATION, method="", entered=len(conformers), left=left, cpu_seconds=0.0, remark=words
                )
            )
            self.chain.notes.append(f"{left} of {len(conformers)} conformers got shieldings: {words}")
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
            self.chain.count(
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

    def _couple(self, conformers: Sequence[Conformer]) -> None:
        """Compute couplings where the protocol asks for them; a conformer whose couplings fail keeps its shifts."""
        for step in self.protocol.coupling_steps(self.molecule.symbols):
            outcomes, accepted = self._run_step(step, [step.of(c, self.molecule) for c in conformers])
            failed = accepted.count(None)
            words = remark(failed=failed)
            self.chain.count_outcomes(step, outcomes, left=len(conformers) - failed, words=words)

    def _forget_lost_tautomers(self, before: Sequence[Conformer], after: Sequence[Conformer]) -> None:
        """Note tautomers all of whose conformers failed: their share is not known, while that of high ones is small."""
        lost = {c.tautomer for c in before} - {c.tautomer for c in after}
        self.tautomers = [tautomer for tautomer in self.tautomers if tautomer not in lost]


def _changed(outcome: CalculationResult, change: str) -> CalculationFailure:
    return CalculationFailure(
        label=outcome.label,
        kind=outcome.kind,
        failure=FailureKind.STRUCTURE_CHANGED,
        message="the optimisation ended in another structure",
        evidence=change,
        hint="this conformer is left out; if all are, the structure may not be a minimum at this level",
    )
