"""Batches with bad entries, and tables that can't be compared, at the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qmnmr.calibration.comparing import compare_run
from qmnmr.cli.main import cli
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
from qmnmr.errors import InputError
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.local_run import start_local_run
from qmnmr.runs.plan import plan_run
from qmnmr.runs.request import ResourceRequest, RunRequest

NAN = Path(__file__).resolve().parents[2] / "golden" / "inputs" / "measured-nan.csv"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    path = tmp_path / "a.smi"
    path.write_text("C methane\nC1CC ring\nIC iodomethane\nO water\n[CH3] radical\n")
    return path


def test_a_batch_with_bad_entries_computes_the_good_ones_and_says_what_was_left_out(
    batch: Path, tmp_path: Path
) -> None:
    words = ("render", str(batch), "--protocol", "draft", "--engine", "nwchem", "--out", str(tmp_path / "inputs"))
    refused = run(*words)
    assert refused.exit_code == 2
    assert all(place in refused.output for place in ("2 of 5 lines", "a.smi, line 2", "a.smi, line 5", "--skip-bad"))
    done = run(*words, "--skip-bad")
    assert done.exit_code == 0, done.output
    assert done.output.count("left out: ") == 3
    assert "iodomethane" in done.output  # no engine has a basis for it: found after reading
    assert sorted(path.name for path in (tmp_path / "inputs").iterdir()) == ["methane", "water"]


def test_a_run_keeps_the_list_of_what_was_left_out(batch: Path, tmp_path: Path) -> None:
    request = RunRequest(
        inputs=(str(batch),), protocol="draft", engine="pyscf", solvent="gas", skip_bad=True, out=tmp_path / "run"
    )
    folder = start_local_run(request, ResourceRequest(cores=1, memory_mb=1000)).folder
    assert [molecule.name for molecule in folder.molecules()] == ["methane", "water"]
    assert len(folder.skipped_file.read_text().splitlines()) == 3


def test_conformers_that_were_given_are_searched_anew_where_that_is_asked_for() -> None:
    ensemble = str(NAN.parent / "two-conformers-of-ethanol.xyz")
    request = RunRequest(inputs=(ensemble,), protocol="draft", engine="nwchem", solvent="gas")
    assert len(plan_run(request).molecules[0].other_geometries) == 1
    assert plan_run(replace(request, conformers="none")).molecules == plan_run(request).molecules
    assert plan_run(replace(request, conformers="rdkit")).molecules[0].other_geometries == ()


@pytest.fixture
def ethylene(new_run: Callable[..., RunFolder]) -> RunFolder:
    folder = new_run("C=C")
    (molecule,) = folder.molecules()
    shifts = tuple(
        ChemicalShift(
            atom_indices=atoms, element=e, nucleus=n, shielding_ppm=50.0, shift_ppm=value, uncertainty_ppm=1.0
        )
        for atoms, e, n, value in (((0, 1), "C", "13C", 123.0), ((2, 3, 4, 5), "H", "1H", 5.4))
    )
    prediction = Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=(), shifts=shifts)
    folder.molecule_folder(molecule).save_prediction(prediction, structure_sdf=None)
    return folder


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("13C,inf,", "line 2: shift_ppm is 'inf', not a number"),
        ("13C,-Infinity,1", "line 2: .*not a number"),
        ("13C,,1", "line 2: shift_ppm is '', not a number"),
        ("13C,1_7,1", "line 2: .*not a number"),
        ("13C,5000,", "line 2: 5000 ppm is no shift of 13C"),
        ("1H,123.4,", "line 2: 123.4 ppm is no shift of 1H"),
        ("13C,123,1\n13C,124,1", "atom 1 has two 13C signals, 123 and 124 ppm"),
        ("13C,123,1 1", "atom 1 has two 13C signals"),
        ('13C,123,"1,x"', "no list of atoms"),
        ("13C,123,C1", "no list of atoms"),
        ("13C,123,9", "atom 9 has no 13C shift"),
    ],
)
def test_a_table_that_can_not_be_compared_is_refused(
    ethylene: RunFolder, tmp_path: Path, rows: str, words: str
) -> None:
    table = tmp_path / "measured.csv"
    table.write_text(f"nucleus,shift_ppm,atoms\n{rows}\n")
    with pytest.raises(InputError, match=words):
        compare_run(ethylene, table)


def test_nan_is_no_measured_shift(ethylene: RunFolder) -> None:
    result = run("compare", str(ethylene.path), str(NAN))
    assert (result.exit_code, "line 2: shift_ppm is 'nan'" in result.output) == (2, True)


def test_a_good_table_is_compared(ethylene: RunFolder, tmp_path: Path) -> None:
    table = tmp_path / "measured.csv"
    table.write_text('nucleus,shift_ppm,atoms\n13C,123.5,"1,2"\n1H,5.40,3 4 5 6\n')
    assert [error.n for error in compare_run(ethylene, table).errors] == [1, 1]
