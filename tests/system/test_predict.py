"""The main job on real input: small molecules with real NWChem, larger ones with the embedded engine."""

from __future__ import annotations

import csv
import json
import math
import re
import zipfile
from pathlib import Path

import pytest

from tests.system.conftest import Finished, calibrated_nuclei, grouping, run_qmnmr, shielding_of

SMALL = """\
C methane
C=O formaldehyde
[O-]C=O formate
"""
LARGER = """\
CC=O acetaldehyde
C=C ethylene
CN(C)C=O DMF
"""


def predicted(tmp_path_factory, molecules: str, *words: str) -> tuple[Path, Finished]:
    folder = tmp_path_factory.mktemp("predict")
    (folder / "small.smi").write_text(molecules, encoding="utf-8")
    done = run_qmnmr("predict", "small.smi", "--out", "run", "--json", *words, folder=folder)
    return folder / "run", done


@pytest.fixture(scope="module")
def run(tmp_path_factory, cores) -> tuple[Path, Finished]:
    return predicted(tmp_path_factory, SMALL, "--engine", "nwchem", "--cores", str(cores))


@pytest.fixture(scope="module")
def embedded(tmp_path_factory) -> tuple[Path, Finished]:
    return predicted(tmp_path_factory, LARGER, "--engine", "pyscf", "--cores", "1")


@pytest.fixture(params=["nwchem", "pyscf"])
def either(request) -> tuple[Path, Finished]:
    found: tuple[Path, Finished] = request.getfixturevalue({"nwchem": "run", "pyscf": "embedded"}[request.param])
    return found


def test_every_molecule_of_the_list_gets_shifts(either):
    _, done = either
    assert done.code == 0, done.stderr
    assert {m["status"] for m in done.molecules.values()} == {"completed"}
    for molecule in done.molecules.values():
        engine = molecule["provenance"]["engine"]
        for row in molecule["shifts"]:
            is_calibrated = row["nucleus"] in calibrated_nuclei("draft", engine)
            assert (row["shift_ppm"] is not None) == is_calibrated, (molecule["name"], row)
            assert (row["uncertainty_ppm"] is not None) == is_calibrated, (molecule["name"], row)
            assert (row["reference"] == "TMS") == (row["nucleus"] in ("1H", "13C")), (molecule["name"], row)
            assert ("charged species" in row["flags"]) == (molecule["name"] == "formate")


@pytest.mark.parametrize(
    ("name", "carbons", "hydrogens"),
    [
        ("methane", [[1]], [[2, 3, 4, 5]]),
        ("formaldehyde", [[1]], [[3, 4]]),
        ("formate", [[2]], [[4]]),
        ("acetaldehyde", [[1], [2]], [[4, 5, 6], [7]]),
        ("ethylene", [[1, 2]], [[3, 4, 5, 6]]),
        ("DMF", [[1], [3], [4]], [[6, 7, 8], [9, 10, 11], [12]]),
    ],
)
def test_equivalent_nuclei_share_a_row(run, embedded, name, carbons, hydrogens):
    molecule = {**run[1].molecules, **embedded[1].molecules}[name]
    assert grouping(molecule, "C") == carbons
    assert sorted(grouping(molecule, "H")) == sorted(hydrogens)


@pytest.mark.parametrize(
    ("name", "atom", "measured_ppm"),
    [
        # Measured in CDCl3; without factors the difference to TMS has several ppm of systematic error at this level.
        ("formaldehyde", 1, 197.0),
        ("acetaldehyde", 2, 199.7),
        ("acetaldehyde", 1, 30.7),
        ("ethylene", 1, 123.5),
        ("DMF", 4, 162.6),
        ("methane", 1, -2.3),
    ],
)
def test_13c_shifts_lie_near_measured_ones(run, embedded, name, atom, measured_ppm):
    rows = {**run[1].molecules, **embedded[1].molecules}[name]["shifts"]
    row = next(r for r in rows if atom in r["atoms"])
    assert row["reference_shift_ppm"] == pytest.approx(measured_ppm, abs=10.0)
    if row["shift_ppm"] is not None:
        assert row["shift_ppm"] == pytest.approx(measured_ppm, abs=4 * row["uncertainty_ppm"])


def test_the_methyl_of_dmf_cis_to_oxygen_is_the_more_shielded_one(embedded):
    # Measured: 31.4 ppm cis, 36.5 ppm trans to O. The nearer methyl carbon is the cis one.
    folder, done = embedded
    cis, trans = _by_distance_to_oxygen(folder / "molecules" / "DMF" / "structure.sdf", carbons=(1, 3), oxygen=5)
    molecule = done.molecules["DMF"]
    assert 3.0 < shielding_of(molecule, cis) - shielding_of(molecule, trans) < 9.0


