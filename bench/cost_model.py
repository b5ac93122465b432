"""The cost model: how far predicted CPU times are from those of real runs, and the fit that its coefficients are from.

    python bench/cost_model.py        the coefficients that least squares give now, and the scatter

The runs: calculations of this project on one core of one machine (2 cores of an AMD EPYC, crowded), NWChem 7.0.2 of
2026-11-21, PySCF 2.14.0 of 2026-11-30: calibrations of `draft` and `standard` on DELTA50 (bench/cost_runs.json), and
bench/agreement, whose larger molecules are of 2026-11-22. `make bench` reports the scatter of the shipped coefficients
and runs nothing.
"""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qmnmr.cost import cost_model
from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import LevelOfTheory

HERE = Path(__file__).parent
START_SECONDS = {
    "nwchem": {"shielding": 0.8, "optimization": 0.0},
    "pyscf": {"shielding": 0.6, "gradient": 0.6, "energy": 0.6},
}
SHARE = 0.9
GOALS = {"shielding": 2.0, "optimization": 3.0, "step": 1.5, "gradient": 1.5, "energy": 1.5}
_ATOMS = re.compile(r"([A-Z][a-z]?)(\d*)")


@dataclass(frozen=True)
class Run:
    """One finished calculation."""

    engine: str
    kind: CalculationKind
    symbols: tuple[str, ...]
    level: LevelOfTheory
    steps: int | None
    cpu_seconds: float

    @property
    def functions(self) -> int:
        return cost_model.basis_functions(self.symbols, self.level)


def runs() -> list[Run]:
    """Return all stored runs."""
    found = []
    for program, task, _, formula, level, medium, steps, seconds in _load("cost_runs.json")["runs"]:
        symbols = [s for s, n in _ATOMS.findall(formula) for _ in range(int(n or 1))]
        found.append(_run([program.split()[0], task, symbols, level, medium, steps, seconds]))
    geometries = _load("agreement/geometries.json") | _load("agreement/larger.json")
    for engine in ("nwchem", "pyscf"):
        for title, row in _load(f"agreement/{engine}.json").items():
            name, level, medium = title.rsplit(" ", 2)
            found.append(
                _run([engine, "shielding", _symbols(geometries, name), level, medium, None, row["cpu_seconds"]])
            )
    for title, row in _load("agreement/larger_runs.json").items():
        engine, _, rest = title.partition(" ")
        name, _, level = rest.rpartition(" ")
        found.append(_run([engine, "shielding", _symbols(geometries, name), level, "gas", None, row["cpu_seconds"]]))
    return found


def _load(name: str) -> dict[str, Any]:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def _symbols(geometries: dict[str, Any], name: str) -> list[str]:
    return [row[0] for row in geometries[name]]


def _run(row: list[Any]) -> Run:
    engine, task, symbols, level, medium, steps, seconds = row
    functional, _, basis = level.partition("/")
    return Run(
        engine=engine,
        kind=CalculationKind(task),
        symbols=tuple(symbols),
        level=LevelOfTheory(functional=functional, basis=basis, spherical=True, solvent=find_solvent(medium)),
        steps=steps,
        cpu_seconds=seconds,
    )


def fit(chosen: list[Run], *, start: float, per_step: bool) -> dict[str, float]:
    """Return coefficient, power and factors that fit best in the logarithm."""
    functionals = sorted({r.level.functional for r in chosen} - {"b3lyp"})
    names = ["coefficient", "power", "continuum", *functionals]
    rows = [
        [1.0, math.log(r.functions), r.level.solvent is not None, *(r.level.functional == f for f in functionals)]
        for r in chosen
    ]
    seconds = [max(r.cpu_seconds - start, 0.3) / ((r.steps or 1) if per_step else 1) for r in chosen]
    matrix = np.array(rows, dtype=float)
    used = [i for i in range(len(names)) if i == 0 or np.ptp(matrix[:, i]) > 0]
    solution = np.linalg.lstsq(matrix[:, used], np.log(seconds), rcond=None)[0]
    return {names[i]: float(v if names[i] == "power" else math.exp(v)) for i, v in zip(used, solution, strict=True)}


def scatter(chosen: list[Run], *, per_step: bool = False) -> tuple[float, float]:
    """Return the factor within which 90 % of the runs lie of what is predicted, and the largest one."""
    ratios = []
    for r in chosen:
        predicted = cost_model.cpu_seconds(r.symbols, r.level, kind=r.kind, engine=r.engine)
        if per_step and r.steps:
            predicted *= r.steps / cost_model.optimization_steps(len(r.symbols), engine=r.engine)
        ratios.append(abs(math.log(r.cpu_seconds / predicted)))
    return math.exp(float(np.quantile(ratios, SHARE))), math.exp(max(ratios))


def _groups() -> list[tuple[str, str, list[Run]]]:
    everything = runs()
    return [
        (engine, kind.value, [r for r in everything if r.engine == engine and r.kind is kind])
        for engine, starts in START_SECONDS.items()
        for kind in map(CalculationKind, starts)
    ]


def measures() -> list[dict[str, Any]]:
    """Return the scatter of the shipped coefficients."""
    found = []
    for engine, kind, chosen in _groups():
        for what in (kind, "step") if kind == "optimization" else (kind,):
            typical, largest = scatter(chosen, per_step=what == "step")
            found.append(
                {
                    "name": f"cost model, {engine}, {what}: 90 % of runs within a factor of",
                    "value": round(typical, 2),
                    "goal": GOALS[what],
                    "better": "lower",
                    "against": f"{len(chosen)} stored runs, {_range(chosen)} functions, largest factor {largest:.2f}",
                }
            )
    return found


def _range(chosen: list[Run]) -> str:
    functions = sorted(r.functions for r in chosen)
    return f"{functions[0]} to {functions[-1]}"


def main() -> None:
    """Print the fit."""
    for engine, kind, chosen in _groups():
        is_steps = kind == "optimization"
        numbers = fit(chosen, start=START_SECONDS[engine][kind], per_step=is_steps)
        words = ", ".join(f"{k} {v:.4g}" for k, v in numbers.items())
        sys.stdout.write(f"{engine} {kind}{' (one step)' if is_steps else ''}, {len(chosen)} runs: {words}\n")
        if is_steps:
            pairs = [(math.log(len(r.symbols)), math.log(r.steps)) for r in chosen if r.steps]
            power, constant = np.polyfit([x for x, _ in pairs], [y for _, y in pairs], 1)
            sys.stdout.write(f"  steps: {math.exp(constant):.3g} * atoms^{power:.3g}\n")
    for m in measures():
        sys.stdout.write(f"{m['name']} {m['value']} ({m['against']})\n")


if __name__ == "__main__":
    main()
