"""Each guard against a wrong ground state fires on a mistake that was put back, and a remedy mends it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyscf")

from qmnmr.datatypes.calculation import (
    Calculation,
    CalculationFailure,
    CalculationKind,
    CalculationResult,
    FailureKind,
)
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.remedy import Remedy
from qmnmr.engines.facts import Allotment
from qmnmr.engines.plausibility import (
    Doubt,
    doubt_electrons,
    doubt_energy,
    doubt_operator,
    doubt_result,
    doubt_shieldings,
    doubt_virial_ratio,
)
from qmnmr.engines.pyscf.calculation_file import STEP_FILE, write_input
from qmnmr.engines.pyscf.engine import PyscfEngine
from qmnmr.engines.pyscf.field import mean_field
from qmnmr.engines.pyscf.field.checks import operator_checks
from qmnmr.engines.pyscf.field.scf import Accuracy, solve_ground_state
from qmnmr.engines.pyscf.molecule import FUNCTIONALS, build_molecule
from qmnmr.engines.pyscf.output_file import read_output
from qmnmr.engines.pyscf.worker import run
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Outcome, Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from tests.unit.engines.pyscf import wrong_operator
from tests.unit.engines.pyscf.molecules import DMSO, calculation

pytestmark = pytest.mark.long

PROPYNAL = Geometry(
    symbols=("O", "C", "C", "C", "H", "H"),
    coordinates_angstrom=(
        (2.26, 0.35, 0.0),
        (1.14, -0.13, 0.0),
        (-0.12, 0.60, 0.0),
        (-1.19, 1.16, 0.0),
        (1.02, -1.23, 0.0),
        (-2.14, 1.66, 0.0),
    ),
)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An optimisation keeps its steps in the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mean_field, "fitted_jk", wrong_operator.other_factors)


def work(asked: Calculation, *, is_fitted: bool = True) -> tuple[Outcome, dict]:
    """Return the outcome of a calculation in this process, from input text to judged output, and the raw result."""
    lines: list[str] = []
    run(write_input(asked, memory_mb=1000, is_fitted=is_fitted), say=lines.append)
    results = [json.loads(line.removeprefix("result ")) for line in lines if line.startswith("result ")]
    raw = results[0] if results else {}
    return read_output(asked, "\n".join(lines).encode(), exit_code=0), raw


LEVELS = [("wb97x-d3", "def2-svp"), ("wb97x-d", "def2-svp"), ("wb97x", "6-31g*"), ("cam-b3lyp", "6-311+g(2d,p)")]


@pytest.mark.parametrize(("functional", "basis"), LEVELS)
@pytest.mark.parametrize("solvent", [None, DMSO], ids=["gas", "dmso"])
@pytest.mark.usefixtures("mistake")
def test_a_wrong_operator_is_no_result(functional, basis, solvent) -> None:
    outcome, _ = work(calculation("water", functional, basis, solvent=solvent))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.failure is FailureKind.UNPHYSICAL
    assert "hartree" in outcome.evidence


@pytest.mark.parametrize("kind", [CalculationKind.ENERGY, CalculationKind.OPTIMIZATION])
@pytest.mark.usefixtures("mistake")
def test_a_wrong_operator_is_no_energy_and_no_geometry(kind) -> None:
    outcome, _ = work(calculation("water", "cam-b3lyp", "6-31g*", kind=kind))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.failure is FailureKind.UNPHYSICAL


def test_steps_on_a_wrong_surface_are_not_gone_on_with(tmp_path: Path) -> None:
    asked = calculation("water", "cam-b3lyp", "6-31g*", kind=CalculationKind.OPTIMIZATION)
    right, _ = work(asked)
    assert isinstance(right, CalculationResult)
    steps = [json.loads(line) for line in Path(STEP_FILE).read_text().splitlines()]
    wrong = [step | {"energy_hartree": step["energy_hartree"] - 3.9} for step in steps]
    Path(STEP_FILE).write_text("".join(json.dumps(step) + "\n" for step in wrong[:2]))
    again, _ = work(asked)
    assert isinstance(again, CalculationResult)
    assert again.energy_hartree == pytest.approx(right.energy_hartree, abs=1e-8)
    assert again.optimization_steps == right.optimization_steps


def _operators(raw: dict) -> Doubt | None:
    found = [
        doubt_operator(o["name"], used_hartree=o["field_hartree"], exact_hartree=o["exact_hartree"])
        for o in raw["checks"]["operators"]
    ]
    return next((doubt for doubt in found if doubt), None)


@pytest.mark.parametrize(("functional", "basis"), LEVELS)
@pytest.mark.usefixtures("mistake")
def test_energy_and_probe_of_the_operators_find_it_each_alone(functional, basis) -> None:
    asked = calculation("formaldehyde", functional, basis)
    _, raw = work(asked)
    assert doubt_energy(raw["energy_hartree"], symbols=asked.geometry.symbols, level=asked.level) is not None
    doubt = _operators(raw)
    assert doubt is not None
    assert "erf(" in doubt.message


@pytest.mark.usefixtures("mistake")
def test_the_virial_ratio_finds_it_in_a_small_basis() -> None:
    for name in ("methane", "formaldehyde"):
        asked = calculation(name, "wb97x-d3", "def2-svp")
        _, raw = work(asked)
        ratio = raw["checks"]["virial_ratio"]
        assert doubt_virial_ratio(ratio, symbols=asked.geometry.symbols, functional="wb97x-d3") is not None


@pytest.mark.usefixtures("mistake")
def test_the_range_of_an_element_finds_it_where_electrons_move_easily() -> None:
    asked = replace(calculation("water", "wb97x-d3"), geometry=PROPYNAL)
    _, raw = work(asked)
    doubt = doubt_shieldings(_result(asked, raw))
    assert doubt is not None
    assert doubt.message.startswith("The shielding of C")


def test_wrong_factors_of_the_response_are_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The field computes with right ones here; response and GIAO terms would not."""
    asked = calculation("water", "cam-b3lyp", "6-31g*")
    state = solve_ground_state(build_molecule(asked, memory_mb=1000), asked.level, accuracy=Accuracy())
    assert state.fits is not None
    wrong = replace(state, fits=replace(state.fits, exchange=state.fits.coulomb))
    long_range = operator_checks(wrong)[-1]
    assert long_range.field_hartree == pytest.approx(long_range.exact_hartree, rel=1e-4)
    assert doubt_operator("x", used_hartree=long_range.factors_hartree, exact_hartree=long_range.exact_hartree)


