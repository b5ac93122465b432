"""The steps of an optimisation on disk, so that a stopped one goes on along the very same path."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qmnmr.engines.pyscf.field.fitting import Array

_SAME_BOHR = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One point of the path."""

    positions_bohr: Array  # (n_atoms, 3)
    energy_hartree: float
    gradient: Array  # (n_atoms, 3), hartree/bohr


def read_steps(path: Path) -> list[Step]:
    """Return the complete steps: up to the first line that is cut or damaged, none without a file."""
    steps: list[Step] = []
    if not path.exists():
        return steps
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            fields = json.loads(line)
            positions, gradient = (np.array(fields[name], dtype=float) for name in ("positions_bohr", "gradient"))
            step = Step(positions_bohr=positions, energy_hartree=float(fields["energy_hartree"]), gradient=gradient)
        except (ValueError, KeyError, TypeError):
            break
        if not np.isfinite([*positions.ravel(), *gradient.ravel(), step.energy_hartree]).all():
            break
        steps.append(step)
    return steps


def write_steps(path: Path, steps: list[Step]) -> None:
    """Write the file anew with these steps."""
    path.write_text("".join(_line(step) for step in steps), encoding="utf-8")


def append_step(path: Path, step: Step) -> None:
    """Add a step at the end of the file."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(_line(step))


def is_at(step: Step, positions_bohr: Array) -> bool:
    """Return whether the step is at these positions."""
    if step.positions_bohr.shape != positions_bohr.shape or step.gradient.shape != positions_bohr.shape:
        return False
    return bool(np.abs(step.positions_bohr - positions_bohr).max() < _SAME_BOHR)


def _line(step: Step) -> str:
    # repr of a float is exact: the optimiser gets the very numbers back.
    fields = {
        "positions_bohr": step.positions_bohr.tolist(),
        "energy_hartree": step.energy_hartree,
        "gradient": step.gradient.tolist(),
    }
    return json.dumps(fields) + "\n"
