from dataclasses import replace

import pytest

from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.remedy import Remedy
from qmnmr.datatypes.theory import Solvent
from qmnmr.engines import get_engine
from qmnmr.engines.facts import Allotment
from qmnmr.engines.nwchem.input_file import render_input
from qmnmr.engines.nwchem.internal_coordinates import has_good_internal_coordinates
from qmnmr.engines.nwchem.refusals import refusal
from qmnmr.errors import InputError
from tests.golden.nwchem.nwchem_cases import CASES, RECORDS, read_geometry

MATRIX = tuple(tuple(0.5 * (row == column) for column in range(27)) for row in range(27))
ETHANOL = CASES["ethanol-2-ranks"].calculation("c001-shielding")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.edits])
def test_the_recorded_input_is_what_is_rendered_today(name):
    text = render_input(CASES[name].calculation(name), memory_mb=CASES[name].memory_mb)
    assert text == (RECORDS / name / "input.nw").read_text()


def test_the_input_ends_with_a_newline_and_names_everything_that_decides_a_number():
    text = render_input(ETHANOL, memory_mb=400)
    assert text.endswith("task dft property\n")
    for line in ("basis spherical", " C library 6-31G*", " xc b3lyp", " solvent chcl3", "charge 0", " mult 1"):
        assert f"\n{line}\n" in text


def test_no_text_of_a_user_reaches_the_input():
    text = render_input(replace(ETHANOL, label='x"\ntask shell "rm -rf ~"'), memory_mb=400)
    assert text == render_input(ETHANOL, memory_mb=400)


@pytest.mark.parametrize("symbol", ["C\ntask shell", "", "Xx", "c", "C1", "U"])
def test_what_is_no_supported_element_is_refused(symbol):
    geometry = replace(ETHANOL.geometry, symbols=(symbol, *ETHANOL.geometry.symbols[1:]))
    calculation = replace(ETHANOL, geometry=geometry)
    assert "no all-electron functions" in (refusal(calculation) or "")
    with pytest.raises(InputError, match="no all-electron functions"):
        render_input(calculation, memory_mb=400)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"multiplicity": 3}, "only closed shells"),
        ({"charge": 1}, "25 electrons (charge +1) can't form a closed shell"),
        ({"charge": 26}, "leaves no electrons"),
        ({"geometry": Geometry(symbols=(), coordinates_angstrom=())}, "There are no atoms"),
        (
            {"geometry": Geometry(symbols=("He",), coordinates_angstrom=((float("nan"), 0.0, 0.0),)), "charge": 0},
            "not a number within 1000",
        ),
        (
            {"geometry": Geometry(symbols=("H", "H"), coordinates_angstrom=((0.0, 0.0, 0.0), (0.0, 0.0, 0.1)))},
            "Atoms 1 and 2 lie closer than 0.4",
        ),
        ({"level": replace(ETHANOL.level, functional="m06-2x")}, "no functional 'm06-2x'"),
        ({"level": replace(ETHANOL.level, basis="sto-9g")}, "no basis set 'sto-9g'"),
        (
            {"level": replace(ETHANOL.level, solvent=Solvent(name="tar", dielectric_constant=2.0))},
            "no solvent 'tar'",
        ),
    ],
)
def test_what_nwchem_can_not_do_is_refused_with_the_reason(changes, reason):
    assert reason in (refusal(replace(ETHANOL, **changes)) or "")


def test_a_supported_calculation_is_not_refused():
    assert refusal(ETHANOL) is None


@pytest.mark.parametrize(
    ("molecule", "is_good"),
    [("ethanol", True), ("methane", True), ("pyridinium", True), ("2-butyne", False)],
)
def test_straight_chains_are_optimised_in_cartesian_coordinates(molecule, is_good):
    geometry = read_geometry(molecule)
    assert has_good_internal_coordinates(geometry) is is_good
    calculation = replace(
        ETHANOL, kind=CalculationKind.OPTIMIZATION, geometry=geometry, charge=molecule == "pyridinium"
    )
    assert ("noautoz" in render_input(calculation, memory_mb=400)) is not is_good


