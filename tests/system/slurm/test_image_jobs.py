"""Job arrays in the image, on a real Slurm: the whole task inside, or its programs alone."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from qmnmr.programs.container import Bind, container_argv, container_environment
from tests.slurm_cluster.cluster import Cluster, running_cluster

from .conftest import CONVERGED, DISTORTED, DISTORTED_ATOMS, shieldings, wait_until_empty

pytestmark = [pytest.mark.apptainer, pytest.mark.slurm, pytest.mark.nwchem]

MOLECULES = {
    "water": "O 0 0 0.117\nH 0 0.757 -0.468\nH 0 -0.757 -0.468",
    "hydrogen-fluoride": "F 0 0 0\nH 0 0 0.95",
}
GIVEN = ("--protocol", "draft", "--solvent", "gas", "--conformers", "none", "--engine", "nwchem", *CONVERGED)
WAYS = ("task", "programs")
REPOSITORY = Path(__file__).parents[3]


def write_xyz(folder: Path, molecules: dict[str, str]) -> list[str]:
    """Write one file for each molecule: with a given geometry, the search and its versions play no part."""
    folder.mkdir(exist_ok=True)
    for name, atoms in molecules.items():
        (folder / f"{name}.xyz").write_text(f"{len(atoms.splitlines())}\n{name}\n{atoms}\n")
    return [str(folder / f"{name}.xyz") for name in molecules]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_profile(image: Path, *, runs: str, sha256: str | None = None, architecture: str = platform.machine()) -> None:
    """Write the site's profile, as an administrator does after `qmnmr image verify`."""
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "qmnmr" / "sites" / "mine.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        'description = "mine"\ntemplate = "generic.sh.j2"\nrecognition = { cluster_names = ["ci"] }\n'
        f'[container]\nruns = "{runs}"\n'
        f'images.{architecture} = "{image}"\nsha256.{architecture} = "{sha256 or digest(image)}"\n'
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster(NODES=1, CPUS=2) as running:
        yield running


@pytest.fixture(scope="module")
def without_slurm(twin: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[float]]]:
    """Return what `qmnmr predict` gives in the same image, and with this machine's own NWChem."""
    folder = tmp_path_factory.mktemp("predict")
    files = write_xyz(folder / "molecules", MOLECULES)
    words = ("predict", *files, *GIVEN, "--cores", "1", "--out")
    binds = [Bind(source=folder, target=folder)]
    commands = {
        "image": container_argv(twin, ["qmnmr", *words, str(folder / "image")], binds=binds, folder=folder),
        "machine": [sys.executable, "-m", "qmnmr", *words, str(folder / "machine")],
    }
    environment = container_environment(os.environ, {"SCRATCH_DIR": str(folder)})
    for argv in commands.values():
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stderr
    return {name: shieldings(folder / name) for name in commands}


def submit(
    cluster: Cluster, run: Path, files: list[str], scratch: Path, *options: str, check: bool = True
) -> CompletedProcess[str]:
    scratch.mkdir(exist_ok=True)
    return cluster.qmnmr(
        *("submit", *files, *GIVEN, "--memory-gb", "1", "--time", "30", "--yes", "--scratch", str(scratch)),
        *("--out", str(run), *options),
        check=check,
    )


def provenance(run: Path) -> list[dict[str, Any]]:
    return [m["provenance"] for m in json.loads((run / "summary.json").read_text())["molecules"]]


@pytest.mark.parametrize("runs", WAYS)
def test_an_array_in_the_image_gives_the_numbers_of_the_same_program_without_slurm(
    cluster: Cluster, twin: Path, without_slurm: dict[str, dict[str, list[float]]], tmp_path: Path, runs: str
) -> None:
    write_profile(twin, runs=runs)
    run, scratch = tmp_path / "run", tmp_path / "scratch"
    submit(cluster, run, write_xyz(tmp_path / "in", MOLECULES), scratch, "--cores", "1")
    states = cluster.wait_until_idle(run)
    assert {s["state"] for s in states.values()} == {"completed"}, states
    cluster.qmnmr("collect", str(run))
    found = shieldings(run)
    for name in MOLECULES:
        assert found[name] == pytest.approx(without_slurm["image"][name], abs=0.001)
        # Another xTB's Hessian leads to the same minimum within the optimiser's criteria, no nearer.
        assert found[name] == pytest.approx(without_slurm["machine"][name], abs=0.02)
    for facts in provenance(run):
        assert facts["image"] == f"sha256:{digest(twin)}"
        assert facts["host"] in {"n1", "n2"}, "not as the scheduler calls it"
        assert facts["program_versions"] == ["nwchem 7.3.0"]  # as NWChem 7.3.1 calls itself
        is_own_python = facts["toolkit_versions"]["python"] == platform.python_version()
        assert is_own_python == (runs == "programs")
    wait_until_empty(scratch)


