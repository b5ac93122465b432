"""Results of long runs: a JSON object with one line for each run, so that a commit shows what came in."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def load(path: Path) -> dict[str, Any]:
    """Return what is stored, by title; nothing where there is no file yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save(path: Path, rows: dict[str, Any]) -> None:
    """Write all rows, in the order of their titles."""
    lines = ",\n".join(f" {json.dumps(title)}: {json.dumps(rows[title])}" for title in sorted(rows))
    path.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def serve(
    description: str | None,
    path: Path,
    *,
    titles: Sequence[str],
    compute: Callable[[str, Path], dict[str, Any]],
    table: Callable[[], str],
) -> None:
    """Obey `table`, or `run WORK [--only WORDS] [--seconds N]`: compute what is not stored yet, in the titles' order.

    `compute` gets a title and a folder of its own in WORK, which keeps its run.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("table")
    run = commands.add_parser("run")
    run.add_argument("work", type=Path)
    run.add_argument("--only", default="", help="titles that hold these words: " + ", ".join(titles))
    run.add_argument("--seconds", type=float, default=1e9, help="start none after this time")
    chosen = parser.parse_args()
    if chosen.command == "table":
        print(table())
        return
    started = time.monotonic()
    for title in titles:
        if title in load(path) or chosen.only not in title:
            continue
        if time.monotonic() - started > chosen.seconds:
            return
        folder = "".join(letter if letter.isalnum() else "-" for letter in title)
        found = compute(title, chosen.work / folder)
        save(path, load(path) | {title: found})
        print(title, found, flush=True)
