"""What is long is said before it is begun, and asked where somebody can answer."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest

from qmnmr.cli.console import confirm
from qmnmr.cli.running import tell_cost_and_ask
from qmnmr.errors import InputError
from qmnmr.runs.local_run import LocalRun, start_local_run
from qmnmr.runs.request import ResourceRequest, RunRequest

LONG = "CCCCCCCCCCCCCCCCCCCC"
ATORVASTATIN = "CC(C)c1c(C(=O)Nc2ccccc2)c(-c2ccccc2)c(-c2ccc(F)cc2)n1CC[C@@H](O)C[C@@H](O)CC(=O)O"


def begun(smiles: str, out: Path, *, protocol: str = "standard", optimization: str | None = None) -> LocalRun:
    asked = RunRequest(inputs=(smiles,), protocol=protocol, optimization=optimization, engine="pyscf", out=out)
    return start_local_run(asked, ResourceRequest(cores=1, memory_mb=4000))


def told(run: LocalRun, *, yes: bool, quiet: bool = False) -> None:
    tell_cost_and_ask(click.Context(click.Command("predict")), run, yes=yes, quiet=quiet)


def test_a_script_is_told_and_goes_on(tmp_path, capsys):
    told(begun(LONG, tmp_path / "run"), yes=False)
    said = capsys.readouterr().err
    assert "this is predicted to take" in said
    assert "`qmnmr submit`" in said
    assert "--protocol draft (" in said
    assert "--reuse RUN" in said


def test_converged_geometries_name_the_cheaper_ones(tmp_path, capsys):
    told(begun(LONG, tmp_path / "run", optimization="converged"), yes=False)
    assert "--optimization few-gradients (" in capsys.readouterr().err


def test_what_is_short_is_forecast_and_no_more(tmp_path, capsys):
    told(begun("C", tmp_path / "run", protocol="draft"), yes=False)
    said = capsys.readouterr().err
    assert said.startswith("predicted: 1 conformer by DFT")
    assert "submit" not in said


def test_the_cheapest_protocol_names_no_cheaper_one(tmp_path, capsys):
    told(begun(ATORVASTATIN, tmp_path / "run", protocol="draft"), yes=True)
    said = capsys.readouterr().err
    assert "this is predicted to take" in said
    assert "--protocol" not in said


def test_quiet_says_nothing(tmp_path, capsys):
    told(begun(LONG, tmp_path / "run"), yes=True, quiet=True)
    assert capsys.readouterr().err == ""


def test_at_a_terminal_somebody_is_asked(tmp_path):
    mine, theirs = pty.openpty()
    os.write(mine, b"n\n")
    argv = (sys.executable, "-m", "qmnmr", "predict", LONG, "--engine", "pyscf", "--protocol", "standard")
    limits = ("--cores", "1", "--memory-gb", "4", "--out", "run")
    done = subprocess.run((*argv, *limits), stdin=theirs, capture_output=True, text=True, cwd=tmp_path, check=False)
    os.close(mine)
    os.close(theirs)
    assert "Compute for" in done.stderr
    assert "nothing was computed" in done.stderr
    assert done.returncode == 1, done.stderr
    assert not (tmp_path / "run" / "molecules").exists()


def test_what_needs_an_answer_does_not_go_on_alone():
    with pytest.raises(InputError, match="nobody is there to answer: Submit"):
        confirm("Submit?", yes=False, is_needed=True)
    assert confirm("Submit?", yes=True, is_needed=True)
    assert confirm("Compute?", yes=False, is_needed=False)
