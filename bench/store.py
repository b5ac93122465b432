"""Results of long runs: a JSON object with one line for each run, so that a commit shows what came in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load(path: Path) -> dict[str, Any]:
    """Return what is stored, by title; nothing where there is no file yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save(path: Path, rows: dict[str, Any]) -> None:
    """Write all rows, in the order of their titles."""
    lines = ",\n".join(f" {json.dumps(title)}: {json.dumps(rows[title])}" for title in sorted(rows))
    path.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