def test_charges_reach_the_program(run):
    folder, _ = run
    for name, charge in (("formate", -1), ("formaldehyde", 0)):
        with zipfile.ZipFile(folder / "molecules" / name / "calculations.zip") as archive:
            text = archive.read("c001-shielding/input.nw").decode()
            output = archive.read("c001-shielding/output.out").decode()
        assert f"\ncharge {charge}\n" in text
        assert re.search(rf"Charge +: +{charge}\n", output)


def test_provenance_is_complete(run):
    provenance = run[1].molecules["formate"]["provenance"]
    assert provenance["engine"] == "nwchem"
    assert provenance["program_versions"][0].startswith("nwchem 7.")
    assert provenance["levels"] == {
        "geometry": "B3LYP/6-31G* spherical, COSMO(chloroform)",
        "weights": "B3LYP/6-31G* spherical, COSMO(chloroform)",
        "shielding": "B3LYP/6-31G* spherical, COSMO(chloroform)",
    }
    assert provenance["dielectric_constant"] == 4.7113
    assert provenance["temperature_kelvin"] == 298.15
    words = "factors: draft on DELTA50" if calibrated_nuclei("draft", "nwchem") else "difference to TMS, "
    assert provenance["referencing"]["13C"].startswith(words)
    assert {"qmnmr_version", "toolkit_versions", "host", "date_utc", "cpu_seconds"} <= set(provenance)


def test_populations_sum_to_one_and_isotropic_is_a_third_of_the_trace(either):
    folder, done = either
    for molecule in done.molecules.values():
        assert math.isclose(sum(c["population"] for c in molecule["conformers"]), 1.0, abs_tol=1e-5)
    name = list(done.molecules)[1]
    with zipfile.ZipFile(folder / "molecules" / name / "calculations.zip") as archive:
        record = json.loads(archive.read("c001-shielding/result.json"))
    for shielding in record["result"]["shieldings"]:
        trace = sum(shielding["tensor_ppm"][i][i] for i in range(3))
        assert shielding["isotropic_ppm"] == pytest.approx(trace / 3, abs=2e-4)


def test_the_run_folder_is_as_documented_and_small(run):
    folder, _ = run
    assert {p.name for p in folder.iterdir()} == {
        "run.toml", "molecules.jsonl", "molecules", "shifts.csv", "couplings.csv", "summary.json", "qmnmr.log",
        "report.html", "report",
    }  # fmt: skip
    for molecule in (folder / "molecules").iterdir():
        assert sorted(p.name for p in molecule.iterdir()) == [
            "calculations.zip", "conformers.json", "conformers.sdf", "prediction.json", "structure.sdf",
        ]  # fmt: skip


def test_shifts_csv_has_exactly_the_promised_columns(run):
    folder, done = run
    with (folder / "shifts.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == [
        "molecule", "atoms", "element", "nucleus", "shielding_ppm", "shift_ppm", "uncertainty_ppm", "label",
        "group", "flags", "reference_shift_ppm", "reference", "smiles", "status", "message",
    ]  # fmt: skip
    assert [r["molecule"] for r in rows] == [
        name for name, molecule in done.molecules.items() for _ in molecule["shifts"]
    ]
    methane = [r for r in rows if r["molecule"] == "methane"]
    assert [(r["atoms"], r["nucleus"]) for r in methane] == [("1", "13C"), ("2 3 4 5", "1H")]
    assert all(float(r["uncertainty_ppm"]) > 0 for r in methane)
    assert (folder / "summary.json").read_text(encoding="utf-8") == done.stdout


def test_a_finished_run_computes_nothing_again_and_says_so(run):
    folder, done = run
    files = {p: p.stat().st_mtime_ns for p in folder.glob("molecules/*/calculations.zip")}
    again = run_qmnmr("predict", "small.smi", "--engine", "nwchem", "--out", "run", "--json", folder=folder.parent)
    assert again.code == 0
    assert again.stdout == done.stdout
    assert "nothing to compute" in again.stderr
    assert {p: p.stat().st_mtime_ns for p in files} == files


def test_the_same_folder_refuses_another_solvent_and_stays_as_it_was(run):
    folder, _ = run
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    refused = run_qmnmr(
        "predict", "small.smi", "--engine", "nwchem", "--out", "run", "--solvent", "dmso", folder=folder.parent
    )
    assert refused.code == 2
    assert "the solvent is chloroform there, DMSO here" in refused.stderr
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def _by_distance_to_oxygen(path: Path, *, carbons: tuple[int, int], oxygen: int) -> list[int]:
    from rdkit import Chem

    positions = Chem.MolFromMolFile(str(path), removeHs=False).GetConformer().GetPositions()
    return sorted(carbons, key=lambda c: math.dist(positions[c - 1], positions[oxygen - 1]))
