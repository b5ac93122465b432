"""What a molecule takes from search to shieldings, predicted before anything runs.

Conformers count by the minima that the search expects: of n, about n^0.6 go to DFT (after xTB's ranking
1,2-dichloroethane has 2, n-hexane 10, alanine methyl ester 5, menthol 8), of each tautomer. All of them are counted as
shielded too. One alone is not compared with others.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from qmnmr.conformers.rdkit_search import expected_minima
from qmnmr.cost import cost_model
from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import Protocol, Step
from qmnmr.datatypes.rdkit_molecule import skeleton
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.exchange.tautomers import tautomers

_SURVIVING_POWER = 0.6
_MIN_FINISHED = 3
_GRADIENTS = 1.5  # that a refined geometry takes
_BUDGET_ENGINE = "pyscf"
_WALKS_PER_MINIMUM, _MOST_WALKS = 20, 240


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeCost:
    """What one molecule takes."""

    cpu_seconds: float  # of one core
    conformers: int  # that go to DFT
    memory_mb: int  # of one calculation on one core
    scratch_mb: int  # of one calculation


def molecule_cost(molecule: Molecule, protocol: Protocol, *, engine: str, machine_factor: float = 1.0) -> MoleculeCost:
    """Return what a molecule takes with an engine; `machine_factor` is this machine's time beside that of the fit."""
    (cost,) = molecule_costs([molecule], protocol, engine=engine, machine_factor=machine_factor)
    return cost


def molecule_costs(
    molecules: Iterable[Molecule], protocol: Protocol, *, engine: str, machine_factor: float = 1.0
) -> list[MoleculeCost]:
    """Return what each of many molecules takes."""
    of_formula: dict[tuple[tuple[str, ...], bool], MoleculeCost] = {}
    of_elements: dict[frozenset[str], list[Step]] = {}
    limits: dict[tuple[str, ...], int] = {}
    costs = []
    for molecule in molecules:
        formula = tuple(sorted(molecule.symbols))
        if formula not in limits:
            limits[formula] = conformer_limit(formula, protocol)
        count = _conformers(molecule, protocol, limit=limits[formula])
        key = (formula, count > 1)
        if key not in of_formula:
            elements = frozenset(formula)
            if elements not in of_elements:
                of_elements[elements] = [step for step in protocol.steps(formula) if step.is_for_all]
            steps = [step for step in of_elements[elements] if count > 1 or not step.is_comparison]
            of_formula[key] = _conformer_cost(formula, steps, engine=engine)
        one = of_formula[key]
        costs.append(
            MoleculeCost(
                cpu_seconds=machine_factor * (count * one.cpu_seconds + _search_seconds(molecule, protocol, count)),
                conformers=count,
                memory_mb=one.memory_mb,
                scratch_mb=one.scratch_mb,
            )
        )
    return costs


def _conformer_cost(symbols: Sequence[str], steps: Sequence[Step], *, engine: str) -> MoleculeCost:
    one = sum(_seconds(symbols, step, engine=engine) for step in steps)
    return MoleculeCost(
        cpu_seconds=one,
        conformers=1,
        memory_mb=max(cost_model.memory_mb(symbols, step.level, engine=engine) for step in steps),
        scratch_mb=max(cost_model.scratch_mb(symbols, step.level, engine=engine) for step in steps),
    )


def run_cost(
    molecules: Sequence[Molecule], protocol: Protocol, *, engine: str, machine_factor: float = 1.0
) -> MoleculeCost:
    """Return what molecules take together: times and conformers summed, memory and scratch of the largest."""
    costs = molecule_costs(molecules, protocol, engine=engine, machine_factor=machine_factor)
    return MoleculeCost(
        cpu_seconds=sum(c.cpu_seconds for c in costs),
        conformers=sum(c.conformers for c in costs),
        memory_mb=max((c.memory_mb for c in costs), default=0),
        scratch_mb=max((c.scratch_mb for c in costs), default=0),
    )


