from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from qmnmr.calibration.calibration import (
    CalibrationPlan,
    fit_run,
    molecule_points,
    plan_calibration,
    read_set,
    save_factors,
)
from qmnmr.cli.main import cli
from qmnmr.conformers.rdkit_search import search
from qmnmr.datatypes.molecule import Conformer, Ensemble
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.shift import NUCLEI, ChemicalShift, Prediction, PredictionStatus
from qmnmr.engines import get_engine
from qmnmr.errors import CalculationsFailedError, InputError
from qmnmr.records import decode, encode
from qmnmr.report.structure_file import ensemble_sdf
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.request import RunRequest
from qmnmr.runs.sources.shift_sources import keep_factors, shift_sources
from qmnmr.shifts.decisions import CALIBRATED_NUCLEI
from qmnmr.shifts.fit.calibration_set import parse_set, shipped_set
from qmnmr.structures import molecules_from_smiles
from tests.support.provenance import provenance_of

TABLE = """# name: five
# solvent: chloroform
molecule,smiles,nucleus,atoms,shift_ppm,side
methanol,CO,13C,1,50.41,
methanol,CO,1H,3 4 5,3.49,
ethylene,C=C,13C,1 2,123.13,
ethylene,C=C,1H,3 4 5 6,5.40,
benzene,c1ccccc1,13C,1 2 3 4 5 6,128.37,
benzene,c1ccccc1,1H,7 8 9 10 11 12,7.36,
butene,CC=C(C)C,13C,4 5,17.32,cis 3-2-1
butene,CC=C(C)C,13C,4 5,25.63,trans 3-2-1
butene,CC=C(C)C,1H,6 7 8,1.56,
"""
LINES = {"13C": (190.0, -1.0), "1H": (32.0, -1.05)}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def plan(table: Path) -> CalibrationPlan:
    return plan_calibration(RunRequest(inputs=(str(table),), protocol="draft", engine="pyscf"))


@pytest.fixture
def finished(plan: CalibrationPlan, tmp_path: Path) -> RunFolder:
    """A run whose predictions were typed in: each shielding lies on a line, but for the place it belongs to."""
    from qmnmr.conformers.equivalence import equivalent_sets
    from qmnmr.report.structure_file import ensemble_sdf

    run = RunFolder(tmp_path / "run")
    run.start(plan.run.settings, plan.run.molecules)
    protocol = plan.run.settings.protocol
    provenance = replace(
        provenance_of(protocol),
        program_versions=("PySCF 2.14.0",),
    )
    for molecule, entry in zip(plan.run.molecules, plan.measured.molecules, strict=True):
        ensemble = search(molecule, protocol.search)
        first = Ensemble(molecule=molecule, conformers=ensemble.conformers[:1])
        rows = []
        for members in equivalent_sets(molecule, first):
            nucleus = NUCLEI.get(molecule.symbols[members[0]])
            if nucleus not in CALIBRATED_NUCLEI:
                continue
            given = [s for s in entry.shifts if s.nucleus == nucleus and set(members) <= {a - 1 for a in s.atoms}]
            delta = given[0].shift_ppm if len(given) == 1 else 20.0
            intercept, slope = LINES[nucleus]
            rows.append(
                ChemicalShift(
                    atom_indices=members, element=molecule.symbols[members[0]], nucleus=nucleus,
                    shielding_ppm=intercept + slope * delta, shift_ppm=None, uncertainty_ppm=None,
                )
            )  # fmt: skip
        prediction = Prediction(
            molecule=molecule, status=PredictionStatus.COMPLETED, messages=(), shifts=tuple(rows), provenance=provenance
        )
        run.molecule_folder(prediction.molecule).save_prediction(prediction, structure_sdf=ensemble_sdf(first))
    return run


def chosen_for(path, **settings):
    return plan_run(RunRequest(inputs=("CCO",), factors=path, **settings)).factors


