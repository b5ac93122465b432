"""Conformational equilibria from SMILES by the chain: with and without vibrations, at the weights' and the old level.

    python bench/conformer_equilibria.py run WORK [--only NAME] [--seconds N]    what is not stored yet
    python bench/conformer_equilibria.py table                                   as Markdown, for the documents

A values are the free energies of an axial substituent above an equatorial one, as commonly tabulated; of a range its
middle. Rotamers are enthalpies in the gas phase, or in liquid xenon: beside them stands the difference of the lowest
conformers of each kind, with vibrations that of their free energies. Each molecule goes through search,
ranking, few gradients and weights of `standard`, with a window of 6 kcal/mol and every conformer; shieldings are left
at Hartree-Fock/STO-3G, since nobody asks for them. Conformers are told apart by one torsion of the lowest kind.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from store import load, serve

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Conformer, Molecule
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol, with_coordinates
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.funnel.run_molecule import MoleculeOutcome, run_molecule
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import molecules_from_smiles
from qmnmr.units import BOLTZMANN_HARTREE_PER_KELVIN, HARTREE_KCAL_PER_MOL

STORE = Path(__file__).parent / "conformer_equilibria.json"
TEMPERATURE = 298.15
CYCLOHEXYL = "[!#1:1][CX4;R:2]1[CH2:3][CH2:4][CH2][CH2][CH2]1"
GOAL = 0.3  # kcal/mol, root mean square


@dataclass(frozen=True, slots=True, kw_only=True)
class Equilibrium:
    """Conformers with a small torsion against those with a large one: the first above the second, kcal/mol."""

    smiles: str
    measured: float
    torsion: str = CYCLOHEXYL  # a SMARTS with atoms 1 to 4
    boundary: float = 120.0  # degrees
    is_enthalpy: bool = (
        False  # of the lowest conformer of each kind, in the gas phase; else a free energy, in chloroform
    )


def rotamers(smiles: str, measured: float, torsion: str, *, boundary: float = 120.0) -> Equilibrium:
    return Equilibrium(smiles=smiles, measured=measured, torsion=torsion, boundary=boundary, is_enthalpy=True)


EQUILIBRIA = {
    "CH3": Equilibrium(smiles="CC1CCCCC1", measured=1.74),
    "C2H5": Equilibrium(smiles="CCC1CCCCC1", measured=1.79),
    "i-C3H7": Equilibrium(smiles="CC(C)C1CCCCC1", measured=2.2),
    "vinyl": Equilibrium(smiles="C=CC1CCCCC1", measured=1.6),
    "ethynyl": Equilibrium(smiles="C#CC1CCCCC1", measured=0.45),
    "C6H5": Equilibrium(smiles="c1ccccc1C1CCCCC1", measured=2.8),
    "CN": Equilibrium(smiles="N#CC1CCCCC1", measured=0.2),
    "F": Equilibrium(smiles="FC1CCCCC1", measured=0.3),
    "Cl": Equilibrium(smiles="ClC1CCCCC1", measured=0.55),
    "Br": Equilibrium(smiles="BrC1CCCCC1", measured=0.6),
    "OH": Equilibrium(smiles="OC1CCCCC1", measured=0.55),
    "OCH3": Equilibrium(smiles="COC1CCCCC1", measured=0.68),
    "NO2": Equilibrium(smiles="[O-][N+](=O)C1CCCCC1", measured=1.1),
    "CO2CH3": Equilibrium(smiles="COC(=O)C1CCCCC1", measured=1.25),
    # W. A. Herrebout et al., J. Phys. Chem. 1995, 99, 578: 669(96) cal/mol; R. M. Balabin, J. Phys. Chem. A 2009, 113,
    # 1012: 660(22), and 618(6) for trans-gauche pentane
    "butane, gauche": rotamers("CCCC", 0.66, "[CH3:1][CH2:2][CH2:3][CH3:4]"),
    "pentane, trans-gauche": rotamers("CCCCC", 0.62, "[CH3:1][CH2:2][CH2:3][CH2:4]"),
    # in liquid xenon, 370(21) cm-1; microwave intensities 420(27) cm-1
    "propanal, cis": rotamers("CCC=O", -1.06, "[CH3:1][CH2:2][CH1:3]=[O:4]", boundary=60.0),
    # K. Tanabe, Spectrochim. Acta A 1972, 28, 407, infrared of the gas, as commonly cited
    "1,2-dichloroethane, gauche": rotamers("ClCCCl", 1.20, "[Cl:1][CH2:2][CH2:3][Cl:4]"),
    # Fluorinated ethanes XII: 1160(100) cal/mol in the gas
    "1,1,2,2-tetrafluoroethane, gauche": rotamers("FC(F)C(F)F", 1.16, "[#1:1][CX4:2][CX4:3][#1:4]"),
}
WAYS = ("weights", "weights, with vibrations", "optimisation's level", "optimisation's level, with vibrations")


def compute(name: str, folder: Path) -> dict:
    (molecule,) = molecules_from_smiles([(name, EQUILIBRIA[name].smiles)], source="bench")
    return computed(molecule, EQUILIBRIA[name], folder)


def computed(molecule: Molecule, equilibrium: Equilibrium, folder: Path) -> dict:
    """Return the free energies in kcal/mol of the first kind above the second, by way, and the conformers' number."""
    solvent = None if equilibrium.is_enthalpy else CHLOROFORM
    recipe = get_protocol("standard", solvent=solvent, free_energies=True)
    wide = replace(recipe.ranking, energy_window_kcal_per_mol=6.0, population=1.0, budget_cpu_hours=None)
    cheap = LevelOfTheory(functional="hf", basis="sto-3g", spherical=True, solvent=None)
    protocol = replace(
        recipe,
        ranking=wide,
        screening=None,
        energy_window_kcal_per_mol=6.0,
        shielded_population=1.0,
        shieldings=(("*", cheap),),
    )
    folder.mkdir(parents=True, exist_ok=True)
    with ScratchFolder.create(folder) as scratch:
        outcome = run_molecule(
            molecule,
            protocol,
            budget=CoreBudget(Resources(cores=1, memory_mb=4000)),
            workplace=Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch)),
            store=MoleculeFolder(folder),
            report=lambda _: None,
        )
    if outcome.ensemble is None or outcome.failures:
        raise SystemExit(f"{molecule.name}: {outcome.failures}")
    conformers = outcome.ensemble.conformers
    is_first = [torsion(molecule, c, equilibrium.torsion) < equilibrium.boundary for c in conformers]
    compare = lowest_difference if equilibrium.is_enthalpy else difference
    found: dict[str, float | None] = dict.fromkeys(WAYS)  # where one kind is no minimum on the search's surface
    if len(set(is_first)) == 2:
        for way, energies in zip(WAYS, energies_by_way(outcome), strict=True):
            found[way] = round(compare(conformers, is_first, energies), 3)
    return {**found, "conformers": len(conformers), "date": f"{datetime.now(UTC):%Y-%m-%d}"}


