"""Several structures of one compound in one file: its conformers (ensembles of CREST and CENSO)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import coordinates_of, has_axis, rdkit_mol


def as_ensembles(molecules: Sequence[Molecule], *, unit: str) -> tuple[Molecule, ...]:
    """Return the molecules of a file with structures of one compound joined as its conformers, by their first ones.

    Structures are of one compound if their graphs and configurations are the same, in whatever order of atoms: the
    first one's is kept. A molecule without a structure in space stays as it is. `unit` is what the file calls an entry.
    """
    found: list[tuple[Molecule, list[Geometry]]] = []
    of_smiles: dict[str, list[tuple[Molecule, list[Geometry]]]] = {}
    for molecule in molecules:
        near = [] if molecule.geometry is None else of_smiles.setdefault(_smiles(molecule), [])
        for first, others in near:
            geometry = _in_order_of(first, molecule)
            if geometry is not None and _has_axes_of(first, geometry):
                others.append(geometry)
                break
        else:
            found.append((molecule, []))
            near.append(found[-1])
    return tuple(_with_conformers(first, others, unit) for first, others in found)


def _with_conformers(first: Molecule, others: Sequence[Geometry], unit: str) -> Molecule:
    """Return the first molecule of a compound with the structures of all."""
    if not others:
        return first
    note = f"{len(others) + 1} {unit}s are one compound and are taken as its conformers"
    anew = "--conformers rdkit or crest searches anew"
    return replace(first, other_geometries=tuple(others), notes=(*first.notes, f"{note}; {anew}"))


def _has_axes_of(first: Molecule, geometry: Geometry) -> bool:
    """Return whether the axes of a structure are turned as the molecule's."""
    positions = coordinates_of(geometry)
    return all(has_axis(positions, axis) for axis in first.axes)


def _in_order_of(first: Molecule, other: Molecule) -> Geometry | None:
    """Return a molecule's structure with its atoms in the order of another one's, None if they are not the same."""
    if other.geometry is None or other.mapped_smiles == first.mapped_smiles:
        return other.geometry
    order = rdkit_mol(other).GetSubstructMatch(rdkit_mol(first), useChirality=True)
    positions = other.geometry.coordinates_angstrom
    if len(order) != len(first.symbols):
        return None
    return Geometry(symbols=first.symbols, coordinates_angstrom=tuple(positions[atom] for atom in order))


def _smiles(molecule: Molecule) -> str:
    """Return the canonical SMILES without marks of axes, which are compared in space."""
    from rdkit import Chem

    return str(Chem.MolToSmiles(Chem.RemoveHs(rdkit_mol(molecule)))) if molecule.axes else molecule.smiles
