"""GFN2-xTB in this process against recorded outputs of the program."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import SOLVENTS
from qmnmr.datatypes.theory import gfn2_xtb
from qmnmr.engines.xtb.embedded import EmbeddedXtbEngine
from qmnmr.engines.xtb.library import is_installed
from qmnmr.errors import InputError, InterruptedRunError
from tests.golden.xtb.xtb_cases import CASES, read_golden

pytestmark = pytest.mark.skipif(not is_installed(), reason="tblite is not installed")

ENGINE = EmbeddedXtbEngine()


def nothing() -> None:
    """Do not stop."""


def compute(name: str, **changes: object) -> CalculationResult | CalculationFailure:
    return ENGINE.compute(replace(read_golden(name).calculation, **changes), check=nothing)  # type: ignore[arg-type]


def recorded(name: str) -> CalculationResult:
    golden = read_golden(name)
    found = CASES[name].engine.read_result(golden.calculation, golden.ended)
    assert isinstance(found, CalculationResult)
    return found


def distance(first: Geometry, second: Geometry) -> float:
    """Return the largest distance of an atom from its place in the other geometry, in angstrom."""
    a, b = (np.array(g.coordinates_angstrom) - np.mean(g.coordinates_angstrom, axis=0) for g in (first, second))
    rotation, _ = Rotation.align_vectors(a, b)
    return float(np.linalg.norm(a - rotation.apply(b), axis=1).max())


@pytest.mark.parametrize("name", ["ethanol-gas", "ethanol-chloroform", "ethanol-pyridine", "acetate-water"])
def test_a_minimum_is_the_programs(name: str) -> None:
    found, printed = compute(name), recorded(name)
    assert isinstance(found, CalculationResult)
    assert found.energy_hartree == pytest.approx(printed.energy_hartree, abs=1e-6)
    assert distance(found.geometry, printed.geometry) < 5e-3  # the program stops at ten times our forces
    assert (found.program, found.ranks, found.shieldings) == ("tblite", 1, ())


def test_a_hessian_is_the_programs() -> None:
    name = next(n for n, case in CASES.items() if case.kind is CalculationKind.HESSIAN)
    found, printed = compute(name), recorded(name)
    assert isinstance(found, CalculationResult)
    assert np.array(found.hessian) == pytest.approx(np.array(printed.hessian), abs=3e-3)


@pytest.mark.parametrize("name", ["dichloroethane-free-energy", "ethanol-free-energy", "acetate-free-energy"])
def test_a_free_energy_is_near_the_programs_although_the_way_there_is_another(name: str) -> None:
    """The program holds the structure by a bias and relaxes it within; here a linear term makes it stationary."""
    found, printed = compute(name), recorded(name)
    assert isinstance(found, CalculationResult)
    assert found.geometry == printed.geometry
    assert found.free_energy_correction_hartree == pytest.approx(printed.free_energy_correction_hartree, abs=8e-4)


@pytest.mark.parametrize("solvent", SOLVENTS, ids=lambda s: s.name)
def test_every_solvent_has_its_continuum(solvent) -> None:
    gas = compute("ethanol-gas")
    found = compute("ethanol-gas", level=gfn2_xtb(solvent))
    assert isinstance(gas, CalculationResult)
    assert isinstance(found, CalculationResult)
    assert -0.02 < found.energy_hartree - gas.energy_hartree < -0.001


def test_a_moved_and_turned_start_ends_in_the_same_place() -> None:
    calculation = read_golden("ethanol-gas").calculation
    points = Rotation.from_euler("xyz", [20, 50, 70], degrees=True).apply(calculation.geometry.coordinates_angstrom)
    turned = replace(calculation.geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in (points + 3).tolist()))
    first, second = compute("ethanol-gas"), compute("ethanol-gas", geometry=turned)
    assert isinstance(first, CalculationResult)
    assert isinstance(second, CalculationResult)
    assert second.energy_hartree == pytest.approx(first.energy_hartree, abs=1e-7)


def test_a_planar_ammonia_has_an_imaginary_vibration_and_is_refused() -> None:
    failure = compute("free-energy-imaginary")
    assert isinstance(failure, CalculationFailure)
    assert failure.failure is FailureKind.STRUCTURE_CHANGED
    assert "cm-1" in failure.evidence


def test_two_atoms_in_one_place_are_a_named_failure() -> None:
    name = next(n for n, case in CASES.items() if case.molecule == "two atoms in one place")
    failure = compute(name)
    assert isinstance(failure, CalculationFailure)
    assert failure.evidence


def test_what_it_does_not_do_is_refused_by_name() -> None:
    asked = replace(read_golden("ethanol-gas").calculation, kind=CalculationKind.SHIELDING)
    reason = ENGINE.refusal(asked)
    assert reason is not None
    with pytest.raises(InputError, match="GFN2"):
        ENGINE.compute(asked, check=nothing)


def test_the_digest_depends_on_what_decides_the_number_alone() -> None:
    asked = read_golden("ethanol-chloroform").calculation
    assert ENGINE.input_digest(asked) == ENGINE.input_digest(replace(asked, label="other"))
    for change in ({"charge": 1}, {"level": gfn2_xtb(None)}, {"kind": CalculationKind.HESSIAN}):
        assert ENGINE.input_digest(asked) != ENGINE.input_digest(replace(asked, **change))


def test_it_stops_at_once_when_it_is_told_to() -> None:
    calls = iter(range(100))

    def third_call_stops() -> None:
        if next(calls) == 2:
            raise InterruptedRunError

    with pytest.raises(InterruptedRunError):
        ENGINE.compute(read_golden("ethanol-gas").calculation, check=third_call_stops)
    assert next(calls) == 3


def test_two_threads_compute_side_by_side_what_one_does() -> None:
    alone, found = compute("ethanol-chloroform"), []
    threads = [threading.Thread(target=lambda: found.append(compute("ethanol-chloroform"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert isinstance(alone, CalculationResult)
    assert {other.geometry for other in found if isinstance(other, CalculationResult)} == {alone.geometry}
