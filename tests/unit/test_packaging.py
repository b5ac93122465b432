from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
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


EMBEDDED_ENGINE = ("geometric", "pyscf")  # for machines without NWChem: not in the conda environment and the images


def test_environment_yaml_and_pyproject_name_the_same_python_packages():
    with (ROOT / "pyproject.toml").open("rb") as stream:
        project = tomllib.load(stream)["project"]
    wanted = dict(_split(entry) for entry in project["dependencies"])
    for name in EMBEDDED_ENGINE:
        assert wanted.pop(name)
    text = (ROOT / "environment.yaml").read_text(encoding="utf-8")
    part = text.split("# Python packages, as in pyproject.toml")[1]
    found = dict(_split(line) for line in re.findall(r"^  - (\S+)", part, re.MULTILINE))
    assert found.pop("pip") == ""
    assert {name: _same(spec) for name, spec in found.items()} == {name: _same(spec) for name, spec in wanted.items()}


def test_environment_yaml_names_conda_forge_alone():
    text = (ROOT / "environment.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^  - (\S+)", text.split("dependencies:")[0], re.MULTILINE) == ["conda-forge", "nodefaults"]


def _split(entry: str) -> tuple[str, str]:
    name = re.match(r"[A-Za-z0-9._-]+", entry)
    assert name
    return name[0].lower(), entry[name.end() :]


def _same(spec: str) -> str:
    """Return a version limit in one spelling: pip's ==1.5.* is conda's =1.5."""
    return spec.replace("==", "=").removesuffix(".*")
