"""The commands that the module puts on PATH, with a program in place of Apptainer that tells how it was called."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

BIN = Path(__file__).parents[3] / "apptainer" / "bin"


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, beside an image; `apptainer` writes its arguments, one in a line."""
    (tmp_path / "path").mkdir()
    apptainer = tmp_path / "path" / "apptainer"
    apptainer.write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    apptainer.chmod(0o755)
    (tmp_path / "q.sif").touch()
    monkeypatch.setenv("PATH", f"{BIN}:{tmp_path / 'path'}:{os.environ['PATH']}")
    monkeypatch.setenv("QMNMR_IMAGE", str(tmp_path / "q.sif"))
    monkeypatch.setenv("TMPDIR", "/local")
    (tmp_path / "my work").mkdir()
    return tmp_path / "my work"


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("argv", "inside"),
    [
        (("qmnmr", "predict", "CCO"), ["qmnmr", "predict", "CCO"]),
        (("qmnmr-nwchem", "in.nw"), ["mpirun", "-n", "1", "nwchem", "in.nw"]),
        (("qmnmr-xtb", "in put.xyz", "--opt"), ["xtb", "in put.xyz", "--opt"]),
        (("qmnmr-crest", "in.xyz"), ["crest", "in.xyz"]),
    ],
)
def test_each_runs_its_program_in_the_image_on_the_current_folder(called: Path, argv: list[str], inside: list[str]):
    words = run(called, *argv).stdout.splitlines()
    image = called.parent / "q.sif"
    fixed = ["--quiet", "exec", "--cleanenv", "--containall", "--no-home", "--bind", str(called)]
    assert words == [*fixed, "--bind", "/local:/scratch", "--pwd", str(called), str(image), *inside]


def test_the_folders_of_paths_are_visible_whether_they_are_there_or_to_be_made(called: Path) -> None:
    other = called.parent / "data"
    other.mkdir()
    (other / "a.smi").touch()
    argv = ("qmnmr", "predict", "../data/a.smi", f"--out={other}/new run", "--scratch", str(other), "/x", "C/C=C/C")
    words = run(called, *argv).stdout.splitlines()
    binds = [words[i + 1] for i, word in enumerate(words) if word == "--bind"]
    assert binds == [str(called), "/local:/scratch", *[str(other)] * 3]


def test_without_an_image_or_by_another_name_the_reason_is_told(called: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(called, str(BIN / "in-image"))
    assert (done.returncode, "call this by the name of a command" in done.stderr) == (2, True)
    monkeypatch.setenv("QMNMR_IMAGE", "/nowhere.sif")
    done = run(called, "qmnmr-xtb")
    assert (done.returncode, done.stderr.strip()) == (
        3,
        "qmnmr-xtb: QMNMR_IMAGE names no image: /nowhere.sif; the module sets it",
    )
