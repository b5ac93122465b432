"""`python -m qmnmr.engines.pyscf --stem`: a process that has imported everything, from which calculations branch off.

Importing PySCF and what it needs takes 0.7 CPU s, as long as half of the calculations of acetonitrile. A branch (a
forked process) has it all, and is a process of its own in every other respect: folder, environment, session, memory.

One line of JSON on standard input asks for a calculation: {"folder", "environment", "stdout", "stderr"}. It is
answered by {"pid"} when the branch has begun and by {"exit_code", "cpu_seconds"} when it has ended; the first one's CPU
time holds the stem's own. The stem ends when its standard input does.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

Worker = Callable[[str], int | None]


def serve(requests: TextIO, answers: int, worker: Worker, *, input_file: str) -> None:
    """Answer requests, one after the other, until there are no more; `answers` is a file descriptor."""
    _import_the_rest()
    gc.freeze()
    counted = 0.0
    for line in requests:
        pid = os.fork()
        if pid == 0:
            os.close(answers)
            _branch(json.loads(line), worker, input_file)
        _answer(answers, {"pid": pid})
        _, status, usage = os.wait4(pid, 0)
        own = time.process_time()
        spent = usage.ru_utime + usage.ru_stime + own - counted
        counted = own
        _answer(answers, {"exit_code": os.waitstatus_to_exitcode(status), "cpu_seconds": round(spent, 2)})


def _import_the_rest() -> None:
    """Import what calculations import when they need it."""
    import pyscf.df
    import pyscf.dft
    import pyscf.solvent  # noqa: F401


def _branch(asked: dict[str, Any], worker: Worker, input_file: str) -> None:
    """Do a calculation and end this process."""
    code = 1
    try:
        os.setsid()
        for path, descriptor in ((asked["stdout"], 1), (asked["stderr"], 2)):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.dup2(file, descriptor)
            os.close(file)
        os.chdir(asked["folder"])  # only now, so that what goes wrong is said in the program's own files
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.environ.clear()
        os.environ.update(asked["environment"])
        _use_folder_for_temporary_files()
        code = worker(Path(input_file).read_text(encoding="utf-8")) or 0
    except BaseException:  # noqa: BLE001 - a process of its own: its words go to its file, as an interpreter's do
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _use_folder_for_temporary_files() -> None:
    from pyscf import lib

    tempfile.tempdir = None
    lib.param.TMPDIR = tempfile.gettempdir()


def _answer(answers: int, fields: dict[str, Any]) -> None:
    os.write(answers, (json.dumps(fields) + "\n").encode())
