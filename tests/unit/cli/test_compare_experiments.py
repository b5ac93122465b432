"""`qmnmr compare` with experiments as people have them, and the same from Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from rdkit import Chem

import qmnmr
from qmnmr.cli.main import cli
from qmnmr.datatypes.shift import NUCLEI, ChemicalShift, Prediction, PredictionStatus
from qmnmr.runs.folder.run_folder import RunFolder

SHIFTS = (
    ((1,), 14.1),
    ((2,), 62.5),
    ((4,), 171.2),
    ((5,), 20.1),
    ((7, 8, 9), 1.25),
    ((10, 11), 4.15),
    ((12, 13, 14), 2.00),
)
PAPER = (
    "Ethyl acetate. Rf = 0.31. ¹H NMR (400 MHz, CDCl₃) δ 4.12 (q, J = 7.1 Hz,\n2H), 2.04 (s, 3H), 1.26 (t, J = "
    "7.1 Hz, 3H). "
    "¹³C NMR (101 MHz, CDCl₃) δ 171.1, 77.2,\n60.4, 21.0, 14.2. IR (neat) 1740 cm⁻¹."
)


@pytest.fixture
def ethyl_acetate(new_run: Callable[..., RunFolder]) -> RunFolder:
    run = new_run("CCOC(C)=O")
    (molecule,) = run.molecules()
    rows = tuple(
        ChemicalShift(
            atom_indices=tuple(atom - 1 for atom in atoms),
            element=molecule.symbols[atoms[0] - 1],
            nucleus=NUCLEI[molecule.symbols[atoms[0] - 1]],
            shielding_ppm=50.0,
            shift_ppm=shift,
            uncertainty_ppm=1.0,
        )
        for atoms, shift in SHIFTS
    )
    prediction = Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=(), shifts=rows)
    run.molecule_folder(molecule).save_prediction(prediction, structure_sdf=None)
    return run


def compare(run, experiment, *options, text=None):
    arguments = ["compare", str(run.path), str(experiment), *options]
    return CliRunner().invoke(cli, arguments, input=text, catch_exceptions=False)


def test_a_paragraph_of_a_paper_is_compared_and_what_was_done_is_said(ethyl_acetate, tmp_path):
    (tmp_path / "paper.txt").write_text(PAPER, encoding="utf-8")
    done = compare(ethyl_acetate, tmp_path / "paper.txt", "--json", "--out", str(tmp_path / "plots"))
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert {error["nucleus"]: error["n"] for error in found["errors"]} == {"13C": 4, "1H": 3}
    assert {(tuple(p["atoms"]), p["measured_ppm"]) for p in found["pairs"]} == {
        ((10, 11), 4.12),
        ((12, 13, 14), 2.04),
        ((7, 8, 9), 1.26),
        ((4,), 171.1),
        ((2,), 60.4),
        ((5,), 21.0),
        ((1,), 14.2),
    }
    assert any("77.2 ppm left out: CDCl3 itself (77.16)" in warning for warning in found["warnings"])
    assert any("within their numbers of nuclei" in warning for warning in found["warnings"])
    assert found["notes"][0].startswith("line 1: not read: Ethyl acetate. Rf = 0.31")
    assert "note: line 3: not read: IR (neat)" in done.stderr


def test_the_dry_run_prints_what_was_understood_and_writes_nothing(ethyl_acetate, tmp_path):
    (tmp_path / "paper.txt").write_text(PAPER, encoding="utf-8")
    before = sorted(ethyl_acetate.path.rglob("*"))
    done = compare(ethyl_acetate, tmp_path / "paper.txt", "--dry-run")
    assert done.exit_code == 0
    assert sorted(ethyl_acetate.path.rglob("*")) == before
    assert max(map(len, done.stdout.replace(str(tmp_path), "").splitlines())) <= 80
    assert done.stdout.partition(" beside ")[2] == (
        "CCOC(C)=O, C4H8O2\n\n"
        "1H, 400 MHz, CDCl3: 3 signals, 8 H\n"
        "  line  shift/ppm  H  shape  J/Hz\n"
        "     1       4.12  2  q      7.1\n"
        "     2       2.04  3  s\n"
        "     2       1.26  3  t      7.1\n"
        "  8 H listed, as in the formula\n\n"
        "13C, 101 MHz, CDCl3: 5 signals\n"
        "  line  shift/ppm\n"
        "     2      171.1\n"
        "     2       77.2\n"
        "     3       60.4\n"
        "     3       21.0\n"
        "     3       14.2\n"
        "  ? 5 carbon signals listed, 4 expected\n"
        "  ? 77.2 ppm may be CDCl3 itself (77.16) (line 2)\n\n"
        "line 1: not read: Ethyl acetate. Rf = 0.31.\n"
        "line 3: not read: IR (neat) 1740 cm-1.\n"
    )


def test_the_dry_run_as_json(ethyl_acetate):
    done = compare(ethyl_acetate, "13C NMR (CDCl3) δ 60.4 (CH2, C-2)", "--dry-run", "--json")
    (found,) = json.loads(done.stdout)["experiments"]
    (spectrum,) = found["spectra"]
    assert (found["molecule"], found["formula"], spectrum["solvent"]) == (
        "CCOC(C)=O",
        {"C": 4, "H": 8, "O": 2},
        "CDCl3",
    )
    assert spectrum["signals"][0] | {"text": ""} == {
        "low_ppm": 60.4,
        "high_ppm": 60.4,
        "nuclei": None,
        "multiplicity": "",
        "couplings_hz": [],
        "kind": "CH2",
        "atoms": [],
        "label": "C-2",
        "text": "",
        "line": 1,
    }
    assert found["remarks"][0] == {
        "text": "1 carbon signal listed, 4 expected",
        "is_doubt": True,
        "nucleus": "13C",
        "line": None,
    }


def test_a_text_in_quotes_and_one_that_is_pasted(ethyl_acetate, tmp_path):
    text = "13C NMR δ 171.1 (s), 60.4 (t), 21.0 (q), 14.2 (q)"
    quoted = compare(ethyl_acetate, text, "--out", str(tmp_path / "a"))
    pasted = compare(ethyl_acetate, "-", "--out", str(tmp_path / "a"), text=text)
    assert quoted.exit_code == pasted.exit_code == 0
    assert quoted.stdout == pasted.stdout
    assert "matched to 4 predicted shifts by the least squares within their kinds (CH3, CH2, CH, C)" in quoted.stderr
    assert "note: CCOC(C)=O, 13C: s, d, t, q without J are taken for C, CH, CH2, CH3" in quoted.stderr


def test_the_nucleus_of_a_list_is_an_option(ethyl_acetate, tmp_path):
    (tmp_path / "peaks.txt").write_text("171.1\n60.4\n21.0\n14.2\n")
    refused = compare(ethyl_acetate, tmp_path / "peaks.txt", "--dry-run")
    assert (refused.exit_code, "--nucleus 13C" in refused.stderr) == (2, True)
    done = compare(ethyl_acetate, tmp_path / "peaks.txt", "--dry-run", "--nucleus", "carbon")
    assert "4 carbon signals listed, as expected" in done.stdout
    wrong = compare(ethyl_acetate, tmp_path / "peaks.txt", "--nucleus", "13X")
    assert (wrong.exit_code, "'13X' is none that is reported" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nowhere.csv", "nowhere.csv: there is no such file"),
        ("paper", "paper: there is no such file"),
        ("my paper of 2026.txt", "my paper of 2026.txt: there is no such file"),
        ("", "nothing but blanks"),
        ("13C NMR δ 1, 2, 3, 4, 5", "5 13C signals without atoms, but only 4 predicted shifts"),
        ("13C NMR δ 1, 2\n13C NMR δ 3, 4", "two 13C spectra of CCOC(C)=O, lines 1 and 2"),
        ("19F NMR δ -62.7", "there are no calibrated 19F shifts"),
        ("molecule,nucleus,shift_ppm\nphenol,13C,5\n", "line 2: the run has no molecule 'phenol'"),
    ],
)
def test_an_experiment_that_does_not_fit_is_refused(ethyl_acetate, text, words):
    done = compare(ethyl_acetate, text)
    assert done.exit_code == 2
    assert words in done.stderr


def test_what_the_molecule_has_no_shifts_of_is_left_out(ethyl_acetate, tmp_path):
    text = "13C NMR δ 171.1, 60.4, 21.0, 14.2; 19F NMR δ -62.7; 19F{1H} NMR δ -62.8"
    done = compare(ethyl_acetate, text, "--out", str(tmp_path / "a"))
    assert done.exit_code == 0
    assert "there are no calibrated 19F shifts to compare with: left out" in done.stderr
    assert "a second 19F spectrum (line 1) left out" in done.stderr


def test_assignments_of_nmredata_are_used_in_whatever_order_its_atoms_are(ethyl_acetate):
    block = Chem.MolToMolBlock(Chem.MolFromSmiles("CC(=O)OCC"))
    tags = "> <NMREDATA_ASSIGNMENT>\na, 60.4, 5\\\nb, 1.26, H6\\\n\n> <NMREDATA_1D_13C>\n60.4, L=a\\\n\n"
    text = block + tags + "> <NMREDATA_1D_1H>\n1.26, L=b\\\n\n$$$$\n"
    comparison = qmnmr.compare(ethyl_acetate.path, text)
    assert [(pair.atoms, pair.is_assigned) for pair in comparison.pairs] == [((2,), True), ((7, 8, 9), True)]
    assert comparison.warnings == ()


def test_the_same_from_python(ethyl_acetate, tmp_path):
    (tmp_path / "paper.txt").write_text(PAPER, encoding="utf-8")
    experiment = qmnmr.read_experiment(tmp_path / "paper.txt")
    assert [spectrum.nucleus for spectrum in experiment.spectra] == ["1H", "13C"]
    assert experiment == qmnmr.read_experiment(str(tmp_path / "paper.txt"))
    comparison = qmnmr.compare(ethyl_acetate.path, experiment)
    assert comparison == qmnmr.compare(str(ethyl_acetate.path), tmp_path / "paper.txt")
    assert [error.n for error in comparison.errors] == [4, 3]
    assert qmnmr.read_experiment("60.4", nucleus="13C").spectra[0].signals[0].shift_ppm == 60.4


@pytest.mark.parametrize("value", [None, 3, b"13C NMR 60.4", "a\0b"])
def test_what_is_no_experiment_is_an_input_error(value):
    with pytest.raises(qmnmr.errors.InputError):
        qmnmr.read_experiment(value)


def test_the_solvent_of_the_experiment_is_compared_with_that_of_the_prediction(ethyl_acetate):
    from dataclasses import replace

    from tests.unit.runs.test_forecast import PROVENANCE

    (molecule,) = ethyl_acetate.molecules()
    prediction = ethyl_acetate.load_prediction(molecule)
    assert prediction is not None
    told = replace(prediction, provenance=replace(PROVENANCE, solvent="chloroform"))
    ethyl_acetate.molecule_folder(molecule).save_prediction(told, structure_sdf=None)
    text = "13C NMR ({}) δ 171.1, 60.4, 21.0, 14.2"
    assert "measured in" not in compare(ethyl_acetate, text.format("CDCl3"), "--dry-run").stdout
    assert (
        "? measured in DMSO-d6, predicted in chloroform"
        in compare(ethyl_acetate, text.format("DMSO-d6"), "--dry-run").stdout
    )


def test_a_folder_without_a_run_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["compare", str(tmp_path), "13C NMR δ x"])
    assert (done.exit_code, "is not a run folder" in done.stderr) == (2, True)


def test_the_molecule_of_a_paragraph_is_an_option(new_run):
    run = new_run("C", "CO")
    (_, methanol) = run.molecules()
    rows = (
        ChemicalShift(
            atom_indices=(0,), element="C", nucleus="13C", shielding_ppm=1.0, shift_ppm=50.0, uncertainty_ppm=1.0
        ),
    )
    prediction = Prediction(molecule=methanol, status=PredictionStatus.COMPLETED, messages=(), shifts=rows)
    run.molecule_folder(methanol).save_prediction(prediction, structure_sdf=None)
    text = "13C NMR δ 50.4"
    refused = compare(run, text, "--dry-run")
    assert (refused.exit_code, "--molecule NAME" in refused.stderr) == (2, True)
    assert "beside CO, CH4O" in compare(run, text, "--dry-run", "--molecule", "CO").stdout
    assert "has no molecule 'phenol'" in compare(run, text, "--dry-run", "--molecule", "phenol").stderr
    assert [pair.molecule for pair in qmnmr.compare(run.path, text, molecule="CO").pairs] == ["CO"]


def test_long_labels_do_not_make_the_table_wider_than_a_terminal(ethyl_acetate):
    text = (
        "1H NMR δ 7.35-7.28 (dddd, J = 17.2, 10.4, 6.6, 1.2 Hz, 1H, an assignment in many words, H-3' and H-5'), 4 (m)"
    )
    done = compare(ethyl_acetate, text, "--dry-run")
    table = [line for line in done.stdout.splitlines() if "7.35 to 7.28" in line]
    assert len(table[0]) <= 80
    assert table[0].endswith("…")


def test_the_page_shows_what_comes_out(ethyl_acetate, tmp_path, monkeypatch):
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "measured-spectrum.md").read_text(encoding="utf-8")
    paper, shown = re.findall(r"```text\n(.*?)```", page, re.DOTALL)[:2]
    monkeypatch.chdir(tmp_path)
    Path("paper.txt").write_text(paper, encoding="utf-8")
    assert compare(ethyl_acetate, "paper.txt", "--dry-run").stdout == shown
