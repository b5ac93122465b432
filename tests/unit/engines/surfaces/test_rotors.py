"""Barriers of rotors on real structures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qmnmr.engines.surfaces.internal_coordinates import Array, internal_coordinates
from qmnmr.engines.surfaces.rotors import RotorDifference, RotorTerms, rotor_barriers
from qmnmr.units import BOHR_ANGSTROM

ROTORS = (
    RotorDifference(axis="C3", beside="O1", barrier=0.002),
    RotorDifference(axis="C3", beside="=C3", barrier=0.003),
    RotorDifference(axis="C3", beside="C3", barrier=0.0007),
    RotorDifference(axis="C3", beside="O2", barrier=-0.0005),
    RotorDifference(axis="C4", beside="H1", barrier=-0.001),
    RotorDifference(axis="C4", beside="C4", barrier=-0.001),
)


def structure(smiles: str) -> tuple[list[str], Array, Any]:
    """Return elements, positions in bohr and RDKit's molecule of the force field's minimum."""
    from rdkit import Chem
    from rdkit.Chem import AllChem

    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(mol, randomSeed=7)
    AllChem.MMFFOptimizeMolecule(mol, maxIters=2000)
    return [a.GetSymbol() for a in mol.GetAtoms()], mol.GetConformer().GetPositions() / BOHR_ANGSTROM, mol


def turned(mol: Any, positions: Array, degrees: float) -> Array:
    """Return positions with the first carbon's hydrogen atoms turned about its bond to the second atom."""
    hydrogens = [n.GetIdx() for n in mol.GetAtomWithIdx(0).GetNeighbors() if n.GetSymbol() == "H"]
    axis = positions[0] - positions[1]
    axis /= np.linalg.norm(axis)
    out, angle = positions.copy(), np.radians(degrees)
    for hydrogen in hydrogens:
        arm = positions[hydrogen] - positions[1]
        across = np.cos(angle) * arm + np.sin(angle) * np.cross(axis, arm)
        out[hydrogen] = positions[1] + across + (1 - np.cos(angle)) * (axis @ arm) * axis
    return out


@pytest.mark.parametrize(
    ("smiles", "barrier"),
    [
        ("CC=O", 0.002),
        ("CC(=O)OC", 0.002 + 0.0005),
        ("CC=C", 0.003),
        ("Cc1ccccc1", 0.0),
        ("CC(=O)C", 0.002),
        ("CCC", 0.5 * 3 * 0.001 + 0.5 * 3 * 0.001),
        ("CO", 0.0),
    ],
)
def test_a_methyl_group_that_turns_meets_the_barrier_of_its_axis(smiles: str, barrier: float) -> None:
    symbols, positions, mol = structure(smiles)
    surface = RotorTerms(symbols, origin=positions, differences=ROTORS)
    energies = [surface(turned(mol, positions, degrees))[0] for degrees in range(0, 120, 5)]
    assert max(energies) - min(energies) == pytest.approx(barrier, rel=0.1, abs=1.5e-4)


def test_its_gradient_is_the_derivative_of_its_energy() -> None:
    symbols, positions, mol = structure("CC(=O)OC")
    surface = RotorTerms(symbols, origin=positions, differences=ROTORS)
    there, step = turned(mol, positions, 17.0), 1e-4
    slope = surface(there)[1]
    assert np.abs(slope).max() > 1e-4
    for atom, direction in ((0, 0), (1, 2), (mol.GetNumAtoms() - 1, 1), (4, 0)):
        ends = []
        for sign in (1, -1):
            moved = there.copy()
            moved[atom, direction] += sign * step
            ends.append(surface(moved)[0])
        assert slope[atom, direction] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)


def test_unknown_kinds_have_none() -> None:
    symbols, positions, _ = structure("CS(=O)(=O)C")
    coordinates = internal_coordinates(symbols, positions)
    assert not rotor_barriers(symbols, coordinates, positions, ROTORS).any()


def test_terms_belong_to_structures_of_the_same_kinds() -> None:
    symbols, positions, mol = structure("CC(=O)OC")
    terms = RotorTerms(symbols, origin=positions, differences=ROTORS)
    assert terms.belong_to(turned(mol, positions, 60.0))
    broken = positions.copy()
    broken[4] += 3.0
    assert not terms.belong_to(broken)
