"""Tautomers: the other graphs that a molecule goes through while its protons move fast (kind "proton" of the table).

Every atom keeps its number, so that a carbon is the same nucleus in all of them. A proton goes from one of the atoms
that share it to another one, and the bonds on a way between them, single and double by turns, change their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import label, rdkit_mol, skeleton
from qmnmr.exchange.protons import proton_sites
from qmnmr.exchange.sites import Site
from qmnmr.exchange.table import fits, processes

_LONGEST_WAY = 20
"""Bonds between two atoms that share a proton: 2 in an amidine, 4 in imidazole, 8 in some forms of an indazole."""


def tautomers(molecule: Molecule, *, most: int) -> tuple[Molecule, ...]:
    """Return the molecule as drawn and its other tautomers; at most one more than `most`, which says that more exist.

    Those that only exchange equal atoms, or are mirror images of each other, are one compound and are there once. The
    order is that of the number of protons that moved. `smiles` stays that of the molecule as drawn.
    """
    if not _may_have_tautomers(molecule):
        return (molecule,)
    found = list(islice(_distinct(rdkit_mol(molecule)), most + 1))
    others = (replace(molecule, mapped_smiles=_mapped_smiles(mol)) for mol in found[1:])
    return (molecule, *others)


def tautomer_name(tautomer: Molecule, sites: Sequence[Site]) -> str:
    """Return a tautomer as people tell it from the others: the atoms of `sites` with their protons, "N2H", "N1H2 N4H".

    The sites are those of the molecule as drawn.
    """
    mol = rdkit_mol(tautomer)
    names = []
    for atom in sorted({atom for site in sites for atom in site.atoms}):
        count = sum(near.GetSymbol() == "H" for near in mol.GetAtomWithIdx(atom).GetNeighbors())
        if count:
            names.append(f"{label(mol, atom)}H{count if count > 1 else ''}")
    return " ".join(names)


def tautomer_note(molecule: Molecule, *, most: int) -> str:
    """Return the sentence that names the tautomers of a molecule with their SMILES; "" where there is but one."""
    forms = tautomers(molecule, most=most)
    if len(forms) == 1:
        return ""
    if len(forms) > most:
        return f"more than {most} tautomers exchange fast: the one as drawn is computed alone"
    sites = tautomer_sites(proton_sites(rdkit_mol(molecule)))
    named = ", ".join(f"{tautomer_name(form, sites)} {tautomer_smiles(form)}" for form in forms)
    return f"{len(forms)} tautomers exchange fast and are averaged: {named}"


def tautomer_words(molecule: Molecule, *, most: int, shares: Mapping[str, float] | None) -> str:
    """Return what is said of nuclei that differ between the tautomers of a molecule; "" where there is but one.

    `shares` are the populations, by the mapped SMILES or "" for the molecule as drawn, of those in an average; None
    where nothing is computed yet. `most` is what `tautomers` was asked for.
    """
    forms = tautomers(molecule, most=most)
    if len(forms) == 1:
        return ""
    if len(forms) > most:
        return f"of more than {most} tautomers the one as drawn is computed alone"
    sites = tautomer_sites(proton_sites(rdkit_mol(molecule)))
    names = [tautomer_name(form, sites) for form in forms]
    if shares is None:
        return f"average over the tautomers {', '.join(names)}"
    by_name = {  # other versions of RDKit write another SMILES
        tautomer_name(replace(molecule, mapped_smiles=key) if key else molecule, sites): share
        for key, share in shares.items()
    }
    missing = ", ".join(name for name in names if name not in by_name)
    if len(shares) == 1:
        return f"the tautomer {missing} is not in the average"
    held = ", ".join(f"{name} {_percent(share)}" for name, share in by_name.items())
    rest = f"; {missing} is not in it" if missing else ""
    return f"average over tautomers ({held}), whose relative energies have a larger error{rest}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "<1 %"


def tautomer_sites(sites: Sequence[Site]) -> tuple[Site, ...]:
    """Return the sites whose protons make other structures as they move."""
    return tuple(site for site in sites if site.process.kind == "proton" and not site.process.has_one_graph)


def tautomer_smiles(tautomer: Molecule) -> str:
    """Return the canonical SMILES of a tautomer, without the numbers of its atoms."""
    return _smiles(rdkit_mol(tautomer))


def _may_have_tautomers(molecule: Molecule) -> bool:
    """Return whether a pattern of the table fits; hardly any molecule has one, and it is seen on the heavy atoms."""
    mol = skeleton(molecule)
    rows = (row for row in processes("proton") if not row.has_one_graph)
    return any(fits(mol, smarts) for row in rows for smarts in row.smarts)


def _distinct(mol: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield a molecule and its tautomers, each compound once."""
    from rdkit import Chem

    sites = tautomer_sites(proton_sites(mol))
    sides = _kept_sides(mol, sites)
    seen: set[str] = set()
    # The handedness of a centre that one tautomer lacks is kept on the way: the next one may have it again.
    ways = [Chem.Mol(mol)]
    while ways:
        way = ways.pop(0)
        shown = _shown(way, sides)
        key = _key(shown)
        if key in seen:
            continue
        seen.add(key)
        yield shown
        ways += [moved for site in sites for moved in _moves(way, site)]


@dataclass(frozen=True, slots=True)
class _Sides:
    """The configuration of one double bond."""

    ends: tuple[int, int]
    references: tuple[int, int]  # a substituent of each end
    is_cis: bool


