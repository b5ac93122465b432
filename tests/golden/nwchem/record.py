"""Run the cases with the installed NWChem and record what it printed.

`python -m tests.golden.nwchem.record [CASE ...]`

Writes <version>/<case>/{input.nw, output.out.gz, stderr.txt, case.toml}. Each run has a folder of its own below /tmp.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from qmnmr.engines.nwchem.input_file import render_input
from tests.golden.nwchem.foreign_inputs import FOREIGN
from tests.golden.nwchem.nwchem_cases import CASES, Case

HERE = Path(__file__).resolve().parent
ENVIRONMENT = os.environ | {
    "OMP_NUM_THREADS": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_hwloc_base_binding_policy": "none",
}


def render(name: str, case: Case) -> str:
    """Return the input: ours, with the edits that provoke the failure."""
    text = render_input(case.calculation(name), memory_mb=case.memory_mb)
    for old, new in case.edits:
        if old not in text:
            raise SystemExit(f"{name}: nothing to edit at {old!r}")
        text = text.replace(old, new)
    return text


def run(argv: list[str], folder: Path, kill_at: str) -> int:
    """Run the program, kill it where asked, return its exit code."""
    with (folder / "output.out").open("wb") as output, (folder / "stderr.txt").open("wb") as errors:
        process = subprocess.Popen(argv, cwd=folder, stdout=output, stderr=errors, env=ENVIRONMENT)
        while process.poll() is None:
            time.sleep(0.05)
            if kill_at and kill_at.encode() in (folder / "output.out").read_bytes():
                kill(process.pid, is_mpirun=argv[0] == "mpirun")
                kill_at = ""
        return process.returncode


def kill(pid: int, *, is_mpirun: bool) -> None:
    """Kill the program: the last rank that mpirun started, or the process itself."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(children[-1]) if is_mpirun else pid, signal.SIGKILL)


def record(name: str) -> None:
    """Run one case and write its folder."""
    argv = ["nwchem", "input.nw"]
    if name in FOREIGN:
        text, proves, ranks, kill_at = FOREIGN[name].text, FOREIGN[name].proves, 1, ""
    else:
        case = CASES[name]
        text, proves, ranks, kill_at = render(name, case), case.proves, case.ranks, case.kill_at
        if ranks > 1:
            argv = ["mpirun", *case.mpirun, "-n", str(ranks), *argv]
    with tempfile.TemporaryDirectory(prefix="g", dir="/tmp") as scratch:
        folder = Path(scratch)
        (folder / "input.nw").write_text(text)
        exit_code = run(argv, folder, kill_at)
        output = (folder / "output.out").read_bytes()
        errors = (folder / "stderr.txt").read_bytes()
    found = re.search(rb"nwchem branch\s+= (\S+)", output)
    version = found[1].decode() if found else "7.0.2"
    target = HERE / version / name
    target.mkdir(parents=True, exist_ok=True)
    (target / "input.nw").write_text(text)
    (target / "output.out.gz").write_bytes(gzip.compress(output, mtime=0))
    (target / "stderr.txt").write_bytes(errors)
    (target / "case.toml").write_text(
        f'command = "{" ".join(argv)}"\nranks = {ranks}\nexit_code = {exit_code}\n'
        f'killed_at = "{kill_at}"\ndate = {datetime.now(UTC):%Y-%m-%d}\nproves = "{proves}"\n'
    )
    sys.stdout.write(f"{name}: exit code {exit_code}, {len(output)} bytes\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for chosen in sys.argv[1:] or (*CASES, *FOREIGN):
        record(chosen)
