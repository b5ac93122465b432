import math
from dataclasses import replace
from importlib import resources

import msgspec
import pytest

from qmnmr.datatypes.calibration import CalibrationPoint, EngineAgreement, FactorFile
from qmnmr.datatypes.shift import AveragedShielding
from qmnmr.datatypes.solvents import CHLOROFORM, find_solvent
from qmnmr.datatypes.theory import LevelOfTheory, RunLevel
from qmnmr.shifts.fit.regression import fit_factors
from qmnmr.shifts.scaling import (
    SCHEMA,
    calibrated_shifts,
    find_factors,
    mismatch,
    shipped_factor_files,
    upgraded_factors,
    usable_factors,
)
from qmnmr.shifts.uncertainty import uncertainty_ppm
from qmnmr.structures import molecules_from_smiles
from tests.support.refit import refit

LEVEL = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=CHLOROFORM)


def factors(nucleus, *, intercept, slope, low, high):
    points = [
        CalibrationPoint(
            molecule=f"m{k}",
            atoms=(1,),
            environment="CH3" if k < 10 else "nitrile",
            measured_ppm=low + (high - low) * k / 11,
            shielding_ppm=intercept + slope * (low + (high - low) * k / 11) + (0.5 if k % 2 else -0.5),
        )
        for k in range(12)
    ]
    return fit_factors(points, nucleus=nucleus, shielding_level=LEVEL)


FILE = FactorFile(
    schema=SCHEMA,
    protocol="draft",
    engine="pyscf",
    program_versions=("PySCF 2.14.0",),
    geometry_level=LEVEL,
    weights_level=LEVEL,
    settings={"grid": "2"},
    conformer_search="rdkit",
    set_name="test",
    set_source="a test",
    set_solvent="chloroform",
    qmnmr_version="0",
    date="2026-11-21",
    command="qmnmr calibrate",
    cpu_seconds=1.0,
    nuclei={
        "13C": factors("13C", intercept=190.0, slope=-1.0, low=0.0, high=220.0),
        "1H": factors("1H", intercept=32.0, slope=-1.0, low=0.0, high=10.0),
    },
)
RUN = RunLevel(
    engine="pyscf", settings={"grid": "2"}, geometry_level=LEVEL, shielding_levels={"1H": LEVEL, "13C": LEVEL}
)


def molecule(smiles):
    (found,) = molecules_from_smiles([("x", smiles)], source="test")
    return found


def shifts_of(smiles, shieldings, *, file=FILE, run=RUN):
    compound = molecule(smiles)
    averaged = [
        AveragedShielding(atom_indices=(i,), element=compound.symbols[i], shielding_ppm=sigma)
        for i, sigma in shieldings.items()
    ]
    return calibrated_shifts(averaged, molecule=compound, found=find_factors([file], run))


def test_a_shift_is_read_off_the_line_and_always_has_an_uncertainty():
    (row,) = shifts_of("CC", {0: 170.0})
    found = FILE.nuclei["13C"]
    own = found.environments["CH3"]
    assert row.shift_ppm == pytest.approx((170.0 - found.intercept_ppm) / found.slope + own.offset_ppm)
    assert row.uncertainty_ppm == own.error_ppm
    assert row.flags == ()


def test_a_place_that_the_set_lacks_has_the_line_alone_a_wider_bar_and_a_flag():
    (row,) = shifts_of("CO", {0: 140.0})
    found = FILE.nuclei["13C"]
    assert row.shift_ppm == pytest.approx((140.0 - found.intercept_ppm) / found.slope)
    assert row.uncertainty_ppm == found.unseen_error_ppm
    assert row.flags == ("no C-O in test",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"engine": "nwchem"}, "engine pyscf, not nwchem"),
        ({"settings": {"grid": "3"}}, "setting grid 2, not 3"),
        ({"geometry_level": replace(LEVEL, basis="6-31g(d,p)")}, "geometries of B3LYP/6-31G"),
        (
            {"shielding_levels": {"13C": replace(LEVEL, solvent=None, cavity="klamt")}},
            r"in COSMO\(chloroform\), not in the gas phase",
        ),
        ({"shielding_levels": {"13C": replace(LEVEL, solvent=find_solvent("DMSO"))}}, r"not in COSMO\(DMSO\)"),
        ({"shielding_levels": {"13C": replace(LEVEL, spherical=False)}}, "spherical functions, not cartesian"),
        ({"shielding_levels": {"13C": replace(LEVEL, functional="pbe0")}}, "B3LYP/6-31G.*, not PBE0"),
    ],
)
def test_factors_of_another_engine_solvent_level_or_spherical_flag_are_refused_with_the_reason(change, words):
    import re

    run = replace(RUN, **change)
    assert re.search(words, mismatch(FILE, run, nucleus="13C") or "")
    assert "13C" not in find_factors([FILE], run)


def test_a_level_without_factors_yields_no_shift():
    run = replace(RUN, shielding_levels={"13C": replace(LEVEL, basis="def2-svp")})
    (row,) = shifts_of("CC", {0: 170.0}, run=run)
    assert (row.shift_ppm, row.uncertainty_ppm) == (None, None)
    assert row.shielding_ppm == 170.0


