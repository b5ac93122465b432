"""xTB's Hessians: what its real outputs prove."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import gfn2_xtb
from qmnmr.engines.xtb.hessian import XtbHessianEngine
from tests.golden.xtb.xtb_cases import read_golden

ENGINE = XtbHessianEngine()


def read(name, output=None, **changes):
    golden = read_golden(name)
    asked = replace(golden.calculation, **changes)
    left = golden if output is None else replace(golden, output=output)
    return ENGINE.read_result(asked, left.ended)


@pytest.mark.parametrize("name", ["ethanol-hessian", "acetate-hessian"])
def test_a_good_run_gives_a_symmetric_matrix_that_moving_the_molecule_does_not_feel(name):
    found = read(name)
    assert isinstance(found, CalculationResult), found
    matrix = np.array(found.hessian)
    n_atoms = len(found.geometry.symbols)
    assert matrix.shape == (3 * n_atoms, 3 * n_atoms)
    assert np.array_equal(matrix, matrix.T)
    for axis in np.eye(3):
        assert np.abs(matrix @ np.tile(axis, n_atoms)).max() < 2e-4
    assert found.cpu_seconds > 0


def test_bonds_are_where_the_matrix_is_stiff():
    found = read("ethanol-hessian")
    assert isinstance(found, CalculationResult)
    blocks = np.array(found.hessian).reshape(9, 3, 9, 3)
    coupling = np.linalg.norm(blocks.transpose(0, 2, 1, 3), axis=(2, 3))
    assert coupling[0, 1] > 0.15 > coupling[0, 2]  # C-C beside C...O
    assert coupling[2, 8] > 0.4  # O-H


def test_a_failure_is_named_with_what_says_so():
    failure = read("hessian-charges-unconverged")
    assert isinstance(failure, CalculationFailure)
    assert failure.failure is FailureKind.SCF_NOT_CONVERGED
    assert "did not converge" in failure.evidence


@pytest.mark.parametrize(
    "changes", [{"charge": -1}, {"level": gfn2_xtb(None)}, {"level": gfn2_xtb(find_solvent("water"))}]
)
def test_an_output_of_something_else_is_refused(changes):
    failure = read("ethanol-hessian", **changes)
    assert isinstance(failure, CalculationFailure)
    assert failure.failure is FailureKind.MISMATCH


@pytest.mark.parametrize("cut", [10, 1000, 9000])
def test_a_cut_output_is_never_a_result(cut):
    golden = read_golden("ethanol-hessian")
    end = golden.output.index(b"$hessian")
    assert isinstance(read("ethanol-hessian", golden.output[: end + cut]), CalculationFailure)
    number = golden.output.index(b"0.", end)
    nothing = golden.output[:number] + b"NaN" + golden.output[number + 12 :]
    assert isinstance(read("ethanol-hessian", nothing), CalculationFailure)


def test_other_tasks_are_refused():
    asked = replace(read_golden("ethanol-hessian").calculation, kind=CalculationKind.OPTIMIZATION)
    assert "Hessians alone" in (ENGINE.refusal(asked) or "")
