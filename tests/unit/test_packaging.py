"""What a release hands out: the source distribution, and the wheel that is built from it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Return a folder with both; `build` makes the wheel from the source distribution, not from the clone."""
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Path:
    """Return a folder with the wheel's content alone; what it depends on comes from these tests' environment."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = built.glob("qmnmr-*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder)]
    subprocess.run([*install, str(wheel)], capture_output=True, timeout=300, check=True)
    return folder


def test_the_wheel_carries_templates_protocols_and_references(installed):
    names = {path.relative_to(installed).as_posix() for path in installed.rglob("*") if path.is_file()}
    wanted = {
        f"qmnmr/{path.relative_to(ROOT / 'qmnmr').as_posix()}"
        for path in (ROOT / "qmnmr").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {Path(name).suffix for name in wanted} > {".py", ".toml", ".json", ".csv", ".typed"}
    assert wanted <= names
    templates = [path.name for path in (ROOT / "slurm_templates").iterdir()]
    assert templates
    assert {f"qmnmr/slurm_templates/{name}" for name in templates} <= names
    assert not [name for name in names if name.startswith(("tests/", "bench/", "docs/"))]


def test_the_source_distribution_is_the_whole_source(built):
    (archive,) = built.glob("qmnmr-*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    if len(tracked) == 1:
        pytest.skip("not in a clone")
    assert {name for name in tracked if name} - names == set()


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["--version"], "qmnmr, version "),
        (["protocols"], "standard "),
        (["signals", "CCO"], "CH3"),
        (["site", "list"], "generic "),
        (["submit", "C", "--protocol", "draft", "--site", "generic", "--dry-run"], "#SBATCH"),
        (["render", "C", "--protocol", "draft", "--engine", "pyscf", "--out", "inputs"], ""),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_is_in_the_wheel_works_away_from_the_clone(installed, tmp_path, command, shown):
    where = [sys.executable, "-c", "import qmnmr; print(qmnmr.__file__)"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(installed), "LANG": "C.UTF-8"}
    environment |= {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")}
    found = subprocess.run(where, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert Path(found.stdout.strip()).is_relative_to(installed)
    done = subprocess.run(
        [sys.executable, "-m", "qmnmr", *command],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
