from pathlib import Path

import pytest

from qmnmr.datatypes.calculation import CalculationFailure, FailureKind
from qmnmr.engines import get_engine
from qmnmr.engines.facts import Ended
from qmnmr.engines.nwchem.failure_table import ERRQUIT_CATEGORIES, NOT_RECORDED, RECORDED
from qmnmr.engines.nwchem.known_failures import classify
from tests.golden.nwchem.nwchem_cases import CASES, read_golden

LAUNCHERS = Path(__file__).resolve().parents[3] / "golden" / "launchers"

FAILURES = {
    "optimization-unconverged": (
        FailureKind.GEOMETRY_NOT_CONVERGED,
        "Failed to converge in maximum number of steps or available time",
    ),
    "scf-unconverged": (FailureKind.SCF_NOT_CONVERGED, "Calculation failed to converge"),
    "scf-unconverged-optimization": (FailureKind.SCF_NOT_CONVERGED, "Calculation failed to converge"),
    "cphf-unconverged": (FailureKind.RESPONSE_NOT_CONVERGED, "lkain: not converged"),
    "cphf-residual": (FailureKind.RESPONSE_NOT_CONVERGED, "cphf_solve2:SCF residual greater than 1d-2"),
    "killed-in-cphf": (FailureKind.KILLED, "exit code -9"),
    "killed-rank": (FailureKind.KILLED, "mpirun noticed that process rank"),
    "memory-unreasonable": (FailureKind.MEMORY, "Memory_Defaults: Global memory limit unreasonable"),
    "memory-too-small": (FailureKind.MEMORY, "xc_setquad: out of memory"),
    "autoz-straight-chain": (
        FailureKind.INTERNAL_COORDINATES,
        "!! There are insufficient internal variables: expected    23 got    24",
    ),
    "basis-missing-element": (FailureKind.BASIS, "bas_tag_lib: failed to locate basis br_6-311+g(2d,p)"),
    "basis-unknown": (FailureKind.BASIS, "Attempting to read a basis set from a  non-existing file:"),
    "functional-unknown": (FailureKind.NOT_IMPLEMENTED, "xc_input: invalid format"),
    "odd-electrons": (FailureKind.INPUT, "Odd number of electrons."),
    "orbitals-missing": (FailureKind.RESTART_FILES, "movecs_converged: error opening file"),
    "no-task": (FailureKind.MISMATCH, "number of atoms: asked 3, found None"),
    "no-slots": (FailureKind.PARALLEL_START, "There are not enough slots available"),
    "solvent-unknown": (FailureKind.MISMATCH, "dielectric constant: asked 4.7113, found 78.4"),
    "open-shell": (FailureKind.MISMATCH, "charge: asked 1, found 0"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_recorded_failure_is_named_with_the_line_that_shows_it(name):
    golden = read_golden(name)
    outcome = get_engine("nwchem").read_result(
        golden.calculation, Ended(output=golden.output, exit_code=golden.exit_code)
    )
    kind, evidence = FAILURES[name]
    assert isinstance(outcome, CalculationFailure)
    assert outcome.failure is kind
    assert outcome.evidence.startswith(evidence)
    assert outcome.message.endswith(".")


@pytest.mark.parametrize("failure", RECORDED, ids=lambda failure: failure.text.decode())
def test_each_known_text_stands_in_a_recorded_output(failure):
    assert any(failure.text in read_golden(name).output for name in CASES)


def test_no_text_of_a_failure_stands_in_a_good_output():
    good = [name for name in CASES if name not in FAILURES]
    assert len(good) >= 10
    for failure in (*RECORDED, *NOT_RECORDED, *ERRQUIT_CATEGORIES):
        assert not any(failure.text in read_golden(name).output for name in good), failure.text


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        (b"There is an error in the input file", FailureKind.INPUT),
        (b"There is an error in the specified basis set", FailureKind.BASIS),
        (b"There is an error related to the specified geometry", FailureKind.INTERNAL_COORDINATES),
        (b"This type of error is most commonly associated with calculations not reaching convergence criteria",
         FailureKind.SCF_NOT_CONVERGED),
        (b"An error occured while trying to read or write to disk space", FailureKind.DISK),
    ],
)  # fmt: skip
def test_an_unlisted_message_falls_back_on_the_category_that_nwchem_prints(category, kind):
    recorded = [name for name in FAILURES if b"\n " + category + b"\n" in read_golden(name).stdout]
    assert recorded, "the category line has to be a real one"
    rule = b"\n " + b"-" * 72 + b"\n"
    text = rule + b" some_routine: gave up                   0" + rule + b" " + category + rule
    assert classify(text, exit_code=255)[0] is kind


def test_an_unlisted_message_without_a_category_is_the_evidence():
    rule = b"\n " + b"-" * 72 + b"\n"
    kind, _, evidence, _ = classify(b"..." + rule + b"  grid_nbfm: silly accgauss         0" + rule, exit_code=255)
    assert (kind, evidence) == (FailureKind.UNKNOWN, "grid_nbfm: silly accgauss")


@pytest.mark.parametrize(
    ("exit_code", "kind"),
    [
        (-9, FailureKind.KILLED),
        (137, FailureKind.KILLED),
        (143, FailureKind.KILLED),
        (-7, FailureKind.SHARED_MEMORY),
        (0, FailureKind.CUT_OFF),
        (None, FailureKind.CUT_OFF),
        (255, FailureKind.CUT_OFF),
    ],
)
def test_a_cut_output_is_classified_by_the_exit_code(exit_code, kind):
    output = read_golden("killed-in-cphf").stdout
    assert classify(output, exit_code=exit_code)[0] is kind


def test_an_exit_code_that_looks_like_a_signal_does_not_hide_what_nwchem_said():
    assert classify(read_golden("odd-electrons").output, exit_code=137)[0] is FailureKind.INPUT


@pytest.mark.parametrize(
    ("launcher", "exit_code", "evidence"),
    [
        ("openmpi-5.0.7", 137, "prterun noticed that process rank 1"),
        ("mpich-5.0.2", 9, "YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Killed (signal 9)"),
    ],
)
def test_the_launchers_own_words_name_the_end_of_a_rank(launcher, exit_code, evidence):
    words = (LAUNCHERS / f"{launcher}-killed-rank.txt").read_bytes()
    output = read_golden("killed-in-cphf").stdout + words
    kind, message, found, _ = classify(output, exit_code=exit_code)
    assert (kind, message) == (FailureKind.KILLED, "NWChem was ended by SIGKILL, by the system if memory ran out.")
    assert found.startswith(evidence)
