"""What is said of failures and remedies."""

from __future__ import annotations

from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.remedy import AppliedRemedy, Remedy
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.records import decode, encode
from qmnmr.report.failure_text import failure_text, remedy_notes

APPLIED = AppliedRemedy(
    remedy=Remedy.SCF_DAMPED, failure="The SCF did not converge.", evidence="Calculation failed to converge"
)
RESULT = CalculationResult(
    label="c001-shielding",
    kind=CalculationKind.SHIELDING,
    level=LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None),
    energy_hartree=-93.4,
    geometry=Geometry(symbols=("H",), coordinates_angstrom=((0.0, 0.0, 0.0),)),
    shieldings=(),
    program="nwchem",
    program_version="7.0.2",
    ranks=1,
    cpu_seconds=1.0,
    wall_seconds=1.0,
    remedies=(APPLIED,),
)


def test_a_result_after_a_remedy_says_what_failed_and_what_was_changed():
    (note,) = remedy_notes([RESULT])
    assert note.startswith("c001-shielding failed first: The SCF did not converge (Calculation failed to converge), ")
    assert note.endswith("then SCF with damping, level shift and 800 iterations")


def test_a_failure_says_what_was_tried_in_vain():
    failure = CalculationFailure(
        label="c001-shielding",
        kind=CalculationKind.SHIELDING,
        failure=FailureKind.SCF_NOT_CONVERGED,
        message="The SCF did not converge.",
        evidence="Calculation failed to converge",
        remedies=(APPLIED,),
    )
    assert failure_text(failure).endswith("; tried in vain: SCF with damping, level shift and 800 iterations")


def test_remedies_last_in_the_record():
    assert decode(encode(RESULT), CalculationResult, source="result.json") == RESULT
