"""Axes that ortho groups block: biaryls, N-aryl amides and imides, tertiary aryl amides.

The barrier is estimated for the planar transition state. Each end of the axis has two arms; an arm adds an increment
(its barrier beside H, processes.toml), two large arms that meet add 4 kcal/mol more, and the better one of the two
planar arrangements counts. In a ring of seven the two ring arms meet without cost.

It comes to 9 for N-phenylsuccinimide and 19 for its o-tolyl (86 kJ/mol measured), 7 for 2-methylbiphenyl, 15 for
2,2'-dimethylbiphenyl (17), 22 for 1,1'-binaphthyl (23), 41 for 1,1'-binaphthol (37). So it tells slow
from fast, not more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from qmnmr.exchange.sites import Site, quad
from qmnmr.exchange.table import increments, matches, process

LASTING_KCAL_PER_MOL = 24.0
"""Barrier of an axis whose two hands are different compounds: a half-life of twelve hours at 298 K (Eyring)."""

_MEETING_KCAL_PER_MOL = 4.0
_LARGE_KCAL_PER_MOL = 3.5
_FIVE_RING_FACTOR = 0.7  # the arms of five-membered rings point away
_N_ARM_KCAL_PER_MOL = 4.0  # acyl, sulfonyl or alkyl on N
_AMIDE_ARM_KCAL_PER_MOL = 8.0  # NR2 of a tertiary amide; its O adds nothing
_FREE_RING = 7  # the smallest ring that an axis may lie in


@dataclass(frozen=True, slots=True)
class _End:
    """One end of an axis: its two arms and what each adds."""

    arms: tuple[int, int]
    kcal_per_mol: tuple[float, float]
    is_aromatic: bool


def axis_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return the bonds between an aromatic ring and a ring, amide N or amide carbonyl that ortho groups may block."""
    rows = [process(key) for key in ("free-axis", "crowded-axis", "hindered-axis")]
    found = []
    for axis in _axes(mol):
        barrier = axis.kcal_per_mol
        row = next((r for r in rows if r.barrier_kcal_per_mol and barrier < r.barrier_kcal_per_mol[1]), rows[-1])
        element = quad([*axis.first.arms, *axis.second.arms])
        found.append(Site(process=row, atoms=axis.atoms, elements=(element,)))
    return tuple(found)


def lasting_biaryls(mol: Any) -> tuple[tuple[int, int], ...]:  # noqa: ANN401
    """Return the bonds between aromatic rings, in no ring themselves, whose two hands last: they are stereo elements.

    Hydrogens may be atoms or not.
    """
    if not mol.HasSubstructMatch(_crowded_biaryl()):
        return ()
    return tuple(
        axis.atoms
        for axis in _axes(mol)
        if axis.first.is_aromatic
        and axis.second.is_aromatic
        and axis.kcal_per_mol >= LASTING_KCAL_PER_MOL
        and not mol.GetBondBetweenAtoms(*axis.atoms).IsInRing()
    )


@lru_cache(maxsize=1)
def _crowded_biaryl() -> Any:  # noqa: ANN401
    """Return the pattern of two aromatic rings with a group beside the bond on each, which few molecules have."""
    from rdkit import Chem

    return Chem.MolFromSmarts("[!#1]~[a;D3,X3]:a-!@a:[a;D3,X3]~[!#1]")


@dataclass(frozen=True, slots=True)
class _Axis:
    """A bond that ortho groups may block."""

    atoms: tuple[int, int]
    first: _End
    second: _End
    kcal_per_mol: float