def test_a_finished_run_gives_factors_that_say_where_they_are_from(finished, plan):
    file = fit_run(finished, plan.measured, command="qmnmr calibrate")
    proton = file.nuclei["1H"]
    assert (proton.slope, proton.intercept_ppm, proton.n, proton.n_molecules) == (-1.05, 32.0, 4, 4)
    assert (file.set_name, file.engine, file.program_versions) == ("five", "pyscf", ("PySCF 2.14.0",))
    assert file.settings == get_engine("pyscf").settings()
    assert file.geometry_level.spherical
    assert [r.point.atoms for r in file.nuclei["13C"].residuals if r.point.molecule == "butene"] in (
        [(4,), (5,)],
        [(5,), (4,)],
    )


def test_a_factor_file_is_read_back_as_it_was(finished, plan):
    file = fit_run(finished, plan.measured, command="qmnmr calibrate")
    path = save_factors(file, finished)
    assert decode(path.read_bytes(), type(file), source=path) == file


def test_no_molecule_of_a_set_is_left_out(finished, plan):
    molecule = finished.molecules()[1]
    (finished.molecule_folder(molecule).path / "prediction.json").unlink()
    with pytest.raises(CalculationsFailedError, match=r"1 of 4 molecules.*ethylene"):
        fit_run(finished, plan.measured, command="")


def test_mixed_program_versions_are_refused(finished, plan):
    molecule = finished.molecules()[0]
    prediction = finished.load_prediction(molecule)
    assert prediction is not None
    other = replace(prediction.provenance, program_versions=("PySCF 2.15.0",))
    finished.molecule_folder(prediction.molecule).save_prediction(
        replace(prediction, provenance=other), structure_sdf=None
    )
    with pytest.raises(InputError, match="mixes program versions"):
        fit_run(finished, plan.measured, command="")


def test_equivalent_nuclei_with_two_shifts_are_refused(finished, plan):
    entry = plan.measured.molecules[2]
    split = [s for s in entry.shifts if s.nucleus == "1H"] + [replace(entry.shifts[0], atoms=(1, 2))]
    wrong = replace(plan.measured, molecules=(*plan.measured.molecules[:2], replace(entry, shifts=tuple(split))))
    with pytest.raises(InputError, match="benzene: atom 1 is equivalent to atom 3"):
        fit_run(finished, wrong, command="")


def test_an_atom_that_is_not_there_is_found_before_anything_runs(table):
    table.write_text(TABLE.replace("methanol,CO,13C,1,", "methanol,CO,13C,2,"), encoding="utf-8")
    with pytest.raises(InputError, match="methanol: atom 2 is O"):
        plan_calibration(RunRequest(inputs=(str(table),), protocol="draft", engine="pyscf"))


def planned(table: Path, text: str) -> CalibrationPlan:
    table.write_text(text, encoding="utf-8")
    return plan_calibration(RunRequest(inputs=(str(table),), protocol="draft", engine="pyscf"))


def test_a_shift_without_all_equivalent_nuclei_is_found_before_anything_runs(table):
    with pytest.raises(InputError, match=r"methanol: atom 3 is equivalent to atom 4, which the shift 3\.49 ppm"):
        planned(table, TABLE.replace("methanol,CO,1H,3 4 5,", "methanol,CO,1H,3,"))


def test_a_nucleus_with_too_few_shifts_is_told_before_and_stops_no_other(table, finished):
    few = "".join(line for line in TABLE.splitlines(keepends=True) if ",1H," not in line or "methanol" in line)
    plan = planned(table, few)
    assert plan.not_fitted == ("1H: one measured shift of one molecule, too few for a fit",)
    assert list(fit_run(finished, plan.measured, command="").nuclei) == ["13C"]