def test_orbitals_that_are_not_orthonormal_hold_other_electrons(monkeypatch: pytest.MonkeyPatch) -> None:
    orthonormal = mean_field.HartreeFock.check_linear_dependency
    monkeypatch.setattr(
        mean_field.HartreeFock, "check_linear_dependency", lambda self, s, verbose=None: 1.0001 * orthonormal(self, s)
    )
    outcome, raw = work(calculation("water", "hf", "sto-3g", kind=CalculationKind.ENERGY))
    assert doubt_electrons(raw["checks"]["electrons"], expected=10) is not None
    assert isinstance(outcome, CalculationFailure)
    assert outcome.failure is FailureKind.UNPHYSICAL


@pytest.mark.usefixtures("mistake")
def test_exact_integrals_are_right_in_spite_of_it() -> None:
    asked = calculation("water", "wb97x-d3", solvent=DMSO)
    outcome, raw = work(asked, is_fitted=False)
    assert isinstance(outcome, CalculationResult)
    assert raw["checks"]["operators"] == []


def test_a_refused_ground_state_is_computed_again_with_exact_integrals(tmp_path: Path) -> None:
    asked = calculation("water", "wb97x-d3", solvent=DMSO)
    mistaken = _run(asked, tmp_path / "wrong", _Mistaken())
    right = _run(asked, tmp_path / "right", PyscfEngine())
    assert isinstance(mistaken, CalculationResult)
    assert isinstance(right, CalculationResult)
    (applied,) = mistaken.remedies
    assert applied.remedy is Remedy.EXACT_INTEGRALS
    assert "possible are" in applied.evidence
    for one, other in zip(mistaken.shieldings, right.shieldings, strict=True):
        assert one.isotropic_ppm == pytest.approx(other.isotropic_ppm, abs=0.1 if one.symbol == "O" else 0.002)
    assert right.remedies == ()


