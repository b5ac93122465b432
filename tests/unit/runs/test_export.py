"""Every format is written from a recorded run and read back: by RDKit, pandas, nmrglue, npm's nmredata and our own."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from rdkit import Chem

from qmnmr.calibration.experiment_input import read_experiment
from qmnmr.cli.main import cli
from qmnmr.datatypes.measured.larmor import larmor_mhz
from qmnmr.datatypes.shift import Prediction
from qmnmr.errors import InputError, MissingProgramError
from qmnmr.report.export.nmredata import smiles_without_backslash
from qmnmr.report.export.run_table import WIDE_COLUMNS
from qmnmr.report.export.spectrum import line_names, predicted_lines, sampled
from qmnmr.runs.export import FORMATS, export_run
from qmnmr.runs.folder.run_folder import RunFolder
from tests.support.console_blocks import ROOT, console_blocks
from tests.support.nmredata_reader import NmredataRecord, read_record

GOLDEN = Path(__file__).parents[2] / "golden" / "exported_run"
ODD = "(R)-1-chloro α-propanol; $$ ##END= \\ <b>"
ALKENE = "cis-1,2-difluoroethene"
VERSION = "0.2.0.dev0"  # of the qmnmr that recorded the run
WITHOUT_EXTRAS = tuple(name for name in FORMATS if name != "parquet")
WRITTEN = FORMATS if find_spec("pyarrow") else WITHOUT_EXTRAS
LEVEL = "B3LYP/6-31G* spherical"


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def run() -> RunFolder:
    return RunFolder(GOLDEN)


@pytest.fixture(scope="module")
def predictions(run: RunFolder) -> dict[str, Prediction]:
    return {molecule.name: run.outcome(molecule) for molecule in run.molecules()}


@pytest.fixture(scope="module")
def exported(run: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    done = export_run(run, WRITTEN, into=out)
    assert sorted(done.files) == sorted(out.iterdir())
    assert done.notes == (
        f"{ALKENE}: no calibrated shifts of 19F: not in nmredata, jcamp, nmrium",
        "1 of 4 molecules have no result: no such thing",
    )
    return out


def path_of(exported: Path, predictions: dict[str, Prediction], name: str, ending: str) -> Path:
    return exported / f"{predictions[name].molecule.id}{ending}"


@pytest.fixture(params=["ethanol", ODD, ALKENE], ids=["ethanol", "odd name", "alkene"])
def prediction(request: pytest.FixtureRequest, predictions: dict[str, Prediction]) -> Prediction:
    return predictions[request.param]


@pytest.fixture
def record(exported: Path, prediction: Prediction) -> NmredataRecord:
    return read_record(exported / f"{prediction.molecule.id}.nmredata.zip")


def test_every_file_says_that_it_is_predicted_at_which_level_how_surely_and_by_which_version(exported):
    for path in exported.iterdir():
        if path.suffix == ".zip":
            record = read_record(path)
            texts = ["\n".join(record.tags["ID"]), *record.files.values()]
        elif path.suffix == ".parquet":
            texts = [pd.read_parquet(path).to_csv()]
        else:
            texts = [path.read_text(encoding="utf-8")]
        for text in texts:
            flat = " ".join(text.split())
            assert "predicted, not measured" in flat, path
            assert LEVEL in flat, path
            assert VERSION in flat, path
            assert "standard uncertainty" in flat or "uncertainty_ppm" in flat, path


def test_an_nmredata_record_gives_shifts_and_atoms_back(record, prediction):
    assert record.tags["VERSION"] == ["1.1"]
    assert record.tags["LEVEL"] == ["0"]
    assert record.tags["SOLVENT"] == ["CDCl3"]
    assert record.tags["TEMPERATURE"] == ["298.15 K"]
    found = {atoms: shift for shift, atoms in record.assignment.values()}
    wanted = {
        tuple(i + 1 for i in s.atom_indices): round(s.shift_ppm, 4)
        for s in prediction.shifts
        if s.shift_ppm is not None
    }
    assert found == wanted
    labels = list(record.assignment)
    assert len({label.lower() for label in labels}) == len(labels)
    assert all(label.isascii() and label.isalnum() for label in labels)
    mol = Chem.MolFromMolBlock(record.mol_block, removeHs=False)
    assert tuple(atom.GetSymbol() for atom in mol.GetAtoms()) == prediction.molecule.symbols
    assert Chem.MolToSmiles(Chem.RemoveHs(mol)) == prediction.molecule.smiles
    assert Chem.CanonSmiles(record.tags["SMILES"][0]) == prediction.molecule.smiles


@pytest.mark.parametrize("nucleus", ["1H", "13C"])
def test_an_nmredata_spectrum_has_the_lines_with_their_numbers_of_nuclei(record, prediction, nucleus):
    headers, signals = record.headers(f"1D_{nucleus}"), record.signals(f"1D_{nucleus}")
    assert float(headers["Larmor"]) == pytest.approx(larmor_mhz(nucleus, proton_mhz=400.0), abs=1e-5)
    assert headers["Jcamp_Location"] == f"file:{nucleus}.jdx"
    assert f"{nucleus}.jdx" in record.files
    shifts = [shift for shift, _ in signals]
    assert shifts == sorted(shifts, reverse=True)
    for shift, fields in signals:
        told, atoms = record.assignment[fields["L"]]
        assert (told, len(atoms)) == (shift, int(fields["N"]))
        assert float(fields["E"]) == len(atoms)
        assert fields.get("S") == {"1H": None, "13C": "s"}[nucleus]  # nothing is said of what is not known
    assert sum(int(fields["N"]) for _, fields in signals) == sum(
        len(s.atom_indices) for s in prediction.shifts if s.nucleus == nucleus
    )


def test_what_was_exported_can_be_compared_with_its_run(exported, prediction, tmp_path):
    from zipfile import ZipFile

    with ZipFile(exported / f"{prediction.molecule.id}.nmredata.zip") as archive:
        archive.extractall(tmp_path)
    (sdf,) = tmp_path.glob("*.sdf")
    by_nmredata = read_experiment(sdf)
    for spectrum in by_nmredata.spectra:
        wanted = sorted(
            (tuple(i + 1 for i in s.atom_indices), round(s.shift_ppm, 4))
            for s in prediction.shifts
            if s.nucleus == spectrum.nucleus and s.shift_ppm is not None
        )
        assert sorted((signal.atoms, signal.shift_ppm) for signal in spectrum.signals) == wanted
    by_nmrium = read_experiment(exported / f"{prediction.molecule.id}.nmrium")
    for one, other in zip(by_nmredata.spectra, by_nmrium.spectra, strict=True):
        shifts = [signal.shift_ppm for signal in one.signals]
        assert [signal.shift_ppm for signal in other.signals] == pytest.approx(shifts, abs=5e-5)
        assert [signal.nuclei for signal in other.signals] == [signal.nuclei for signal in one.signals]


@pytest.mark.parametrize("nucleus", ["1H", "13C"])
def test_nmrglue_finds_the_peaks_of_a_jcamp_file_where_they_should_be(exported, prediction, nucleus):
    nmrglue = pytest.importorskip("nmrglue", reason="nmrglue is not installed")
    header, data = nmrglue.jcampdx.read(str(exported / f"{prediction.molecule.id}-{nucleus}.jdx"))
    (mhz,) = map(float, header[".OBSERVEFREQUENCY"])
    first, last = float(header["FIRSTX"][0]), float(header["LASTX"][0])
    assert mhz == pytest.approx(larmor_mhz(nucleus, proton_mhz=400.0), abs=1e-5)
    assert header[".OBSERVENUCLEUS"] == [f"^{nucleus}"]
    assert float(header["$OFFSET"][0]) == pytest.approx(first / mhz)
    assert int(header["NPOINTS"][0]) == len(data)
    ppm = np.linspace(first, last, len(data)) / mhz
    tops = _tops(ppm, np.asarray(data))
    lines = predicted_lines(prediction, nucleus)
    assert len(tops) == len(lines)
    for (shift, height), line in zip(tops, lines, strict=True):
        assert shift == pytest.approx(line.shift_ppm, abs=0.1 * abs(ppm[1] - ppm[0]))
        assert height / tops[0][1] == pytest.approx(line.nuclei / lines[0].nuclei, rel=0.02)


def _tops(ppm: np.ndarray, data: np.ndarray) -> list[tuple[float, float]]:
    """Return place and height of the maxima above a tenth of the largest; a Lorentz curve's inverse is a parabola."""
    found = []
    for k in range(1, len(data) - 1):
        if data[k] > 0.1 * data.max() and data[k - 1] < data[k] >= data[k + 1]:
            a, b, c = 1.0 / data[k - 1], 1.0 / data[k], 1.0 / data[k + 1]
            off = 0.5 * (a - c) / (a - 2 * b + c)
            found.append((float(ppm[k] + off * (ppm[1] - ppm[0])), float(1.0 / (b - 0.25 * (a - c) * off))))
    return found


