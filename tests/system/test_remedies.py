"""Real NWChem calculations that fail, since their first input is sabotaged, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
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
from qmnmr.engines.facts import mpirun
from qmnmr.engines.nwchem.engine import NwchemEngine
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Outcome, Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder

pytestmark = pytest.mark.nwchem

HCN = Geometry(symbols=("H", "C", "N"), coordinates_angstrom=((0.0, 0.0, -1.066), (0.0, 0.0, 0.0), (0.0, 0.0, 1.153)))
WATER = Geometry(
    symbols=("O", "H", "H"), coordinates_angstrom=((0.0, 0.0, 0.1173), (0.0, 0.85, -0.4692), (0.0, -0.75, -0.4692))
)
BUTYNE = Geometry(
    symbols=("C", "C", "C", "C", "H", "H", "H", "H", "H", "H"),
    coordinates_angstrom=(
        *((0.0, 0.0, 2.060), (0.0, 0.0, 0.592), (0.0, 0.0, -0.592), (0.0, 0.0, -2.060)),
        *((1.020, 0.0, 2.434), (-0.510, 0.883, 2.434), (-0.510, -0.883, 2.434)),
        *((-1.020, 0.0, -2.434), (0.510, 0.883, -2.434), (0.510, -0.883, -2.434)),
    ),
)
SHIELDING = Calculation(
    label="c001-shielding",
    kind=CalculationKind.SHIELDING,
    geometry=HCN,
    charge=0,
    multiplicity=1,
    level=LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None),
)
OPTIMIZATION = replace(SHIELDING, label="c001-optimization", kind=CalculationKind.OPTIMIZATION, geometry=WATER)

FEW_ITERATIONS = (" iterations 200\n", " iterations 2\n")
FEW_DAMPED = (" iterations 800\n direct\n convergence damp", " iterations 2\n direct\n convergence damp")


class SabotagedEngine(NwchemEngine):
    """NWChem, whose inputs are spoilt wherever they have one of these texts; or the first input alone."""

    def __init__(
        self, *edits: tuple[str, str], first_only: bool = False, arguments: tuple[str, ...] = ("nwchem", "input.nw")
    ) -> None:
        self._edits = edits
        self._first_only = first_only
        self._arguments = arguments

    def command(self, calculation, allotment):
        return mpirun(*self._arguments, ranks=allotment.cores)

    def input_files(self, calculation, allotment):
        files = super().input_files(calculation, allotment)
        assert all(old in files["input.nw"] for old, _ in self._edits[:1])
        return self._spoilt(files)

    def remedied_input_files(self, calculation, allotment, **settings):
        files = super().remedied_input_files(calculation, allotment, **settings)
        return files if self._first_only else self._spoilt(files)

    def _spoilt(self, files):
        text = files["input.nw"]
        for old, new in self._edits:
            text = text.replace(old, new)
        return {"input.nw": text}


Run = Callable[..., tuple[Outcome, int]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run a calculation with an engine; return its outcome and how many programs were started."""
    with ScratchFolder.create(tmp_path) as scratch:

        def run_one(engine, calculation=SHIELDING, *, cores=1, memory_mb=500):
            programs = Programs(scratch)
            outcome = run_calculation(
                calculation,
                workplace=Workplace(engine=engine, scratch=scratch, programs=programs),
                store=MoleculeFolder(tmp_path / "molecule"),
                cores=cores,
                memory_mb=memory_mb,
            )
            return outcome, programs.started

        yield run_one


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[CalculationKind, CalculationResult]:
    """Return what an undisturbed NWChem gives."""
    folder = tmp_path_factory.mktemp("clean")
    found = {}
    with ScratchFolder.create(folder) as scratch:
        workplace = Workplace(engine=NwchemEngine(), scratch=scratch, programs=Programs(scratch))
        run_clean = partial(
            run_calculation, workplace=workplace, store=MoleculeFolder(folder / "molecule"), cores=1, memory_mb=500
        )
        for calculation in (SHIELDING, OPTIMIZATION):
            outcome = run_clean(calculation)
            assert isinstance(outcome, CalculationResult), outcome
            assert outcome.remedies == ()
            found[calculation.kind] = outcome
    return found


def assert_as_clean(outcome: Outcome, clean: dict[CalculationKind, CalculationResult]) -> None:
    assert isinstance(outcome, CalculationResult), outcome
    expected = clean[outcome.kind]
    assert outcome.energy_hartree == pytest.approx(expected.energy_hartree, abs=1e-5)
    for found, wanted in zip(outcome.shieldings, expected.shieldings, strict=True):
        assert found.isotropic_ppm == pytest.approx(wanted.isotropic_ppm, abs=0.01)


