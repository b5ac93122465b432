"""Couplings by the contact term beside measured ones: conformers, and the couplings of each.

`python bench/couplings.py run WORK MEASURED.csv [--only WORDS] [--seconds N]` computes what is not stored yet, the
cheapest molecules first; `fit MEASURED.csv` writes the factors to qmnmr/couplings/data/fc.toml, `table MEASURED.csv`
prints what they are worth. MEASURED.csv has a row for each measured coupling (columns: docs/explanation/couplings.md).
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path
from typing import Any

import store
from rdkit import Chem
from rdkit.Chem import AllChem

from qmnmr.datatypes.coupling import CouplingSource
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Conformer
from qmnmr.funnel.chain import Chain
from qmnmr.funnel.run_molecule import _Funnel
from qmnmr.programs.blas_threads import blas_threads
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.predictions import _weighted
from qmnmr.runs.request import RunRequest

STORED = Path(__file__).with_name("couplings.json")
ONE_CONFORMER = frozenset({"androstenedione", "benzo_a_pyrene", "perylene"})
"""Rigid and large: the force field's lowest conformer is the start, and no search."""


class _WithoutShieldings(_Funnel):
    def _shield(self, conformers: tuple[Conformer, ...]) -> tuple[Conformer, ...]:
        return tuple(conformers)


def measured(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table of measured couplings that are usable."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["flag"] in {"ok", "fit", "paired"}]


def compute(title: str, smiles: str, solvent: str, work: Path) -> dict[str, Any]:
    """Return conformers with geometry, population and couplings of all pairs of hydrogens."""
    work.mkdir(parents=True, exist_ok=True)
    request = RunRequest(
        inputs=(str(_structure(title, smiles, work)),),
        solvent=solvent,
        engine="pyscf",
        couplings=CouplingSource.FC,
        conformers="none" if title in ONE_CONFORMER else None,
        out=work / "run",
    )
    plan = plan_run(request)
    (molecule,) = plan.molecules
    folder = RunFolder(work / "run")
    folder.start(plan.settings, plan.molecules)
    with ScratchFolder.create(work) as scratch, blas_threads(1):
        chain = Chain(
            molecule=molecule,
            protocol=plan.settings.protocol,
            budget=CoreBudget(Resources(cores=1, memory_mb=2500)),
            workplace=Workplace(engine=plan.engine, scratch=scratch, programs=Programs(scratch)),
            store=folder.molecule_folder(molecule),
            report=lambda _: None,
        )
        outcome = _WithoutShieldings(chain).run()
    if outcome.ensemble is None or outcome.failures:
        raise SystemExit(f"{title}: {outcome.failures}")
    weighted = _weighted(outcome.ensemble, plan.settings.protocol)
    (step,) = plan.settings.protocol.coupling_steps(molecule.symbols)
    conformers = [
        {
            "population": round(weight.population, 6),
            "coordinates_angstrom": [[round(x, 6) for x in xyz] for xyz in conformer.geometry.coordinates_angstrom],
            "couplings_hz": [
                [*pair.atom_indices, round(pair.coupling_hz, 4)]
                for pair in outcome.results[conformer.label][step.name].couplings
            ],
            "cpu_seconds": outcome.results[conformer.label][step.name].cpu_seconds,
        }
        for conformer, weight in zip(outcome.ensemble.conformers, weighted, strict=True)
    ]
    return {
        "smiles": smiles,
        "mapped_smiles": molecule.mapped_smiles,
        "solvent": solvent,
        "level": str(step.level),
        "date": time.strftime("%Y-%m-%d"),
        "conformers": conformers,
    }


def _structure(title: str, smiles: str, work: Path) -> Path:
    """Return a file with the molecule: its SMILES, or the force field's lowest conformer."""
    if title not in ONE_CONFORMER:
        path = work / f"{title}.smi"
        path.write_text(f"{smiles} {title}\n", encoding="utf-8")
        return path
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMultipleConfs(mol, 30, randomSeed=7)
    energies = AllChem.MMFFOptimizeMoleculeConfs(mol, maxIters=2000)
    path = work / f"{title}.sdf"
    mol.SetProp("_Name", title)
    with Chem.SDWriter(str(path)) as writer:
        writer.write(mol, confId=min(range(len(energies)), key=lambda k: energies[k][1]))
    return path


def run(path: Path, work: Path, only: str, seconds: float) -> None:
    """Compute what is not stored yet."""
    began = time.monotonic()
    molecules = {row["set_id"]: row for row in measured(path)}
    for title in sorted(molecules, key=lambda t: Chem.MolFromSmiles(molecules[t]["smiles"]).GetNumAtoms()):
        stored = store.load(STORED)
        if title in stored or (only and not any(word == title for word in only.split("|"))):
            continue
        if time.monotonic() - began > seconds:
            return
        row = molecules[title]
        solvent = "water" if "D2O" in row["solvent"] else "chloroform"
        found = compute(title, row["smiles"], solvent, work / title)
        store.save(STORED, store.load(STORED) | {title: found})
        print(title, [round(c["cpu_seconds"], 1) for c in found["conformers"]], flush=True)


def main() -> None:
    """Obey the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run")
    running.add_argument("work", type=Path)
    running.add_argument("measured", type=Path)
    running.add_argument("--only", default="")
    running.add_argument("--seconds", type=float, default=1e9)
    asked = parser.parse_args()
    run(asked.measured, asked.work, asked.only, asked.seconds)


if __name__ == "__main__":
    main()