def calculation_memory_mb(molecule: Molecule, protocol: Protocol, *, engine: str) -> int:
    """Return the memory of a molecule's largest calculation on one core, in MB."""
    steps = protocol.steps(molecule.symbols)
    return max(cost_model.memory_mb(molecule.symbols, step.level, engine=engine) for step in steps)


def share_left(symbols: Sequence[str], protocol: Protocol, *, done: Iterable[Step], engine: str) -> float:
    """Return the share of a conformer's time that is left where steps, of this protocol or another, are done."""
    questions = {_question(step) for step in done}
    steps = [step for step in protocol.steps(symbols) if step.is_for_all]
    seconds = {step: _seconds(symbols, step, engine=engine) for step in steps}
    return sum(s for step, s in seconds.items() if _question(step) not in questions) / sum(seconds.values())


def _question(step: Step) -> Step:
    """Return a step without what differs where two protocols ask the same."""
    return replace(step, name="", title="", elements=())


def correction(finished: Sequence[Prediction], protocol: Protocol, *, engine: str) -> float | None:
    """Return by how much finished molecules of a run took more than predicted; None if fewer than three are finished.

    It holds the machine's speed too, and stands in the place of the machine's factor.
    """
    ratios = []
    for prediction in finished:
        if prediction.status is PredictionStatus.COMPLETED and prediction.provenance is not None:
            predicted = molecule_cost(prediction.molecule, protocol, engine=engine).cpu_seconds
            ratios.append(prediction.provenance.cpu_seconds / predicted)
    return statistics.median(ratios) if len(ratios) >= _MIN_FINISHED else None


def _seconds(symbols: Sequence[str], step: Step, *, engine: str) -> float:
    if step.refinement is not None:
        one = cost_model.cpu_seconds(symbols, step.level, kind=CalculationKind.GRADIENT, engine=engine)
        return _GRADIENTS * one
    return cost_model.cpu_seconds(symbols, step.level, kind=step.kind, engine=engine, is_tuned=step.is_tuned)


def conformer_limit(symbols: Sequence[str], protocol: Protocol) -> int:
    """Return how many conformers of each tautomer go on to DFT at most: what the protocol's budget pays for.

    The forecast is that of the embedded engine wherever the run is, and without couplings, so that the same conformers
    go on everywhere.
    """
    settings = protocol.ranking
    if settings.budget_cpu_hours is None:
        return settings.max_conformers
    protocol = replace(protocol, couplings=None)
    steps = [step for step in protocol.steps(symbols) if step.is_for_all]
    each = sum(_seconds(symbols, step, engine=_BUDGET_ENGINE) for step in steps)
    paid = max(settings.fewest_conformers, int(3600.0 * settings.budget_cpu_hours / each))
    return min(settings.max_conformers, paid)


def _search_seconds(molecule: Molecule, protocol: Protocol, conformers: int) -> float:
    """Return what a search on GFN2-xTB's surface takes, within its budget; any other is nothing beside DFT.

    Walks are as many as the search begins with, twice, of as many gradients as the molecule has atoms.
    """
    settings = protocol.search
    if settings.missed_population is None or conformers < 2 or protocol.ranking.method == "none":
        return 0.0
    walks = min(_MOST_WALKS, _WALKS_PER_MINIMUM * expected_minima(skeleton(molecule)))
    size = len(molecule.symbols)
    seconds = walks * size * cost_model.xtb_gradient_seconds(size)
    return seconds if settings.budget_cpu_hours is None else min(seconds, 3600.0 * settings.budget_cpu_hours)


def _conformers(molecule: Molecule, protocol: Protocol, *, limit: int) -> int:
    if protocol.search.method == "none" or molecule.other_geometries:
        return min(1 + len(molecule.other_geometries), protocol.ranking.max_conformers)
    minima = expected_minima(skeleton(molecule))
    each = max(1, min(limit, round(math.pow(minima, _SURVIVING_POWER))))
    forms = len(tautomers(molecule, most=protocol.search.max_tautomers))
    return each * (forms if forms <= protocol.search.max_tautomers else 1)
