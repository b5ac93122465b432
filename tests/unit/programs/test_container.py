"""How a program inside an image is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from qmnmr.engines import get_engine
from qmnmr.engines.facts import Allotment
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.errors import SiteError
from qmnmr.programs.container import Bind, ProgramImage, container_argv, container_environment
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.programs.self_check import METHANE

BIND = Bind(source=Path("/local/job1"), target=Path("/scratch"))


def test_nothing_of_the_host_comes_along_but_the_binds() -> None:
    argv = container_argv(Path("q.sif"), ["xtb", "--version"], binds=[BIND], folder=Path("/scratch"))
    assert argv == [
        *("apptainer", "--quiet", "exec", "--cleanenv", "--containall", "--no-home"),
        *("--bind", "/local/job1:/scratch:rw", "--pwd", "/scratch", "q.sif", "xtb", "--version"),
    ]


def test_a_read_only_bind_says_so() -> None:
    assert str(Bind(source=Path("/a"), target=Path("/b"), is_read_only=True)) == "/a:/b:ro"


@pytest.mark.parametrize("name", ["a,b", "a:b"])
def test_a_path_that_apptainer_would_split_is_refused(name: str) -> None:
    with pytest.raises(SiteError, match="can't be bound"):
        str(Bind(source=Path("/data") / name, target=Path("/b")))


def test_values_with_commas_reach_the_inside_whole() -> None:
    environment = container_environment({"PATH": "/bin"}, {"OMPI_MCA_btl": "self,sm"})
    assert environment["APPTAINERENV_OMPI_MCA_btl"] == "self,sm"
    assert environment["PATH"] == "/bin"


def test_what_the_caller_meant_for_other_containers_is_dropped() -> None:
    base = {"APPTAINERENV_OMP_NUM_THREADS": "64", "SINGULARITYENV_TMPDIR": "/nowhere"}
    environment = container_environment(base, {"TMPDIR": "/scratch"})
    assert environment["APPTAINERENV_TMPDIR"] == "/scratch"
    assert not {"APPTAINERENV_OMP_NUM_THREADS", "SINGULARITYENV_TMPDIR"} & set(environment)


def test_a_program_in_an_image_gets_qmnmrs_settings_and_its_own_folder(tmp_path: Path) -> None:
    image = ProgramImage(path=Path("/q.sif"))
    with ScratchFolder.create(tmp_path) as scratch:
        workplace = Workplace(engine=get_engine("nwchem"), scratch=scratch, programs=Programs(scratch), image=image)
        argv, environment = workplace.command(METHANE.calculation, Allotment(cores=2, memory_mb=500), folder=tmp_path)
    assert argv[-6:] == ["/q.sif", "mpirun", "-n", "2", "nwchem", "input.nw"]
    assert f"{tmp_path}:{tmp_path}:rw" in argv
    inside = {name: value for name, value in environment.items() if name.startswith("APPTAINERENV_")}
    assert inside["APPTAINERENV_TMPDIR"] == inside["APPTAINERENV_SCRATCH_DIR"] == str(tmp_path)
    assert inside["APPTAINERENV_OMP_NUM_THREADS"] == "1"
    assert "APPTAINERENV_PATH" not in inside


def test_an_engine_that_is_a_part_of_qmnmr_stays_beside_it(tmp_path: Path) -> None:
    image = ProgramImage(path=Path("/q.sif"))
    with ScratchFolder.create(tmp_path) as scratch:
        workplace = Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch), image=image)
        argv, _ = workplace.command(METHANE.calculation, Allotment(cores=2, memory_mb=500), folder=tmp_path)
    assert argv == [sys.executable, "-m", "qmnmr.engines.pyscf", "input.json"]


def test_xtb_runs_in_the_image_as_nwchem_does(tmp_path: Path) -> None:
    image = ProgramImage(path=Path("/q.sif"))
    with ScratchFolder.create(tmp_path) as scratch:
        workplace = Workplace(engine=XtbEngine(), scratch=scratch, programs=Programs(scratch), image=image)
        argv, environment = workplace.command(METHANE.calculation, Allotment(cores=2, memory_mb=500), folder=tmp_path)
    assert argv[-4:-1] == ["/q.sif", "sh", "-c"]
    assert "; exec xtb input.xyz" in argv[-1]
    assert environment["APPTAINERENV_OMP_NUM_THREADS"] == "2"


@pytest.fixture
def apptainer(tmp_path: Path) -> Path:
    """A script that runs what follows the image, with the tools of the system alone."""
    script = tmp_path / "apptainer"
    script.write_text('#!/bin/sh\nwhile [ "$1" != /q.sif ]; do shift; done\nshift\nPATH=/usr/bin:/bin exec "$@"\n')
    script.chmod(0o755)
    return script


def test_an_image_is_asked_for_the_programs_that_it_holds(apptainer: Path) -> None:
    image = ProgramImage(path=Path("/q.sif"), command=str(apptainer))
    assert image.holds("sh")
    assert not image.holds("no-such-program")


def test_an_image_that_does_not_start_is_not_taken_for_one_without_programs(apptainer: Path) -> None:
    apptainer.write_text("#!/bin/sh\necho FATAL: no fuse >&2\nexit 255\n")
    with pytest.raises(SiteError, match="can't be started: FATAL: no fuse"):
        ProgramImage(path=Path("/q.sif"), command=str(apptainer)).holds("xtb")