def test_where_no_engine_is_named_the_images_embedded_one_computes(
    cluster: Cluster, twin: Path, tmp_path: Path
) -> None:
    write_profile(twin, runs="task")
    run, scratch = tmp_path / "run", tmp_path / "scratch"
    files = write_xyz(tmp_path / "in", {"water": MOLECULES["water"]})
    told = submit(cluster, run, files, scratch, "--cores", "1", "--engine", "auto").stderr
    assert "engine pyscf (the embedded engine" in told
    states = cluster.wait_until_idle(run)
    assert {s["state"] for s in states.values()} == {"completed"}, states
    cluster.qmnmr("collect", str(run))
    here = [sys.executable, "-m", "qmnmr", "predict", *files, *GIVEN, "--engine", "pyscf", "--cores", "1"]
    done = subprocess.run([*here, "--out", str(tmp_path / "here")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert shieldings(run)["water"] == pytest.approx(shieldings(tmp_path / "here")["water"], abs=0.02)
    (facts,) = provenance(run)
    assert facts["host"] in {"n1", "n2"}, "not as the scheduler calls it"
    assert facts["program_versions"] == [f"pyscf {metadata.version('pyscf')}"]
    assert facts["toolkit_versions"]["python"] != platform.python_version(), "the node's own Python computed"


def test_a_node_passes_the_acceptance_set_as_a_job(cluster: Cluster, twin: Path, tmp_path: Path) -> None:
    """With 1 and 2 ranks, on a node that is not called like its host: the admin's job of the kit."""
    script = REPOSITORY / "apptainer" / "acceptance.slurm"
    job = cluster.run("sbatch", "--parsable", str(script), str(twin), cwd=tmp_path).stdout.strip()
    deadline = time.monotonic() + 900
    while cluster.run("squeue", "--noheader", "--jobs", job).stdout:
        assert time.monotonic() < deadline
        time.sleep(1)
    told = (tmp_path / f"qmnmr-acceptance-{job}.log").read_text()
    assert told.splitlines()[-1] == "acceptance: 17 of 18 checks passed, left out: CREST"
    assert digest(twin) in told


def wait_for_step(scratch: Path) -> None:
    """Wait until an optimisation has completed its first step."""
    deadline = time.monotonic() + 300
    while not any("\n@    1" in p.read_text(errors="replace") for p in scratch.glob("*/*/*optimization*/output.out")):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("runs", WAYS)
def test_a_task_that_is_told_to_stop_in_time_goes_on_after_its_requeue(
    cluster: Cluster, twin: Path, tmp_path: Path, runs: str
) -> None:
    write_profile(twin, runs=runs)
    run, scratch = tmp_path / "run", tmp_path / "scratch"
    submit(cluster, run, write_xyz(tmp_path / "in", {DISTORTED: DISTORTED_ATOMS}), scratch, "--cores", "1")
    wait_for_step(scratch)
    job = json.loads((run / "jobs" / "001.json").read_text())["job"]
    cluster.run("scancel", "--batch", "--signal=USR2", f"{job}_0")
    states = cluster.wait_until_idle(run)
    assert states[DISTORTED]["state"] == "completed", states
    log = next(run.glob("jobs/001/*_log.out")).read_text()
    assert "stopped in time during optimization, goes on" in log
    assert "start 1, scratch" in log
    wait_until_empty(scratch)


@pytest.mark.parametrize("runs", WAYS)
def test_a_cancelled_task_leaves_no_program_and_no_scratch(
    cluster: Cluster, twin: Path, tmp_path: Path, runs: str
) -> None:
    write_profile(twin, runs=runs)
    run, scratch = tmp_path / "run", tmp_path / "scratch"
    submit(cluster, run, write_xyz(tmp_path / "in", {DISTORTED: DISTORTED_ATOMS}), scratch, "--cores", "1")
    wait_for_step(scratch)
    cluster.qmnmr("cancel", str(run))
    deadline = time.monotonic() + 60
    while any(scratch.iterdir()) or programs_in(scratch):
        assert time.monotonic() < deadline, (list(scratch.iterdir()), programs_in(scratch))
        time.sleep(0.5)


def test_a_task_whose_container_is_killed_is_crashed_and_goes_on_when_it_is_resumed(
    cluster: Cluster, twin: Path, tmp_path: Path
) -> None:
    write_profile(twin, runs="task")
    run, scratch = tmp_path / "run", tmp_path / "scratch"
    submit(cluster, run, write_xyz(tmp_path / "in", {DISTORTED: DISTORTED_ATOMS}), scratch, "--cores", "1")
    wait_for_step(scratch)
    shell = (next(scratch.glob("qmnmr-job-*")) / "owner").read_text().split()[1]
    (container,) = cluster.run("pgrep", "-P", shell).stdout.split()
    os.kill(int(container), signal.SIGKILL)
    states = cluster.wait_until_idle(run)
    assert states[DISTORTED]["state"] == "crashed"
    assert "exit code 137" in states[DISTORTED]["message"]
    wait_until_empty(scratch)
    assert programs_in(scratch) == []
    cluster.qmnmr("resume", str(run), "--yes")
    assert cluster.wait_until_idle(run)[DISTORTED]["state"] == "completed"


def test_an_image_that_is_replaced_while_a_task_waits_is_refused_on_the_node_and_by_resume(
    cluster: Cluster, twin: Path, tmp_path: Path
) -> None:
    image = Path(shutil.copy(twin, tmp_path / "own.sif"))
    write_profile(image, runs="task")
    run, scratch = tmp_path / "run", tmp_path / "scratch"
    files = write_xyz(tmp_path / "in", {"water": MOLECULES["water"]})
    cluster.run("scontrol", "update", "NodeName=n1", "State=DRAIN", "Reason=test")
    try:
        submit(cluster, run, files, scratch, "--cores", "1")
        with image.open("ab") as file:
            file.write(b"another one")
    finally:
        cluster.run("scontrol", "update", "NodeName=n1", "State=RESUME")
    states = cluster.wait_until_idle(run)
    assert states["water"]["state"] == "crashed"
    assert "exit code 78" in states["water"]["message"]
    assert f"{image} has {image.stat().st_size} bytes here and had {twin.stat().st_size}" in states["water"]["message"]
    refused = cluster.qmnmr("resume", str(run), "--yes", check=False)
    assert (refused.returncode, "is not the stated one: its SHA-256 is" in refused.stderr) == (3, True)


def programs_in(folder: Path) -> list[str]:
    """Return the command lines that name a folder."""
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(folder) in line and "nwchem" in line]


def test_submit_refuses_an_image_that_is_not_the_stated_one(cluster: Cluster, twin: Path, tmp_path: Path) -> None:
    run, scratch = tmp_path / "run", tmp_path / "scratch"
    files = write_xyz(tmp_path / "in", {DISTORTED: DISTORTED_ATOMS})
    changed, foreign = (Path(shutil.copy(twin, tmp_path / name)) for name in ("changed.sif", "foreign.sif"))
    with changed.open("r+b") as file:
        file.seek(changed.stat().st_size // 2)
        file.write(b"tampered")
    with foreign.open("r+b") as file:
        file.seek(45)
        file.write({"x86_64": b"04", "aarch64": b"02"}[platform.machine()])
    for image, words in (
        (changed, "is not the stated one: its SHA-256 is"),
        (foreign, f"{platform.machine()} is needed"),
        (tmp_path / "none.sif", "can't be read: No such file"),
    ):
        write_profile(image, runs="task", sha256=digest(twin))
        refused = submit(cluster, run, files, scratch, check=False)
        assert (refused.returncode, words in refused.stderr) == (3, True), refused.stderr
        assert "Traceback" not in refused.stderr
    assert cluster.run("squeue", "--noheader").stdout == ""