@pytest.mark.parametrize(
    ("edits", "remedies"),
    [
        pytest.param([FEW_ITERATIONS], [Remedy.SCF_DAMPED], id="SCF"),
        pytest.param([FEW_ITERATIONS, FEW_DAMPED], [Remedy.SCF_DAMPED, Remedy.SCF_MINIMIZED], id="SCF twice"),
        pytest.param(
            [("end\nproperty\n", "end\nset cphf:maxiter 1\nproperty\n")], [Remedy.RESPONSE_LONGER], id="response"
        ),
        pytest.param(
            [(" grid fine\n convergence energy 1e-8", " noscf\n grid fine\n convergence energy 1e-8")],
            [Remedy.RESPONSE_LONGER, Remedy.SCF_TIGHT],
            id="orbitals not good enough for the response",
        ),
    ],
)
def test_a_shielding_that_failed_is_computed_on_another_way_to_the_same_number(run, clean, edits, remedies):
    outcome, started = run(SabotagedEngine(*edits))
    assert_as_clean(outcome, clean)
    assert [applied.remedy for applied in outcome.remedies] == remedies
    assert started == 1 + len(remedies)
    assert all(applied.evidence and applied.failure for applied in outcome.remedies)


def test_orbitals_that_cannot_be_read_are_made_anew(run, clean):
    outcome, _ = run(SabotagedEngine((" direct\n", " vectors input nowhere.movecs\n direct\n"), first_only=True))
    assert_as_clean(outcome, clean)
    assert [applied.remedy for applied in outcome.remedies] == [Remedy.AGAIN]


@pytest.mark.parametrize(
    ("edits", "remedies"),
    [
        pytest.param([(" maxiter 200\nend", " maxiter 1\nend")], [Remedy.SMALLER_STEPS], id="steps"),
        pytest.param([FEW_ITERATIONS], [Remedy.SCF_DAMPED], id="SCF within the optimisation"),
    ],
)
def test_an_optimisation_that_failed_reaches_the_same_minimum(run, clean, edits, remedies):
    outcome, _ = run(SabotagedEngine(*edits), OPTIMIZATION)
    assert_as_clean(outcome, clean)
    assert [applied.remedy for applied in outcome.remedies] == remedies


def test_a_straight_chain_without_internal_coordinates_is_optimised_in_cartesian_ones(run):
    level = replace(OPTIMIZATION.level, functional="hf")
    calculation = replace(OPTIMIZATION, geometry=BUTYNE, level=level)
    outcome, _ = run(SabotagedEngine((" noautoz", ""), first_only=True), calculation)
    assert isinstance(outcome, CalculationResult), outcome
    assert [applied.remedy for applied in outcome.remedies] == [Remedy.CARTESIAN]
    assert "internal" in outcome.remedies[0].failure


def test_too_little_memory_for_two_ranks_is_enough_for_one(run, clean):
    outcome, _ = run(NwchemEngine(), cores=2, memory_mb=64)
    assert_as_clean(outcome, clean)
    assert isinstance(outcome, CalculationResult)
    assert [applied.remedy for applied in outcome.remedies] == [Remedy.HALF_RANKS]
    assert outcome.ranks == 1


def test_a_remedied_result_lasts_with_its_remedies(run, tmp_path):
    first, _ = run(SabotagedEngine(FEW_ITERATIONS))
    again, started = run(NwchemEngine())
    assert started == 0
    assert again == first
    assert "iterations 800" in (tmp_path / "molecule/calculations/c001-shielding/input.nw").read_text()


@pytest.mark.parametrize(
    ("edits", "kind"),
    [
        pytest.param(("library 6-31G*", "library no-such-basis"), FailureKind.BASIS, id="basis"),
        pytest.param(("xc b3lyp", "xc wb97x-d3"), FailureKind.NOT_IMPLEMENTED, id="functional"),
        pytest.param(("charge 0", "charge 1"), FailureKind.INPUT, id="electrons"),
        pytest.param(("task dft property\n", ""), FailureKind.MISMATCH, id="no task"),
    ],
)
def test_what_no_other_input_mends_is_named_at_once(run, edits, kind):
    outcome, started = run(SabotagedEngine(edits))
    assert isinstance(outcome, CalculationFailure)
    assert (outcome.failure, started) == (kind, 1)
    assert outcome.evidence
    assert outcome.remedies == ()


def test_a_killed_program_is_not_started_again(run):
    arguments = ("sh", "-c", "timeout -s KILL 0.3 nwchem input.nw; kill -KILL $$")
    outcome, started = run(SabotagedEngine(arguments=arguments))
    assert isinstance(outcome, CalculationFailure)
    assert (outcome.failure, started) == (FailureKind.KILLED, 1)


def test_an_output_that_is_cut_is_tried_once_more(run):
    cut = ("sh", "-c", "nwchem input.nw | head -n 20")
    outcome, started = run(SabotagedEngine(arguments=cut))
    assert isinstance(outcome, CalculationFailure)
    assert (outcome.failure, started) == (FailureKind.CUT_OFF, 2)
    assert [applied.remedy for applied in outcome.remedies] == [Remedy.AGAIN]


def test_three_remedies_are_the_end_and_all_are_named(run):
    hopeless = (" iterations 800\n", " iterations 1\n")
    outcome, started = run(SabotagedEngine(FEW_ITERATIONS, hopeless))
    assert isinstance(outcome, CalculationFailure)
    assert (outcome.failure, started) == (FailureKind.SCF_NOT_CONVERGED, 4)
    assert [a.remedy for a in outcome.remedies] == [Remedy.SCF_DAMPED, Remedy.SCF_MINIMIZED, Remedy.SCF_TIGHT]
