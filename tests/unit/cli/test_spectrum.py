"""`qmnmr spectrum`, on runs as they are on disk."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import pytest
from click.testing import CliRunner
from rdkit.Chem import AllChem

from qmnmr.cli.main import cli
from qmnmr.datatypes.calculation import CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.shift import NUCLEI, ChemicalShift, Prediction, PredictionStatus, Provenance, WeightedConformer
from qmnmr.runs.folder.run_folder import RunFolder, save_report
from qmnmr.runs.spectra.finished import finished_molecule, finished_prediction


@pytest.fixture
def methanol(new_run: Callable[..., RunFolder]) -> RunFolder:
    """A finished run as it is on disk without couplings: shifts, a conformer, and the geometry of its shieldings."""
    run = new_run("CO")
    (molecule,) = run.molecules()
    mol = rdkit_mol(molecule)
    AllChem.EmbedMolecule(mol, randomSeed=1)
    positions = tuple((x, y, z) for x, y, z in mol.GetConformer().GetPositions().tolist())
    result = CalculationResult(
        label="c001-shielding",
        kind=CalculationKind.SHIELDING,
        level=run.settings().protocol.shielding_level("H"),
        energy_hartree=-115.0,
        geometry=Geometry(symbols=molecule.symbols, coordinates_angstrom=positions),
        shieldings=(),
        program="nwchem",
        program_version="7.2.2",
        ranks=1,
        cpu_seconds=1.0,
        wall_seconds=1.0,
    )
    folder = run.molecule_folder(molecule)
    folder.save_outcome(result, digest="", files={})
    shifts = (((0,), 50.0), ((2, 3, 4), 3.4), ((5,), 1.5))
    prediction = Prediction(
        molecule=molecule,
        status=PredictionStatus.COMPLETED,
        messages=(),
        shifts=tuple(
            ChemicalShift(
                atom_indices=atoms,
                element=molecule.symbols[atoms[0]],
                nucleus=NUCLEI[molecule.symbols[atoms[0]]],
                shielding_ppm=30.0,
                shift_ppm=ppm,
                uncertainty_ppm=0.1,
            )
            for atoms, ppm in shifts
        ),
        conformers=(WeightedConformer(label="c001", energy_hartree=-115.0, degeneracy=1.0, population=1.0),),
        provenance=Provenance(
            qmnmr_version="0.2.0",
            engine="nwchem",
            program_versions=("7.2.2",),
            protocol="draft",
            steps=run.settings().protocol.steps(),
            solvent="chloroform",
            dielectric_constant=4.7,
            temperature_kelvin=298.15,
            conformer_search="rdkit",
            toolkit_versions={},
            referencing={},
            host="",
            date_utc="",
            cpu_seconds=1.0,
        ),
    )
    folder.save_prediction(prediction, structure_sdf=None)
    return run


def spectrum(run: RunFolder, *options: str):
    return CliRunner().invoke(cli, ["spectrum", str(run.path), *options], catch_exceptions=False)


def test_a_finished_run_without_couplings_gets_them_from_its_geometries(methanol):
    (molecule,) = methanol.molecules()
    assert methanol.load_prediction(molecule).couplings == ()
    couplings = finished_prediction(methanol, molecule).couplings
    assert {(c.n_bonds, len(c.atom_pairs)) for c in couplings} == {(2, 3), (3, 3)}
    (geminal,) = (c for c in couplings if c.n_bonds == 2)
    assert geminal.coupling_hz == pytest.approx(-10.8, abs=0.1)
    assert all(c.uncertainty_hz for c in couplings)


def test_the_spectrum_is_printed_and_written(methanol):
    done = spectrum(methanol, "--frequency", "300", "--couple-exchanging")
    assert done.exit_code == 0, done.output
    (methyl, hydroxyl) = done.stdout.splitlines()[1:]
    assert methyl.split()[:6] == ["3", "4", "5", "3.40", "0.10", "3"]
    assert methyl.split()[6] == "d"
    assert hydroxyl.split()[4] == "q"
    folder = methanol.path / "spectra"
    names = sorted(path.name for path in folder.iterdir())
    pictures = (".png", ".svg") if find_spec("matplotlib") else ()
    assert names == [f"CO-1H-300MHz{end}" for end in ("-lines.csv", "-points.csv", *pictures)]
    lines = list(csv.DictReader(io.StringIO((folder / "CO-1H-300MHz-lines.csv").read_text())))
    assert sum(float(line["intensity"]) for line in lines) == pytest.approx(4.0, abs=1e-4)
    assert float(lines[0]["frequency_hz"]) == pytest.approx(300.0 * float(lines[0]["shift_ppm"]), abs=1e-3)
    assert {line["atoms"] for line in lines} == {"3 4 5", "6"}
    assert len((folder / "CO-1H-300MHz-points.csv").read_text().splitlines()) == 65537
    if pictures:
        assert (folder / "CO-1H-300MHz.png").read_bytes().startswith(b"\x89PNG")


def test_json_has_signals_and_all_lines(methanol, tmp_path):
    done = spectrum(methanol, "--json", "--out", str(tmp_path / "out"))
    found = json.loads(done.stdout)
    assert [(s["atoms"], s["multiplicity"]) for s in found["signals"]] == [([3, 4, 5], "s"), ([6], "s")]
    assert sum(line["intensity"] for line in found["lines"]) == pytest.approx(4.0, abs=1e-4)
    assert any("decoupled by exchange" in note for note in found["notes"])
    assert not (methanol.path / "spectra").exists()


def test_carbon_is_one_line_of_area_one(methanol, tmp_path):
    done = spectrum(methanol, "--nucleus", "13C", "--json", "--out", str(tmp_path / "out"))
    (line,) = json.loads(done.stdout)["lines"]
    assert (line["intensity"], line["atoms"]) == (1.0, [1])


def test_what_there_is_no_spectrum_of_is_an_input_error(methanol, tmp_path):
    done = spectrum(methanol, "--nucleus", "19F")
    assert done.exit_code == 2
    assert "CO has no F, so there is no 19F spectrum" in done.stderr
    assert "Its nuclei: 13C, 1H." in done.stderr
    assert spectrum(methanol, "--molecule", "benzene").exit_code == 2
    assert spectrum(methanol, "--line-width", "0").exit_code == 2
    assert spectrum(RunFolder(tmp_path)).exit_code == 2


def test_one_of_several_molecules_has_to_be_named(new_run):
    run = new_run("C", "O")
    done = spectrum(run)
    assert done.exit_code == 2
    assert "--molecule" in done.stderr
    assert finished_molecule(run, "C").id == "C"
    assert "is not finished" in spectrum(run, "--molecule", "O").stderr


def test_geometries_that_were_taken_away_are_named(methanol):
    (molecule,) = methanol.molecules()
    (methanol.molecule_folder(molecule).path / "calculations.zip").unlink()
    done = spectrum(methanol)
    assert done.exit_code == 2
    assert "calculations.zip" in done.stderr


def test_a_failed_molecule_has_none(methanol):
    (molecule,) = methanol.molecules()
    folder = methanol.molecule_folder(molecule)
    failed = replace(folder.load_prediction(), status=PredictionStatus.FAILED, messages=("no conformer came through",))
    folder.save_prediction(failed, structure_sdf=None)
    done = spectrum(methanol)
    assert done.exit_code == 2
    assert "no conformer came through" in done.stderr


def test_couplings_are_in_a_table_and_in_the_summary_of_a_run(methanol, tmp_path):
    (molecule,) = methanol.molecules()
    prediction = finished_prediction(methanol, molecule)
    folder = methanol.molecule_folder(molecule)
    folder.save_prediction(prediction, structure_sdf=None)
    assert methanol.load_prediction(molecule) == prediction
    save_report(tmp_path, [prediction], run="run")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "couplings.csv").read_text())))
    (geminal,) = (row for row in rows if row["class"] == "geminal")
    assert (geminal["atoms_1"], geminal["atoms_2"], geminal["bonds"], geminal["source"]) == (
        "3 3 4",
        "4 5 5",
        "2",
        "karplus",
    )
    (summary,) = json.loads((tmp_path / "summary.json").read_text())["molecules"]
    (same,) = (entry for entry in summary["couplings"] if entry["class"] == "geminal")
    assert same["pairs"] == [[3, 4], [3, 5], [4, 5]]
    assert same["coupling_hz"] == pytest.approx(float(geminal["coupling_hz"]))
