"""xTB's text: what it is asked, and what its real outputs prove."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.solvents import SOLVENTS, find_solvent
from qmnmr.datatypes.theory import gfn2_xtb
from qmnmr.engines.facts import Allotment, Ended
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.engines.xtb.output_file import FORMAT_ERROR
from qmnmr.engines.xtb.solvents import alpb_solvent
from tests.golden.xtb.xtb_cases import CASES, read_golden

ENGINE = XtbEngine()
RESULTS = ["ethanol-gas", "ethanol-chloroform", "ethanol-pyridine", "ethanol-lbfgs", "acetate-water"]
FAILURES = {
    "steps-exhausted": (FailureKind.GEOMETRY_NOT_CONVERGED, "FAILED TO CONVERGE GEOMETRY OPTIMIZATION IN 2"),
    "charges-unconverged": (FailureKind.SCF_NOT_CONVERGED, "Self consistent charge iterator did not converge"),
    "solvent-unknown": (FailureKind.NOT_IMPLEMENTED, "'pyridine' is not parametrized"),
    "atoms-too-close": (FailureKind.UNKNOWN, "Program stopped due to fatal error"),
}


def read(name):
    golden = read_golden(name)
    return ENGINE.read_result(golden.calculation, Ended(output=golden.output, exit_code=golden.exit_code))


@pytest.mark.parametrize("name", RESULTS)
def test_a_good_run_of_what_was_asked_is_a_result(name):
    result = read(name)
    assert isinstance(result, CalculationResult), result
    assert (result.program, result.program_version) == ("xtb", "6.5.1")
    assert result.geometry.symbols == CASES[name].calculation(name).geometry.symbols
    assert result.geometry != CASES[name].calculation(name).geometry
    assert result.cpu_seconds > 0
    assert result.optimization_steps is not None
    assert result.optimization_steps > 2


def test_every_recorded_case_is_a_result_or_a_named_failure():
    optimizations = {name for name, case in CASES.items() if case.kind is CalculationKind.OPTIMIZATION}
    assert optimizations == {*RESULTS, *FAILURES}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_named_with_the_line_that_says_so(name):
    failure = read(name)
    kind, line = FAILURES[name]
    assert isinstance(failure, CalculationFailure)
    assert failure.failure is kind
    assert line in failure.evidence


def test_exit_code_0_does_not_make_an_unconverged_optimisation_a_result():
    assert read_golden("steps-exhausted").exit_code == 0


def test_both_optimisers_end_in_the_same_minimum():
    default, lbfgs = read("ethanol-chloroform"), read("ethanol-lbfgs")
    assert default.energy_hartree == pytest.approx(lbfgs.energy_hartree, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"charge": 0}, "charge -1.0, not 0"),
        ({"level": gfn2_xtb(None)}, "ALPB water, not gas phase"),
        ({"level": gfn2_xtb(find_solvent("DMSO"))}, "ALPB water, not ALPB dmso"),
    ],
)
def test_an_output_of_another_charge_or_medium_is_refused(changes, words):
    golden = read_golden("acetate-water")
    outcome = ENGINE.read_result(replace(golden.calculation, **changes), Ended(output=golden.output, exit_code=0))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.failure is FailureKind.MISMATCH
    assert words in outcome.evidence


def test_an_output_of_other_atoms_is_refused():
    golden = read_golden("ethanol-gas")
    other = replace(golden.calculation, geometry=read_golden("acetate-water").calculation.geometry)
    outcome = ENGINE.read_result(other, Ended(output=golden.output, exit_code=0))
    assert isinstance(outcome, CalculationFailure)
    assert "other atoms" in outcome.evidence


def test_an_output_that_is_cut_anywhere_is_no_result():
    golden = read_golden("ethanol-chloroform")
    for length in range(0, len(golden.output) - 2, 701):
        outcome = ENGINE.read_result(golden.calculation, Ended(output=golden.output[:length], exit_code=None))
        assert isinstance(outcome, CalculationFailure)


@pytest.mark.parametrize(("code", "kind"), [(139, "memory"), (-11, "memory"), (-9, "killed"), (2, "cut_off")])
def test_an_end_without_words_is_named_by_its_exit_code(code, kind):
    golden = read_golden("ethanol-gas")
    outcome = ENGINE.read_result(golden.calculation, Ended(output=golden.output[:5000], exit_code=code))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.failure == kind


def test_the_fault_of_xtb_671_with_a_new_libgfortran_is_named():
    # As Debian's xtb 6.7.1-3 prints it with libgfortran 15.
    line = b"""Fortran runtime error: Missing comma between descriptors\n(1x,"("f7.2"%)")\n   ^\n"""
    golden = read_golden("ethanol-gas")
    outcome = ENGINE.read_result(golden.calculation, Ended(output=golden.output[:9000] + line, exit_code=2))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.message == FORMAT_ERROR.message


def test_every_solvent_has_a_word_in_alpb():
    for solvent in SOLVENTS:
        assert alpb_solvent(solvent).name
    pyridine, water = find_solvent("pyridine"), find_solvent("water")
    assert pyridine is not None
    assert water is not None
    assert alpb_solvent(pyridine).stands_in == "acetone"
    assert not alpb_solvent(water).stands_in


def test_charge_and_solvent_reach_the_control_file():
    calculation = CASES["acetate-water"].calculation("c001-ranking")
    files = ENGINE.input_files(calculation, Allotment(cores=1, memory_mb=100))
    assert "$chrg -1\n$spin 0\n" in files["xcontrol"]
    assert "solvent=water\n   alpb=true\n" in files["xcontrol"]
    assert files["input.xyz"].startswith("7\n\nC ")


def test_the_digest_depends_on_structure_charge_and_solvent_alone():
    calculation = CASES["acetate-water"].calculation("c001-ranking")
    same = replace(calculation, label="c002-ranking")
    assert ENGINE.input_digest(same) == XtbEngine(is_lbfgs=True).input_digest(calculation)
    for other in (replace(calculation, charge=0), replace(calculation, level=gfn2_xtb(None))):
        assert ENGINE.input_digest(other) != ENGINE.input_digest(calculation)


def test_xtb_refuses_all_but_its_own_optimisations():
    calculation = CASES["ethanol-gas"].calculation("c001-ranking")
    assert ENGINE.refusal(calculation) is None
    assert ENGINE.refusal(replace(calculation, kind=CalculationKind.ENERGY))


def test_a_level_without_a_basis_is_written_without_one():
    assert str(gfn2_xtb(find_solvent("CDCl3"))) == "GFN2-XTB, ALPB(chloroform)"
    assert str(gfn2_xtb(None)) == "GFN2-XTB, gas phase"