def test_two_separate_molecules_are_optimised_in_cartesian_coordinates():
    water = read_geometry("water")
    far = tuple((x, y, z + 4.0) for x, y, z in water.coordinates_angstrom)
    pair = Geometry(symbols=water.symbols * 2, coordinates_angstrom=water.coordinates_angstrom + far)
    assert not has_good_internal_coordinates(pair)


@pytest.mark.parametrize("kind", [CalculationKind.ENERGY, CalculationKind.SHIELDING])
def test_only_optimisations_ask_for_internal_coordinates(kind):
    assert " noautoz\n" in render_input(replace(ETHANOL, kind=kind), memory_mb=400)


def test_radii_that_are_not_nwchems_own_are_written_atom_by_atom():
    uff = render_input(replace(ETHANOL, level=replace(ETHANOL.level, cavity="uff")), memory_mb=400)
    assert " ificos 1\n radius 2.118 2.118 1.925 1.587 1.587 1.587 1.587 1.587 1.587\nend\n" in uff
    assert "radius" not in render_input(ETHANOL, memory_mb=400)


def test_a_start_hessian_is_the_optimisers_but_no_part_of_the_question():
    asked = replace(CASES["ethanol-optimization"].calculation("c001-optimization"), start_hessian=MATRIX)
    files = get_engine("nwchem").input_files(asked, Allotment(cores=1, memory_mb=400))
    assert "driver\n maxiter 200\n inhess 2\nend" in files["input.nw"]
    numbers = files["calc.hess"].split()
    assert numbers[:3] == ["5.0000000000D-01", "0.0000000000D+00", "5.0000000000D-01"]
    assert len(numbers) == 27 * 28 // 2
    for later in ({"is_restart": True}, {"remedies": [Remedy.SMALLER_STEPS]}):
        assert "inhess" not in render_input(asked, memory_mb=400, **later)


def test_a_molecule_in_the_gas_phase_has_no_cosmo_block():
    gas = replace(ETHANOL, level=replace(ETHANOL.level, solvent=None, cavity="klamt"))
    assert "cosmo" not in render_input(gas, memory_mb=400)


TUNED = replace(ETHANOL, is_tuned=True)


def test_a_tuned_shielding_differs_from_the_plain_input_in_the_grid_alone():
    plain, tuned = render_input(ETHANOL, memory_mb=400), render_input(TUNED, memory_mb=400)
    grid = plain.replace(" grid fine\n", " grid coarse\n")
    assert tuned == grid.replace("property\n shielding", "set prop:nocheck .true.\nproperty\n shielding")


def test_what_is_not_proved_or_failed_once_is_done_with_the_plain_input():
    for functional in ("wp04", "cam-b3lyp", "pbe0"):
        other = replace(ETHANOL, level=replace(ETHANOL.level, functional=functional))
        assert render_input(replace(other, is_tuned=True), memory_mb=400) == render_input(other, memory_mb=400)
    for kind in (CalculationKind.OPTIMIZATION, CalculationKind.ENERGY):
        other = replace(ETHANOL, kind=kind)
        assert render_input(replace(other, is_tuned=True), memory_mb=400) == render_input(other, memory_mb=400)
    remedies = (Remedy.RESPONSE_LONGER,)
    assert render_input(TUNED, memory_mb=400, remedies=remedies) == render_input(
        ETHANOL, memory_mb=400, remedies=remedies
    )


def test_nwchems_settings_are_the_lines_of_its_inputs():
    settings = get_engine("nwchem").settings()
    expected = {
        CalculationKind.ENERGY: ("grid of energies and shieldings", "convergence of energies and shieldings"),
        CalculationKind.SHIELDING: ("grid of energies and shieldings", "convergence of energies and shieldings"),
        CalculationKind.OPTIMIZATION: ("convergence of optimisations",),
    }
    for kind, names in expected.items():
        text = render_input(replace(ETHANOL, kind=kind), memory_mb=400)
        for name in (*names, "surface of the continuum"):
            assert f"\n {settings[name]}\n" in text, (kind, name)
