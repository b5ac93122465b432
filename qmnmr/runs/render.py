"""The inputs of a run as files, with nothing run."""

from __future__ import annotations

from pathlib import Path

from qmnmr.datatypes.calculation import Calculation
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import BY_XTB
from qmnmr.engines.dispersion import without_dispersion
from qmnmr.engines.facts import Allotment
from qmnmr.errors import InputError
from qmnmr.funnel.searching.search import search_conformers
from qmnmr.runs.plan import RunPlan


def render_run(plan: RunPlan, folder: Path, *, memory_mb_per_rank: int) -> tuple[Path, ...]:
    """Write every input of a plan to folder/<molecule id>/<label>/ and return the paths.

    Raises InputError if the folder exists and is not empty, and where geometries are those of GFN2-xTB.
    """
    if plan.settings.protocol.geometry == BY_XTB:
        raise InputError(
            "inputs on geometries of GFN2-xTB can't be written without running it",
            hint="`qmnmr conformers --out FILE.xyz` has them; render that with --geometry keep",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not an empty folder", hint="name another one with --out")
    return tuple(
        path
        for molecule in plan.molecules
        for calculation in _calculations(molecule, plan)
        for path in _write(calculation, folder / molecule.id / calculation.label, plan, memory_mb_per_rank)
    )


def _calculations(molecule: Molecule, plan: RunPlan) -> list[Calculation]:
    protocol = plan.settings.protocol
    # xTB and CREST, which rank and search conformers in a run, are programs too: here RDKit's search and order count.
    conformers = search_conformers(molecule, protocol).conformers[: protocol.ranking.max_conformers]
    steps = [
        step
        for step in protocol.steps(molecule.symbols)
        if step.is_for_all and (len(conformers) > 1 or not step.is_comparison)
    ]
    return [step.of(conformer, molecule) for conformer in conformers for step in steps]


def _write(calculation: Calculation, folder: Path, plan: RunPlan, memory_mb_per_rank: int) -> list[Path]:
    folder.mkdir(parents=True)
    paths = []
    allotment = Allotment(cores=1, memory_mb=memory_mb_per_rank)
    for name, text in plan.engine.input_files(without_dispersion(calculation), allotment).items():
        (folder / name).write_text(text, encoding="utf-8")
        paths.append(folder / name)
    return paths
