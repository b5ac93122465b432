"""xTB's Hessians, with which DFT's optimisations begin: nearly half of their steps are saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.datatypes.calculation import Calculation, CalculationResult, Matrix
from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.molecule import Conformer, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.engines.start_hessian import start_hessian
from qmnmr.engines.xtb.choice import has_xtb, xtb_engine
from qmnmr.funnel.funnel_words import remark, total_cpu_seconds, xtb_method
from qmnmr.funnel.side_by_side import Run
from qmnmr.programs.run_calculation import MoleculeStore, Outcome, Workplace, finished_result


@dataclass(frozen=True, slots=True, kw_only=True)
class StartHessians:
    """One for each conformer, None where there is none, and what is to be told of it."""

    hessians: tuple[Matrix | None, ...]
    step: FunnelStep | None = None


def start_hessians(
    molecule: Molecule,
    conformers: Sequence[Conformer],
    protocol: Protocol,
    *,
    run: Run,
    store: MoleculeStore,
    workplace: Workplace,
) -> StartHessians:
    """Return the Hessians of conformers at the geometries that go to DFT.

    Nothing depends on them but the number of steps: where xTB is missing or fails, or the protocol does without it,
    the optimiser guesses. A conformer whose optimisation is finished gets none, and the record of what it had counts.
    """
    engine = xtb_engine(protocol.hessian_step.kind)
    asked = {c.label: protocol.hessian_step.of(c, molecule) for c in conformers}
    optimizations = [protocol.optimization_step.of(c, molecule) for c in conformers]
    finished = {
        conformer.label
        for conformer, o in zip(conformers, optimizations, strict=True)
        if finished_result(o, workplace.engine, store, digest_of=workplace.engine.input_digest) is not None
    }
    left = [label for label in asked if label not in finished]
    outcomes: list[Outcome | None] = [
        store.load_result(asked[label].label, digest=engine.input_digest(asked[label])) for label in finished
    ]
    hessians: dict[str, Matrix] = {}
    if left and _is_wanted(protocol, asked[left[0]], workplace):
        for label, outcome in zip(left, run([asked[label] for label in left], engine), strict=True):
            outcomes.append(outcome)
            if isinstance(outcome, CalculationResult) and outcome.hessian is not None:
                hessians[label] = start_hessian(outcome.hessian, outcome.geometry)
    return StartHessians(
        hessians=tuple(hessians.get(c.label) for c in conformers),
        step=_told(protocol.hessian_step.title, [o for o in outcomes if o is not None]),
    )


def _is_wanted(protocol: Protocol, calculation: Calculation, workplace: Workplace) -> bool:
    is_cheap_step_wanted = protocol.ranking.method != "none"
    return (
        is_cheap_step_wanted
        and has_xtb(workplace.has_program)
        and xtb_engine(calculation.kind).refusal(calculation) is None
    )


def _told(title: str, outcomes: Sequence[Outcome]) -> FunnelStep | None:
    if not outcomes:
        return None
    done = [o for o in outcomes if isinstance(o, CalculationResult)]
    return FunnelStep(
        name=title,
        method=xtb_method(done),
        entered=len(outcomes),
        left=len(outcomes),
        cpu_seconds=total_cpu_seconds(outcomes),
        remark=remark(failed=len(outcomes) - len(done)),
    )
