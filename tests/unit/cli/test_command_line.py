from __future__ import annotations

import json
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from qmnmr.cli.console import reading
from qmnmr.cli.main import cli

HEAVY = ("rdkit", "pandas", "numpy", "scipy", "pyscf", "submitit", "rich", "jinja2", "msgspec")


def run(*arguments: str, folder: Path = Path()) -> Result:
    """Run qmnmr in this process: a start of Python costs a second of CPU time, and few tests look at it."""
    with chdir(folder):
        return CliRunner().invoke(cli, arguments, prog_name="qmnmr")


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_and_version_load_nothing_heavy(arguments):
    code = (
        "import sys; from qmnmr.cli.main import cli\n"
        f"try: cli({list(arguments)!r}, prog_name='qmnmr')\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if '.' not in m], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not [name for name in HEAVY if f"'{name}'" in done.stderr]


@pytest.mark.parametrize(
    "command", ["predict", "signals", "render", "parse", "reference", "doctor", "submit", "status", "resume", "collect"]
)
def test_every_command_has_help_and_every_option_a_variable(command):
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    loaded = cli.get_command(click.Context(cli), command)
    assert loaded is not None
    assert all(
        p.envvar == f"QMNMR_{p.opts[0].lstrip('-').replace('-', '_').upper()}"
        for p in loaded.params
        if p.opts[0].startswith("--")
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["C1CC"], "unclosed ring"),
        (["[CH3]"], "closed shells"),
        (["[Fe]"], "iron"),
        (["[Na+].[Cl-]"], "sodium"),
        (["nosuch.sdf"], "there is no such file"),
        (["CCO", "--solvent", "beer"], "the solvent 'beer' is not known"),
        (["CCO", "--protocol", "x"], "there is no protocol 'x'"),
        (["CCO", "--engine", "x"], "no engine 'x'"),
        (["CCO", "--conformers", "x"], "no conformer search 'x'"),
        (["CCO", "--conformers", "none"], "has no 3D structure to keep"),
        (["CCO", "--temperature", "5"], "5 K"),
        (["CCBr", "--protocol", "peer"], "Br"),
        (["CCO", "--cores", "0"], "cores"),
        ([], "INPUT"),
    ],
)
def test_bad_input_ends_with_code_2_a_sentence_and_nothing_touched(tmp_path, arguments, words):
    done = run("predict", *arguments, folder=tmp_path)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert isinstance(done.exception, SystemExit)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.smi", b"", "0 bytes"),
        ("names.smi", b"CCO a\nCO a\n", "already used"),
        ("none.sdf", b"none\n  x\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n$$$$\n", "no atoms"),
        ("flat.xyz", b"5\nm\nC 0 0 0\nH 1 0 0\nH -1 0 0\nH 0 1 0\nH 0 -1 0\n", "2D"),
        ("flat.xyz", b"3\nm\nO 0 0\nH 1 0\nH 0 1\n", "two coordinates"),
    ],
)
def test_bad_files_end_with_code_2_and_nothing_touched(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    done = run("predict", name, folder=tmp_path)
    assert done.exit_code == 2, done.stderr
    assert words in done.stderr
    assert name in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_huge_file_is_refused_without_being_read(tmp_path):
    with (tmp_path / "huge.sdf").open("wb") as stream:
        stream.truncate(100_000_000)
    done = run("predict", "huge.sdf", folder=tmp_path)
    assert done.exit_code == 2
    assert "100 MB" in done.stderr


def test_render_writes_inputs_and_prints_their_paths(tmp_path):
    done = run("render", "C", "--solvent", "gas", "--out", "inputs", folder=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.split() == ["inputs/C/c001-optimization/input.nw", "inputs/C/c001-shielding/input.nw"]
    text = (tmp_path / "inputs/C/c001-shielding/input.nw").read_text()
    assert "task dft property" in text
    assert "cosmo" not in text
    again = run("render", "C", "--out", "inputs", folder=tmp_path)
    assert again.exit_code == 2
    assert "not an empty folder" in again.stderr


def test_parse_prints_what_a_real_output_says(golden):
    path = golden("ethanol-2-ranks")
    done = run("parse", str(path))
    assert done.exit_code == 0, done.stderr
    assert "NWChem 7.0.2, 2 ranks" in done.stdout
    assert "COSMO, dielectric constant 4.7113" in done.stdout
    as_json = json.loads(run("parse", "--json", str(path)).stdout)
    assert as_json["functional"] == "b3lyp"
    assert as_json["is_complete"] is True
    assert [s["symbol"] for s in as_json["shieldings"]] == ["C", "C", "O", *"HHHHHH"]


def test_parse_names_what_it_cannot_read(tmp_path):
    (tmp_path / "poem.txt").write_text("Shall I compare thee\n")
    done = run("parse", "poem.txt", folder=tmp_path)
    assert done.exit_code == 7
    assert "poem.txt" in done.stderr
    assert run("parse", "nothing.out", folder=tmp_path).exit_code == 7


def test_reference_refuses_what_is_no_run(tmp_path):
    done = run("reference", str(tmp_path))
    assert done.exit_code == 2
    assert "run.toml" in done.stderr


def test_an_error_of_qmnmr_itself_is_one_sentence(tmp_path):
    code = (
        "import sys, qmnmr.cli.commands.predict as p; from qmnmr.cli.main import cli\n"
        "p.start_local_run = lambda *a, **k: 1 / 0\n"
        "cli(['predict', 'C'], prog_name='qmnmr')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "this is a bug" in done.stderr


@pytest.fixture
def bare_machine(tmp_path, monkeypatch) -> Path:
    """A folder to run in, with no programs on PATH."""
    monkeypatch.setenv("PATH", "/nowhere")
    return tmp_path


def test_a_missing_program_is_named_before_anything_runs(bare_machine):
    done = run("predict", "C", "--engine", "nwchem", folder=bare_machine)
    assert done.exit_code == 4
    assert "not found: nwchem, mpirun" in done.stderr
    assert "qmnmr doctor" in done.stderr


def test_doctor_names_what_is_missing(bare_machine):
    done = run("doctor", folder=bare_machine)
    assert done.exit_code == 0
    assert "--  nwchem" in done.stdout
    assert "ok  pyscf" in done.stdout
    done = run("doctor", "--run", folder=bare_machine)
    assert done.exit_code == 4
    assert "apt-get install nwchem" in done.stderr


def test_an_input_of_thousands_tells_how_many_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    report = reading(quiet=False)
    for count in range(1, 2001):
        report(count)
    reading(quiet=True)(1000)
    assert capsys.readouterr().err == "1000 molecules read\n2000 molecules read\n"


@pytest.mark.parametrize("command", ["submit", "predict"])
def test_a_package_that_cannot_be_loaded_is_named_with_its_place(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "numpy" / "__init__.py"
    package.parent.mkdir()
    package.write_text("raise ImportError('a broken numpy')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    argv = [sys.executable, "-m", "qmnmr", command, "C", "--out", "run"]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 4
    assert f"can't be loaded: a broken numpy ({package}, line 1)" in done.stderr
    assert "Is PYTHONPATH set?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
