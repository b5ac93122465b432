"""Double bonds in rings of eight atoms and more, where cis and trans are both possible."""

from __future__ import annotations

from typing import Any

from qmnmr.datatypes.rdkit_molecule import label
from qmnmr.errors import InputError
from qmnmr.structures.atoms import atoms

_CIS_RING = 8
_FIRST_ANNULENE = 10  # smaller rings that are conjugated all round have no room for a trans bond


def close_eight_rings(mol: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Make double bonds in rings of eight that nothing was said of cis, in place; return a note about them.

    Cyclooctene and cyclooctatetraene without further words are the cis ones; a trans one is drawn as such. A crossed
    or wavy bond stays open.
    """
    from rdkit import Chem

    rings = mol.GetRingInfo()
    if all(size != _CIS_RING for size in map(len, rings.BondRings())):
        return ()
    names = []
    for info in Chem.FindPotentialStereo(mol):
        if info.type != Chem.StereoType.Bond_Double or info.specified != Chem.StereoSpecified.Unspecified:
            continue
        bond = mol.GetBondWithIdx(info.centeredOn)
        if rings.MinBondRingSize(bond.GetIdx()) != _CIS_RING or _is_unknown(bond):
            continue
        ring = next(r for r in rings.AtomRings() if len(r) == _CIS_RING and {*_ends(bond)} <= {*r})
        bond.SetStereoAtoms(*(_neighbour(mol, end, ring, other) for end, other in (_ends(bond), _ends(bond)[::-1])))
        bond.SetStereo(Chem.BondStereo.STEREOCIS)
        names.append("=".join(label(mol, atom) for atom in _ends(bond)))
    if not names:
        return ()
    Chem.SetDoubleBondNeighborDirections(mol)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return (f"{', '.join(names)} in a ring of eight was taken as cis: a trans one is drawn or written as such",)


def check_annulenes(mol: Any, *, source: str) -> tuple[str, ...]:  # noqa: ANN401
    """Return a note about a large ring that is conjugated all round; InputError where no 3D structure shows its sides.

    RDKit takes [10], [14], [18]annulene for aromatic and forgets which of their bonds are cis or trans.
    """
    rings = mol.GetRingInfo()
    for ring in rings.BondRings():
        size = len(ring)
        if size < _FIRST_ANNULENE:
            continue
        if not all(mol.GetBondWithIdx(bond).GetIsAromatic() and rings.MinBondRingSize(bond) == size for bond in ring):
            continue
        if not _is_complete_in_space(mol):
            raise InputError(
                f"{source}: an annulene, a ring of {size} conjugated atoms: which of its bonds are cis or trans is "
                "open, and neither a SMILES nor a 2D drawing of it can be read for that",
                hint="Give a 3D structure with all hydrogens, and keep it with --conformers none.",
            )
        return (f"a ring of {size} conjugated atoms: only --conformers none keeps which of its hydrogens point inward",)
    return ()


def _is_complete_in_space(mol: Any) -> bool:  # noqa: ANN401
    """Return whether a molecule has a 3D structure with all hydrogens."""
    if not mol.GetNumConformers() or not mol.GetConformer().Is3D():
        return False
    return all(atom.GetTotalNumHs() == 0 for atom in atoms(mol))


def _is_unknown(bond: Any) -> bool:  # noqa: ANN401
    """Return whether a double bond is crossed, or a bond beside it wavy."""
    from rdkit import Chem

    unknown = (Chem.BondDir.UNKNOWN, Chem.BondDir.EITHERDOUBLE)
    near = [other for end in (bond.GetBeginAtom(), bond.GetEndAtom()) for other in end.GetBonds()]
    is_any = bond.GetStereo() == Chem.BondStereo.STEREOANY
    return is_any or any(other.GetBondDir() in unknown or other.HasProp("_UnknownStereo") for other in near)


def _ends(bond: Any) -> tuple[int, int]:  # noqa: ANN401
    return bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()


def _neighbour(mol: Any, end: int, ring: tuple[int, ...], other: int) -> int:  # noqa: ANN401
    """Return the atom beside an end in its ring."""
    around = mol.GetAtomWithIdx(end).GetNeighbors()
    return int(next(near.GetIdx() for near in around if near.GetIdx() in ring and near.GetIdx() != other))
