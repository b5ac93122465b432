"""The definitions of both images, their shared scripts and the environment file."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from qmnmr.programs.command_line import MPI_SETTINGS
from qmnmr.structures.reader import EXTENSIONS

REPOSITORY = Path(__file__).parents[3]
KIT = REPOSITORY / "apptainer"
CONDA, DEBIAN = KIT / "qmnmr.def", KIT / "qmnmr-debian.def"
SHARED_SECTIONS = ("%environment", "%runscript", "%test", "%apprun qmnmr", "%apprun nwchem", "%apprun xtb")


def sections(path: Path) -> dict[str, str]:
    """Return the sections of a definition by their headings."""
    parts = re.split(r"^(%\w+(?: \w+)?)$", path.read_text(), flags=re.MULTILINE)
    return {heading: body.strip() for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def python_requirements() -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    plain = (text.partition(";")[0] for text in project["dependencies"])
    return {text.replace("==1.5.*", "=1.5") for text in plain}


def wheel_names(name: str) -> list[str]:
    """Return the requirements of a list of wheels."""
    return [line for line in (KIT / name).read_text().splitlines() if line and not line.startswith("#")]


def environment_file() -> list[str]:
    """Return the packages of environment.yaml, in its order."""
    text = (REPOSITORY / "environment.yaml").read_text()
    return [m[1] for m in re.finditer(r"^  - (\S+)", text.partition("dependencies:")[2], re.MULTILINE)]


@pytest.mark.parametrize("heading", SHARED_SECTIONS)
def test_both_images_share_their_contract(heading: str) -> None:
    assert sections(CONDA)[heading] == sections(DEBIAN)[heading]


def test_the_files_that_a_definition_takes_exist() -> None:
    for path in (CONDA, DEBIAN):
        sources = [line.split()[0] for line in sections(path)["%files"].splitlines()]
        assert [s for s in sources if s != "dist" and not (REPOSITORY / s).is_file()] == []


def test_the_environment_file_lists_the_python_packages_of_pyproject() -> None:
    listed = environment_file()
    programs = {"python=3.11", "nwchem=7.3.1", "xtb=6.7.1", "crest=3.0.2", "openblas", "openmpi", "pip"}
    others = programs | {"xorg-libxrender", "xorg-libxext", "h5py", "setuptools"}  # the last two for PySCF
    assert others <= set(listed)
    names = {text.replace("tblite-python", "tblite") for text in listed}  # as conda-forge calls it
    assert names - others == python_requirements() - set(wheel_names("binary-wheels.txt"))


def test_the_images_have_the_version_of_pyscf_that_the_references_are_of() -> None:
    assert set(wheel_names("binary-wheels.txt")) == {t for t in python_requirements() if t.startswith("pyscf")}


def test_only_conda_forge_is_asked() -> None:
    text = (REPOSITORY / "environment.yaml").read_text()
    assert re.findall(r"^  - (\S+)", text.partition("dependencies:")[0], re.MULTILINE) == ["conda-forge", "nodefaults"]


def test_the_twin_installs_every_python_package_of_pyproject() -> None:
    names = {re.split(r"[<>=]", text)[0] for text in python_requirements()}
    listed = [*wheel_names("debian-wheels.txt"), *wheel_names("binary-wheels.txt"), *wheel_names("compiled-wheels.txt")]
    wheels = {re.split(r"[<>=]", line)[0] for line in listed}
    packages = set(re.findall(r"python3-([\w-]+)", sections(DEBIAN)["%post"]))
    assert names - wheels <= packages


def test_the_image_sets_mpi_as_qmnmr_does() -> None:
    text = (KIT / "environment.sh").read_text()
    exported = dict(re.findall(r"(?<=[\s])(\w+_\w+)=(\S+)", text))
    assert {name: exported.get(name) for name in MPI_SETTINGS} == MPI_SETTINGS


def test_the_container_reads_the_files_that_qmnmr_reads() -> None:
    script = (KIT / "runscript.sh").read_text()
    for extension in EXTENSIONS:
        assert f"*{extension} " in script or f"*{extension})" in script or f"*{extension.upper()})" in script


@pytest.mark.parametrize("path", sorted([*KIT.glob("*.sh"), *KIT.glob("*.slurm")]), ids=lambda p: p.name)
def test_every_script_passes_shellcheck(path: Path) -> None:
    program = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([program, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_steps_inside_an_image_pass_shellcheck(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("shellcheck")
    for path in (CONDA, DEBIAN):
        script = tmp_path / f"{path.stem}.sh"
        script.write_text("#!/bin/sh\n" + re.sub(r"\{\{ (\w+) \}\}", r"\1", sections(path)["%post"]) + "\n")
        # SC2050: what stands for a build argument is a constant only here.
        done = subprocess.run([program, "--exclude=SC2050,SC2016", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_no_host_is_named() -> None:
    for path in KIT.iterdir():
        if path.is_file():
            assert not re.search(r"https?://(?!apptainer\.org|slurm\.schedmd\.com)\S*debian\.org", path.read_text()), (
                path
            )