def _axes(mol: Any) -> Iterator[_Axis]:  # noqa: ANN401
    added: dict[int, float] | None = None
    for bond in mol.GetBonds():
        if not _may_turn(mol, bond):
            continue
        if added is None:
            added = _increments(mol)
        atoms = (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        first, second = (_end(mol, atom, other, added) for atom, other in (atoms, atoms[::-1]))
        if first is not None and second is not None and (first.is_aromatic or second.is_aromatic):
            yield _Axis(atoms, first, second, _barrier(mol, bond, first, second))


def _may_turn(mol: Any, bond: Any) -> bool:  # noqa: ANN401
    """Return whether a bond is a single one in no small ring; RDKit calls some rings of seven aromatic."""
    rings = [len(ring) for ring in mol.GetRingInfo().BondRings() if bond.GetIdx() in ring]
    if bond.GetBondTypeAsDouble() > 1.5 or (bond.GetIsAromatic() and not rings):
        return False
    return not rings or min(rings) >= _FREE_RING


def _increments(mol: Any) -> dict[int, float]:  # noqa: ANN401
    """Return what each atom adds as an arm; atoms that are not here add nothing."""
    found: dict[int, float] = {}
    for row in increments():
        for match in matches(mol, row.smarts):
            found.setdefault(match.named[0][0], row.kcal_per_mol)
    return found


def _end(mol: Any, atom: int, other: int, added: dict[int, float]) -> _End | None:  # noqa: ANN401
    """Return the arms of one end, None if it has not two in one plane."""
    centre = mol.GetAtomWithIdx(atom)
    arms = tuple(near.GetIdx() for near in centre.GetNeighbors() if near.GetIdx() != other)
    if len(arms) != 2:
        return None
    if centre.GetIsAromatic():
        ring = min((ring for ring in mol.GetRingInfo().AtomRings() if {atom, *arms} <= set(ring)), key=len, default=())
        factor = _FIVE_RING_FACTOR if len(ring) == 5 else 1.0
        costs = tuple(factor * added.get(arm, 0.0) for arm in arms)
        return _End((arms[0], arms[1]), (costs[0], costs[1]), is_aromatic=True)
    neighbours = [mol.GetAtomWithIdx(arm) for arm in arms]
    if centre.GetSymbol() == "N" and not any(near.GetSymbol() == "H" for near in neighbours):
        if any(_is_acyl(near) for near in neighbours):
            return _End((arms[0], arms[1]), (_N_ARM_KCAL_PER_MOL, _N_ARM_KCAL_PER_MOL), is_aromatic=False)
    elif centre.GetSymbol() == "C" and _is_acyl(centre):
        costs = tuple(_AMIDE_ARM_KCAL_PER_MOL if _is_tertiary_nitrogen(near) else 0.0 for near in neighbours)
        if any(costs):
            return _End((arms[0], arms[1]), (costs[0], costs[1]), is_aromatic=False)
    return None


def _is_acyl(atom: Any) -> bool:  # noqa: ANN401
    """Return whether this is C=O, C=S, S=O or P=O."""
    return atom.GetSymbol() in ("C", "S", "P") and any(
        bond.GetBondTypeAsDouble() == 2.0 and bond.GetOtherAtom(atom).GetSymbol() in ("O", "S")
        for bond in atom.GetBonds()
    )


def _is_tertiary_nitrogen(atom: Any) -> bool:  # noqa: ANN401
    return atom.GetSymbol() == "N" and all(near.GetSymbol() == "C" for near in atom.GetNeighbors())


def _barrier(mol: Any, bond: Any, first: _End, second: _End) -> float:  # noqa: ANN401
    """Return the estimate in kcal/mol."""
    axis = (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
    joined = {
        (arm, other)
        for arm in first.arms
        for other in second.arms
        if any({arm, other, *axis} <= set(ring) for ring in mol.GetRingInfo().AtomRings())
    }

    def meeting(here: int, there: int) -> float:
        costs = (first.kcal_per_mol[here], second.kcal_per_mol[there])
        if (first.arms[here], second.arms[there]) in joined:
            return 0.0
        return sum(costs) + (_MEETING_KCAL_PER_MOL if min(costs) > _LARGE_KCAL_PER_MOL else 0.0)

    possible = [
        way
        for way in (((0, 0), (1, 1)), ((0, 1), (1, 0)))
        if not joined or any((first.arms[here], second.arms[there]) in joined for here, there in way)
    ]
    return min(sum(meeting(here, there) for here, there in way) for way in possible)