def _kept_sides(mol: Any, sites: Sequence[Site]) -> tuple[_Sides, ...]:  # noqa: ANN401
    """Return the double bonds with a configuration that no proton turns into single ones."""
    from rdkit import Chem

    found = []
    for bond in mol.GetBonds():
        ends = (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        if bond.GetStereo() > Chem.BondStereo.STEREOANY and not any(set(ends) <= set(site.path) for site in sites):
            first, second = bond.GetStereoAtoms()
            is_cis = bond.GetStereo() in (Chem.BondStereo.STEREOZ, Chem.BondStereo.STEREOCIS)
            found.append(_Sides(ends, (first, second), is_cis))
    return tuple(found)


def _shown(mol: Any, sides: Sequence[_Sides]) -> Any:  # noqa: ANN401
    """Return a copy with these double bonds' sides alone, and with the handed centres alone that its graph has."""
    from rdkit import Chem

    kinds = Chem.BondStereo
    copy = Chem.Mol(mol)
    for bond in copy.GetBonds():
        bond.SetBondDir(Chem.BondDir.NONE)
        bond.SetStereo(kinds.STEREONONE)
    for known in sides:
        bond = copy.GetBondBetweenAtoms(*known.ends)
        bond.SetStereoAtoms(*known.references)
        bond.SetStereo(kinds.STEREOCIS if known.is_cis else kinds.STEREOTRANS)
    Chem.SetDoubleBondNeighborDirections(copy)
    Chem.AssignStereochemistry(copy, cleanIt=True, force=True)
    return copy


def _moves(mol: Any, site: Site) -> Iterator[Any]:  # noqa: ANN401
    """Yield what one proton that goes to another atom of its site makes of a molecule."""
    from rdkit import Chem

    kekulised = Chem.RWMol(mol)
    Chem.Kekulize(kekulised, clearAromaticFlags=True)
    for donor in site.atoms:
        hydrogens = [n.GetIdx() for n in kekulised.GetAtomWithIdx(donor).GetNeighbors() if n.GetIdx() in site.hydrogens]
        if not hydrogens or kekulised.GetAtomWithIdx(donor).GetFormalCharge():
            continue
        for acceptor in site.atoms:
            way = _alternating_way(kekulised, donor, acceptor)
            if way is not None:
                moved = _moved(kekulised, way, hydrogens[0])
                if moved is not None:
                    yield moved


def _alternating_way(mol: Any, donor: int, acceptor: int) -> list[int] | None:  # noqa: ANN401
    """Return the shortest way of atoms from donor to acceptor over bonds that are single and double by turns.

    The first bond is single, the last one double. None if there is none.
    """
    if donor == acceptor or mol.GetAtomWithIdx(acceptor).GetFormalCharge():
        return None
    for length in range(2, _LONGEST_WAY + 1, 2):
        way = _way_of_length(mol, [donor], acceptor, length)
        if way is not None:
            return way
    return None


def _way_of_length(mol: Any, way: list[int], acceptor: int, length: int) -> list[int] | None:  # noqa: ANN401
    if len(way) == length + 1:
        return way if way[-1] == acceptor else None
    order = 1.0 if len(way) % 2 else 2.0
    for bond in mol.GetAtomWithIdx(way[-1]).GetBonds():
        near = bond.GetOtherAtomIdx(way[-1])
        if bond.GetBondTypeAsDouble() == order and near not in way and (near != acceptor or len(way) == length):
            found = _way_of_length(mol, [*way, near], acceptor, length)
            if found is not None:
                return found
    return None


def _moved(mol: Any, way: Sequence[int], hydrogen: int) -> Any:  # noqa: ANN401
    """Return the molecule with a hydrogen moved along a way of alternating bonds, None if RDKit finds it impossible."""
    from rdkit import Chem

    moved = Chem.RWMol(mol)
    for first, second in pairwise(way):
        bond = moved.GetBondBetweenAtoms(first, second)
        is_single = bond.GetBondType() == Chem.BondType.SINGLE
        bond.SetBondType(Chem.BondType.DOUBLE if is_single else Chem.BondType.SINGLE)
    moved.RemoveBond(way[0], hydrogen)
    moved.AddBond(way[-1], hydrogen, Chem.BondType.SINGLE)
    for atom in moved.GetAtoms():
        atom.SetNoImplicit(1)  # all hydrogens are atoms
        atom.SetNumExplicitHs(0)
    problem = Chem.SanitizeMol(moved, catchErrors=True)
    return moved.GetMol() if problem == Chem.SanitizeFlags.SANITIZE_NONE else None


def _key(mol: Any) -> str:  # noqa: ANN401
    """Return what is equal for one compound and its mirror image."""
    from rdkit import Chem

    mirror = Chem.Mol(mol)
    for atom in mirror.GetAtoms():
        atom.InvertChirality()
    return min(_smiles(mol), _smiles(mirror))


def _smiles(mol: Any) -> str:  # noqa: ANN401
    from rdkit import Chem

    return str(Chem.CanonSmiles(Chem.MolToSmiles(Chem.RemoveHs(mol))))


def _mapped_smiles(mol: Any) -> str:  # noqa: ANN401
    """Return the SMILES with every atom numbered from 1 on."""
    from rdkit import Chem

    numbered = Chem.Mol(mol)
    for number, atom in enumerate(numbered.GetAtoms(), start=1):
        atom.SetAtomMapNum(number)
    return str(Chem.MolToSmiles(numbered))
