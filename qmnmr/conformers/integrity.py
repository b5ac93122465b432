"""Is it still the same molecule? Bonds and stereo after a geometry step."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np

from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import (
    Coordinates,
    coordinates_of,
    has_axis,
    label,
    rdkit_mol,
    with_coordinates,
)

BROKEN = 1.3
"""A bond longer than this times the sum of covalent radii is broken (C-C 1.98 Å, C-H 1.39 Å, O-H 1.26 Å)."""

FORMED = 1.25
"""Atoms that are not bonded and nearer than this times the sum of covalent radii are bonded now."""

FORMED_ACROSS_ANGLE = 1.1
"""The same for two neighbours of one atom, which small rings hold close (1.87 Å in bicyclo[1.1.1]pentane)."""

FLAT = 0.1
"""Below this volume of unit vectors a centre has no handedness (tetrahedral 3.08, pyramidal S or P 0.8 to 1)."""

_HANDS = {"CHI_TETRAHEDRAL_CW": 1, "CHI_TETRAHEDRAL_CCW": -1}


def structure_change(molecule: Molecule, geometry: Geometry) -> str | None:
    """Return None if bonds and stereo of a geometry are the molecule's, else a sentence that says what changed.

    Stereo means what RDKit counts: tetrahedral centres and double bonds with a configuration in the molecule's graph;
    and the molecule's axes.
    """
    mol = rdkit_mol(molecule)
    if geometry.symbols != molecule.symbols:
        return "the atoms are not those of the molecule, or in another order"
    coordinates = coordinates_of(geometry)
    if not np.isfinite(coordinates).all():
        return "a coordinate is not a number"
    return next(chain(_changes(mol, coordinates), changed_axes(molecule, coordinates)), None)


def _changes(mol: Any, coordinates: Coordinates) -> Iterator[str]:  # noqa: ANN401
    """Yield a sentence for each change, bonds first."""
    distances = np.linalg.norm(coordinates[:, None] - coordinates[None], axis=2)
    ratios = distances / _radius_sums(mol)
    yield from _moved_hydrogens(mol, distances, ratios)
    yield from _broken_bonds(mol, distances, ratios)
    yield from _new_bonds(mol, distances, ratios)
    yield from _changed_stereo(mol, coordinates)


def changed_axes(molecule: Molecule, coordinates: Coordinates) -> Iterator[str]:
    """Yield the axes that coordinates (n, 3) in Å show in another configuration than the molecule's."""
    for axis in molecule.axes:
        if not has_axis(coordinates, axis):
            named = "-".join(f"{molecule.symbols[atom]}{atom + 1}" for atom in axis.atoms)
            yield f"the axis {named} turned into its {'other form' if axis.is_flat else 'mirror image'}"


def _radius_sums(mol: Any) -> Coordinates:  # noqa: ANN401
    """Return the sums of covalent radii (n, n) in Å."""
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(atom.GetAtomicNum()) for atom in mol.GetAtoms()])
    return np.asarray(radii[:, None] + radii[None])


def _moved_hydrogens(mol: Any, distances: Coordinates, ratios: Coordinates) -> Iterator[str]:  # noqa: ANN401
    """Yield hydrogens that are nearest to another atom than their own."""
    for atom in mol.GetAtoms():
        if atom.GetSymbol() != "H" or atom.GetDegree() != 1:
            continue
        index, own = atom.GetIdx(), atom.GetNeighbors()[0].GetIdx()
        row = ratios[index].copy()
        row[index] = np.inf
        nearest = int(row.argmin())
        if nearest != own and row[nearest] < FORMED:
            yield (
                f"{label(mol, index)} moved from {label(mol, own)} ({distances[index, own]:.2f} Å) "
                f"to {label(mol, nearest)} ({distances[index, nearest]:.2f} Å)"
            )


def _broken_bonds(mol: Any, distances: Coordinates, ratios: Coordinates) -> Iterator[str]:  # noqa: ANN401
    """Yield bonds of the graph that are too long."""
    for bond in mol.GetBonds():
        begin, end = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if ratios[begin, end] > BROKEN:
            yield f"bond {label(mol, begin)}–{label(mol, end)} is broken ({distances[begin, end]:.2f} Å)"


