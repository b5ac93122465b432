"""The tutorial of the first array: its commands, in its order as they stand there, on a real cluster."""

from __future__ import annotations

import csv
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from tests.slurm_cluster.cluster import Cluster

pytestmark = pytest.mark.slurm

PAGE = Path(__file__).parents[3] / "docs" / "tutorials" / "first-array.md"


def test_the_tutorial_of_the_first_array_leads_to_shieldings(cluster: Cluster, tmp_path: Path) -> None:
    """With the engine that is taken where none is named, the embedded one; the other tests here run NWChem."""
    pytest.importorskip("pyscf")
    text = PAGE.read_text(encoding="utf-8")
    for name, content in re.findall(r"Write a file `([^`]+)`.*?```text\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    commands = [line.removesuffix(" | less") for line in re.findall(r"^\$ qmnmr (.*)$", text, re.MULTILINE)]
    assert {command.split()[0] for command in commands} == {"site", "submit", "status", "collect", "resume"}
    answers = {"QMNMR_ENGINE": "auto", "QMNMR_CORES": "1", "QMNMR_YES": "1", "QMNMR_INTERVAL": "2"}
    told = {}
    for command in commands:
        done = cluster.login_shell(*shlex.split(command), environment=answers, cwd=tmp_path, seconds=1800)
        told[command] = done.stdout + done.stderr
    facts = told["site check"]
    assert "MaxArraySize 1001, KillWait 10 s, PreemptMode REQUEUE" in facts
    assert re.search(r"^ {2}main \(default\): 1 core, 16000 MB, no time limit, preemptible$", facts, re.MULTILINE)
    assert re.search(r"^ {2}high: 1 core, 16000 MB, no time limit$", facts, re.MULTILINE)
    written = Path(cluster.qmnmr("site", "check", "--name", "mine", "--write").stdout.strip())
    assert written.name == "mine.toml"
    shown = cluster.qmnmr("site", "show", "mine").stdout
    assert tomllib.loads(written.read_text())["recognition"]["cluster_names"] == ["ci"]
    assert list(tomllib.loads(shown)["partitions"]) == ["main", "low", "high"]
    assert cluster.qmnmr("site", "check", "--name", "mine", "--write", check=False).returncode == 2
    script = told["submit three.smi --protocol draft --solvent CDCl3 --out three --dry-run"]
    assert script.startswith("#!/bin/bash")
    submitted = told["submit three.smi --protocol draft --solvent CDCl3 --out three"]
    assert submitted.startswith("three\n")
    assert "engine pyscf (the embedded engine" in submitted
    assert re.search(r"^3 molecules: (pending|running|completed) \d", told["status three"], re.MULTILINE)
    assert "completed 3" in told["status three --watch"]
    assert told["collect three"].startswith("three/shifts.csv")
    assert "nothing to submit" in told["resume three"]
    with (tmp_path / "three" / "shifts.csv").open(encoding="utf-8") as table:
        assert {row["molecule"] for row in csv.DictReader(table)} == {"methanol", "formaldehyde", "acetonitrile"}