def test_lines_of_jcamp_files_are_ascii_and_short_and_no_name_ends_them(exported):
    paths = list(exported.glob("*.jdx"))
    assert len(paths) == 6
    for path in paths:
        lines = path.read_bytes().decode("ascii").splitlines()
        assert all(len(line) <= 80 for line in lines if not line.startswith("##TITLE"))
        assert [line for line in lines if line.startswith("##END")] == [lines[-1]]
        assert [line.split("=")[0] for line in lines if "$$" in line] == ["##JCAMP-DX"]


def test_nmrium_has_drawing_spectra_and_ranges(exported, prediction):
    content = json.loads((exported / f"{prediction.molecule.id}.nmrium").read_text(encoding="utf-8"))
    assert content["version"] == 22
    (molecule,) = content["data"]["molecules"]
    assert molecule["label"] == prediction.molecule.name
    assert Chem.MolToSmiles(Chem.MolFromMolBlock(molecule["molfile"])) == prediction.molecule.smiles
    spectra = content["data"]["spectra"]
    assert [spectrum["info"]["nucleus"] for spectrum in spectra] == ["1H", "13C"]
    for spectrum in spectra:
        x, y = spectrum["data"]["x"], spectrum["data"]["re"]
        assert len(x) == len(y)
        assert (np.diff(x) > 0).all()
        lines = predicted_lines(prediction, spectrum["info"]["nucleus"])
        ranges = spectrum["ranges"]["values"]
        assert [r["signals"][0]["delta"] for r in ranges] == [line.shift_ppm for line in lines]
        assert [r["integration"] for r in ranges] == [line.nuclei for line in lines]
        assert all(r["from"] < r["signals"][0]["delta"] < r["to"] for r in ranges)
        assert spectrum["info"]["spectrumSource"] == "prediction"


