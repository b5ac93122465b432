"""How a ladder of remedies is climbed, with a shell script as the quantum-chemistry program."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from qmnmr.datatypes.calculation import (
    Calculation,
    CalculationFailure,
    CalculationKind,
    CalculationResult,
    FailureKind,
)
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.remedy import Remedy
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.facts import Allotment
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import MAX_REMEDIES, Outcome, Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from tests.support.shell_engine import ShellEngine

HERE = Geometry(symbols=("H",), coordinates_angstrom=((0.0, 0.0, 0.0),))
CALCULATION = Calculation(
    label="c001-shielding",
    kind=CalculationKind.SHIELDING,
    geometry=HERE,
    charge=0,
    multiplicity=1,
    level=LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None),
)


class LadderEngine(ShellEngine):
    """Fails until all that it needs was done; writes down how it was asked."""

    def __init__(self, ladder: tuple[Remedy, ...], *, needs: Collection[Remedy]) -> None:
        super().__init__("printf bad", failure=FailureKind.SCF_NOT_CONVERGED)
        self._ladder, self._needs = ladder, frozenset(needs)
        self.memory_mb: list[int] = []

    def ladder(self, failure: FailureKind) -> tuple[Remedy, ...]:
        assert failure is self.failure
        return self._ladder

    def input_files(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        self.memory_mb.append(allotment.memory_mb // allotment.cores)
        return super().input_files(calculation, allotment)

    def remedied_input_files(
        self, calculation: Calculation, allotment: Allotment, *, remedies: Collection[Remedy], geometry: Geometry | None
    ) -> dict[str, str]:
        assert geometry is None
        unhelped = self.input_files(calculation, allotment)
        return {"input.sh": "echo good"} if self._needs <= set(remedies) else unhelped


SCF = (Remedy.SCF_DAMPED, Remedy.SCF_MINIMIZED, Remedy.SCF_TIGHT, Remedy.AGAIN)


@pytest.fixture
def run(tmp_path: Path):
    def run_one(engine: LadderEngine, **settings: int) -> Outcome:
        with ScratchFolder.create(tmp_path) as scratch:
            workplace = Workplace(engine=engine, scratch=scratch, programs=Programs(scratch))
            store = MoleculeFolder(tmp_path / "molecule")
            return run_calculation(CALCULATION, workplace=workplace, store=store, cores=1, memory_mb=100, **settings)

    return run_one


def remedies(outcome: Outcome) -> list[Remedy]:
    return [applied.remedy for applied in outcome.remedies]


def test_the_ladder_is_climbed_until_a_rung_helps(run):
    outcome = run(LadderEngine(SCF, needs=[Remedy.SCF_MINIMIZED]))
    assert isinstance(outcome, CalculationResult)
    assert remedies(outcome) == [Remedy.SCF_DAMPED, Remedy.SCF_MINIMIZED]
    assert {applied.evidence for applied in outcome.remedies} == {"bad"}


def test_the_ladder_ends_after_three_rungs(run):
    outcome = run(LadderEngine(SCF, needs=[Remedy.AGAIN]))
    assert isinstance(outcome, CalculationFailure)
    assert remedies(outcome) == list(SCF[:MAX_REMEDIES])


def test_what_helped_before_is_kept_on_the_next_rung(run):
    outcome = run(LadderEngine(SCF, needs=[Remedy.SCF_DAMPED, Remedy.SCF_MINIMIZED]))
    assert isinstance(outcome, CalculationResult)


def test_one_rank_cannot_become_fewer(run):
    engine = LadderEngine((Remedy.HALF_RANKS, Remedy.ONE_RANK, Remedy.AGAIN), needs=[Remedy.AGAIN])
    outcome = run(engine)
    assert remedies(outcome) == [Remedy.AGAIN]
    assert engine.memory_mb == [100, 100]


def test_a_caller_may_forbid_remedies(run):
    outcome = run(LadderEngine(SCF, needs=[]), max_remedies=0)
    assert isinstance(outcome, CalculationFailure)
    assert outcome.remedies == ()
