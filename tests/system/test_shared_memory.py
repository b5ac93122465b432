"""A run on a machine whose /dev/shm is too small for MPI, as Docker gives it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.nwchem

SMALL = 'mount -t tmpfs -o size=64m tmpfs /dev/shm && exec "$@"'


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a process a /dev/shm of its own")
def test_it_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    predict = [sys.executable, "-m", "qmnmr", "predict", "O", "--solvent", "gas", "--cores", "1", "--out", "run"]
    argv = ["unshare", "--mount", "sh", "-c", SMALL, "sh", *predict]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3, done.stderr
    assert "/dev/shm has 67 of 67 MB free; MPI needs 256 MB: 256 MB for each of 1 calculation at a time" in done.stderr
    assert "docker --shm-size" in done.stderr
    assert not list(tmp_path.glob("run/molecules/*"))
