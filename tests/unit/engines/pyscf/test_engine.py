from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyscf")

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.facts import Allotment, Ended
from qmnmr.engines.pyscf.calculation_file import WorkerInput, read_input, write_input
from qmnmr.engines.pyscf.contact import coupling_task
from qmnmr.engines.pyscf.contact.coupling_task import CouplingAccuracy
from qmnmr.engines.pyscf.engine import PyscfEngine
from qmnmr.engines.pyscf.molecule import build_molecule
from qmnmr.engines.pyscf.optimization import CRITERIA
from qmnmr.errors import InputError
from tests.unit.engines.pyscf.molecules import DMSO, calculation

ENGINE = PyscfEngine()
ONE = Allotment(cores=1, memory_mb=800)


def run(asked: Calculation, folder: Path) -> tuple[bytes, int]:
    for name, text in ENGINE.input_files(asked, Allotment(cores=1, memory_mb=800)).items():
        (folder / name).write_text(text)
    done = subprocess.run(ENGINE.command(asked, ONE), cwd=folder, capture_output=True, check=False, timeout=300)
    return done.stdout + done.stderr, done.returncode  # as execution joins them


@pytest.fixture(scope="module")
def water_output(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return run(calculation("water", "b3lyp", "6-31g*", solvent=DMSO), tmp_path_factory.mktemp("water"))[0]


def test_importing_the_engine_does_not_import_pyscf() -> None:
    code = "import sys, qmnmr.engines.pyscf.engine; assert 'pyscf' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_an_input_is_read_back_as_it_was_asked() -> None:
    asked = calculation("formaldehyde", "cam-b3lyp", solvent=DMSO, kind=CalculationKind.OPTIMIZATION)
    assert read_input(write_input(asked, memory_mb=700)) == WorkerInput(calculation=asked, memory_mb=700)
    exact = read_input(write_input(asked, memory_mb=700, is_fitted=False))
    assert exact == WorkerInput(calculation=asked, memory_mb=700, is_fitted=False)


def test_memory_does_not_change_the_digest_but_the_level_does() -> None:
    asked = calculation("water")
    assert len(ENGINE.input_digest(asked)) == 64
    other = replace(asked, level=replace(asked.level, functional="pbe0"))
    assert ENGINE.input_digest(asked) != ENGINE.input_digest(other)


@pytest.mark.parametrize("kind", CalculationKind)
def test_every_setting_changes_the_digest(kind: CalculationKind, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = calculation("water", kind=kind)
    before, settings = ENGINE.input_digest(asked), ENGINE.settings()
    for name in settings:
        monkeypatch.setattr(ENGINE, "settings", lambda name=name: settings | {name: "another"})
        assert ENGINE.input_digest(asked) != before, name
    monkeypatch.setattr(ENGINE, "settings", lambda: dict(reversed(settings.items())))
    assert ENGINE.input_digest(asked) == before


def test_the_criteria_of_optimisations_change_their_digest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = (CalculationKind.OPTIMIZATION, CalculationKind.ENERGY)
    before = [ENGINE.input_digest(calculation("water", kind=kind)) for kind in kinds]
    monkeypatch.setitem(CRITERIA, "convergence_gmax", 1e-2)
    after = [ENGINE.input_digest(calculation("water", kind=kind)) for kind in kinds]
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, True]


@pytest.mark.long
def test_the_last_complete_step_gives_the_geometry_of_a_stopped_optimisation(tmp_path: Path) -> None:
    asked = calculation("water", "hf", "sto-3g", kind=CalculationKind.OPTIMIZATION)
    output, _ = run(asked, tmp_path)
    second, third = (output.index(b"step %d" % number) for number in (2, 3))
    within_third = ENGINE.last_step_geometry(output[:third])
    assert within_third is not None
    assert within_third == ENGINE.last_step_geometry(output[: second + 40])
    assert within_third != ENGINE.last_step_geometry(output[: third + 40])
    assert within_third.symbols == asked.geometry.symbols
    assert ENGINE.last_step_geometry(output[: output.index(b"step 1")]) is None
    assert ENGINE.last_step_geometry(b"") is None


def test_a_worker_process_gives_a_result(water_output: bytes) -> None:
    asked = calculation("water", "b3lyp", "6-31g*", solvent=DMSO)
    result = ENGINE.read_result(asked, Ended(output=water_output, exit_code=0))
    assert isinstance(result, CalculationResult)
    assert [shielding.symbol for shielding in result.shieldings] == ["O", "H", "H"]
    assert result.energy_hartree == pytest.approx(-76.4, abs=0.1)
    for shielding in result.shieldings:
        assert shielding.isotropic_ppm == pytest.approx(np.trace(shielding.tensor_ppm) / 3)
    assert result.shieldings[1].isotropic_ppm == pytest.approx(result.shieldings[2].isotropic_ppm, abs=1e-3)
    assert (result.program, result.ranks) == ("pyscf", 1)
    assert result.cpu_seconds > 0


@pytest.mark.parametrize("change", ["level", "geometry", "charge", "kind"])
def test_an_output_of_something_else_is_refused(change: str, water_output: bytes) -> None:
    asked = calculation("water", "b3lyp", "6-31g*", solvent=DMSO)
    other = {
        "level": replace(asked, level=replace(asked.level, solvent=None, cavity="klamt")),
        "geometry": replace(asked, geometry=calculation("formaldehyde").geometry),
        "charge": replace(asked, charge=2),
        "kind": replace(asked, kind=CalculationKind.ENERGY),
    }[change]
    failure = ENGINE.read_result(other, Ended(output=water_output, exit_code=0))
    assert isinstance(failure, CalculationFailure)
    assert failure.failure is FailureKind.MISMATCH


def test_an_output_that_is_cut_off_anywhere_is_no_result(water_output: bytes) -> None:
    asked = calculation("water", "b3lyp", "6-31g*", solvent=DMSO)
    for length in range(0, len(water_output) - 2, 97):
        found = ENGINE.read_result(asked, Ended(output=water_output[:length], exit_code=None))
        assert isinstance(found, CalculationFailure)
        assert found.failure is FailureKind.CUT_OFF


@pytest.mark.parametrize("value", ["null", "NaN", '"x"', "[]", "1e999"])
def test_a_damaged_number_is_no_result(value: str, water_output: bytes) -> None:
    asked = calculation("water", "b3lyp", "6-31g*", solvent=DMSO)
    start, text = water_output.decode().split("result ", 1)
    fields = json.loads(text.splitlines()[0])
    damaged = json.dumps(fields | {"energy_hartree": "HERE"}).replace('"HERE"', value)
    output = f"{start}result {damaged}\nend of qmnmr calculation\n".encode()
    assert isinstance(ENGINE.read_result(asked, Ended(output=output, exit_code=0)), CalculationFailure)


def test_random_bytes_raise_nothing() -> None:
    random = np.random.default_rng(3)
    asked = calculation("water")
    for _ in range(50):
        output = random.bytes(200) + b"\nresult " + random.bytes(20) + b"\nend of qmnmr calculation\n"
        assert isinstance(ENGINE.read_result(asked, Ended(output=output, exit_code=1)), CalculationFailure)


def test_a_signal_is_named() -> None:
    failure = ENGINE.read_result(calculation("water"), Ended(output=b"PySCF\ngeometry {}\n", exit_code=-9))
    assert isinstance(failure, CalculationFailure)
    assert (failure.failure, failure.evidence) == (FailureKind.KILLED, "PySCF")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (calculation("water", "m06"), "no functional 'm06'"),
        (calculation("water", basis="nonsense"), "no basis set 'nonsense'"),
        (calculation("water", charge=1), "closed shell"),
        (replace(calculation("water"), multiplicity=3), "Multiplicity 3"),
        (calculation("water", "wb97x-d3", kind=CalculationKind.GRADIENT), "needs D3"),
        (calculation("water", "wb97x-d", kind=CalculationKind.ENERGY), "needs D2"),
        (
            replace(calculation("water"), geometry=replace(calculation("water").geometry, symbols=("U", "H", "H"))),
            "'U'",
        ),
    ],
)
def test_what_it_cannot_do_it_refuses_by_name(asked: Calculation, reason: str) -> None:
    assert reason in (ENGINE.refusal(asked) or "")
    with pytest.raises(InputError, match="c001-test"):
        ENGINE.input_files(asked, Allotment(cores=1, memory_mb=500))


