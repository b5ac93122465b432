"""What kind of place a nucleus has: the classes by which errors of a calibration are told apart."""

from __future__ import annotations

from typing import Any

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol

HEAVY_HALOGENS = ("Cl", "Br", "I")
_EXCHANGING = ("N", "O", "S", "Se", "F", *HEAVY_HALOGENS)


def environments(molecule: Molecule) -> tuple[str, ...]:
    """Return for each atom its class.

    Hydrogens: by their carbon "sp", "sp2" or "sp3", else "X-H". Other atoms: by their own hybridisation, else "".
    """
    classes = []
    for atom in rdkit_mol(molecule).GetAtoms():
        if atom.GetSymbol() != "H":
            classes.append(_hybridisation(atom))
            continue
        near = list(atom.GetNeighbors())
        classes.append(_hybridisation(near[0]) if near and near[0].GetSymbol() == "C" else "X-H")
    return tuple(classes)


def exchangeable_hydrogens(molecule: Molecule) -> frozenset[int]:
    """Return the 0-based indices of hydrogens on N, O, S, Se and halogens."""
    return frozenset(
        atom.GetIdx()
        for atom in rdkit_mol(molecule).GetAtoms()
        if atom.GetSymbol() == "H" and any(n.GetSymbol() in _EXCHANGING for n in atom.GetNeighbors())
    )


def bonded_heavy_halogens(molecule: Molecule) -> dict[int, str]:
    """Return the 0-based indices of atoms that carry Cl, Br or I, each with the heaviest of them."""
    found = {}
    for atom in rdkit_mol(molecule).GetAtoms():
        near = [n.GetSymbol() for n in atom.GetNeighbors() if n.GetSymbol() in HEAVY_HALOGENS]
        if near:
            found[atom.GetIdx()] = max(near, key=HEAVY_HALOGENS.index)
    return found


def _hybridisation(atom: Any) -> str:  # noqa: ANN401
    name = str(atom.GetHybridization()).lower()
    return name if name in ("sp", "sp2", "sp3") else ""