def test_rdkit_reads_the_conformers_with_populations_and_shifts(exported, prediction):
    records = list(Chem.SDMolSupplier(str(exported / f"{prediction.molecule.id}.sdf"), removeHs=False))
    weights = [float(record.GetProp("population")) for record in records]
    assert len(records) == len(prediction.conformers)
    assert sum(weights) == pytest.approx(1.0, abs=1e-5)
    assert weights == sorted(weights, reverse=True)
    shifts = {atom: s for s in prediction.shifts for atom in s.atom_indices}
    for record in records:
        assert record.GetConformer().Is3D()
        for atom in record.GetAtoms():
            shift = shifts.get(atom.GetIdx())
            known = {} if shift is None else {
                "NMR_shielding": shift.shielding_ppm,
                "NMR_shift": shift.shift_ppm,
                "NMR_uncertainty": shift.uncertainty_ppm,
            }  # fmt: skip
            for name in ("NMR_shielding", "NMR_shift", "NMR_uncertainty"):
                value = known.get(name)
                assert atom.HasProp(name) == (value is not None)
                assert value is None or atom.GetDoubleProp(name) == round(value, 4)
    energies = [float(record.GetProp("energy_hartree")) for record in records]
    positions = [record.GetConformer().GetPositions() for record in records]
    assert len(records) == 1 or (len(set(energies)) > 1 and not np.allclose(positions[0], positions[1], atol=0.1))


