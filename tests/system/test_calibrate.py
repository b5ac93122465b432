"""A calibration from beginning to end, on the embedded engine: four small molecules of a user's own set."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyscf")

# CDCl3 or, for gases, any solvent: textbook values, rounded; here they only have to be far apart.
TABLE = """# name: four
# solvent: chloroform
molecule,smiles,nucleus,atoms,shift_ppm
methane,C,13C,1,-2.3
methane,C,1H,2 3 4 5,0.23
acetylene,C#C,13C,1 2,71.9
acetylene,C#C,1H,3 4,1.80
ethylene,C=C,13C,1 2,123.5
ethylene,C=C,1H,3 4 5 6,5.25
formaldehyde,C=O,13C,1,197.0
formaldehyde,C=O,1H,3 4,9.60
"""


def qmnmr(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qmnmr", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("calibration")
    (folder / "four.csv").write_text(TABLE, encoding="utf-8")
    done = qmnmr(*COMMAND, folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "run/calibration/factors.json"
    return folder


COMMAND = (
    "calibrate", "--set", "four.csv", "--protocol", "draft", "--engine", "pyscf", "--cores", "2", "--memory-gb", "2",
    "--out", "run",
)  # fmt: skip


def test_a_users_set_gives_factors_and_plots(calibrated):
    factors = json.loads((calibrated / "run/calibration/factors.json").read_text(encoding="utf-8"))
    assert factors["set_name"] == "four"
    assert factors["nuclei"]["13C"]["slope"] == pytest.approx(-1.0, abs=0.1)
    assert factors["nuclei"]["13C"]["intercept_ppm"] == pytest.approx(190.0, abs=10.0)
    assert factors["nuclei"]["1H"]["n"] == factors["nuclei"]["13C"]["n"] == 4
    names = {p.name for p in (calibrated / "run/calibration").iterdir()}
    kinds, nuclei, formats = ("calibration", "environments"), ("1H", "13C"), ("png", "svg")
    assert names == {"factors.json", *(f"{kind}-{n}.{e}" for kind in kinds for n in nuclei for e in formats)}


def test_the_same_command_again_computes_nothing_and_fits_the_same(calibrated):
    path = calibrated / "run/calibration/factors.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    done = qmnmr(*COMMAND, folder=calibrated)
    assert done.returncode == 0, done.stderr
    assert json.loads(path.read_text(encoding="utf-8"))["nuclei"] == before["nuclei"]
    assert json.loads(path.read_text(encoding="utf-8"))["cpu_seconds"] == before["cpu_seconds"]


def test_its_factors_give_shifts_with_error_bars_at_its_level_and_are_refused_at_another(calibrated):
    factors = "run/calibration/factors.json"
    done = qmnmr(
        "predict", "C", "--engine", "pyscf", "--factors", factors, "--cores", "2", "--out", "again", folder=calibrated
    )
    assert done.returncode == 0, done.stderr
    with (calibrated / "again/shifts.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2
    for row in rows:
        assert float(row["shift_ppm"]) == pytest.approx({"13C": -2.3, "1H": 0.23}[row["nucleus"]], abs=8.0)
        assert float(row["uncertainty_ppm"]) > 0
    refused = qmnmr(
        "predict",
        "C",
        "--engine",
        "pyscf",
        "--solvent",
        "gas",
        "--factors",
        factors,
        "--out",
        "gas",
        folder=calibrated,
    )
    assert refused.returncode == 2
    assert "not in the gas phase" in refused.stderr
    assert not (calibrated / "gas").exists()


# Gottlieb, Kotlyar and Nudelman, J. Org. Chem. 1997, 62, 7512; in chloroform beside it, to be passed over.
IN_DMSO = """molecule,smiles,nucleus,atoms,shift_ppm,solvent
acetonitrile,CC#N,13C,1,1.03,DMSO-d6
acetonitrile,CC#N,13C,1,1.89,CDCl3
acetonitrile,CC#N,13C,2,117.91,DMSO-d6
acetonitrile,CC#N,1H,4 5 6,2.07,DMSO-d6
acetone,CC(C)=O,13C,1 3,30.56,DMSO-d6
acetone,CC(C)=O,13C,2,206.31,DMSO-d6
acetone,CC(C)=O,1H,5 6 7 8 9 10,2.09,DMSO-d6
methanol,CO,13C,1,48.59,DMSO-d6
methanol,CO,1H,3 4 5,3.16,DMSO-d6
ethylene,C=C,13C,1 2,123.52,DMSO-d6
ethylene,C=C,1H,3 4 5 6,5.41,DMSO-d6
"""


def test_in_another_solvent_the_line_of_chloroform_is_moved_and_gives_shifts_there(tmp_path):
    (tmp_path / "dmso.csv").write_text(IN_DMSO, encoding="utf-8")
    recipe = ("--protocol", "draft", "--solvent", "DMSO", "--engine", "pyscf", "--cores", "2")
    done = qmnmr("calibrate", "--set", "dmso.csv", *recipe, "--out", "dmso", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the line of chloroform, moved" in done.stdout
    factors = json.loads((tmp_path / "dmso/calibration/factors.json").read_text(encoding="utf-8"))
    assert factors["set_solvent"] == "DMSO"
    carbon = factors["nuclei"]["13C"]
    assert (carbon["n"], carbon["moved_from"]) == (6, "chloroform")
    assert carbon["environments"]["aromatic CH"]["n"] == 0
    words = ("--factors", "dmso/calibration/factors.json", "--reuse", "dmso", "--out", "again", "--json")
    done = qmnmr("predict", "CO", *recipe, *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = {row["nucleus"]: row for row in json.loads(done.stdout)["molecules"][0]["shifts"] if row["atoms"] != [6]}
    assert rows["13C"]["shift_ppm"] == pytest.approx(48.6, abs=2.0)
    assert 0.5 < rows["13C"]["uncertainty_ppm"] < 3.0
    assert "factors from chloroform" not in rows["13C"]["flags"]