def in_solvent(name):
    there = replace(LEVEL, solvent=find_solvent(name))
    return replace(RUN, geometry_level=there, shielding_levels={"1H": there, "13C": there})


@pytest.mark.parametrize(
    ("name", "carbon", "hydrogen", "is_measured"),
    [("DMSO", 0.91, 0.17, True), ("water", 2.33, 0.08, True), ("pyridine", 2.33, 0.51, False)],
)
def test_in_a_solvent_without_factors_those_of_chloroform_serve_with_what_shifts_move_by_in_the_bar(
    name, carbon, hydrogen, is_measured
):
    found = usable_factors([FILE], in_solvent(name))
    moves = [found[nucleus].move for nucleus in ("13C", "1H")]
    assert [m.ppm for m in moves if m] == pytest.approx([carbon, hydrogen], abs=0.005)
    assert {(m.solvent, m.is_measured) for m in moves if m} == {(name, is_measured)}
    averaged = [AveragedShielding(atom_indices=(0,), element="C", shielding_ppm=170.0)]
    (row,) = calibrated_shifts(averaged, molecule=molecule("CC"), found=found)
    (own,) = shifts_of("CC", {0: 170.0})
    assert row.shift_ppm == own.shift_ppm
    assert row.uncertainty_ppm == pytest.approx(math.hypot(own.uncertainty_ppm or 0.0, carbon), abs=0.005)
    assert row.flags == ("factors from chloroform",)


def test_factors_of_the_solvent_itself_come_before_those_of_chloroform():
    run = in_solvent("DMSO")
    carbon = replace(FILE.nuclei["13C"], shielding_level=run.shielding_levels["13C"])
    own = replace(
        FILE,
        geometry_level=run.geometry_level,
        set_solvent="DMSO",
        nuclei={"13C": carbon},
    )
    found = usable_factors([FILE, own], run)
    assert found["13C"].move is None
    assert found["1H"].move is not None


def test_nothing_is_borrowed_for_the_gas_phase_another_level_or_a_nucleus_without_measured_moves():
    assert usable_factors([FILE], in_solvent("gas")) == {}
    mixed = replace(in_solvent("DMSO"), shielding_levels={"13C": replace(LEVEL, solvent=None)})
    assert usable_factors([FILE], mixed) == {}
    fluorine = replace(FILE, nuclei={"19F": FILE.nuclei["13C"]})
    dmso = in_solvent("DMSO")
    assert usable_factors([fluorine], replace(dmso, shielding_levels={"19F": dmso.geometry_level})) == {}


def test_factors_serve_another_engine_only_where_agreement_was_measured():
    proof = EngineAgreement(
        engine="nwchem",
        program_version="7.0.2",
        n_molecules=9,
        largest_shift_difference_ppm={"13C": 0.1},
        rmsd_ppm={"13C": 0.05},
        date="2026-11-21",
    )
    nwchem = replace(RUN, engine="nwchem", settings={"other": "words"})
    assert find_factors([FILE], nwchem) == {}
    assert set(find_factors([replace(FILE, agreements=(proof,))], nwchem)) == {"1H", "13C"}


@pytest.mark.parametrize(
    ("smiles", "atom", "sigma", "flag"),
    [
        ("CC", 0, 195.0, "outside 0 to 220 ppm"),
        ("CO", 5, 31.0, "exchangeable"),
        ("F", 1, 29.0, "exchangeable"),
        ("Cl", 1, 31.0, "exchangeable"),
        ("CBr", 0, 170.0, "bonded to Br"),
        ("ClCBr", 1, 170.0, "bonded to Br"),
        ("C[NH3+]", 0, 170.0, "charged species"),
    ],
)
def test_what_the_error_bar_does_not_cover_is_flagged(smiles, atom, sigma, flag):
    (row,) = shifts_of(smiles, {atom: sigma})
    assert flag in row.flags
    assert row.uncertainty_ppm is not None


def test_factors_from_measurements_in_another_solvent_are_flagged():
    level = replace(LEVEL, solvent=find_solvent("DMSO"))
    nuclei = {n: replace(f, shielding_level=level) for n, f in FILE.nuclei.items()}
    file = replace(FILE, geometry_level=level, nuclei=nuclei)
    run = replace(RUN, geometry_level=level, shielding_levels={"13C": level})
    (row,) = shifts_of("CC", {0: 170.0}, file=file, run=run)
    assert row.flags == ("factors from chloroform",)


def test_other_nuclei_get_no_shift_from_regression():
    (row,) = shifts_of("CF", {1: 400.0})
    assert (row.nucleus, row.shift_ppm, row.shielding_ppm) == ("19F", None, 400.0)


def test_fitting_again_from_the_shipped_shieldings_gives_the_shipped_factors_to_the_last_digit():
    for file in shipped_factor_files():
        for nucleus, shipped in file.nuclei.items():
            assert refit(shipped) == shipped, (file.protocol, file.engine, nucleus)