def test_the_wide_tables_hold_the_run_and_are_the_same(exported, predictions):
    table = pd.read_csv(exported / "shifts.csv")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    columns = pd.read_parquet(exported / "shifts.parquet")
    assert tuple(table.columns) == tuple(columns.columns) == WIDE_COLUMNS
    pd.testing.assert_series_equal(
        table.shift_ppm, columns.shift_ppm.round(4), check_dtype=False, check_exact=False, atol=1e-9
    )
    for name, prediction in predictions.items():
        rows = columns[columns.molecule == name]
        if not prediction.shifts:
            assert list(rows.status) == ["failed"]
            assert rows.message.notna().all()
            continue
        assert rows.shielding_ppm.tolist() == [s.shielding_ppm for s in prediction.shifts]
        assert rows.atoms.tolist() == [" ".join(str(i + 1) for i in s.atom_indices) for s in prediction.shifts]
        assert set(rows.origin) == {"predicted, not measured"}
        assert set(rows.program) == {f"qmnmr {VERSION}"}
        assert rows.referencing.notna().all()
        assert set(rows.conformers) == {len(prediction.conformers)}
    assert str(columns.shift_ppm.dtype) == "float64"
    fluorine = columns[columns.nucleus == "19F"]
    assert fluorine.shift_ppm.isna().all()
    with (exported / "shifts.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["molecule"] for row in csv.DictReader(stream)} == set(predictions)


def test_hydrogens_are_named_by_their_carbon_and_two_on_one_have_letters(predictions):
    names = list(line_names(predictions[ODD].molecule, predictions[ODD].shifts).values())
    assert sorted(names) == ["C1", "C2", "C4", "H1", "H2", "H3", "H4a", "H4b"]
    assert list(line_names(predictions["ethanol"].molecule, predictions["ethanol"].shifts).values()) == [
        *("C1", "C2", "H1", "H2", "H3"),
    ]  # fmt: skip


def test_a_line_outside_of_the_usual_window_widens_it(predictions):
    (line, *_) = predicted_lines(predictions["ethanol"], "1H")
    far = sampled([replace(line, shift_ppm=18.3), replace(line, shift_ppm=-4.2)], "1H", proton_mhz=600.0)
    assert far.ppm[0] >= 18.8
    assert far.ppm[-1] <= -4.7
    assert (np.diff(far.ppm) < 0).all()
    assert far.intensity.max() == 1.0


def test_the_same_run_gives_the_same_bytes(run, exported, tmp_path):
    export_run(run, ("nmredata", "jcamp", "nmrium", "sdf", "csv"), into=tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (exported / path.name).read_bytes()


def test_the_frequency_is_that_of_hydrogen(run, tmp_path):
    export_run(run, ["jcamp"], into=tmp_path, molecules=["ethanol"], proton_mhz=600.13)
    text = (tmp_path / "ethanol-13C.jdx").read_text()
    assert "##.OBSERVE FREQUENCY=150.902809\n" in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ethanol-13C.jdx", "ethanol-1H.jdx"]


def test_the_command_prints_the_files_and_leaves_the_run_as_it_was(tmp_path):
    run = shutil.copytree(GOLDEN, tmp_path / "run")
    done = command("export", run, "--as", "sdf,CSV", "--molecule", "ethanol")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [str(run / "export" / name) for name in ("ethanol.sdf", "shifts.csv")]
    assert {p.name for p in run.iterdir()} == {p.name for p in GOLDEN.iterdir()} | {"export", "qmnmr.log"}
    again = command("export", run, "--as", "csv", "--out", tmp_path / "out")
    assert again.exit_code == 0
    assert "note: 1 of 4 molecules have no result: no such thing" in again.stderr


def test_the_page_shows_what_the_command_writes_and_its_code_reads_it(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    shutil.copytree(GOLDEN, tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "how-to" / "export.md"
    (block,) = console_blocks(page)
    (line,) = block.commands
    done = command(*line.split()[1:])
    assert done.stdout == block.shown
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, "export.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == "c001 0.701298\n18.6368\nc002 0.298702\n18.6368\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--as", "xlsx"), "there is no format 'xlsx'"),
        (("--as", ","), "no format was named"),
        (("--as", "csv", "--molecule", "methanol"), "has no molecule 'methanol'"),
        (("--as", "jcamp", "--frequency", "nan"), "nan MHz is the frequency of no spectrometer"),
        (("--as", "jcamp", "--frequency", "400130000"), "the frequency of no spectrometer"),
        (("--as", "csv", "--molecule", "no such thing"), "no molecule of"),
    ],
)
def test_what_can_not_be_exported_is_refused_before_anything_is_written(tmp_path, words, told):
    done = command("export", GOLDEN, *words, "--out", tmp_path / "out")
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


def test_parquet_without_its_package_is_a_sentence_and_nothing_is_written(run, tmp_path, monkeypatch):
    monkeypatch.setattr("qmnmr.report.export.run_table.find_spec", lambda _: None)
    with pytest.raises(MissingProgramError, match="pyarrow") as told:
        export_run(run, ["csv", "parquet"], into=tmp_path / "out")
    assert "qmnmr[parquet]" in told.value.hint
    assert not (tmp_path / "out").exists()


def test_a_run_whose_calculations_are_gone_exports_what_needs_no_geometry(tmp_path):
    run = shutil.copytree(GOLDEN, tmp_path / "run")
    (run / "molecules" / "ethanol" / "calculations.zip").unlink()
    done = export_run(RunFolder(run), WITHOUT_EXTRAS, into=tmp_path / "out", molecules=["ethanol"])
    assert {p.name for p in done.files} == {"ethanol-1H.jdx", "ethanol-13C.jdx", "ethanol.nmrium", "shifts.csv"}
    assert done.notes == (
        "ethanol: geometries of 2 conformers can't be read: not in sdf",
        "ethanol: no nmredata: the geometry of the most populated conformer can't be read",
    )


def test_a_run_of_an_older_version_is_exported(tmp_path):
    older = RunFolder(GOLDEN.parent / "runs" / "0.1.0" / "finished")
    done = export_run(older, WITHOUT_EXTRAS, into=tmp_path)
    assert len(done.files) == 6
    assert "qmnmr 0.1.0" in (tmp_path / "C.sdf").read_text()


def test_nothing_is_exported_of_a_run_without_results(tmp_path):
    killed = RunFolder(GOLDEN.parent / "runs" / "0.1.0" / "killed")
    with pytest.raises(InputError, match=r"no molecule of .* has a result"):
        export_run(killed, ["csv"], into=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("smiles", ["CCO", "F/C=C/F", "F/C=C\\F", "C/C=C/C=C\\C", "C/C=N\\O"])
def test_a_smiles_is_spelt_without_the_sign_that_ends_a_line(smiles):
    found = smiles_without_backslash(smiles)
    assert "\\" not in found
    assert Chem.CanonSmiles(found) == Chem.CanonSmiles(smiles)


def test_a_molecule_whose_smiles_needs_that_sign_has_none_in_the_record():
    assert smiles_without_backslash("CC/C=C\\C[C@H](F)/C=C\\C") == ""


def _npm_package(name: str) -> Path | None:
    """Return where Node.js finds a package of npm: in NODE_PATH, or among the global ones."""
    if shutil.which("node") is None:
        return None
    folders = [Path(folder) for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]
    if shutil.which("npm") is not None:
        root = subprocess.run(["npm", "root", "--global"], capture_output=True, text=True, timeout=120, check=False)
        folders.append(Path(root.stdout.strip() or "/nowhere"))
    return next((folder / name for folder in folders if (folder / name / "package.json").exists()), None)


READ_WITH_NODE = """
import { readFileSync } from 'node:fs';
Array.prototype.toReversed ??= function () { return [...this].reverse(); };  // Node.js 18 of Debian 12 has none
const { readNmrRecord } = await import('%s/lib/index.mjs');
const record = await readNmrRecord(readFileSync(process.argv[1]));
console.log(JSON.stringify({ tags: record.getNMReData(), json: await record.toJSON() }));
"""


def test_the_nmredata_package_of_npm_reads_what_was_written(exported, prediction):
    package = _npm_package("nmredata")
    if package is None:
        pytest.skip("needs Node.js and npm's nmredata: npm install --global nmredata, or NODE_PATH")
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", READ_WITH_NODE % package, "--",
         str(exported / f"{prediction.molecule.id}.nmredata.zip")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    rows = [entry["value"] for entry in read["tags"]["ASSIGNMENT"]["data"]]
    found = {tuple(map(int, row["atoms"])): row["shift"] for row in rows}
    wanted = {
        tuple(i + 1 for i in s.atom_indices): [f"{s.shift_ppm:.4f}"]
        for s in prediction.shifts
        if s.shift_ppm is not None
    }
    assert found == wanted
    # Beside each spectrum with a JCAMP-DX file it names one with Bruker's files, of which there are none.
    spectra = [spectrum for spectrum in read["json"]["spectra"] if spectrum["source"]["file"]]
    assert [(s["nucleus"], s["source"]["file"][0]["name"]) for s in spectra] == [("1H", "1H.jdx"), ("13C", "13C.jdx")]
    for spectrum in spectra:
        lines = predicted_lines(prediction, spectrum["nucleus"])
        assert [signal["delta"] for signal in spectrum["signals"]] == [line.shift_ppm for line in lines]
        assert [signal["integration"] for signal in spectrum["signals"]] == [line.nuclei for line in lines]
        assert all(signal["diaIDs"] for signal in spectrum["signals"])  # linked to atoms
    (molecule,) = read["json"]["molecules"]
    assert Chem.CanonSmiles(molecule["smiles"]) == prediction.molecule.smiles


def test_starting_the_command_loads_no_package_that_only_some_formats_need():
    code = (
        "import sys, qmnmr.cli.commands.export; print([m for m in ('pandas', 'rdkit', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
