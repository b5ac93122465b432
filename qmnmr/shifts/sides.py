"""Which of the atoms that a graph can't tell apart lie on a named side of a bond, read from a geometry."""

from __future__ import annotations

from typing import Any

import numpy as np

from qmnmr.datatypes.calibration import MeasuredShift
from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol
from qmnmr.errors import InputError


def measured_atoms(molecule: Molecule, shift: MeasuredShift, geometry: Geometry | None) -> tuple[int, ...]:
    """Return the 0-based atoms of a signal, those on its side of a bond if it names one.

    Raises InputError for an atom that the molecule does not have, one of another element, a side without geometry or
    a bond that is not there.
    """
    _check_atoms(molecule, shift)
    atoms = tuple(a - 1 for a in shift.atoms)
    if not shift.side:
        return atoms
    if geometry is None:
        raise InputError(f"{molecule.name}: {shift.side!r} needs a geometry")
    word, _, numbers = shift.side.partition(" ")
    holder, across, far = (int(n) - 1 for n in numbers.split("-"))
    mol = rdkit_mol(molecule)
    bonded = max(holder, across, far) < len(molecule.symbols) and all(
        mol.GetBondBetweenAtoms(*pair) is not None for pair in ((holder, across), (across, far))
    )
    if not bonded:
        raise InputError(f"{molecule.name}: {shift.side!r} does not name three atoms bonded in a row")
    coordinates = coordinates_of(geometry)
    wanted = tuple(
        atom
        for atom in atoms
        if _is_cis(
            coordinates[[_branch(mol, atom, holder=holder, across=across, name=molecule.name), holder, across, far]]
        )
        == (word == "cis")
    )
    if not 0 < len(wanted) < len(atoms):
        raise InputError(f"{molecule.name}: {shift.side!r} does not tell the atoms {shift.atoms} apart")
    return wanted


def _check_atoms(molecule: Molecule, shift: MeasuredShift) -> None:
    symbol = shift.nucleus.lstrip("0123456789")
    for atom in shift.atoms:
        if not 1 <= atom <= len(molecule.symbols):
            raise InputError(
                f"{molecule.name}: there is no atom {atom}, only 1 to {len(molecule.symbols)}",
                hint="heavy atoms count in the order of the SMILES, then the hydrogens of each in that order",
            )
        if molecule.symbols[atom - 1] != symbol:
            raise InputError(
                f"{molecule.name}: atom {atom} is {molecule.symbols[atom - 1]}, a {shift.nucleus} shift needs {symbol}",
                hint="heavy atoms count in the order of the SMILES, then the hydrogens of each in that order",
            )


def _branch(mol: Any, atom: int, *, holder: int, across: int, name: str) -> int:  # noqa: ANN401
    """Return the neighbour of `holder`, not the one across the bond, that is this atom or carries it."""
    near: list[int] = [n.GetIdx() for n in mol.GetAtomWithIdx(holder).GetNeighbors() if n.GetIdx() != across]
    found = [n for n in near if n == atom or mol.GetBondBetweenAtoms(n, atom) is not None]
    if not found:
        raise InputError(f"{name}: atom {atom + 1} is not on a group of atom {holder + 1}")
    return found[0]


def _is_cis(positions: Any) -> bool:  # noqa: ANN401
    """Return whether the first and last of four points (4, 3) lie on one side: a dihedral below 90 degrees."""
    first, second, third, last = (np.asarray(p, dtype=float) for p in positions)
    axis = (third - second) / np.linalg.norm(third - second)
    one, other = first - second, last - third
    return bool((one - (one @ axis) * axis) @ (other - (other @ axis) * axis) > 0)
