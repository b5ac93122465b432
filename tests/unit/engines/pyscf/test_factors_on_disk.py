from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyscf")

from qmnmr.engines.pyscf.field import fitting
from qmnmr.engines.pyscf.field.factors_on_disk import DiskTooSmallError, FactorsOnDisk
from qmnmr.engines.pyscf.field.scf import Accuracy, solve_ground_state
from qmnmr.engines.pyscf.giao.shielding_task import calculate_shieldings
from qmnmr.engines.pyscf.molecule import build_molecule
from tests.unit.engines.pyscf.molecules import DMSO, calculation

pytestmark = pytest.mark.long


def test_rows_come_back_as_they_were_written_in_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    matrix = np.random.default_rng(1).normal(size=(7, 11))
    factors = FactorsOnDisk(matrix.shape)
    for columns in (slice(0, 4), slice(4, 11)):
        factors.write_columns(columns, matrix[:, columns])
    assert np.array_equal(factors[2:5], matrix[2:5])
    assert np.array_equal(factors[5:99], matrix[5:])
    assert not list(tmp_path.iterdir()), "the file has no name"


def test_a_disk_without_room_is_refused_beforehand_with_the_figure() -> None:
    with pytest.raises(DiskTooSmallError, match=r"needs 8000000\.0 GB"):
        FactorsOnDisk((1_000_000, 1_000_000_000))


def test_shieldings_do_not_depend_on_where_the_factors_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = calculation("formaldehyde", "cam-b3lyp", "6-31g*", solvent=DMSO)

    def shield() -> np.ndarray:
        mol = build_molecule(asked, memory_mb=300)
        state = solve_ground_state(mol, asked.level, accuracy=Accuracy(grid_level=1))
        return calculate_shieldings(state, accuracy=Accuracy(grid_level=1)).tensors_ppm

    in_memory = shield()
    monkeypatch.setattr(fitting, "MEMORY_SHARE", 0.0)
    on_disk = shield()
    assert np.abs(on_disk - in_memory).max() < 1e-5


def test_shieldings_do_not_depend_on_the_memory() -> None:
    asked = calculation("formaldehyde", "cam-b3lyp", "6-31g*", solvent=DMSO)
    tensors = []
    for memory_mb in (1000, 1):  # one MB: every loop goes in many blocks
        mol = build_molecule(asked, memory_mb=1000)
        state = solve_ground_state(mol, asked.level, accuracy=Accuracy(grid_level=1))
        mol.max_memory = memory_mb
        tensors.append(calculate_shieldings(state, accuracy=Accuracy(grid_level=1)).tensors_ppm)
    assert np.abs(tensors[0] - tensors[1]).max() < 1e-6
