"""Refuse a folder of the package that has become a heap: `python tools/check_rooms.py FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

MOST_MODULES = 15
"""More than that, and a folder holds two ideas (docs/decisions/0014-rooms.md)."""


def problems(package: Path) -> Iterator[str]:
    """Yield each folder below a package, and itself, that has too many modules."""
    for folder in sorted({path.parent for path in package.rglob("*.py")}):
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(modules) > MOST_MODULES:
            yield f"{folder}: {len(modules)} modules, more than {MOST_MODULES}: split it by idea"


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1])))
    sys.stderr.writelines(f"{line}\n" for line in found)
    sys.exit(bool(found))
