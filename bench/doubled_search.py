"""Whether the conformer search is complete: shieldings with twice as many embeddings from another seed.

    python bench/doubled_search.py run MOLECULE [--work FOLDER]      what is not stored yet; FOLDER keeps calculations

Search and GFN2-xTB ranking as the protocol `draft` has them; then B3LYP/6-31G* shieldings (embedded engine, COSMO) at
xTB's geometries, averaged with xTB's weights over the conformers that hold 98 % of the population. DFT's geometries
and weights would be the same function of the same conformers: what this asks is whether conformers were missed. Stored
in bench/doubled_search.json; `make bench` reports from there and runs nothing.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from store import load, save

from qmnmr.conformers import rdkit_search
from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.datatypes.calculation import CalculationResult
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Ensemble
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.engines import get_engine
from qmnmr.funnel.ranking import rank
from qmnmr.funnel.searching.search import search_conformers
from qmnmr.funnel.selection import energy_of, most_populated
from qmnmr.funnel.side_by_side import run_calculations
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.shifts.averaging import average_shieldings
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.structures import read_molecules

STORE = Path(__file__).parent / "doubled_search.json"
MOLECULES = {
    "1,2-dichloroethane": "ClCCCl",
    "alanine methyl ester": "COC(=O)[C@H](C)N",
    "n-hexane": "CCCCCC",
    "menthol": "C[C@@H]1CC[C@H]([C@@H](C1)O)C(C)C",
}
LIMITS_PPM = {"H": 0.05, "C": 0.5}


def run(name: str, work: Path) -> dict[str, Any]:
    """Return the averaged shieldings of both searches."""
    row: dict[str, Any] = {"date": datetime.now(UTC).date().isoformat()}
    for factor in (1, 2):
        protocol = get_protocol("draft", solvent=CHLOROFORM)
        settings = protocol.search
        settings = replace(
            settings,
            random_seed=settings.random_seed + factor - 1,
            max_embeddings=factor * settings.max_embeddings,
        )
        wider = replace(protocol, search=settings)
        with patch.object(rdkit_search, "_STARTS_PER_MINIMUM", factor * 10):
            row[f"x{factor}"] = _shielded(name, wider, work / f"{name.replace(' ', '-')}-{factor}")
    return row


def _shielded(name: str, protocol: Protocol, folder: Path) -> dict[str, Any]:
    (molecule,) = read_molecules([MOLECULES[name]])
    budget = CoreBudget(Resources(cores=1, memory_mb=2000))
    store = MoleculeFolder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with ScratchFolder.create(folder) as scratch:
        workplace = Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch))

        def calculate(calculations, engine):
            return run_calculations(
                calculations,
                engine,
                workplace=workplace,
                store=store,
                budget=budget,
                tell=lambda *_: None,
            )

        found = search_conformers(molecule, protocol)
        ranked = rank(found, protocol, run=calculate, has_program=workplace.has_program).conformers
        kept = most_populated(
            ranked, share=protocol.shielded_population, temperature_kelvin=protocol.temperature_kelvin
        ).conformers
        outcomes = calculate(
            [step.of(c, molecule) for c in kept for step in protocol.shielding_steps(molecule.symbols)],
            workplace.engine,
        )
    results = [o for o in outcomes if isinstance(o, CalculationResult)]
    if len(results) < len(outcomes):
        raise RuntimeError(f"{name}: a shielding failed")
    populations = boltzmann_populations(
        [energy_of(c) for c in kept],
        degeneracies=[c.degeneracy for c in kept],
        temperature_kelvin=protocol.temperature_kelvin,
    )
    sets = equivalent_sets(molecule, Ensemble(molecule=molecule, conformers=kept))
    averaged = average_shieldings(
        [[s.isotropic_ppm for s in r.shieldings] for r in results],
        populations=populations,
        sets=sets,
        symbols=molecule.symbols,
    )
    return {
        "embeddings": found.starts,
        "searched": len(found.conformers),
        "ranked": len(ranked),
        "shielded": len(kept),
        "cpu_seconds": round(sum(r.cpu_seconds for r in results), 1),
        "shieldings_ppm": [[a.element, [i + 1 for i in a.atom_indices], round(a.shielding_ppm, 4)] for a in averaged],
    }


def differences(row: dict[str, Any]) -> dict[str, float]:
    """Return by element how far the two searches' shieldings are apart at most."""
    largest: dict[str, float] = {}
    for (element, _, one), (_, _, two) in zip(row["x1"]["shieldings_ppm"], row["x2"]["shieldings_ppm"], strict=True):
        largest[element] = max(largest.get(element, 0.0), abs(one - two))
    return largest


def measures() -> list[dict[str, Any]]:
    """Return how far the doubled search moves shieldings."""
    return [
        {
            "name": f"doubled search, {name}: largest change {element} ppm",
            "value": round(differences(row).get(element, 0.0), 4),
            "goal": limit,
            "better": "lower",
            "against": f"half the embeddings; ranked {row['x1']['ranked']} and {row['x2']['ranked']}, {row['date']}",
        }
        for name, row in load(STORE).items()
        for element, limit in LIMITS_PPM.items()
    ]


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    runner = parser.add_subparsers(dest="command", required=True).add_parser("run")
    runner.add_argument("molecule", choices=MOLECULES)
    runner.add_argument("--work", type=Path, default=None)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        row = run(arguments.molecule, arguments.work or Path(folder))
    stored = load(STORE) | {arguments.molecule: row}
    save(STORE, stored)
    sys.stdout.write(f"{arguments.molecule}: {differences(row)}\n")


if __name__ == "__main__":
    main()
