"""Prints the oldest versions that pyproject.toml declares of what qmnmr depends on, as constraints for pip."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def oldest_versions(text: str) -> list[str]:
    """Return `name==version` for each lower bound of a pyproject.toml; what is pinned needs no constraint.

    Raises ValueError for a dependency without one: nobody would know how old it may be.
    """
    found = []
    for requirement in tomllib.loads(text)["project"]["dependencies"]:
        match = re.fullmatch(r"([A-Za-z0-9_.-]+)(>=|==)([0-9.]+)(\.\*)?(?:; .*)?", requirement)
        if match is None:
            raise ValueError(f"{requirement!r} declares no oldest version")
        name, relation, version, series = match.groups()
        if relation == ">=" or series:
            found.append(f"{name}=={version}")
    return found


if __name__ == "__main__":
    sys.stdout.write("\n".join(oldest_versions(PYPROJECT.read_text(encoding="utf-8"))) + "\n")
