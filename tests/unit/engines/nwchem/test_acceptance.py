"""The output of another question than the one that was asked is never accepted."""

from dataclasses import replace

import pytest

from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, FailureKind
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.engines import get_engine
from qmnmr.engines.facts import Ended
from tests.golden.nwchem.nwchem_cases import read_golden

GOLDEN = read_golden("ethanol-2-ranks")
ASKED = GOLDEN.calculation


def outcome_of(calculation, output=GOLDEN.output):
    return get_engine("nwchem").read_result(calculation, Ended(output=output, exit_code=0))


def moved(geometry, by_angstrom):
    (x, y, z), *others = geometry.coordinates_angstrom
    return replace(geometry, coordinates_angstrom=((x + by_angstrom, y, z), *others))


OTHER_QUESTIONS = {
    "dielectric constant: asked 46.826, found 4.7113": replace(
        ASKED, level=replace(ASKED.level, solvent=find_solvent("dmso"))
    ),
    "dielectric constant: asked None, found 4.7113": replace(
        ASKED, level=replace(ASKED.level, solvent=None, cavity="klamt")
    ),
    "radii of the cavity: asked (2.118, 2.118, 1.925, 1.587": replace(ASKED, level=replace(ASKED.level, cavity="uff")),
    "basis set: asked": replace(ASKED, level=replace(ASKED.level, basis="def2-svp")),
    "spherical basis functions: asked False, found True": replace(ASKED, level=replace(ASKED.level, spherical=False)),
    "functional: asked pbe0": replace(ASKED, level=replace(ASKED.level, functional="pbe0")),
    "charge: asked 2, found 0": replace(ASKED, charge=2),
    "multiplicity: asked 3, found 1": replace(ASKED, multiplicity=3),
    "position of atom 1": replace(ASKED, geometry=moved(ASKED.geometry, 1e-5)),
    "order of elements": replace(ASKED, geometry=replace(ASKED.geometry, symbols=tuple("CCSHHHHHH"))),
    "end of the optimisation: asked Optimization converged, found None": replace(
        ASKED, kind=CalculationKind.OPTIMIZATION
    ),
}


@pytest.mark.parametrize("evidence", OTHER_QUESTIONS)
def test_a_result_of_another_question_is_refused_by_name(evidence):
    outcome = outcome_of(OTHER_QUESTIONS[evidence])
    assert isinstance(outcome, CalculationFailure)
    # An output of other elements differs in its basis summary already.
    if evidence != "order of elements":
        assert outcome.evidence.startswith(evidence)
    assert outcome.failure is FailureKind.MISMATCH


def test_an_energy_run_gives_no_shieldings():
    golden = read_golden("methanol-energy")
    outcome = outcome_of(replace(golden.calculation, kind=CalculationKind.SHIELDING), golden.output)
    assert outcome.evidence == "atoms with a shielding: asked 6, found 0"


def test_a_tensor_that_does_not_fit_its_isotropic_value_is_refused():
    outcome = outcome_of(ASKED, GOLDEN.output.replace(b"isotropic =     170.1565", b"isotropic =     170.1575"))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.evidence.startswith("isotropic shielding of atom 1: asked 170.156")
    assert "isotropic_ppm=170.1575" in outcome.evidence


def test_an_optimised_energy_that_is_not_of_the_last_step_is_refused():
    golden = read_golden("ethanol-optimization")
    outcome = outcome_of(golden.calculation, golden.output.replace(b"-155.037854584777", b"-155.037824584777"))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.evidence.startswith("energy of the last step")


def test_an_unknown_solvent_that_became_water_is_refused():
    golden = read_golden("solvent-unknown")
    assert golden.exit_code == 0
    assert outcome_of(golden.calculation, golden.output).evidence == "dielectric constant: asked 4.7113, found 78.4"


def test_an_open_shell_that_nwchem_computed_is_refused():
    golden = read_golden("open-shell")
    outcome = outcome_of(replace(golden.calculation, charge=0), golden.output)
    assert outcome.evidence == "multiplicity: asked 1, found 2"


def test_a_later_step_of_the_molecule_in_the_same_output_can_not_lend_its_geometry():
    joined = GOLDEN.stdout + read_golden("ethanol-optimization").stdout
    assert isinstance(outcome_of(ASKED, joined), CalculationFailure)


def test_an_output_of_more_atoms_is_refused_with_both_numbers():
    geometry = ASKED.geometry
    fewer = replace(geometry, symbols=geometry.symbols[:-1], coordinates_angstrom=geometry.coordinates_angstrom[:-1])
    outcome = outcome_of(replace(ASKED, geometry=fewer))
    assert outcome.failure is FailureKind.MISMATCH
    assert outcome.evidence == "number of atoms: asked 8, found 9"


def test_elements_in_another_order_are_refused_with_both_orders():
    golden = read_golden("ethanol-gas")
    first, second, third, *others = golden.calculation.geometry.symbols
    assert (second, third) == ("C", "O")
    swapped = replace(golden.calculation.geometry, symbols=(first, third, second, *others))
    outcome = outcome_of(replace(golden.calculation, geometry=swapped), golden.output)
    asked, found = swapped.symbols, golden.calculation.geometry.symbols
    assert outcome.evidence == f"order of elements: asked {asked}, found {found}"


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("ethanol-2-ranks", {"geometry": moved(ASKED.geometry, 1e-5)}, ("asked (", ", found (")),
        ("ethanol-2-ranks", {"level": replace(ASKED.level, basis="def2-svp")}, ("asked {'C': ", ", found {'C': ")),
        ("ethanol-2-ranks", {"level": replace(ASKED.level, functional="pbe0")}, ("asked pbe0: ", ", found ((")),
        ("ethanol-2-ranks", {"level": replace(ASKED.level, cavity="uff")}, ("asked (2.118, ", ", found (")),
        ("ethanol-2-ranks", {"kind": CalculationKind.OPTIMIZATION}, ("asked Optimization converged, found None",)),
    ],
)
def test_the_evidence_says_what_was_asked_and_what_was_found(name, change, words):
    outcome = outcome_of(replace(read_golden(name).calculation, **change), read_golden(name).output)
    assert all(word in outcome.evidence for word in words), outcome.evidence


def test_the_evidence_of_an_energy_that_is_not_of_the_last_step_has_both():
    golden = read_golden("ethanol-optimization")
    outcome = outcome_of(golden.calculation, golden.output.replace(b"-155.037854584777", b"-155.037824584777"))
    assert outcome.evidence == "energy of the last step: asked -155.03785458, found -155.037824584777"