def test_a_kept_result_that_no_molecule_has_is_computed_again(tmp_path: Path) -> None:
    asked = calculation("water", "wb97x-d3")
    store = MoleculeFolder(tmp_path / "store")
    right = _run(asked, tmp_path, PyscfEngine(), store=store)
    assert isinstance(right, CalculationResult)
    digest = PyscfEngine().input_digest(asked)
    store.save_outcome(replace(right, energy_hartree=right.energy_hartree - 6.0), digest=digest, files={})
    again = _run(asked, tmp_path, PyscfEngine(), store=store)
    assert isinstance(again, CalculationResult)
    assert again.energy_hartree == pytest.approx(right.energy_hartree, abs=1e-8)


def test_a_result_says_which_memory_it_had(tmp_path: Path) -> None:
    outcome = _run(calculation("water", "hf", "sto-3g"), tmp_path, PyscfEngine())
    assert isinstance(outcome, CalculationResult)
    assert outcome.memory_mb == 900


@pytest.mark.parametrize("atom", ["He", "Ne"])
@pytest.mark.parametrize("functional", ["hf", "pbe", "cam-b3lyp"])
def test_a_closed_shell_atom_has_its_diamagnetic_shielding(atom, functional) -> None:
    """A field couples nothing in an atom: the response is empty."""
    asked = replace(
        calculation("water", functional, "6-31g*"),
        geometry=Geometry(symbols=(atom,), coordinates_angstrom=((0.0, 0.0, 0.0),)),
    )
    outcome, _ = work(asked)
    assert isinstance(outcome, CalculationResult)
    lamb = {"He": 59.9, "Ne": 552.0}[atom]  # Malli, Froese, Int. J. Quantum Chem. 1, 95 (1967)
    assert outcome.shieldings[0].isotropic_ppm == pytest.approx(lamb, rel=0.01)


def test_all_functionals_pass_their_own_guards() -> None:
    for functional in FUNCTIONALS:
        outcome, _ = work(calculation("water", functional, "6-31g*"))
        assert isinstance(outcome, CalculationResult), outcome
        assert doubt_result(outcome) is None


class _Mistaken(PyscfEngine):
    def command(self, calculation: Calculation, allotment: Allotment) -> tuple[str, ...]:
        return (sys.executable, wrong_operator.__file__, "input.json")


def _run(asked: Calculation, folder: Path, engine: PyscfEngine, *, store: MoleculeFolder | None = None) -> Outcome:
    folder.mkdir(exist_ok=True)
    with ScratchFolder.create(folder) as scratch:
        workplace = Workplace(engine=engine, scratch=scratch, programs=Programs(scratch))
        store = store or MoleculeFolder(folder / "store")
        return run_calculation(asked, workplace=workplace, store=store, cores=1, memory_mb=900)


def _result(asked: Calculation, raw: dict) -> CalculationResult:
    """Return what would have been a result, without the guards."""
    isotropic = np.trace(np.array(raw["shieldings_ppm"]), axis1=1, axis2=2) / 3
    lines = [f"result {json.dumps(raw)}", "end of qmnmr calculation"]
    found = _unguarded(read_output, asked, "\n".join(lines).encode())
    assert [s.isotropic_ppm for s in found.shieldings] == pytest.approx(list(isotropic))
    return found


def _unguarded(read: Callable[..., Outcome], asked: Calculation, output: bytes) -> CalculationResult:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qmnmr.engines.pyscf.output_file.doubt_result", lambda _: None)
        patch.setattr("qmnmr.engines.pyscf.output_file.doubt_ground_state", lambda *_, **__: None)
        found = read(asked, output, exit_code=0)
    assert isinstance(found, CalculationResult)
    return found
