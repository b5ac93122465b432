from dataclasses import replace

import pytest

from qmnmr.datatypes.calibration import CalibrationPoint, EngineAgreement, FactorFile
from qmnmr.datatypes.shift import AveragedShielding
from qmnmr.datatypes.solvents import CHLOROFORM, find_solvent
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.shifts.regression import fit_factors, refit
from qmnmr.shifts.scaling import RunLevel, calibrated_shifts, find_factors, mismatch, shipped_factor_files
from qmnmr.structures import molecules_from_smiles

LEVEL = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=CHLOROFORM)


def factors(nucleus, *, intercept, slope, low, high):
    points = [
        CalibrationPoint(
            molecule=f"m{k}",
            atoms=(1,),
            environment="sp3" if k < 10 else "sp",
            measured_ppm=low + (high - low) * k / 11,
            shielding_ppm=intercept + slope * (low + (high - low) * k / 11) + (0.5 if k % 2 else -0.5),
        )
        for k in range(12)
    ]
    return fit_factors(points, nucleus=nucleus, shielding_level=LEVEL)


FILE = FactorFile(
    schema=1,
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
    assert row.shift_ppm == pytest.approx((170.0 - found.intercept_ppm) / found.slope)
    assert row.uncertainty_ppm == found.environments["sp3"].loo_rmsd_ppm
    assert row.flags == ()


def test_an_environment_with_few_measured_shifts_has_the_error_of_all():
    (row,) = shifts_of("C#N", {0: 80.0})
    assert FILE.nuclei["13C"].environments["sp"].n == 2
    assert row.uncertainty_ppm == FILE.nuclei["13C"].loo_rmsd_ppm


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"engine": "nwchem"}, "engine pyscf, not nwchem"),
        ({"settings": {"grid": "3"}}, "setting grid 2, not 3"),
        ({"geometry_level": replace(LEVEL, basis="6-31g(d,p)")}, "geometries of B3LYP/6-31G"),
        ({"shielding_levels": {"13C": LEVEL.in_solvent(None)}}, r"in COSMO\(chloroform\), not in the gas phase"),
        ({"shielding_levels": {"13C": LEVEL.in_solvent(find_solvent("DMSO"))}}, r"not in COSMO\(DMSO\)"),
        ({"shielding_levels": {"13C": replace(LEVEL, spherical=False)}}, "spherical functions, not cartesian"),
        ({"shielding_levels": {"13C": replace(LEVEL, functional="pbe0")}}, "B3LYP/6-31G.*, not PBE0"),
    ],
)
def test_factors_of_another_engine_solvent_level_or_spherical_flag_are_refused_with_the_reason(change, words):
    import re

    run = replace(RUN, **change)
    assert re.search(words, mismatch(FILE, run, nucleus="13C"))
    assert "13C" not in find_factors([FILE], run)


def test_a_level_without_factors_yields_no_shift():
    run = replace(RUN, shielding_levels={"13C": replace(LEVEL, basis="def2-svp")})
    (row,) = shifts_of("CC", {0: 170.0}, run=run)
    assert (row.shift_ppm, row.uncertainty_ppm) == (None, None)
    assert row.shielding_ppm == 170.0


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
    level = LEVEL.in_solvent(find_solvent("DMSO"))
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
