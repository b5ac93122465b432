"""Run the cases with the installed xTB and record what it printed.

`python -m tests.golden.xtb.record [CASE ...]`

Writes 6.5.1/<case>/{xcontrol, output.out.gz, stderr.txt, case.toml}.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from qmnmr.engines.facts import Allotment
from tests.golden.xtb.xtb_cases import CASES, RECORDS, Case

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "OMP_STACKSIZE": "1G", "LC_ALL": "C"}


def record(name: str, case: Case) -> None:
    """Run one case and write its folder."""
    engine = case.engine
    with tempfile.TemporaryDirectory(prefix="g", dir="/tmp") as scratch:
        files = engine.input_files(case.calculation(name), Allotment(cores=1, memory_mb=1000))
        for old, new in case.edits:
            if old not in files["xcontrol"]:
                raise SystemExit(f"{name}: nothing to edit at {old!r}")
            files["xcontrol"] = files["xcontrol"].replace(old, new)
        for file, text in files.items():
            (Path(scratch) / file).write_text(text)
        command = engine.command(case.calculation(name), Allotment(cores=1, memory_mb=1000))
        done = subprocess.run(command, cwd=scratch, capture_output=True, env=ENVIRONMENT, check=False)
        kept = [Path(scratch) / name for name in engine.result_files]
        said = done.stdout + b"".join(path.read_bytes() for path in kept if path.exists())
    told = "xtb input.xyz --input xcontrol" + command[-1].rpartition(" xcontrol")[-1]
    target = RECORDS / name
    target.mkdir(parents=True, exist_ok=True)
    (target / "xcontrol").write_text(files["xcontrol"])
    (target / "output.out.gz").write_bytes(gzip.compress(said, mtime=0))
    (target / "stderr.txt").write_bytes(done.stderr)
    (target / "case.toml").write_text(
        f'command = "{told}"\nexit_code = {done.returncode}\n'
        f'date = {datetime.now(UTC):%Y-%m-%d}\nproves = "{case.proves}"\n'
    )
    sys.stdout.write(f"{name}: exit code {done.returncode}, {len(done.stdout)} bytes\n")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or CASES:
        record(chosen, CASES[chosen])
