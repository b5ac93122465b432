"""`python -m qmnmr.engines.pyscf input.json`: one calculation, its result on standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    """Run the worker. Threads: as many as OMP_NUM_THREADS gives, one without it."""
    threads = os.environ.setdefault("OMP_NUM_THREADS", "1")
    for library in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(library, threads)
    # Imported only now: the libraries read their thread counts when they are loaded.
    from qmnmr.engines.pyscf.worker import run

    stream = sys.stdout

    def say(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()

    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m qmnmr.engines.pyscf input.json\n")
        return 2
    return run(Path(sys.argv[1]).read_text(encoding="utf-8"), say=say)


if __name__ == "__main__":
    sys.exit(main())
