"""A run under two hands, and one whose files were damaged, on a real cluster."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.slurm_cluster.cluster import Cluster
from tests.slurm_cluster.other_user import other_user

from .conftest import shieldings, smi

pytestmark = pytest.mark.slurm

WORDS = ("--engine", "pyscf", "--protocol", "draft", "--solvent", "gas", "--yes")
NAMES = ("water", "methane", "ammonia")


@pytest.fixture(autouse=True)
def engine() -> None:
    pytest.importorskip("pyscf")


def queued(cluster: Cluster) -> list[str]:
    return cluster.run("squeue", "--noheader", "--array", "--format=%i").stdout.split()


@contextmanager
def no_node_free(cluster: Cluster) -> Iterator[None]:
    """Let all tasks wait meanwhile."""
    for node in ("n1", "n2"):
        cluster.run("scontrol", "update", f"NodeName={node}", "State=DRAIN", "Reason=test")
    try:
        yield
    finally:
        for node in ("n1", "n2"):
            cluster.run("scontrol", "update", f"NodeName={node}", "State=RESUME")


def test_of_two_resumes_at_once_one_submits_and_cancel_leaves_nothing(cluster: Cluster, tmp_path: Path) -> None:
    run = tmp_path / "run"
    cluster.qmnmr("submit", str(smi(tmp_path / "in.smi", *NAMES)), *WORDS, "--scratch", "/nowhere", "--out", str(run))
    cluster.wait_until_idle(run)
    with no_node_free(cluster):
        argv = [sys.executable, "-m", "qmnmr", "resume", str(run), "--yes", "--scratch", str(tmp_path)]
        both = [Popen(argv, env=cluster.environment, stdout=PIPE, stderr=PIPE, text=True) for _ in range(2)]
        said = [process.communicate()[1] for process in both]
        codes = sorted(process.returncode for process in both)
        assert codes in ([0, 2], [0, 0]), said  # the second may come when the first is done
        assert any("is working on" in text or "nothing to submit" in text for text in said)
        assert len(queued(cluster)) == len(NAMES)
        assert {s["state"] for s in cluster.states(run).values()} == {"pending"}
        cluster.qmnmr("cancel", str(run))
        assert queued(cluster) == []
        assert {s["state"] for s in cluster.states(run).values()} == {"cancelled"}
        assert not (run / "jobs" / "lock").exists()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others can look into, as tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="qr-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_another_account_sees_a_run_as_it_is_and_can_do_nothing_to_it(cluster: Cluster, open_folder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make an account")
    run = open_folder / "run"
    with no_node_free(cluster), other_user() as other:
        source = smi(open_folder / "in.smi", *NAMES)
        cluster.qmnmr("submit", str(source), *WORDS, "--out", str(run))
        record = run / "jobs" / "001.json"
        submitted = json.loads(record.read_text())["submitted_utc"]
        # Only for two minutes a task that the scheduler does not show counts as waiting.
        record.write_text(record.read_text().replace(submitted, "2026-01-01T00:00:00+00:00"))
        before = {path: path.stat().st_mtime_ns for path in sorted(run.rglob("*"))}
        told = other.qmnmr("status", str(run), "--json", environment=cluster.environment)
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout)["counts"] == {"pending": 3}
        for command in (("cancel",), ("resume", "--yes"), ("submit", str(source), *WORDS, "--out")):
            words = (*command, str(run)) if command[-1] == "--out" else (command[0], str(run), *command[1:])
            refused = other.qmnmr(*words, environment=cluster.environment)
            assert refused.returncode == 2, (words, refused.stderr)
            assert f"is a run of root: only root can {command[0]} it" in refused.stderr
        refused = other.qmnmr("collect", str(run), environment=cluster.environment)
        assert (refused.returncode, "you may not read or write it" in refused.stderr) == (2, True)
        tables = other.home / "tables"
        done = other.qmnmr("collect", str(run), "--out", str(tables), environment=cluster.environment)
        assert (done.returncode, "3 of 3 molecules are not complete (3 pending)" in done.stderr) == (6, True)
        written = {path.name for path in tables.iterdir()}
        assert written == {"shifts.csv", "couplings.csv", "summary.json", "report.html"}
        assert {path: path.stat().st_mtime_ns for path in sorted(run.rglob("*"))} == before
        assert len(queued(cluster)) == len(NAMES)
        cluster.qmnmr("cancel", str(run))
        assert queued(cluster) == []


def test_what_is_damaged_is_named_and_computed_again_and_nothing_else(cluster: Cluster, tmp_path: Path) -> None:
    run = tmp_path / "run"
    cluster.qmnmr("submit", str(smi(tmp_path / "in.smi", *NAMES)), *WORDS, "--out", str(run))
    assert {s["state"] for s in cluster.wait_until_idle(run).values()} == {"completed"}
    cluster.qmnmr("collect", str(run))
    whole = shieldings(run)
    water, methane, ammonia = (run / "molecules" / name for name in NAMES)
    (water / "prediction.json").unlink()
    prediction = methane / "prediction.json"
    prediction.write_text(prediction.read_text().replace('"shielding_ppm": 1', '"shielding_ppm": 2'))
    with zipfile.ZipFile(methane / "calculations.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    record = next(name for name in files if "shielding" in name and name.endswith("result.json"))
    files[record] = files[record].replace(b'"isotropic_ppm": 1', b'"isotropic_ppm": 2')
    with zipfile.ZipFile(methane / "calculations.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    (ammonia / "task.json").write_bytes(b"{")
    states = cluster.states(run)
    assert [states[name]["state"] for name in NAMES] == ["damaged", "damaged", "completed"]
    assert str(water / "prediction.json") in states["water"]["message"]
    assert "changed after it was written" in states["methane"]["message"]
    done = cluster.qmnmr("collect", str(run), check=False)
    assert done.returncode == 6
    assert "2 of 3 molecules are not complete" in done.stderr
    assert set(shieldings(run)) == {"ammonia"}
    told = cluster.qmnmr("resume", str(run), "--yes").stderr
    assert "2 tasks" in told
    assert {s["state"] for s in cluster.wait_until_idle(run).values()} == {"completed"}
    cluster.qmnmr("collect", str(run))
    assert shieldings(run) == whole
    summary = json.loads((run / "summary.json").read_text())
    assert [m["status"] for m in summary["molecules"]] == ["completed"] * 3


def test_arrays_beyond_the_999th_are_asked_for_with_the_others_and_cancelled(cluster: Cluster, tmp_path: Path) -> None:
    run = tmp_path / "run"
    source = smi(tmp_path / "in.smi", *NAMES)
    cluster.run("scontrol", "update", "PartitionName=main", "State=DOWN")
    try:
        cluster.qmnmr("submit", str(source), *WORDS, "--partition", "main", "--out", str(run))
        (run / "jobs" / "998").mkdir(mode=0o700)
        for number in ("999", "1000", "1001"):
            cluster.qmnmr("cancel", str(run))
            assert queued(cluster) == []
            done = cluster.qmnmr("resume", str(run), "--yes", "--partition", "main")
            assert f"array {number}: " in done.stderr
            states = cluster.states(run)
            assert {state["state"] for state in states.values()} == {"pending"}
        cluster.qmnmr("cancel", str(run))
        assert queued(cluster) == []
        assert {state["state"] for state in cluster.states(run).values()} == {"cancelled"}
        log = (run / "qmnmr.log").read_text().splitlines()
        ends = [line.split(" ", 2)[2] for line in log if " ends: " in line]
        assert ends == ["ends: exit code 0"] * 8
    finally:
        cluster.run("scontrol", "update", "PartitionName=main", "State=UP")
