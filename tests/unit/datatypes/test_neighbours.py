"""Who is bound to whom, read from a mapped SMILES alone: as RDKit has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qmnmr.datatypes.molecule import neighbours
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.structures import read_molecules

CUBANE = "C12C3C4C1C5C2C3C45"
CAGES = "C1CC2CCC1CC2"
MANY_RINGS = "C%10%11CC%12CC%10C%13C%11CC%12C%13"
SMILES = [
    *("C", "[H][H]", "O", "CCO", "C[C@H](O)CC", "F/C=C\\F", "c1ccccc1", "c1ccc2[nH]ccc2c1", "CC(=O)[O-]"),
    *("C[N+](C)(C)C", "C#N", "C[Si](C)(C)C", "OP(O)(O)=O", "CS(C)(=O)=O", "CC=[C@]=CC", CUBANE, CAGES, MANY_RINGS),
    *("O=C1C[C@@H]2CC[C@H]1C2", "C1CC1(C2CC2)C3CC3", "CC(C)(C)C(C(C)(C)C)C(C)(C)C"),
]


@pytest.mark.parametrize("smiles", SMILES)
def test_neighbours_are_those_that_rdkit_finds(smiles):
    (molecule,) = read_molecules([smiles])
    wanted = tuple(tuple(sorted(n.GetIdx() for n in atom.GetNeighbors())) for atom in rdkit_mol(molecule).GetAtoms())
    assert neighbours(molecule) == wanted


def test_rings_above_99_have_numbers_in_parentheses():
    (molecule,) = read_molecules(["C1CC1"])
    spelt = replace(molecule, mapped_smiles=molecule.mapped_smiles.replace("1(", "%(101)(").replace("1[", "%(101)["))
    assert neighbours(replace(molecule, mapped_smiles="[C:1]%(101)[C:2][C:3]%(101)"))[:3] == ((1, 2), (0, 2), (0, 1))
    assert neighbours(spelt) == neighbours(molecule)
