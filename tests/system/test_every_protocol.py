"""Every shipped protocol, from SMILES to shifts: a second run computes nothing, and every command reads the folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qmnmr.cli.main import cli
from qmnmr.runs.protocols import protocol_names

pytest.importorskip("pyscf")


def qmnmr(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


@pytest.mark.parametrize("protocol", protocol_names())
def test_a_run_is_read_again_by_every_command(protocol: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ("C", "--protocol", protocol, "--engine", "pyscf", "--cores", "1", "--out", run, "--json")
    first = qmnmr("predict", *words)
    assert first.exit_code == 0, first.stderr
    again = qmnmr("predict", *words)
    assert again.exit_code == 0, again.stderr
    assert "nothing to compute" in again.stderr
    assert json.loads(again.stdout)["molecules"] == json.loads(first.stdout)["molecules"]
    assert "completed 1" in qmnmr("status", run).stdout
    assert qmnmr("collect", run).exit_code == 0
    nuclei = {line.split(",")[3] for line in (run / "shifts.csv").read_text().splitlines()[1:]}
    assert nuclei == {"1H", "13C"}
