"""How a program inside an image is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.errors import SiteError
from qmnmr.execution.container import Bind, container_argv, container_environment

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
