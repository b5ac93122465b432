"""The how-to's engine: one folder and one line more, and the engines' contract holds for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyscf")

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-an-engine.md"
LONG = ("nearly_dependent", "cores_and_memory", "does_not_converge", "turned_and_moved")
"""Bodies that take half a minute each without density fitting, and look at nothing that others do not."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("qmnmr", "tests/contract", "slurm_templates"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    engine, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    folder = tmp_path / "qmnmr" / "engines" / "exact"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "engine.py").write_text(engine, encoding="utf-8")
    registry = tmp_path / "qmnmr" / "engines" / "__init__.py"
    text = registry.read_text(encoding="utf-8")
    assert text.count(": dict[str, tuple[str, str]] = {\n") == 1
    registry.write_text(
        text.replace(": dict[str, tuple[str, str]] = {\n", f": dict[str, tuple[str, str]] = {{\n{line}")
    )
    return tmp_path


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def test_an_engine_is_one_folder_and_one_line(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    selected = "exact and not " + " and not ".join(LONG)
    # A folder of its own: runs that share one clear away each other's.
    folder = f"--basetemp={tmp_path_factory.mktemp('inner')}"
    done = run(copy, "pytest", "tests/contract/test_engines.py", "-q", "-p", "no:cacheprovider", folder, "-k", selected)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 20


def test_the_command_line_knows_it_at_once(copy: Path, tmp_path: Path) -> None:
    assert "exact" in run(copy, "qmnmr", "predict", "--help").stdout
    words = ("C", "--engine", "exact", "--protocol", "draft", "--solvent", "gas", "--conformers", "rdkit")
    done = run(copy, "qmnmr", "predict", *words, "--cores", "1", "--out", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    shielding = re.search(r"13C +1 +CH4 +(?P<ppm>[\d.]+)", done.stdout)
    assert shielding is not None, done.stdout
    assert float(shielding["ppm"]) == pytest.approx(193.9, abs=1.0)