def test_a_set_that_can_be_fitted_for_no_nucleus_is_refused_before_anything_runs(table):
    few = "".join(line for line in TABLE.splitlines(keepends=True) if "molecule," in line or "methanol" in line)
    with pytest.raises(InputError, match="13C: one measured shift of one molecule, too few for a fit; 1H: one"):
        planned(table, few)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"engine": "nwchem"}, "engine pyscf, not nwchem"),
        ({"solvent": "DMSO"}, r"not in COSMO\(DMSO\)"),
        ({"solvent": "gas"}, "not in the gas phase"),
        ({"protocol": "peer"}, "6-311"),
    ],
)
def test_factors_for_something_else_are_refused_before_anything_runs(finished, plan, change, words):
    path = save_factors(fit_run(finished, plan.measured, command=""), finished)
    settings = {"solvent": "chloroform", "protocol": "draft", "engine": "pyscf"}
    assert chosen_for(path, **settings) is not None
    with pytest.raises(InputError, match=words):
        chosen_for(path, **(settings | change))


def test_cartesian_factors_are_refused_for_a_spherical_level(finished, plan):
    file = fit_run(finished, plan.measured, command="")
    nuclei = {
        n: replace(f, shielding_level=replace(f.shielding_level, spherical=False)) for n, f in file.nuclei.items()
    }
    path = save_factors(replace(file, nuclei=nuclei), finished)
    with pytest.raises(InputError, match="cartesian functions, not spherical"):
        chosen_for(path, solvent="chloroform", protocol="draft", engine="pyscf")