def test_shipped_factors_rest_on_all_of_delta50():
    for file in shipped_factor_files():
        assert {n: f.n for n, f in file.nuclei.items()} == {"1H": 114, "13C": 143}
        assert {f.n_molecules for f in file.nuclei.values()} == {50}


def test_factors_are_shipped_for_all_calibrated_protocols_and_sorted_by_file_name():
    files = shipped_factor_files()
    assert {file.protocol for file in files} >= {"draft", "standard", "reference"}
    names = sorted(p.name for p in resources.files("qmnmr.shifts").joinpath("data/factors").iterdir())
    assert [n for n in names if n.endswith(".json")] == sorted(names)
    folder = resources.files("qmnmr.shifts").joinpath("data/factors")
    assert [msgspec.json.decode((folder / name).read_bytes())["date"] for name in names] == [f.date for f in files]
    assert len(files) == len(names)


def test_rows_are_carbons_first_then_by_element_and_atom_whatever_their_order():
    compound = molecule("NCC")
    indices = [i for i, s in enumerate(compound.symbols) if s in "NCH"]
    for order in (indices, indices[::-1]):
        rows = shifts_of("NCC", dict.fromkeys(order, 30.0))
        assert [row.nucleus for row in rows] == ["13C"] * 2 + ["1H"] * 7 + ["15N"]
        assert [row.atom_indices for row in rows] == [(1,), (2,), *((i,) for i in range(3, 10)), (0,)]
        assert all(row.element == compound.symbols[row.atom_indices[0]] for row in rows)


def test_an_element_without_a_reported_nucleus_is_left_out_and_the_others_are_not():
    rows = shifts_of("ClC", {0: 900.0, 1: 150.0})
    assert [row.nucleus for row in rows] == ["13C"]


def test_a_setting_that_one_side_does_not_have_is_named_as_absent():
    ours = replace(RUN, settings={"grid": "2", "new": "on"})
    assert mismatch(FILE, ours, nucleus="13C") == "they are for the engine's setting new absent, not on"
    theirs = replace(FILE, settings={"grid": "2", "old": "on"})
    assert mismatch(theirs, RUN, nucleus="13C") == "they are for the engine's setting old on, not absent"


def test_the_ends_of_the_measured_range_are_within_it():
    found = FILE.nuclei["13C"]
    level = replace(found.environments["CH3"], offset_ppm=0.0)
    for end in found.measured_range_ppm:
        exact = replace(found, slope=-1.0, intercept_ppm=0.0, environments={"CH3": level})
        (row,) = shifts_of("CC", {0: -end}, file=replace(FILE, nuclei={"13C": exact}))
        assert row.shift_ppm == end
        assert row.flags == ()


def test_factors_of_the_gas_phase_say_what_they_were_measured_in():
    gas = replace(LEVEL, solvent=None, cavity="klamt")
    nuclei = {n: replace(f, shielding_level=gas) for n, f in FILE.nuclei.items()}
    run = replace(RUN, geometry_level=gas, shielding_levels={"13C": gas})
    for medium, flags in (("chloroform", ("factors from chloroform",)), ("gas phase", ())):
        file = replace(FILE, geometry_level=gas, nuclei=nuclei, set_solvent=medium)
        (row,) = shifts_of("CC", {0: 170.0}, file=file, run=run)
        assert row.flags == flags


def test_weights_add_to_the_error_in_squares_as_the_slope_turns_them_into_shifts():
    found = replace(FILE.nuclei["13C"], slope=-0.5, unseen_error_ppm=3.0)
    assert uncertainty_ppm(found, environment="C-O", weight_sensitivity_ppm=2.0) == pytest.approx(5.0)


def test_a_file_of_the_first_schema_keeps_its_line_and_has_one_error_for_all():
    plain = msgspec.to_builtins(replace(FILE, schema=1))
    for factors in plain["nuclei"].values():
        del factors["bar_nu"], factors["unseen_error_ppm"]
        factors["environments"] = {"sp3": {"n": 9, "loo_rmsd_ppm": 1.2}}
    file = msgspec.convert(upgraded_factors(plain), FactorFile)
    (row,) = shifts_of("CO", {0: 140.0}, file=file)
    found = FILE.nuclei["13C"]
    assert row.shift_ppm == pytest.approx((140.0 - found.intercept_ppm) / found.slope)
    assert (row.uncertainty_ppm, row.flags) == (found.loo_rmsd_ppm, ())


def test_a_carbon_beside_a_heavy_atom_that_no_set_has_gets_a_bar_that_is_true_for_it():
    found = FILE.nuclei["13C"].unseen_error_ppm
    bars = {smiles: shifts_of(smiles, {1: 100.0})[0].uncertainty_ppm for smiles in ("CCBr", "BrCBr", "CCS", "CCO")}
    assert bars["CCO"] == found
    assert bars["CCS"] == pytest.approx((found**2 + 4.0**2) ** 0.5)
    assert bars["CCBr"] == pytest.approx((found**2 + 20.0**2) ** 0.5)
    assert bars["BrCBr"] == pytest.approx((found**2 + 40.0**2) ** 0.5)
