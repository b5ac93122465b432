"""A molecule as RDKit's molecule: the graph with all hydrogens, in the molecule's atom order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmnmr.datatypes.molecule import Geometry, Molecule, StereoAxis

Coordinates = NDArray[np.float64]  # (n, 3), Å


def rdkit_mol(molecule: Molecule) -> Any:  # noqa: ANN401
    """Return the RDKit molecule with all hydrogens as atoms, in the molecule's order, stereo assigned.

    Raises ValueError if `mapped_smiles` doesn't number the atoms 1 to n.
    """
    from rdkit import Chem

    parameters = Chem.SmilesParserParams()
    parameters.removeHs = False
    mol = Chem.MolFromSmiles(molecule.mapped_smiles, parameters)
    if mol is None:
        raise ValueError(f"mapped SMILES can't be read: {molecule.mapped_smiles}")
    numbers = [atom.GetAtomMapNum() for atom in mol.GetAtoms()]
    if sorted(numbers) != list(range(1, len(molecule.symbols) + 1)):
        raise ValueError(f"mapped SMILES doesn't number atoms 1 to {len(molecule.symbols)}: {molecule.mapped_smiles}")
    mol = Chem.RenumberAtoms(mol, sorted(range(len(numbers)), key=numbers.__getitem__))
    # With map numbers RDKit takes the two H of a CH2 for different, so stereo is perceived anew without them.
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return mol


def fix_biaryl_axes(mol: Any, axes: Sequence[StereoAxis]) -> None:  # noqa: ANN401
    """Tell RDKit the configuration of the axes that are bonds, in place, so that it embeds them so.

    Its clockwise is a positive dihedral angle over the neighbours with the lowest numbers (found by embedding, tested).
    """
    from rdkit import Chem

    kinds = Chem.BondStereo
    for axis in axes:
        bond = mol.GetBondBetweenAtoms(*axis.atoms[1:3])
        if bond is not None:
            bond.SetStereo(kinds.STEREOATROPCW if axis.is_positive else kinds.STEREOATROPCCW)


def skeleton(molecule: Molecule) -> Any:  # noqa: ANN401
    """Return the RDKit molecule of heavy atoms: numbers of hydrogens and rings are known, stereo is not.

    Its atoms are not in the molecule's order. It takes a tenth of rdkit_mol's time: enough to count bonds of thousands.
    The last one is kept, and is not to be changed.
    """
    return _skeleton(molecule.smiles)


@lru_cache(maxsize=1)
def _skeleton(smiles: str) -> Any:  # noqa: ANN401
    from rdkit import Chem

    mol = Chem.MolFromSmiles(smiles, _unsanitised())  # it was written from a sanitised molecule
    if mol is None:
        raise ValueError(f"SMILES can't be read: {smiles}")
    mol.UpdatePropertyCache(strict=False)
    Chem.GetSymmSSSR(mol)
    return mol


@lru_cache(maxsize=1)
def _unsanitised() -> Any:  # noqa: ANN401
    """Return parser settings; making them takes longer than reading a small molecule."""
    from rdkit import Chem

    parameters = Chem.SmilesParserParams()
    parameters.removeHs = False
    parameters.sanitize = False
    return parameters


def with_coordinates(mol: Any, coordinates: Coordinates) -> Any:  # noqa: ANN401
    """Return a copy whose only conformer has these coordinates (n, 3) in Å."""
    from rdkit import Chem

    copy = Chem.Mol(mol)
    copy.RemoveAllConformers()
    conformer = Chem.Conformer(copy.GetNumAtoms())
    conformer.Set3D(True)
    conformer.SetPositions(np.ascontiguousarray(coordinates, dtype=float))
    copy.AddConformer(conformer)
    return copy


def coordinates_of(geometry: Geometry) -> Coordinates:
    """Return the coordinates as an array (n, 3) in Å."""
    return np.array(geometry.coordinates_angstrom, dtype=float).reshape(-1, 3)


def has_positive_dihedral(positions: Coordinates, atoms: Sequence[int]) -> bool:
    """Return whether the dihedral angle of four atoms is positive: the last one clockwise of the first, seen from it.

    `positions` is (n, 3) in Å; the sign is IUPAC's.
    """
    a, x, y, b = (positions[atom] for atom in atoms)
    return float(np.dot(np.cross(x - a, y - x), b - y)) > 0


def lie_on_one_side(positions: Coordinates, atoms: Sequence[int]) -> bool:
    """Return whether the first and the last of four atoms lie on one side of the line through the others."""
    a, x, y, b = (positions[atom] for atom in atoms)
    line = (y - x) / np.linalg.norm(y - x)
    return float(np.dot(a - x - line * np.dot(a - x, line), b - y)) > 0


def has_axis(positions: Coordinates, axis: StereoAxis) -> bool:
    """Return whether positions (n, 3) in Å show an axis in the configuration that it has."""
    read = lie_on_one_side if axis.is_flat else has_positive_dihedral
    return read(positions, axis.atoms) == axis.is_positive


def label(mol: Any, index: int) -> str:  # noqa: ANN401
    """Return an atom as people write it, counted from 1: "C3"."""
    return f"{mol.GetAtomWithIdx(index).GetSymbol()}{index + 1}"


def geometries_of_sdf(text: str) -> dict[str, Geometry]:
    """Return the geometry of each record of an SDF by the record's title, of records with one title the first."""
    from rdkit import Chem

    supplier = Chem.SDMolSupplier()
    supplier.SetData(text, removeHs=False, sanitize=False)
    found: dict[str, Geometry] = {}
    for record in supplier if text else ():
        if record is not None:
            positions = record.GetConformer().GetPositions().tolist()
            geometry = Geometry(
                symbols=tuple(atom.GetSymbol() for atom in record.GetAtoms()),
                coordinates_angstrom=tuple((x, y, z) for x, y, z in positions),
            )
            found.setdefault(record.GetProp("_Name").strip(), geometry)
    return found
