"""What the operating system refuses every day is a sentence, never a bug."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from qmnmr.cli.main import cli
from qmnmr.os_errors import everyday_error

RECORDED = Path(__file__).parents[1] / "golden" / "runs" / "0.1.0" / "finished"


@pytest.mark.parametrize(
    "number",
    [
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG),
        *(errno.ELOOP, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EMFILE),
    ],
    ids=errno.errorcode.get,
)
def test_an_everyday_error_names_the_path_and_what_to_do(number: int) -> None:
    found = everyday_error(OSError(number, os.strerror(number), "/runs/α β"))
    assert found is not None
    assert str(found).startswith("/runs/α β: ")
    assert os.strerror(number) in str(found)
    assert found.hint
    assert found.exit_code in (2, 3)


def test_what_is_not_of_every_day_stays_a_bug() -> None:
    assert everyday_error(OSError(errno.EBADF, "bad file descriptor", "/x")) is None
    assert everyday_error(PermissionError(errno.EACCES, "no path")) is None


def test_a_wrong_input_without_stdout_is_told_as_ever() -> None:
    run = ["sh", "-c", '"$0" -m qmnmr predict C1CC >&-', sys.executable]
    done = subprocess.run(run, stderr=subprocess.PIPE, check=False, text=True)
    assert done.returncode == 2
    assert "is not a SMILES" in done.stderr
    assert "bug" not in done.stderr


def test_a_full_disk_behind_stdout_is_told_too() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "qmnmr", "protocols"], stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )
    assert done.returncode == 3
    assert "its disk is full" in done.stderr
    assert "bug" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_full_disk_is_told_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = shutil.copytree(RECORDED, tmp_path / "run")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    collected = [run / "shifts.csv", run / "summary.json"]
    before = [path.read_bytes() for path in collected]
    done = CliRunner().invoke(cli, ["collect", str(run)])
    assert done.exit_code == 3, done.output
    assert f"{run / 'summary.json'}: its disk is full, or your quota is used up" in done.stderr
    assert [path.read_bytes() for path in collected] == before


AS_NOBODY = """
import os, sys
from click.testing import CliRunner
from qmnmr.cli.main import cli
command, mine, theirs = sys.argv[1:]
CliRunner().invoke(cli, [*command.split(), mine])  # all modules are loaded while they can be read
os.seteuid(65534)
done = CliRunner().invoke(cli, [*command.split(), theirs])
sys.stderr.write(done.stderr)
sys.exit(done.exit_code)
"""


@pytest.mark.parametrize("command", ["collect", "status", "predict C --engine pyscf --protocol draft --out"])
def test_a_folder_that_is_not_yours_is_a_sentence(tmp_path: Path, command: str) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    mine, theirs = (shutil.copytree(RECORDED, tmp_path / name) for name in ("mine", "theirs"))
    theirs.chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, command, str(mine), str(theirs)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "you may not read or write it" in done.stderr
    assert str(theirs) in done.stderr
    assert "bug" not in done.stderr
