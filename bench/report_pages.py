"""Pages of a thousand finished molecules, as a command: CPU seconds, peak memory, sizes.

The molecules are two that this benchmark computes by `draft`, ethanol and phenol, under a thousand names.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

COUNT = 1000
COMPUTED = ("CCO ethanol", "Oc1ccccc1 phenol")


def measures() -> list[dict[str, object]]:
    """Return what `qmnmr report` takes for a run of COUNT molecules."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = many_of(_computed(folder), folder / "run")
        first = _used(run)
        again = _used(run)
        pages = [path.stat().st_size for path in (run / "report").iterdir()]
        return [
            _measure(f"report of {COUNT} molecules, CPU seconds", round(first[0], 1), 60.0, "the command whole"),
            _measure(f"report of {COUNT} molecules, peak memory in MB", round(first[1]), 300, "the command whole"),
            _measure(f"report of {COUNT} molecules again, CPU seconds", round(again[0], 1), None, "nothing is new"),
            _measure("size of a page, kB", round(max(pages) / 1000), 1000, "the largest"),
            _measure(f"size of an index of {COUNT} molecules, kB", _kilobytes(run / "report.html"), 3000, "one file"),
        ]


def many_of(computed: Path, path: Path) -> Path:
    """Return a run folder with the results of a run's molecules under COUNT names."""
    from qmnmr.records import encode_sealed
    from qmnmr.runs.folder.run_folder import RunFolder

    source, run = RunFolder(computed), RunFolder(path)
    found = [(molecule, source.load_prediction(molecule)) for molecule in source.molecules()]
    copies = [
        (molecule, replace(molecule, id=f"m{number:04}", name=f"{molecule.name} {number}"), prediction)
        for number, (molecule, prediction) in ((k, found[k % len(found)]) for k in range(COUNT))
    ]
    run.start(replace(source.settings(), molecule_count=COUNT), [copy for _, copy, _ in copies])
    for original, copy, prediction in copies:
        folder = run.molecule_folder(copy).path
        folder.mkdir(parents=True)
        os.link(source.molecule_folder(original).path / "calculations.zip", folder / "calculations.zip")
        if prediction is not None:
            (folder / "prediction.json").write_bytes(encode_sealed(replace(prediction, molecule=copy)))
    return path


def _computed(folder: Path) -> Path:
    """Return a finished run of the molecules."""
    source, run = folder / "in.smi", folder / "computed"
    source.write_text("".join(f"{line}\n" for line in COMPUTED), encoding="utf-8")
    words = ("predict", source, "--protocol", "draft", "--engine", "pyscf", "--yes", "--out", run)
    subprocess.run([sys.executable, "-m", "qmnmr", "--quiet", *map(str, words)], check=True, stdout=subprocess.DEVNULL)
    return run


def _used(run: Path) -> tuple[float, float]:
    """Return CPU seconds and peak memory in MB of the command."""
    argv = [sys.executable, "-m", "qmnmr", "report", str(run)]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{argv} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def _kilobytes(path: Path) -> int:
    return round(path.stat().st_size / 1000)


def _measure(name: str, value: float, goal: float | None, against: str) -> dict[str, object]:
    return {"name": name, "value": value, "goal": goal, "better": "lower", "against": against}
