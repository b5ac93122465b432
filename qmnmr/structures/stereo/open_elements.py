"""Which stereo elements an input leaves open: what was drawn as unknown, and not what exchanges fast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from qmnmr.datatypes.rdkit_molecule import label
from qmnmr.exchange.averaged_centres import averaged_centres
from qmnmr.exchange.protons import proton_sites
from qmnmr.exchange.turning_bonds import double_bond_sites, turning_double_bonds
from qmnmr.structures.atoms import bonds

_AVERAGED = ("N", "P", "S")  # elements whose configuration exchange may average


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenElements:
    """The stereo elements without configuration."""

    names: tuple[str, ...]  # as people write them: "C2", "C2=C3" (from 1)
    lone_centre: int | None = None  # the atom that is open, if a molecule without fused rings has no other element

    def __bool__(self) -> bool:
        """Say whether anything is open."""
        return bool(self.names)


def open_what_is_unknown(mol: Any) -> None:  # noqa: ANN401
    """Make stereo that was drawn as unknown (crossed bonds, wavy bonds) open, in place."""
    from rdkit import Chem

    for bond in bonds(mol):
        bond.ClearProp("_UnknownStereo")
        if bond.GetBondDir() in (Chem.BondDir.UNKNOWN, Chem.BondDir.EITHERDOUBLE):
            bond.SetBondDir(Chem.BondDir.NONE)
        if bond.GetStereo() == Chem.BondStereo.STEREOANY:
            bond.SetStereo(Chem.BondStereo.STEREONONE)


def open_what_is_averaged(mol: Any) -> None:  # noqa: ANN401
    """Take out in place the configuration of centres that exchange averages: N that inverts, P and S of acids."""
    from rdkit import Chem

    none = Chem.ChiralType.CHI_UNSPECIFIED
    possible = mol.GetSubstructMatches(_averaged_elements(), maxMatches=max(1, mol.GetNumAtoms()))
    given = {index for (index,) in possible if mol.GetAtomWithIdx(index).GetChiralTag() != none}
    averaged = given & averaged_centres(mol) if given else given
    for index in averaged:
        mol.GetAtomWithIdx(index).SetChiralTag(none)
    if averaged:
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)


@lru_cache(maxsize=1)
def _averaged_elements() -> Any:  # noqa: ANN401
    """Return the pattern of an atom that exchange may average."""
    from rdkit import Chem

    return Chem.MolFromSmarts("[#7,#15,#16]")


def open_elements(mol: Any) -> OpenElements:  # noqa: ANN401
    """Return the stereo elements without configuration, but for those that exchange fast."""
    from rdkit import Chem

    every = list(Chem.FindPotentialStereo(mol))
    left_open = [info for info in every if info.specified != Chem.StereoSpecified.Specified]
    turning, averaged = exchanging(mol, left_open)
    names, centres = [], []
    for info in left_open:
        if info.type == Chem.StereoType.Bond_Double:
            bond = mol.GetBondWithIdx(info.centeredOn)
            if bond.GetIdx() not in turning and not _is_cumulated(bond):
                names.append(f"{label(mol, bond.GetBeginAtomIdx())}={label(mol, bond.GetEndAtomIdx())}")
        elif info.type == Chem.StereoType.Atom_Tetrahedral and info.centeredOn not in averaged:
            names.append(label(mol, info.centeredOn))
            centres.append(info.centeredOn)
    is_lone = len(every) == len(centres) == 1 and not has_bridges(mol)
    return OpenElements(names=tuple(names), lone_centre=centres[0] if is_lone else None)


def exchanging(mol: Any, elements: Iterable[Any]) -> tuple[frozenset[int], frozenset[int]]:  # noqa: ANN401
    """Return the bonds and the atoms that exchange fast; the table is asked if `elements`, possible ones, may do so."""
    from rdkit import Chem

    double, tetrahedral = Chem.StereoType.Bond_Double, Chem.StereoType.Atom_Tetrahedral
    found = [(info.type, info.centeredOn) for info in elements]
    may_average = (kind == tetrahedral and mol.GetAtomWithIdx(at).GetSymbol() in _AVERAGED for kind, at in found)
    turning = _turning_bonds(mol) if any(kind == double for kind, _ in found) else frozenset()
    return turning, averaged_centres(mol) if any(may_average) else frozenset()


def has_bridges(mol: Any) -> bool:  # noqa: ANN401
    """Return whether rings are fused or bridged, so that some stereoisomers can't exist."""
    rings = mol.GetRingInfo()
    return rings.NumRings() > 1 and any(rings.NumAtomRings(index) > 1 for index in range(mol.GetNumAtoms()))


def _turning_bonds(mol: Any) -> frozenset[int]:  # noqa: ANN401
    """Return the indices of double bonds whose two forms interchange fast."""
    sites = [site for site in (*double_bond_sites(mol), *proton_sites(mol)) if not site.process.is_held]
    found = [mol.GetBondBetweenAtoms(*ends) for ends in turning_double_bonds(sites)]
    return frozenset(bond.GetIdx() for bond in found if bond is not None)


def _is_cumulated(bond: Any) -> bool:  # noqa: ANN401
    """Return whether this is a bond of C=C=C, whose stereo belongs to the whole axis."""
    from rdkit import Chem

    kinds = [other.GetBondType() for end in (bond.GetBeginAtom(), bond.GetEndAtom()) for other in end.GetBonds()]
    return kinds.count(Chem.BondType.DOUBLE) > 2