def _new_bonds(mol: Any, distances: Coordinates, ratios: Coordinates) -> Iterator[str]:  # noqa: ANN401
    """Yield pairs that are bonded by distance but not in the graph; H is left to `_moved_hydrogens`."""
    from rdkit import Chem

    steps = Chem.GetDistanceMatrix(mol)
    limits = np.where(steps == 2, FORMED_ACROSS_ANGLE, FORMED)
    heavy = np.array([atom.GetSymbol() != "H" for atom in mol.GetAtoms()])
    near = (steps > 1) & (ratios < limits) & np.outer(heavy, heavy)
    for begin, end in np.argwhere(np.triu(near)).tolist():
        yield f"{label(mol, begin)} and {label(mol, end)} formed a bond ({distances[begin, end]:.2f} Å)"


def _changed_stereo(mol: Any, coordinates: Coordinates) -> Iterator[str]:  # noqa: ANN401
    """Yield centres and double bonds whose configuration isn't that of the graph."""
    from rdkit import Chem

    for atom in mol.GetAtoms():
        wanted = _HANDS.get(str(atom.GetChiralTag()))
        if wanted is not None:
            volume = _volume(atom, coordinates)
            if abs(volume) < FLAT or (volume > 0) != (wanted > 0):
                yield f"stereocentre {label(mol, atom.GetIdx())} {_turn(atom, flat=abs(volume) < FLAT)}"
    for bond in mol.GetBonds():
        if bond.GetStereo() > Chem.BondStereo.STEREOANY:
            yield from _changed_double_bond(mol, bond, coordinates)


def _volume(atom: Any, coordinates: Coordinates) -> float:  # noqa: ANN401
    """Return the signed volume that unit vectors to the neighbours span, in bond order.

    With three neighbours the atom itself is the fourth point. RDKit's CHI_TETRAHEDRAL_CCW is a negative volume, for
    three neighbours too (found by embedding, and tested).
    """
    centre = coordinates[atom.GetIdx()]
    ends = [coordinates[bond.GetOtherAtomIdx(atom.GetIdx())] - centre for bond in atom.GetBonds()]
    arms = [end / np.linalg.norm(end) for end in ends]
    if len(arms) == 3:
        arms.append(np.zeros(3))
    return float(np.linalg.det(np.array(arms[1:4]) - arms[0]))


def _turn(atom: Any, *, flat: bool) -> str:  # noqa: ANN401
    """Return what happened to a centre."""
    if flat:
        return "became planar"
    if not atom.HasProp("_CIPCode"):
        return "turned into its mirror image"
    code = atom.GetProp("_CIPCode")
    return f"turned from {code} to {code.translate(str.maketrans('RSrs', 'SRsr'))}"


def _changed_double_bond(mol: Any, bond: Any, coordinates: Coordinates) -> Iterator[str]:  # noqa: ANN401
    """Yield a sentence if the reference substituents of a double bond lie on the wrong sides."""
    from rdkit import Chem
    from rdkit.Chem import rdMolTransforms

    first, last = bond.GetStereoAtoms()
    begin, end = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
    conformer = with_coordinates(mol, coordinates).GetConformer()
    cis = abs(rdMolTransforms.GetDihedralDeg(conformer, first, begin, end, last)) < 90
    stereo = bond.GetStereo()
    if cis != (stereo in (Chem.BondStereo.STEREOZ, Chem.BondStereo.STEREOCIS)):
        was, became = ("Z", "E") if stereo == Chem.BondStereo.STEREOZ else ("E", "Z")
        if stereo in (Chem.BondStereo.STEREOCIS, Chem.BondStereo.STEREOTRANS):
            was, became = ("trans", "cis") if cis else ("cis", "trans")
        yield f"the double bond {label(mol, begin)}={label(mol, end)} turned from {was} to {became}"
