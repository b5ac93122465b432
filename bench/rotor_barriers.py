"""Methyl groups turned by 30 and 60 degrees: B3LYP/6-31G* beside GFN2-xTB, whose barriers the refinement corrects.

    python bench/rotor_barriers.py run       rotors that are not stored yet (half a CPU minute each)
    python bench/rotor_barriers.py table     all stored ones, as Markdown

The rest of the molecule stays at GFN2-xTB's minimum, in chloroform. The constants of qmnmr/engines/xtb/rotors.py are
differences at 60 degrees, made up of those to each neighbour of the axis by hand (docs/decisions/0015).
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdMolTransforms
from store import load, save

from qmnmr.conformers.rdkit_search import search
from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol, with_coordinates
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import gfn2_xtb
from qmnmr.engines import get_engine
from qmnmr.engines.surfaces.minimization import minimize
from qmnmr.engines.xtb.embedded import rounded_geometry
from qmnmr.engines.xtb.library import Gfn2Surface
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules
from qmnmr.units import HARTREE_KCAL_PER_MOL

STORE = Path(__file__).parent / "rotor_barriers.json"
ANGLES = (0, 30, 60)
MOLECULES = (
    "COC(C)=O", "COC=O", "CC=O", "CC(C)=O", "CC(=O)NC", "CN(C)C=O", "COc1ccccc1", "COC", "CC=C", "CC(C)=C",
    "Cc1ccccc1", "CN", "COC=C", "CC(N)=O", "CSC", "CC(=O)Cl", "CC(=O)O", "C/C=C/C(C)=O", "CN1C=CN=C1", "CC(C)=NO",
    "C[N+](=O)[O-]", "CCN", "CCC", "CC(F)(F)F", "CP(C)C", "CS(C)(=O)=O", "CN(C)C", "CNC", "CCO", "CCCl",
    "CC1=CC=CC1", "Cc1ccco1", "CSc1ccccc1", "CC(=O)c1ccccc1",
)  # fmt: skip


def main() -> None:
    if sys.argv[1:] == ["table"]:
        print(table())
    elif sys.argv[1:] == ["run"]:
        for smiles in MOLECULES:
            for title, place, molecule, geometry in rotors(smiles):
                rows = load(STORE)
                if title not in rows:
                    rows[title] = measured(molecule, geometry, place)
                    save(STORE, rows)
                    print(title, rows[title], flush=True)
    else:
        raise SystemExit(__doc__)


def rotors(smiles: str) -> Iterator[tuple[str, tuple[int, int, int, int], Molecule, Geometry]]:
    """Yield title, torsion, molecule and geometry of each kind of methyl group: H, C, axis, neighbour of the axis."""
    protocol = get_protocol("standard", solvent=CHLOROFORM)
    (molecule,) = read_molecules([smiles])
    mol = rdkit_mol(molecule)
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
    conformer = search(molecule, protocol.search).conformers[0]
    step = protocol.optimization_step.of(conformer, molecule)
    surface = Gfn2Surface(replace(step, level=gfn2_xtb(CHLOROFORM)), accuracy=0.2)
    geometry = rounded_geometry(surface.symbols, minimize(surface.symbols, surface.positions, surface).positions)
    done = set()
    for atom in mol.GetAtoms():
        near = atom.GetNeighbors()
        hydrogens = [n.GetIdx() for n in near if n.GetSymbol() == "H"]
        if atom.GetSymbol() != "C" or len(hydrogens) != 3 or len(near) != 4 or ranks[atom.GetIdx()] in done:
            continue
        done.add(ranks[atom.GetIdx()])
        (axis,) = (n for n in near if n.GetSymbol() != "H")
        others = [n for n in axis.GetNeighbors() if n.GetIdx() != atom.GetIdx()]
        others.sort(key=lambda n: (n.GetDegree(), -n.GetAtomicNum(), n.GetIdx()))
        kinds = ", ".join(f"{n.GetSymbol()}{n.GetDegree()}" for n in others)
        title = f"{smiles} {atom.GetIdx()}|{axis.GetSymbol()}{axis.GetDegree()}|{kinds}"
        yield title, (hydrogens[0], atom.GetIdx(), axis.GetIdx(), others[0].GetIdx()), molecule, geometry


def measured(molecule: Molecule, geometry: Geometry, place: tuple[int, int, int, int]) -> dict:
    """Return the energies in kcal/mol above that of the eclipsed methyl group, of both methods."""
    protocol = get_protocol("standard", solvent=CHLOROFORM)
    level = protocol.optimization_step.level
    energies = []
    for angle in ANGLES:
        asked = Calculation(
            label=f"turned-{angle}",
            kind=CalculationKind.ENERGY,
            geometry=turned(molecule, geometry, place, angle),
            charge=0,
            multiplicity=1,
            level=level,
        )
        cheap = Gfn2Surface(replace(asked, level=gfn2_xtb(CHLOROFORM)), accuracy=0.2)
        energies.append((dft_energy(asked), cheap(cheap.positions)[0]))
    above = (np.array(energies) - energies[0]) * HARTREE_KCAL_PER_MOL
    return {
        "dft": [round(float(e), 3) for e in above[1:, 0]],
        "xtb": [round(float(e), 3) for e in above[1:, 1]],
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def turned(molecule: Molecule, geometry: Geometry, place: tuple[int, int, int, int], angle: float) -> Geometry:
    """Return the geometry with the methyl group turned so that its first H has this torsion."""
    mol = with_coordinates(rdkit_mol(molecule), coordinates_of(geometry)).GetConformer()
    rdMolTransforms.SetDihedralDeg(mol, *reversed(place), float(angle))
    points = tuple((x, y, z) for x, y, z in np.round(mol.GetPositions(), 8).tolist())
    return replace(geometry, coordinates_angstrom=points)


def dft_energy(asked: Calculation) -> float:
    with tempfile.TemporaryDirectory() as name, ScratchFolder.create(Path(name)) as scratch:
        workplace = Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch))
        store = MoleculeFolder(Path(name) / "store")
        found = run_calculation(asked, workplace=workplace, store=store, cores=1, memory_mb=4000)
    if not isinstance(found, CalculationResult) or found.energy_hartree is None:
        raise SystemExit(str(found))
    return found.energy_hartree


def table() -> str:
    """Return the stored rotors as a Markdown table."""
    lines = [
        "| molecule, methyl C | axis | its neighbours, the first eclipsed | B3LYP at 60° | GFN2-xTB | difference |",
        "|---|---|---|---|---|---|",
    ]
    for title, row in load(STORE).items():
        name, axis, neighbours = title.split("|")
        dft, xtb = row["dft"][-1], row["xtb"][-1]
        lines.append(f"| {name} | {axis} | {neighbours} | {dft:.2f} | {xtb:.2f} | {dft - xtb:+.2f} |")
    return "\n".join(lines)


def measures() -> list[dict]:
    """Return how far GFN2-xTB's barriers are from DFT's, of what is stored."""
    apart = [row["dft"][-1] - row["xtb"][-1] for row in load(STORE).values()]
    if not apart:
        return []
    value = round(math.sqrt(sum(d * d for d in apart) / len(apart)), 2)
    name = f"barriers of {len(apart)} methyl rotors by GFN2-xTB, root mean square error in kcal/mol"
    return [{"name": name, "value": value, "goal": None, "better": "lower", "against": "B3LYP/6-31G*, turned by 60°"}]


if __name__ == "__main__":
    main()
