"""Whole runs as job arrays on a real cluster, with real NWChem."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.slurm_cluster.cluster import running_cluster

from .conftest import CALM, CONVERGED, DISTORTED, MOLECULES, shieldings, smi

pytestmark = [pytest.mark.slurm, pytest.mark.nwchem]

SMALL = ("--solvent", "gas", "--cores", "1", "--memory-gb", "1", "--time", "30", "--yes", *CONVERGED)


def test_molecules_on_two_nodes_reach_their_shieldings(undisturbed: dict[str, list[float]]) -> None:
    assert set(undisturbed) == {*CALM, DISTORTED}
    assert all(values for values in undisturbed.values())


@pytest.mark.slow
def test_twelve_molecules_have_the_same_states_and_shifts_with_and_without_accounting(tmp_path: Path) -> None:
    words = ("--solvent", "chloroform", "--protocol", "draft", *SMALL[2:])
    shielded, shifted = [], []
    for accounting in (True, False):
        run = tmp_path / f"run-{accounting}"
        with running_cluster(DBD=int(accounting), CPUS=1) as cluster:
            assert (cluster.run("sacct", check=False).returncode == 0) == accounting
            cluster.qmnmr("submit", str(smi(tmp_path / "in.smi", *MOLECULES)), *words, "--out", str(run))
            states = cluster.wait_until_idle(run)
            cluster.qmnmr("collect", str(run))
        assert {s["state"] for s in states.values()} == {"completed"}
        assert {s["node"] for s in states.values()} == {"n1", "n2"}
        molecules = json.loads((run / "summary.json").read_text())["molecules"]
        shifted.append({m["name"]: [s["shift_ppm"] for s in m["shifts"] if s["element"] in "CH"] for m in molecules})
        shielded.append(shieldings(run))
    assert set(shielded[0]) == set(shielded[1]) == set(MOLECULES)
    for name in MOLECULES:
        assert shielded[0][name] == pytest.approx(shielded[1][name], abs=0.001)
        assert shifted[0][name] == pytest.approx(shifted[1][name], abs=0.001)
    every = [shift for shifts in shifted[0].values() for shift in shifts]
    assert None not in every
    assert len(every) == 17


@pytest.mark.parametrize("accounting", [True, False])
def test_limits_split_a_run_and_resume_submits_the_rest(
    undisturbed: dict[str, list[float]], tmp_path: Path, accounting: bool
) -> None:
    run = tmp_path / "run"
    if not accounting:
        profile = Path(os.environ["XDG_CONFIG_HOME"]) / "qmnmr" / "sites" / "mine.toml"
        profile.parent.mkdir(parents=True)
        profile.write_text(
            'description = "mine"\ntemplate = "generic.sh.j2"\nmax_submitted_tasks = 3\n'
            'recognition = { cluster_names = ["ci"] }\n'
        )
    with running_cluster(DBD=int(accounting), MAXARRAY=2) as cluster:
        if accounting:
            cluster.run("sacctmgr", "-i", "modify", "qos", "normal", "set", "MaxSubmitJobsPerUser=3")
        announced = cluster.qmnmr(
            "submit", str(smi(tmp_path / "in.smi", *CALM)), *SMALL, "--out", str(run), "--dry-run"
        )
        assert not run.exists()
        told = cluster.qmnmr("submit", str(smi(tmp_path / "in.smi", *CALM)), *SMALL, "--out", str(run)).stderr
        assert f"{len(CALM) - 3} molecules are left: the queue is full" in told
        scripts = sorted(run.glob("jobs/*/*_submission.sh"))
        assert announced.stdout == "".join(path.read_text() for path in scripts)
        cluster.wait_until_idle(run)
        assert cluster.qmnmr("collect", str(run), check=False).returncode == 6
        rest = cluster.qmnmr("submit", str(tmp_path / "in.smi"), *SMALL, "--out", str(run), "--dry-run")
        cluster.qmnmr("resume", str(run), "--yes")
        later = sorted(set(run.glob("jobs/*/*_submission.sh")) - set(scripts))
        assert rest.stdout == "".join(path.read_text() for path in later)
        states = cluster.wait_until_idle(run)
        assert {s["state"] for s in states.values()} == {"completed"}
        cluster.qmnmr("collect", str(run))
    sizes = [len(json.loads(p.read_text())["molecules"]) for p in sorted(run.glob("jobs/0*.json"))]
    assert max(sizes) <= 2
    assert sum(sizes) == len(CALM)
    found = shieldings(run)
    for name in CALM:
        assert found[name] == pytest.approx(undisturbed[name], abs=0.001)


def test_what_the_controller_can_remember_is_not_exceeded(tmp_path: Path) -> None:
    """At MaxJobCount sbatch would try for two minutes in vain."""
    with running_cluster(MAXJOBS=5) as cluster:
        cluster.run("sbatch", "--hold", "--output=/dev/null", "--wrap", "true")
        where = ("--out", str(tmp_path / "run"), "--scratch", str(tmp_path / "absent"))
        told = cluster.qmnmr("submit", str(smi(tmp_path / "in.smi", *CALM)), *SMALL, *where).stderr
    assert "array 001: job 2, 3 tasks" in told
    assert "2 molecules are left: the queue is full" in told
