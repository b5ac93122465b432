"""xTB's free energies: what its real outputs prove."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import gfn2_xtb
from qmnmr.engines.facts import Allotment, Ended
from qmnmr.engines.xtb.free_energy import XtbFreeEnergyEngine
from qmnmr.units import BOLTZMANN_HARTREE_PER_KELVIN
from tests.golden.xtb.xtb_cases import CASES, read_golden

ENGINE = XtbFreeEnergyEngine()
RESULTS = {
    "dichloroethane-free-energy": 0.025627444097 - BOLTZMANN_HARTREE_PER_KELVIN * 310.0 * math.log(2),
    "ethanol-free-energy": 0.052771600458,
    "acetate-free-energy": 0.020550271694,
}


def read(name, **changes):
    golden = read_golden(name)
    asked = replace(golden.calculation, **changes)
    return ENGINE.read_result(asked, Ended(output=golden.output, exit_code=golden.exit_code))


@pytest.mark.parametrize("name", RESULTS)
def test_a_good_run_gives_the_printed_term_without_the_symmetry_number(name):
    result = read(name)
    assert isinstance(result, CalculationResult), result
    assert result.free_energy_correction_hartree == pytest.approx(RESULTS[name], abs=1e-11)
    assert result.geometry == CASES[name].calculation(name).geometry  # the structure stays that of DFT
    assert (result.program, result.program_version) == ("xtb", "6.5.1")
    assert result.cpu_seconds > 0


def test_the_symmetry_number_is_taken_out_since_the_degeneracy_has_it():
    printed = 0.025627444097  # "G(RRHO) contrib." of the recorded output, C2h
    result = read("dichloroethane-free-energy")
    assert isinstance(result, CalculationResult)
    assert result.free_energy_correction_hartree is not None
    assert printed - result.free_energy_correction_hartree == pytest.approx(310.0 * 3.1668e-6 * 0.6931, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "kind", "evidence"),
    [
        ("free-energy-charges-unconverged", FailureKind.SCF_NOT_CONVERGED, "did not converge"),
        ("free-energy-imaginary", FailureKind.STRUCTURE_CHANGED, "1 of them imaginary"),
    ],
)
def test_a_failure_is_named_with_what_says_so(name, kind, evidence):
    failure = read(name)
    assert isinstance(failure, CalculationFailure)
    assert failure.failure is kind
    assert evidence in failure.evidence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"temperature_kelvin": 298.15}, "temperature 310.00, not 298.15"),
        ({"charge": 1}, "charge -0.0, not 1"),
        ({"level": gfn2_xtb(find_solvent("DMSO"))}, "ALPB chcl3, not ALPB dmso"),
    ],
)
def test_an_output_of_another_question_is_refused(changes, words):
    failure = read("dichloroethane-free-energy", **changes)
    assert isinstance(failure, CalculationFailure)
    assert failure.failure is FailureKind.MISMATCH
    assert words in failure.evidence


@pytest.mark.parametrize("keep", [0, 2000, 15000, 24000])
def test_an_output_that_ends_early_is_no_result(keep):
    golden = read_golden("dichloroethane-free-energy")
    outcome = ENGINE.read_result(golden.calculation, Ended(output=golden.output[:keep], exit_code=-9))
    assert isinstance(outcome, CalculationFailure)


def test_temperature_and_structure_are_in_the_digest():
    asked = CASES["ethanol-free-energy"].calculation("c001-freeenergy")
    warmer = replace(asked, temperature_kelvin=310.0)
    assert ENGINE.input_digest(asked) != ENGINE.input_digest(warmer)
    assert "temp=310.00" in ENGINE.input_files(warmer, Allotment(cores=1, memory_mb=100))["xcontrol"]


def test_what_is_no_free_energy_is_refused():
    asked = CASES["ethanol-free-energy"].calculation("c001-freeenergy")
    assert ENGINE.refusal(replace(asked, kind=CalculationKind.ENERGY)) is not None
    assert ENGINE.refusal(replace(asked, temperature_kelvin=None)) == "A free energy needs a temperature."
