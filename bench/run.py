"""Runs every benchmark: one line per measure, and all of them in bench/latest.json."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = ("qmnmr", "rdkit", "numpy", "cclib")


def main() -> int:
    sys.path.insert(0, str(HERE))
    wanted = sys.argv[1:] or sorted(p.stem for p in HERE.glob("*.py") if p.stem not in {"run", "store"})
    found = [measure for name in wanted for measure in _measures(name)]
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {_processor()}",
        "versions": {"python": platform.python_version(), **{p: metadata.version(p) for p in PACKAGES}},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "measures": found,
    }
    if not sys.argv[1:]:
        (HERE / "latest.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


def _measures(name: str) -> list[dict]:
    found = importlib.import_module(name).measures()
    for m in found:
        print(f"{_verdict(m)} {m['name']}: {m['value']} (goal {m['goal']}, {m['better']}), {m['against']}", flush=True)
    return found


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
