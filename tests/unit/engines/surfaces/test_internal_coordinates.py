from __future__ import annotations

import numpy as np
import pytest

from qmnmr.engines.surfaces.internal_coordinates import internal_coordinates
from qmnmr.units import BOHR_ANGSTROM

pytest.importorskip("rdkit")

SMILES = (
    "CC(=O)NC",
    "CC#CCC#N",
    "O=CC=C1CCC1",
    "Oc1ccccc1",
    "C",
    "O=C=O",
    "[H][H]",
    "C=C=C",
    "CS(=O)(=O)C",
    "CC#CC=C=CC#N",
)


def embedded(smiles: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return symbols and positions in bohr of RDKit's geometry."""
    from rdkit import Chem
    from rdkit.Chem import rdDistGeom

    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    rdDistGeom.EmbedMolecule(mol, randomSeed=7)
    return tuple(atom.GetSymbol() for atom in mol.GetAtoms()), mol.GetConformer().GetPositions() / BOHR_ANGSTROM


@pytest.mark.parametrize("smiles", SMILES)
def test_the_b_matrix_is_the_derivative_of_the_values(smiles: str) -> None:
    symbols, positions = embedded(smiles)
    coordinates = internal_coordinates(symbols, positions)
    step = 1e-5
    numeric = np.empty((len(coordinates), positions.size))
    for place in range(positions.size):
        moved = np.zeros(positions.size)
        moved[place] = step
        later, earlier = (coordinates.values(positions + sign * moved.reshape(-1, 3)) for sign in (1, -1))
        numeric[:, place] = coordinates.difference(later, earlier) / (2 * step)
    assert coordinates.matrix(positions) == pytest.approx(numeric, abs=1e-7)


@pytest.mark.parametrize("smiles", SMILES)
def test_they_span_every_motion_but_those_of_the_whole(smiles: str) -> None:
    symbols, positions = embedded(smiles)
    rank = np.linalg.matrix_rank(internal_coordinates(symbols, positions).matrix(positions), tol=1e-4)
    whole = {"[H][H]": 5, "O=C=O": 5}.get(smiles, 6)
    assert rank >= positions.size - whole


def test_parts_without_a_bond_between_them_are_joined() -> None:
    symbols, positions = embedded("O")
    coordinates = internal_coordinates(symbols * 2, np.concatenate([positions, positions + np.array([0.0, 0.0, 5.5])]))
    assert len(coordinates.bonds) == 5


def test_a_torsion_that_passes_the_seam_changes_by_little() -> None:
    symbols, positions = embedded("CCCC")
    coordinates = internal_coordinates(symbols, positions)
    later, earlier = (np.zeros(len(coordinates)) for _ in range(2))
    later[-1], earlier[-1] = -3.1, 3.1
    assert coordinates.difference(later, earlier)[-1] == pytest.approx(2 * np.pi - 6.2)
