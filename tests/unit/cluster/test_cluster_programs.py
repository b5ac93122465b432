"""What can be known of a cluster's programs where a run is submitted."""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from click.testing import CliRunner

from qmnmr.cli.main import cli
from qmnmr.cluster.cluster_programs import require_cluster_programs
from qmnmr.cluster.sites.site_profile import Container
from qmnmr.cluster.submission_site import Cluster
from qmnmr.errors import MissingProgramError
from qmnmr.image.image_file import StatedImage
from qmnmr.runs.protocols import get_protocol
from tests.support.fake_scheduler import fake_cluster

Runs = Literal["task", "programs"]
PROTOCOL = get_protocol("draft", solvent=None, free_energies=True)


def cluster(tmp_path: Path, *, says: str, runs: Runs = "programs", exit_code: int = 0) -> Cluster:
    """Return a cluster whose Apptainer says the same of each program."""
    apptainer = tmp_path / "apptainer"
    apptainer.write_text(f"#!/bin/sh\necho {says}\nexit {exit_code}\n")
    apptainer.chmod(0o755)
    path = str(tmp_path / "q.sif")
    container = Container(images={platform.machine(): path}, command=str(apptainer), runs=runs)
    image = StatedImage(architecture=platform.machine(), path=path, sha256="0" * 64, size_bytes=1)
    there = fake_cluster()
    return replace(there, site=msgspec.structs.replace(there.site, container=container), images=(image,))


@pytest.mark.parametrize("runs", ["programs", "task"])
def test_an_image_without_xtb_is_refused_for_free_energies_alone(tmp_path: Path, runs: Runs) -> None:
    lacking = cluster(tmp_path, says="none", runs=runs)
    with pytest.raises(MissingProgramError, match="--free-energies needs one of them"):
        require_cluster_programs(PROTOCOL, lacking)
    require_cluster_programs(get_protocol("draft", solvent=None), lacking)


def test_an_image_with_xtb_is_taken(tmp_path: Path) -> None:
    require_cluster_programs(PROTOCOL, cluster(tmp_path, says="/usr/bin/xtb"))


def test_what_only_a_node_can_know_is_left_to_the_task(tmp_path: Path) -> None:
    has_image = cluster(tmp_path, says="FATAL: no fuse", exit_code=255)
    require_cluster_programs(PROTOCOL, has_image)
    (tmp_path / "apptainer").unlink()
    require_cluster_programs(replace(PROTOCOL, search=replace(PROTOCOL.search, method="crest")), has_image)
    require_cluster_programs(PROTOCOL, replace(has_image, images=()))
    other = replace(has_image.images[0], architecture="s390x")
    require_cluster_programs(PROTOCOL, replace(has_image, images=(other,)))


@pytest.mark.parametrize("last", ["--yes", "--dry-run"])
def test_a_submission_without_a_program_that_it_needs_ends_with_4_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    found = cluster(tmp_path, says="none")
    monkeypatch.setattr("qmnmr.cli.cluster.submit.this_cluster", lambda _, *, is_dry_run: found)
    words = ("submit", "CCO", "--free-energies", "--engine", "nwchem", "--protocol", "draft", last)
    done = CliRunner().invoke(cli, [*words, "--out", str(tmp_path / "run")])
    assert done.exit_code == 4
    assert "there is no program xtb" in done.stderr
    assert not (tmp_path / "run").exists()
