"""Runs every benchmark, or those that are named: a line for each measure, and all of them in bench/latest.json."""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
LATEST = HERE / "latest.json"
PACKAGES = ("qmnmr", "rdkit", "numpy", "cclib")
_ONE = "--one"  # NAME FILE: measures of one script, into a file


def main() -> int:
    if sys.argv[1:2] == [_ONE]:
        sys.path.insert(0, str(HERE))
        Path(sys.argv[3]).write_text(json.dumps(importlib.import_module(sys.argv[2]).measures()), encoding="utf-8")
        return 0
    wanted = sys.argv[1:] or sorted(p.stem for p in HERE.glob("*.py") if p.stem not in {"run", "store"})
    found = [measure for name in wanted for measure in _measures(name)]
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {_processor()}",
        "versions": {"python": platform.python_version(), **{p: metadata.version(p) for p in PACKAGES}},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "measures": found,
    }
    if sys.argv[1:]:  # these take the places of their like
        new = {measure["name"]: measure for measure in found}
        report["measures"] = [
            new.get(measure["name"], measure) for measure in json.loads(LATEST.read_text())["measures"]
        ]
    LATEST.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _measures(name: str) -> list[dict]:
    """Return the measures of one script, run in a Python of its own: peak memory is counted from its parent's."""
    with TemporaryDirectory() as folder:
        found = Path(folder) / "measures.json"
        subprocess.run([sys.executable, __file__, _ONE, name, found], check=True)
        measures = json.loads(found.read_text(encoding="utf-8"))
    for m in measures:
        print(f"{_verdict(m)} {m['name']}: {m['value']} (goal {m['goal']}, {m['better']}), {m['against']}", flush=True)
    return measures


def _verdict(measure: dict) -> str:
    if measure["goal"] is None:  # told for the sake of the others
        return "info"
    sign = 1 if measure["better"] == "lower" else -1
    return "ok  " if sign * measure["value"] <= sign * measure["goal"] else "MISS"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


if __name__ == "__main__":
    sys.exit(main())
