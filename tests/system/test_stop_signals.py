"""Ctrl-C, TERM and a closed terminal, with real signals to real commands in the middle of C code and of programs."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from qmnmr import load_run
from qmnmr.datatypes.shift import PredictionStatus

QMNMR = (sys.executable, "-m", "qmnmr")

CYCLE = (
    "CC(C)C[C@@H]1NC(=O)[C@H](CC(C)C)N(C)C(=O)[C@H](CO)NC(=O)[C@H](CCCC)NC(=O)[C@H](C)NC(=O)[C@H](C(C)C)N(C)C(=O)"
    "[C@H](C)NC(=O)[C@H](CC)N(C)C1=O"
)
"""A cyclic peptide: its search computes for minutes, a good part of them in single calls of RDKit and tblite."""

LIMIT_SECONDS = 60.0
"""Far more than a stop takes (2 s on an idle machine), and far less than what is stopped would."""


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "scratch"
    path.mkdir()
    return path


@pytest.fixture
def molecules(tmp_path: Path) -> Path:
    path = tmp_path / "two.smi"
    path.write_text(f"C methane\n{CYCLE} cycle\n")
    return path


class Command:
    """A command that runs, and what it says on a pipe or a terminal."""

    def __init__(self, argv: Sequence[str], *, folder: Path, terminal: bool = False) -> None:
        self._said = b""
        ours, theirs = pty.openpty() if terminal else os.pipe()
        self._read = ours
        self._process = subprocess.Popen(
            [*(("setsid", "--ctty") if terminal else ()), *argv],
            cwd=folder,
            stdin=theirs if terminal else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    @property
    def said(self) -> str:
        return self._said.decode("utf-8", "replace")

    def until(self, words: str) -> None:
        """Read until these words were said."""
        while words not in self.said:
            assert self._more(), f"ended without {words!r}: {self.said}"

    def send(self, *numbers: signal.Signals) -> None:
        for number in numbers:
            self._process.send_signal(number)
            time.sleep(0.1)

    def type(self, keys: str) -> None:
        os.write(self._read, keys.encode())

    def end(self) -> int:
        """Return the exit code, which must come soon."""
        started = time.monotonic()
        while self._more():
            assert time.monotonic() - started < LIMIT_SECONDS
        os.close(self._read)
        return self._process.wait(timeout=LIMIT_SECONDS)

    def _more(self) -> bool:
        ready, _, _ = select.select([self._read], [], [], 4 * LIMIT_SECONDS)
        assert ready, f"said nothing for long: {self.said}"
        try:
            found = os.read(self._read, 65536)
        except OSError:  # a terminal whose last user is gone
            return False
        self._said += found
        return bool(found)


def programs_in(folder: Path) -> list[Path]:
    """Return the processes that work in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append(entry)
        except OSError:
            continue
    return found