@pytest.mark.parametrize(("symbol", "exponents"), [("Si", (0.9, 0.225)), ("S", (1.3, 0.325)), ("Cl", (1.5, 0.375))])
def test_two_d_shells_of_third_row_elements_are_those_of_nwchems_library(
    symbol: str, exponents: tuple[float, float]
) -> None:
    # PySCF's library has them for lighter elements alone.
    atom = Geometry(symbols=(symbol,), coordinates_angstrom=((0.0, 0.0, 0.0),))
    charge = {"Si": 0, "S": 0, "Cl": -1}[symbol]
    asked = replace(calculation("water", basis="6-311+g(2d,p)", charge=charge), geometry=atom)
    assert ENGINE.refusal(asked) is None
    mol = build_molecule(asked, memory_mb=100)
    found = [mol.bas_exp(shell)[0] for shell in range(mol.nbas) if mol.bas_angular(shell) == 2]
    assert found == pytest.approx(exponents)


@pytest.mark.long
def test_an_optimisation_finds_the_minimum_of_water(tmp_path: Path) -> None:
    asked = calculation("water", "hf", "6-31g*", kind=CalculationKind.OPTIMIZATION)
    output, exit_code = run(asked, tmp_path)
    result = ENGINE.read_result(asked, Ended(output=output, exit_code=exit_code))
    assert isinstance(result, CalculationResult)
    oxygen, first, _ = np.array(result.geometry.coordinates_angstrom)
    assert np.linalg.norm(oxygen - first) == pytest.approx(0.947, abs=0.002)  # HF/6-31G*: 0.947 angstrom
    assert result.energy_hartree == pytest.approx(-76.0107, abs=2e-3)
    assert result.optimization_steps is not None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["input.json", "steps.jsonl"]


