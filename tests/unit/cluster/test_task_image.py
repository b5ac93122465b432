"""Which image a task takes, by what its description says."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from qmnmr.cluster.job_records import TaskDescription
from qmnmr.cluster.node.task_image import task_image
from qmnmr.cluster.sites.site_profile import Container
from qmnmr.engines import get_engine
from qmnmr.errors import SiteError
from qmnmr.image.image_file import StatedImage
from qmnmr.programs.installation import Installation

NWCHEM = get_engine("nwchem").facts
HOST, IMAGE = Installation(is_image=False), Installation(is_image=True)


def description(*, runs: Literal["task", "programs"] | None) -> TaskDescription:
    container = None if runs is None else Container(images={"x86_64": "/q.sif"}, binds=("/data",), runs=runs)
    stated = StatedImage(architecture="x86_64", path="/q.sif", sha256="abc", size_bytes=4)
    return TaskDescription(
        run_folder="/run",
        number="001",
        molecules=("m",),
        cores=1,
        memory_mb=500,
        minutes=60,
        warning_seconds=300,
        max_requeues=2,
        container=container,
        images=() if container is None else (stated,),
    )


def test_without_a_container_there_is_no_image() -> None:
    found = task_image(description(runs=None), HOST, engine=NWCHEM)
    assert (found.name, found.programs) == (None, None)


def test_a_task_in_its_image_starts_programs_beside_itself() -> None:
    found = task_image(description(runs="task"), IMAGE, engine=NWCHEM, architecture="x86_64")
    assert (found.name, found.programs) == ("sha256:abc", None)


def test_a_task_that_should_run_in_its_image_and_does_not_is_refused() -> None:
    with pytest.raises(SiteError, match="it runs outside"):
        task_image(description(runs="task"), HOST, engine=NWCHEM, architecture="x86_64")


def test_programs_alone_are_started_in_the_image() -> None:
    found = task_image(description(runs="programs"), HOST, engine=NWCHEM, architecture="x86_64")
    assert found.name == "sha256:abc"
    assert found.programs is not None
    argv = found.programs.argv(["mpirun", "-n", "2", "nwchem", "input.nw"], folder=Path("/scratch/c001"))
    assert argv[-6:] == ["/q.sif", "mpirun", "-n", "2", "nwchem", "input.nw"]
    assert [b for a, b in pairwise(argv) if a == "--bind"] == [
        "/scratch/c001:/scratch/c001:rw",
        "/data:/data:rw",
    ]


def test_what_ran_outside_of_the_image_is_not_said_to_be_of_it() -> None:
    """The embedded engine runs in the Python of the node."""
    found = task_image(description(runs="programs"), HOST, engine=get_engine("pyscf").facts, architecture="x86_64")
    assert found.name == "sha256:abc, for xTB and CREST alone"


def test_a_node_of_another_architecture_is_refused() -> None:
    with pytest.raises(SiteError, match="states no image for aarch64"):
        task_image(description(runs="programs"), HOST, engine=NWCHEM, architecture="aarch64")
