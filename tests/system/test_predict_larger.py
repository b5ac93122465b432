"""Rings, fluorine and a stereocentre: the main job on molecules of 9 to 18 atoms, with real NWChem."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.conftest import Finished, grouping, run_qmnmr

pytestmark = [pytest.mark.nwchem, pytest.mark.slow]

MOLECULES = """\
OCC(F)(F)F trifluoroethanol
c1ccccc1 benzene
C1CCCCC1 cyclohexane
c1cc[nH+]cc1 pyridinium
"""

# (R)-2-butanol as a 3D record: one conformer of its own, atoms in an order of its own.
BUTANOL = Path(__file__).parent / "data" / "R-2-butanol.sdf"


@pytest.fixture(scope="module")
def run(tmp_path_factory, cores) -> Finished:
    folder = tmp_path_factory.mktemp("larger")
    (folder / "larger.smi").write_text(MOLECULES, encoding="utf-8")
    return run_qmnmr(
        "predict", "larger.smi", "--engine", "nwchem", "--out", "run", "--cores", str(cores), "--json", folder=folder
    )


@pytest.mark.parametrize(
    ("name", "carbons", "hydrogens"),
    [
        ("trifluoroethanol", [[2], [3]], [[7], [8, 9]]),
        ("benzene", [[1, 2, 3, 4, 5, 6]], [[7, 8, 9, 10, 11, 12]]),
        ("cyclohexane", [[1, 2, 3, 4, 5, 6]], [list(range(7, 19))]),
        ("pyridinium", [[1], [2, 6], [3, 5]], [[7], [8, 12], [9, 11], [10]]),
    ],
)
def test_equivalent_nuclei_share_a_row(run, name, carbons, hydrogens):
    assert run.code == 0, run.stderr
    molecule = run.molecules[name]
    assert grouping(molecule, "C") == carbons
    assert sorted(grouping(molecule, "H")) == sorted(hydrogens)


@pytest.mark.parametrize(("name", "measured_ppm"), [("benzene", 128.4), ("cyclohexane", 26.9)])
def test_13c_shifts_lie_near_measured_ones(run, name, measured_ppm):
    (row,) = (r for r in run.molecules[name]["shifts"] if r["nucleus"] == "13C")
    assert row["reference_shift_ppm"] == pytest.approx(measured_ppm, abs=10.0)
    if row["shift_ppm"] is not None:
        assert row["shift_ppm"] == pytest.approx(measured_ppm, abs=4 * row["uncertainty_ppm"])


def test_fluorine_has_one_shielding_and_no_shift(run):
    (row,) = (r for r in run.molecules["trifluoroethanol"]["shifts"] if r["nucleus"] == "19F")
    assert row["atoms"] == [4, 5, 6]
    assert row["shift_ppm"] is None


def test_the_two_hydrogens_of_ch2_beside_a_stereocentre_are_apart(tmp_path, cores):
    done = run_qmnmr(
        "predict",
        str(BUTANOL),
        "--engine",
        "nwchem",
        "--conformers",
        "none",
        "--cores",
        str(cores),
        "--json",
        folder=tmp_path,
    )
    assert done.code == 0, done.stderr
    (molecule,) = done.molecules.values()
    assert molecule["smiles"] == "CC[C@@H](C)O"
    assert [len(group) for group in grouping(molecule, "C")] == [1, 1, 1, 1]
    assert sorted(len(group) for group in grouping(molecule, "H")) == [1, 1, 1, 1, 3, 3]
    assert len(molecule["conformers"]) == 1