def are_gone(scratch: Path) -> bool:
    """Say whether the programs end that work in a folder; what is killed takes a moment to give its memory back."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while programs_in(scratch) and time.monotonic() < deadline:
        time.sleep(0.1)
    return programs_in(scratch) == []


def logged_ends(run: Path) -> Iterator[str]:
    for line in (run / "qmnmr.log").read_text().splitlines():
        if " ends: " in line:
            yield line.partition(" ends: ")[2]


def test_a_run_stops_and_a_continued_run_stops_too_and_what_is_finished_is_kept(
    molecules: Path, tmp_path: Path, scratch: Path
) -> None:
    argv = [*QMNMR, "predict", str(molecules), "--protocol", "draft", "--engine", "pyscf", "--cores", "2", "--yes"]
    argv += ["--out", "run", "--scratch", str(scratch)]
    first = Command(argv, folder=tmp_path)
    first.until("methane: finished")
    first.send(signal.SIGINT)
    assert first.end() == 130
    assert "stopped: what is finished is kept in run; the same command continues from there" in first.said
    again = Command(argv, folder=tmp_path)
    again.until("cycle: search")
    again.send(signal.SIGINT, signal.SIGTERM, signal.SIGINT)  # an impatient person, and a batch system
    assert again.end() == 130
    assert "stopped: " in again.said
    assert not any(words in first.said + again.said for words in ("bug", "Traceback"))
    assert are_gone(scratch)
    assert list(scratch.iterdir()) == []
    methane, cycle = load_run(tmp_path / "run")
    assert methane.status is PredictionStatus.COMPLETED
    assert cycle.status is PredictionStatus.UNFINISHED
    assert list(logged_ends(tmp_path / "run")) == ["exit code 130"] * 2


def test_a_program_under_way_ends_with_its_run(tmp_path: Path, scratch: Path) -> None:
    # Minutes of DFT: butane's shieldings at the largest basis.
    argv = [*QMNMR, "predict", "CCCC", "--protocol", "peer", "--engine", "pyscf", "--cores", "1", "--out", "run"]
    command = Command([*argv, "--scratch", str(scratch)], folder=tmp_path)
    command.until("optimization 0/")
    while not programs_in(scratch):
        time.sleep(0.05)
    command.send(signal.SIGINT)
    assert command.end() == 130
    assert are_gone(scratch)
    assert list(scratch.iterdir()) == []


def test_ctrl_c_at_a_terminal_stops_a_run_and_an_open_question(tmp_path: Path) -> None:
    asked = Command([*QMNMR, "predict", CYCLE, "--protocol", "draft", "--out", "run"], folder=tmp_path, terminal=True)
    asked.until("Compute for")
    asked.type("\x03")
    assert asked.end() == 130
    assert "stopped" in asked.said
    running = Command(
        [*QMNMR, "predict", CYCLE, "--protocol", "draft", "--out", "run", "--yes"], folder=tmp_path, terminal=True
    )
    running.until("search")
    running.type("\x03")
    assert running.end() == 130
    assert "stopped: what is finished is kept in run" in running.said
    assert running.said.rindex("\x1b[?25h") > running.said.rindex("\x1b[?25l")  # the cursor is there again


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_exit_code_names_the_signal(number: signal.Signals, code: int, tmp_path: Path) -> None:
    argv = [*QMNMR, "predict", CYCLE, "--protocol", "draft", "--out", "run", "--yes"]
    command = Command(argv, folder=tmp_path)
    command.until("search")
    command.send(number)
    assert command.end() == code
    assert "stopped: " in command.said


IN_RDKIT = f"""
from qmnmr.cli.interrupts import listen
listen()
from rdkit import Chem
from rdkit.Chem import rdDistGeom
mol = Chem.AddHs(Chem.MolFromSmiles({CYCLE!r}))
print("begins", flush=True)
rdDistGeom.EmbedMultipleConfs(mol, 5000)
print("goes on", flush=True)
"""


def test_the_main_thread_in_one_call_that_does_not_come_back_is_ended(tmp_path: Path) -> None:
    command = Command([sys.executable, "-c", IN_RDKIT], folder=tmp_path)
    command.until("begins")
    time.sleep(0.5)
    command.send(signal.SIGINT)
    assert command.end() == 130
    assert command.said.splitlines() == ["begins", "stopped"]


IGNORED = """
import os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from qmnmr.cli.interrupts import listen
listen()
os.kill(os.getpid(), signal.SIGINT)
print("goes on", flush=True)
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_that_is_ignored_from_the_beginning_stays_ignored(tmp_path: Path) -> None:
    program = IGNORED + "import time\nwhile True: time.sleep(1)\n"
    command = Command([sys.executable, "-c", program], folder=tmp_path)
    command.until("goes on")
    assert command.end() == 128 + signal.SIGTERM


IN_PYTHON = f"""
import qmnmr
print("begins", flush=True)
try:
    qmnmr.predict({CYCLE!r}, protocol="draft", out="run")
except KeyboardInterrupt:
    print("interrupted", flush=True)
    import os
    os._exit(0)
"""


def test_an_interrupt_of_the_python_function_comes_back_while_a_thread_computes(tmp_path: Path) -> None:
    command = Command([sys.executable, "-c", IN_PYTHON], folder=tmp_path)
    command.until("begins")
    while not (tmp_path / "run" / "run.toml").exists():
        time.sleep(0.05)
    time.sleep(1.0)  # into the search
    command.send(signal.SIGINT)
    assert command.end() == 0
    assert "interrupted" in command.said


SWALLOWED = f"""
import threading, time
from rdkit import Chem
from qmnmr.datatypes.rdkit_embedding import embed
made = []
def work():
    mol = Chem.AddHs(Chem.MolFromSmiles({CYCLE!r}))
    print("begins", flush=True)
    note = embed(mol, 2, seed=7)
    made.append((note, mol.GetNumConformers(), round(float(mol.GetConformers()[-1].GetPositions().sum()), 6)))
thread = threading.Thread(target=work)
thread.start()
handed_on = False
while thread.is_alive() or not made:
    try:
        time.sleep(0.01)
    except KeyboardInterrupt:
        handed_on = True
try:
    time.sleep(0.1)
except KeyboardInterrupt:
    handed_on = True
print(made, handed_on, flush=True)
"""


def test_an_interrupt_that_rdkit_takes_for_itself_changes_no_structure_and_is_handed_on(tmp_path: Path) -> None:
    said = []
    for is_interrupted in (False, True):
        command = Command([sys.executable, "-c", SWALLOWED], folder=tmp_path)
        command.until("begins")
        if is_interrupted:
            time.sleep(0.3)
            command.send(signal.SIGINT)
        assert command.end() == 0
        said.append(command.said.splitlines()[-1])
    (made, handed_on), (made_again, handed_on_again) = (line.rsplit(" ", 1) for line in said)
    assert made == made_again
    assert (handed_on, handed_on_again) == ("False", "True")
