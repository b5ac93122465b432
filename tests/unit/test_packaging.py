from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Iterator[zipfile.ZipFile]:
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (path,) = out.glob("qmnmr-*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_carries_templates_protocols_and_references(wheel):
    names = set(wheel.namelist())
    wanted = {
        f"qmnmr/{path.relative_to(ROOT / 'qmnmr').as_posix()}"
        for path in (ROOT / "qmnmr").rglob("*")
        if path.suffix in (".j2", ".toml", ".json", ".csv", ".typed")
    }
    assert wanted
    assert wanted <= names
    templates = [path.name for path in (ROOT / "slurm_templates").iterdir()]
    assert templates
    assert {f"qmnmr/slurm_templates/{name}" for name in templates} <= names
    assert not [name for name in names if name.startswith(("tests/", "bench/", "docs/"))]
