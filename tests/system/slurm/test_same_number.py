"""An array task gives the number that the same molecule has on the login node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.slurm_cluster.cluster import Cluster

from .conftest import shieldings

pytestmark = pytest.mark.slurm

GEOMETRIES = Path(__file__).parents[3] / "bench" / "agreement" / "large_molecules_geometries.json"
STANDARD = ("--protocol", "standard", "--engine", "pyscf", "--solvent", "chloroform")


def test_an_array_task_of_standard_gives_the_local_runs_shifts(cluster: Cluster, tmp_path: Path) -> None:
    words = ("CO", *STANDARD)
    shifts = shifts_in_both_places(cluster, tmp_path, *words)
    assert shifts[0][0] == pytest.approx(51.6, abs=0.1)


@pytest.mark.slow
def test_so_it_does_for_a_molecule_whose_factors_do_not_fit_into_a_tasks_usual_memory(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Menthol with 2 GB: where 0.1.0 was wrong."""
    rows = json.loads(GEOMETRIES.read_text(encoding="utf-8"))["menthol, B3LYP/6-31G*"]
    lines = [f"{symbol} {x} {y} {z}" for symbol, x, y, z in rows]
    (tmp_path / "menthol.xyz").write_text("\n".join([str(len(rows)), "menthol", *lines, ""]))
    words = (str(tmp_path / "menthol.xyz"), "--conformers", "none", *STANDARD)
    for carbon in shifts_in_both_places(cluster, tmp_path, *words)[0]:
        assert 10 < carbon < 80  # measured: 15.6 to 71.3 ppm in CDCl3


def shifts_in_both_places(cluster: Cluster, folder: Path, *words: str) -> tuple[list[float], list[float]]:
    """Compute a molecule here with plenty of memory, and in a task with the default request.

    Return the shifts of 13C and of 1H.
    """
    here, there = folder / "here", folder / "there"
    cluster.login_shell("predict", *words, "--cores", "1", "--memory-gb", "8", "--out", str(here), seconds=7200)
    cluster.qmnmr("submit", *words, "--yes", "--out", str(there))
    states = cluster.wait_until_idle(there, seconds=7200)
    assert [s["state"] for s in states.values()] == ["completed"]
    cluster.qmnmr("collect", str(there))
    (name,) = states
    assert shieldings(there)[name] == pytest.approx(shieldings(here)[name], abs=0.001)
    (molecule,) = json.loads((there / "summary.json").read_text())["molecules"]
    found = tuple([s["shift_ppm"] for s in molecule["shifts"] if s["nucleus"] == n] for n in ("13C", "1H"))
    return found[0], found[1]