def energies_by_way(outcome: MoleculeOutcome) -> list[list[float]]:
    """Return the energies in hartree of each way, in the order of the conformers."""
    conformers = () if outcome.ensemble is None else outcome.ensemble.conformers
    weights = [c.energy_hartree or 0.0 for c in conformers]
    vibrations = [c.free_energy_correction_hartree or 0.0 for c in conformers]
    optimized = [outcome.results[c.label]["optimization"].energy_hartree for c in conformers]
    return [
        weights,
        [e + v for e, v in zip(weights, vibrations, strict=True)],
        optimized,
        [e + v for e, v in zip(optimized, vibrations, strict=True)],
    ]


def torsion(molecule: Molecule, conformer: Conformer, smarts: str) -> float:
    """Return the size of the torsion in degrees, of several fits the smallest."""
    from rdkit import Chem
    from rdkit.Chem import rdMolTransforms

    mol = rdkit_mol(molecule)
    query = Chem.MolFromSmarts(smarts)
    places = {atom.GetAtomMapNum(): atom.GetIdx() for atom in query.GetAtoms() if atom.GetAtomMapNum()}
    positions = with_coordinates(mol, coordinates_of(conformer.geometry)).GetConformer()
    return min(
        abs(rdMolTransforms.GetDihedralDeg(positions, *(fit[places[number]] for number in (1, 2, 3, 4))))
        for fit in mol.GetSubstructMatches(query)
    )


def difference(conformers: tuple[Conformer, ...], is_first: list[bool], energies: list[float]) -> float:
    """Return the free energy of the first kind above that of the second, kcal/mol."""
    kt = BOLTZMANN_HARTREE_PER_KELVIN * HARTREE_KCAL_PER_MOL * TEMPERATURE
    above = (np.array(energies) - min(energies)) * HARTREE_KCAL_PER_MOL
    terms = np.array([c.degeneracy for c in conformers]) * np.exp(-above / kt)
    first = np.array(is_first)
    return float(-kt * math.log(terms[first].sum() / terms[~first].sum()))


def lowest_difference(conformers: tuple[Conformer, ...], is_first: list[bool], energies: list[float]) -> float:
    """Return by how much the lowest of the first kind lies above the lowest of the second, kcal/mol."""
    kinds = list(zip(is_first, energies, strict=True))
    assert len(conformers) == len(kinds)
    first, second = (min(e for is_one, e in kinds if is_one is kind) for kind in (True, False))
    return (first - second) * HARTREE_KCAL_PER_MOL


def table() -> str:
    """Return the stored equilibria as Markdown, with the root mean square errors."""
    rows = load(STORE)
    lines = ["| | measured | " + " | ".join(WAYS) + " |", "|---|---|" + "---|" * len(WAYS)]
    known = [name for name in EQUILIBRIA if name in rows]
    for name in known:
        values = " | ".join("none" if rows[name][way] is None else f"{rows[name][way]:.2f}" for way in WAYS)
        lines.append(f"| {name} | {EQUILIBRIA[name].measured:.2f} | {values} |")
    if known:
        lines.append("| root mean square error | | " + " | ".join(f"{error(way):.2f}" for way in WAYS) + " |")
    return "\n".join(lines)


def error(way: str) -> float:
    """Return the root mean square error of a way over the stored equilibria of which both kinds are found, kcal/mol."""
    found = ((row[way], EQUILIBRIA[name].measured) for name, row in load(STORE).items())
    return math.sqrt(statistics.fmean((value - measured) ** 2 for value, measured in found if value is not None))


def measures() -> list[dict]:
    """Return the errors of the stored equilibria."""
    rows = load(STORE)
    lost = [name for name in EQUILIBRIA if name in rows and rows[name][WAYS[0]] is None]
    without = f"; not found, since GFN2-xTB has no such minimum: {', '.join(lost)}" if lost else ""
    return [
        {
            "name": f"{len(rows) - len(lost)} conformational equilibria, {way}: root mean square error in kcal/mol",
            "value": round(error(way), 2),
            "goal": GOAL if way.startswith("weights") else None,
            "better": "lower",
            "against": f"measured free energies{without}",
        }
        for way in (WAYS if rows else ())
    ]


if __name__ == "__main__":
    serve(__doc__, STORE, titles=list(EQUILIBRIA), compute=compute, table=table)
