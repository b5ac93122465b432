"""Structures as given, and those of GFN2-xTB: what is computed on them, and what is said of their shifts."""

from __future__ import annotations

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import run_qmnmr

METHANOL = """6
methanol, bent and stretched
C 0.0000 0.0000 0.0000
O 1.4000 0.0000 0.0000
H 1.7100 0.9100 0.0000
H -0.3600 -1.0300 0.0000
H -0.3600 0.5100 0.8900
H -0.3600 0.5100 -0.8900
"""


def computed(folder: Path, *words: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Return the molecule, its results by label, and what was said."""
    path = folder / "methanol.xyz"
    path.write_text(METHANOL, encoding="utf-8")
    engine = ("--engine", "pyscf", "--protocol", "draft", "--cores", "1")
    done = run_qmnmr("predict", str(path), *words, *engine, "--out", "run", "--json", folder=folder)
    assert done.code == 0, done.stderr
    with zipfile.ZipFile(folder / "run" / "molecules" / "methanol" / "calculations.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith("/result.json")]
        results = {n.split("/")[0]: json.loads(archive.read(n)[archive.read(n).index(b"{") :]) for n in names}
    return done.molecules["methanol"], {n: r["result"] for n, r in results.items()}, done.stderr


def given() -> list[list[float]]:
    return [[float(word) for word in line.split()[1:]] for line in METHANOL.splitlines()[2:]]


def test_a_structure_is_kept_as_it_is_and_its_shifts_are_flagged(tmp_path: Path) -> None:
    molecule, results, _ = computed(tmp_path, "--geometry", "keep")
    assert sorted(results) == ["c001-energy", "c001-shielding"]
    for result in results.values():
        assert result["geometry"]["coordinates_angstrom"] == given()
    assert molecule["provenance"]["levels"]["geometry"] == "as given"
    assert all("geometry as given" in row["flags"] for row in molecule["shifts"])
    assert "may be off by more than their error bars" in molecule["message"]
    carbon = next(row for row in molecule["shifts"] if row["nucleus"] == "13C")
    assert carbon["shift_ppm"] == pytest.approx(48.8, abs=0.2)
    again, _, said = computed(tmp_path, "--geometry", "keep")
    assert "nothing to compute" in said
    assert again["shifts"] == molecule["shifts"]
    refused = run_qmnmr("predict", "methanol.xyz", "--protocol", "draft", "--out", "run", folder=tmp_path)
    assert refused.code == 2
    assert "the geometry is kept as given there, optimised by DFT here" in refused.stderr


def test_geometries_of_xtb_are_minima_of_xtb_and_cost_no_gradient_of_dft(tmp_path: Path) -> None:
    molecule, results, _ = computed(tmp_path, "--geometry", "xtb")
    assert sorted(results) == ["c001-energy", "c001-ranking", "c001-shielding"]
    minimum = results["c001-ranking"]["geometry"]["coordinates_angstrom"]
    assert results["c001-shielding"]["geometry"]["coordinates_angstrom"] == minimum
    assert math.dist(minimum[0], minimum[1]) == pytest.approx(1.41, abs=0.02)  # C-O; 1.40 as given
    assert molecule["provenance"]["levels"]["geometry"] == "GFN2-XTB, ALPB(chloroform)"
    assert all("geometry of GFN2-xTB" in row["flags"] for row in molecule["shifts"])


def test_a_reference_compound_needs_the_geometry_of_the_protocol(tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("C[N+](=O)[O-] nitromethane\n", encoding="utf-8")
    words = ("--engine", "pyscf", "--protocol", "draft", "--cores", "1", "--geometry", "xtb", "--out", "run")
    assert run_qmnmr("predict", "a.smi", *words, folder=tmp_path).code == 0
    refused = run_qmnmr("reference", "run", "--file", "own.json", folder=tmp_path)
    assert refused.code == 2
    assert "the geometry of nitromethane is not of DFT" in refused.stderr
    assert not (tmp_path / "own.json").exists()
