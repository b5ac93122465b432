"""The two forms of flat cumulenes (butatrienes), as a SMILES writes them with slashes, or a drawing shows them.

OpenSMILES extends the marks of a double bond to three, five ... cumulated ones; RDKit reads them and drops them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from qmnmr.datatypes.rdkit_molecule import lie_on_one_side
from qmnmr.exchange.cumulenes import cumulenes

Sides = dict[tuple[int, int, int, int], bool]
"""By axis a, x, y, b (see `axes`): a and b lie on one side."""

MARK = "_qmnmr_sides"
"""On the lower end of a chain: 1 or -1, whether the first heavy groups on both ends lie on one side."""

_NUMBER = 900  # map numbers above it are lengths of chains
_SECOND_END = re.compile(r"=\[CH?:(?P<number>9\d\d)\]")
_FIRST_END = re.compile(r"\[CH?:9\d\d\]")
_OFF_LINE = 0.1  # of a bond's length: a group drawn nearer to the chain's line lies on neither side


def mark_cumulenes(mol: Any) -> None:  # noqa: ANN401
    """Write what the slashes of a SMILES say of flat cumulenes on their lower ends, in place; `mol` is sanitised."""
    for chain in _flat_chains(mol):
        ups = [_is_up(mol, end, inner) for end, inner in ((chain[0], chain[1]), (chain[-1], chain[-2]))]
        if None not in ups:
            mol.GetAtomWithIdx(min(chain[0], chain[-1])).SetIntProp(MARK, 1 if ups[0] == ups[1] else -1)


def sides_from_marks(mol: Any) -> Sides:  # noqa: ANN401
    """Return the forms of cumulenes that `mark_cumulenes` found; the marks are taken out in place."""
    found = {}
    for axis in _flat_axes(mol):
        end = mol.GetAtomWithIdx(axis[1])
        if end.HasProp(MARK):
            found[axis] = end.GetIntProp(MARK) > 0
            end.ClearProp(MARK)
    return found


def sides_from_drawing(mol: Any) -> Sides:  # noqa: ANN401
    """Return the forms of cumulenes in a 2D drawing; not of those with a crossed or wavy bond, or drawn straight."""
    points = mol.GetConformer().GetPositions()
    found = {}
    for axis in _flat_axes(mol):
        a, x, y, b = axis
        is_known = not any(_is_unknown(bond) for end in (x, y) for bond in mol.GetAtomWithIdx(end).GetBonds())
        if is_known and _is_off_line(points, a, x, y) and _is_off_line(points, b, y, x):
            found[axis] = lie_on_one_side(points, axis)
    return found


def contracted(mol: Any, sides: Sides) -> tuple[Any, dict[int, int]]:  # noqa: ANN401
    """Return a molecule in which C=C stands for each of these cumulenes, and where its atoms were before.

    The double bond has the form of the chain, and the map numbers of its ends say how long that was: what `expanded`
    reads.
    """
    from rdkit import Chem

    work = Chem.RWMol(mol)
    inner: list[int] = []
    for _, x, y, _ in sides:
        chain = next(chain for chain in _flat_chains(mol) if {chain[0], chain[-1]} == {x, y})
        inner += chain[1:-1]
        work.AddBond(x, y, Chem.BondType.DOUBLE)
        for end in (x, y):
            work.GetAtomWithIdx(end).SetAtomMapNum(_NUMBER + len(chain))
    for atom in sorted(inner, reverse=True):
        work.RemoveAtom(atom)
    before = [atom for atom in range(mol.GetNumAtoms()) if atom not in inner]
    place = {atom: number for number, atom in enumerate(before)}
    for (a, x, y, b), is_one_side in sides.items():
        bond = work.GetBondBetweenAtoms(place[x], place[y])
        bond.SetStereoAtoms(place[a], place[b])
        bond.SetStereo(Chem.BondStereo.STEREOCIS if is_one_side else Chem.BondStereo.STEREOTRANS)
    work.UpdatePropertyCache(strict=False)
    Chem.SetDoubleBondNeighborDirections(work)
    return work, place


def expanded(smiles: str) -> str:
    """Return the SMILES of a contracted molecule with all its chains as they are."""
    longer = _SECOND_END.sub(lambda end: "=C" * (int(end["number"]) - _NUMBER - 1), smiles)
    return _FIRST_END.sub("C", longer)


def _flat_chains(mol: Any) -> Iterator[tuple[int, ...]]:  # noqa: ANN401
    return (chain for chain in cumulenes(mol) if len(chain) % 2 == 0)


def _flat_axes(mol: Any) -> Iterator[tuple[int, int, int, int]]:  # noqa: ANN401
    for chain in _flat_chains(mol):
        ways = sorted(((chain[0], chain[1]), (chain[-1], chain[-2])))
        groups = [_heavy_groups(mol, end, inner) for end, inner in ways]
        if all(groups):
            yield min(groups[0]), ways[0][0], ways[1][0], min(groups[1])


def _heavy_groups(mol: Any, end: int, inner: int) -> list[int]:  # noqa: ANN401
    around = mol.GetAtomWithIdx(end).GetNeighbors()
    return [near.GetIdx() for near in around if near.GetIdx() != inner and near.GetAtomicNum() > 1]


def _is_up(mol: Any, end: int, inner: int) -> bool | None:  # noqa: ANN401
    """Return whether the first heavy group on an end is above the chain as the text has it, None where it says nothing.

    C/C is a second atom above the first.
    """
    from rdkit import Chem

    ups = {}
    for bond in mol.GetAtomWithIdx(end).GetBonds():
        if bond.GetBondDir() in (Chem.BondDir.ENDUPRIGHT, Chem.BondDir.ENDDOWNRIGHT):
            is_forward = bond.GetBondDir() == Chem.BondDir.ENDUPRIGHT
            ups[bond.GetOtherAtomIdx(end)] = is_forward == (bond.GetBeginAtomIdx() == end)
    first = min(_heavy_groups(mol, end, inner), default=None)
    if first is None or not ups:
        return None
    return ups[first] if first in ups else not next(iter(ups.values()))


def _is_unknown(bond: Any) -> bool:  # noqa: ANN401
    """Return whether a bond is wavy or crossed."""
    from rdkit import Chem

    return bond.HasProp("_UnknownStereo") or bond.GetBondDir() in (Chem.BondDir.UNKNOWN, Chem.BondDir.EITHERDOUBLE)


def _is_off_line(points: Any, group: int, end: int, other: int) -> bool:  # noqa: ANN401
    """Return whether a group stands beside the line of the chain."""
    import numpy as np

    line, arm = points[other] - points[end], points[group] - points[end]
    sine = np.linalg.norm(np.cross(line, arm)) / (np.linalg.norm(line) * np.linalg.norm(arm))
    return bool(sine > _OFF_LINE)