def test_the_runs_own_factors_come_before_the_users_and_the_shipped_ones(finished, plan, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = fit_run(finished, plan.measured, command="own")
    folder = tmp_path / "config" / "qmnmr" / "factors"
    folder.mkdir(parents=True)
    (folder / "mine.json").write_bytes(encode(replace(file, command="user")))
    keep_factors(finished, file)
    found = shift_sources(finished).factor_files
    assert [f.command for f in found[:2]] == ["own", "user"]


def test_protocols_are_listed_with_and_without_factors(finished, plan, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "config" / "qmnmr" / "factors"
    folder.mkdir(parents=True)
    (folder / "mine.json").write_bytes(encode(fit_run(finished, plan.measured, command="user")))
    rows = json.loads(CliRunner().invoke(cli, ["protocols", "--json"], catch_exceptions=False).stdout)
    assert {"name", "engine", "nucleus", "n", "rmsd_ppm", "loo_rmsd_ppm"} <= set(rows[0])
    by_key = {(r["name"], r["engine"], r["nucleus"]): r for r in rows}
    assert by_key["draft", "pyscf", "1H"]["n"] == 4
    assert by_key["peer", "pyscf", "1H"]["n"] is None
    table = CliRunner().invoke(cli, ["protocols"]).stdout
    assert "standard (the default)\n" in table
    draft, peer = table.index("draft\n"), table.index("peer\n")
    assert re.search(r"1H +chloroform +pyscf +4 ", table[draft:peer])
    assert re.search(r"1H +chloroform +nwchem, pyscf +no factors\n", table[peer:])
    assert max(len(line) for line in table.splitlines()) <= 80


def test_a_run_is_compared_with_a_table_of_the_experiment(finished, plan, tmp_path):
    molecule = finished.molecules()[0]
    prediction = finished.load_prediction(molecule)
    assert prediction is not None
    shifts = tuple(
        replace(s, shift_ppm=50.0 if s.nucleus == "13C" else 3.4, uncertainty_ppm=1.0) for s in prediction.shifts
    )
    finished.molecule_folder(prediction.molecule).save_prediction(
        replace(prediction, shifts=shifts), structure_sdf=None
    )
    table = tmp_path / "experiment.csv"
    table.write_text(
        "molecule,nucleus,atoms,shift_ppm\nmethanol,13C,1,50.41\nmethanol,1H,3 4 5,3.49\n", encoding="utf-8"
    )
    done = CliRunner().invoke(cli, ["compare", str(finished.path), str(table), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    errors = {e["nucleus"]: e for e in json.loads(done.stdout)["errors"]}
    assert errors["13C"]["mae_ppm"] == pytest.approx(0.41)
    assert {p.suffix for p in (finished.path / "comparison").iterdir()} == {".png", ".svg"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nucleus,shift_ppm\n13C,50.0\n", "which of the run's 4 molecules"),
        ("molecule,nucleus,shift_ppm\nphenol,13C,50.0\n", "no molecule 'phenol'"),
        ("molecule,nucleus\nmethanol,13C\n", "no column shift_ppm"),
        ("molecule,nucleus,shift_ppm\nmethanol,13X,50.0\n", "line 2.*13X"),
        ("molecule,nucleus,shift_ppm\nmethanol,13C,high\n", "line 2.*not a number"),
        ("molecule,nucleus,shift_ppm\n", "no signals"),
        ("molecule,nucleus,shift_ppm\nmethanol,13C,50.0\n", "no calibrated 13C shifts"),
    ],
)
def test_a_table_that_can_not_be_used_is_refused(finished, tmp_path, text, words):
    import re

    table = tmp_path / "experiment.csv"
    table.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(cli, ["compare", str(finished.path), str(table)])
    assert done.exit_code == 2
    assert re.search(words, done.stderr), done.stderr


def test_an_unknown_set_and_a_missing_file_are_refused():
    with pytest.raises(InputError, match="delta51"):
        read_set("delta51")
    with pytest.raises(InputError, match=r"nowhere\.csv: can't be read"):
        read_set("nowhere.csv")


def prediction_of(molecule, shieldings):
    """Return a prediction with one row for each of these atoms (from 0), typed in."""
    rows = tuple(
        ChemicalShift(
            atom_indices=atoms, element=molecule.symbols[atoms[0]], nucleus=NUCLEI[molecule.symbols[atoms[0]]],
            shielding_ppm=value, shift_ppm=None, uncertainty_ppm=None,
        )
        for atoms, value in shieldings.items()
    )  # fmt: skip
    return Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=(), shifts=rows)


def with_places_changed(geometry, first, second):
    points = list(geometry.coordinates_angstrom)
    points[first], points[second] = points[second], points[first]
    return replace(geometry, coordinates_angstrom=tuple(points))


def test_a_structure_of_the_set_tells_which_h_of_a_methylene_group_a_shift_belongs_to():
    entry = next(m for m in shipped_set("stx100").molecules if m.name == "stx551")  # CH2 bridge: 1.76 and 2.01 ppm
    (molecule,) = molecules_from_smiles([(entry.name, entry.smiles)], source="stx100")
    told = [replace(s, pair="") for s in entry.shifts if s.nucleus == "1H" and len(s.atoms) == 1]
    atoms = [s.atoms[0] - 1 for s in told]
    entry = replace(entry, shifts=tuple(told))
    prediction = prediction_of(molecule, {(atom,): float(atom) for atom in atoms})
    parents = {a: rdkit_mol(molecule).GetAtomWithIdx(a).GetNeighbors()[0].GetIdx() for a in atoms}
    first, second = next((a, b) for a in atoms for b in atoms if a < b and parents[a] == parents[b])

    def computed(geometry):
        found = molecule_points(molecule, entry, prediction, geometry=geometry)
        return {shift.atoms[0] - 1: point.shielding_ppm for shift, (_, point) in zip(told, found, strict=True)}

    same = computed(entry.geometry)
    assert same == {atom: float(atom) for atom in atoms}
    changed = computed(with_places_changed(entry.geometry, first, second))
    assert (changed[first], changed[second]) == (same[second], same[first])
    assert {a: changed[a] for a in atoms if a not in (first, second)} == {
        a: same[a] for a in atoms if a not in (first, second)
    }


def test_of_a_pair_the_larger_shift_goes_to_the_smaller_shielding():
    table = "molecule,smiles,nucleus,atoms,shift_ppm,pair\n" + "".join(
        f"butanol,CCC(C)O,13C,{atom},{shift},a\n" for atom, shift in ((1, 22.7), (4, 10.0))
    )
    entry = parse_set(table, source="mine.csv", name="mine").molecules[0]
    (molecule,) = molecules_from_smiles([("butanol", "CC[C@H](C)O")], source="mine")
    prediction = prediction_of(molecule, {(0,): 180.0, (3,): 165.0})
    geometry = search(molecule, get_protocol("draft", solvent=None).search).conformers[0].geometry
    found = molecule_points(molecule, entry, prediction, geometry=geometry)
    assert [(p.atoms, p.measured_ppm, p.shielding_ppm) for _, p in found] == [((1,), 10.0, 180.0), ((4,), 22.7, 165.0)]


def test_several_sets_are_one_run(table):
    plan = plan_calibration(RunRequest(inputs=(str(table), "stx100"), protocol="draft", engine="pyscf"))
    assert plan.measured.name == "five + STX100"
    assert len(plan.run.molecules) == 71


def test_structures_beside_a_table_must_be_of_its_molecules(table):
    entry = next(m for m in shipped_set("stx100").molecules if m.name == "stx105")
    (molecule,) = molecules_from_smiles([("methanol", entry.smiles)], source="stx100")
    assert entry.geometry is not None
    conformer = Conformer(label="c001", geometry=entry.geometry, energy_hartree=None)
    table.with_suffix(".sdf").write_text(ensemble_sdf(Ensemble(molecule=molecule, conformers=(conformer,))))
    with pytest.raises(InputError, match="methanol: the structure of the set has other atoms"):
        plan_calibration(RunRequest(inputs=(str(table),), protocol="draft", engine="pyscf"))


def test_a_set_of_fluorine_alone_needs_no_shieldings_at_the_level_of_hydrogen():
    plan = plan_calibration(RunRequest(inputs=("f19",), protocol="standard", engine="pyscf"))
    assert [e for e, _ in plan.run.settings.protocol.shieldings] == ["*"]
    whole = plan_calibration(RunRequest(inputs=("delta50",), protocol="standard", engine="pyscf"))
    assert [e for e, _ in whole.run.settings.protocol.shieldings] == ["H", "*"]


def test_a_set_of_several_solvents_is_taken_in_that_of_the_run():
    plan = plan_calibration(RunRequest(inputs=("multisolvent",), protocol="draft", solvent="DMSO", engine="pyscf"))
    assert plan.measured.solvent == "DMSO"
    with pytest.raises(InputError, match="multisolvent: nothing was measured in pyridine"):
        plan_calibration(RunRequest(inputs=("multisolvent",), protocol="draft", solvent="pyridine", engine="pyscf"))


def test_what_two_sets_have_is_computed_once_and_said():
    plan = plan_calibration(RunRequest(inputs=("delta50", "multisolvent"), protocol="draft", engine="pyscf"))
    assert "acetone of multisolvent" in plan.left_out
    assert len(plan.run.molecules) == len(plan.measured.molecules) == 50 + 56 - len(plan.left_out)


def test_what_a_set_doubts_is_not_fitted_and_said_with_its_reason(table):
    lines = table.read_text().splitlines()
    header = next(k for k, line in enumerate(lines) if line.startswith("molecule,"))
    rows = [f"{line}{',doubt' if k == header else ','}" for k, line in enumerate(lines[header:], start=header)]
    of_first = rows[1].split(",")[0]
    rows = [f"{row}exchanged" if row.startswith(f"{of_first},") else row for row in rows]
    table.write_text("\n".join([*lines[:header], *rows]) + "\n")
    plan = plan_calibration(RunRequest(inputs=(str(table),), protocol="draft", engine="pyscf"))
    assert of_first not in [m.name for m in plan.run.molecules]
    assert of_first not in [m.name for m in plan.measured.molecules]
    (line,) = plan.doubted
    assert line.startswith(f"{of_first}, ")
    assert line.endswith(" ppm: exchanged")
