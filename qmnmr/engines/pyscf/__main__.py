"""`python -m qmnmr.engines.pyscf input.json`: one calculation, its result on standard output. `--stem`: see stem.py."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_M_MMAP_MAX, _M_TRIM_THRESHOLD = -4, -1  # of glibc's malloc.h


def main() -> int:
    """Run the worker. Threads: as many as OMP_NUM_THREADS gives, one without it."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m qmnmr.engines.pyscf input.json\n")
        return 2
    threads = os.environ.setdefault("OMP_NUM_THREADS", "1")
    for library in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(library, threads)
    _keep_freed_memory()
    # Imported only now: the libraries read their thread counts when they are loaded.
    from qmnmr.engines.pyscf.calculation_file import INPUT_FILE, STEM_ARGUMENT
    from qmnmr.engines.pyscf.stem import serve
    from qmnmr.engines.pyscf.worker import run

    stream = sys.stdout

    def say(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()

    def work(text: str) -> int:
        return run(text, say=say)

    if sys.argv[1] == STEM_ARGUMENT:
        answers = os.dup(1)
        serve(sys.stdin, answers, work, input_file=INPUT_FILE)
        return 0
    return work(Path(sys.argv[1]).read_text(encoding="utf-8"))


def _keep_freed_memory() -> None:
    """Let glibc keep what is freed for the next array of that size (other C libraries decide themselves).

    Arrays of tens of MB come and go in every cycle; fetching their pages anew each time was a fifth of the CPU time of
    ethanol's optimisation (B3LYP/def2-SVP: 15.2 s, with this 12.1 s; peak memory as before).
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_MMAP_MAX, 0)
        library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


if __name__ == "__main__":
    sys.exit(main())