def test_a_bad_input_file_is_a_stated_failure(tmp_path: Path) -> None:
    (tmp_path / "input.json").write_text("{}")
    done = subprocess.run(
        ENGINE.command(calculation("water"), ONE), cwd=tmp_path, capture_output=True, check=False, timeout=60
    )
    failure = ENGINE.read_result(calculation("water"), Ended(output=done.stdout, exit_code=done.returncode))
    assert isinstance(failure, CalculationFailure)
    assert failure.failure is FailureKind.INPUT


def test_a_worker_process_gives_the_couplings_of_every_pair_of_hydrogens(tmp_path: Path) -> None:
    asked = calculation("water", "b3lyp", "6-31g(d,p)u+1s(h)", solvent=DMSO, kind=CalculationKind.COUPLINGS)
    output, exit_code = run(asked, tmp_path)
    found = ENGINE.read_result(asked, Ended(output=output, exit_code=exit_code))
    assert isinstance(found, CalculationResult), found
    assert [pair.atom_indices for pair in found.couplings] == [(1, 2)]
    assert -12.0 < found.couplings[0].coupling_hz < -6.0  # measured of HDO: -7.2 Hz
    assert b"couplings of 2 hydrogens converged to" in output
    for damaged in (b"[]", b"[1.0, 2.0]", b"[NaN]"):
        changed = re.sub(rb'"couplings_hz": \[[^]]*\]', b'"couplings_hz": ' + damaged, output)
        refused = ENGINE.read_result(asked, Ended(output=changed, exit_code=0))
        assert isinstance(refused, CalculationFailure)
        assert refused.failure is FailureKind.MISMATCH


def test_the_accuracy_of_couplings_changes_their_digest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = (CalculationKind.COUPLINGS, CalculationKind.SHIELDING)
    before = [ENGINE.input_digest(calculation("water", kind=kind)) for kind in kinds]
    monkeypatch.setattr(coupling_task, "CouplingAccuracy", lambda: CouplingAccuracy(error_hz=1.0))
    after = [ENGINE.input_digest(calculation("water", kind=kind)) for kind in kinds]
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, True]
