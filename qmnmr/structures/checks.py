"""What can't be computed, told by name: fragments, isotopes, dummies, metals, radicals."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from qmnmr.datatypes.molecule import CLOSEST_ATOMS_ANGSTROM
from qmnmr.errors import InputError, shortened
from qmnmr.structures.atoms import atoms, bonds

ELEMENTS = frozenset({"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I"})
"""Elements that the force fields, the basis sets and the shielding levels serve."""

MOST_ATOMS = 1000
"""Hydrogens counted. At B3LYP/6-31G* this is some 9,000 basis functions, of which no engine finishes the shieldings."""

_FOREIGN = re.compile(r"[^\x21-\x7e]")
_NONMETALS = frozenset({"He", "Ne", "Ar", "Kr", "Xe", "Rn", "Ge", "As", "Sb", "Te", "At", "Ts", "Og"})


def check_atoms(mol: Any, *, source: str, is_drawn: bool = True) -> None:  # noqa: ANN401
    """Raise InputError for what is wrong atom by atom; needs no sanitised molecule.

    Finds: no atoms, too many, query and dummy atoms, isotopes, elements that are not served, several fragments.
    `is_drawn`: bonds may have no order, which a SMILES alone can't say.
    """
    from rdkit import Chem

    if mol.GetNumAtoms() == 0:
        raise InputError(f"{source}: the structure has no atoms", hint="Was it drawn and saved? Check the file.")
    check_size(mol.GetNumAtoms(), source=source)
    if mol.HasQuery() or mol.HasSubstructMatch(_unserved()):
        for atom in atoms(mol):
            if atom.GetSymbol() not in ELEMENTS or atom.GetIsotope() or atom.HasQuery():
                raise _bad_atom(atom, source)
    if mol.HasQuery() or (is_drawn and Chem.BondType.ZERO in map(Chem.Bond.GetBondType, bonds(mol))):
        for bond in bonds(mol):
            if bond.HasQuery() or bond.GetBondType() == Chem.BondType.ZERO:
                raise InputError(
                    f"{source}: the bond {_bond(bond)} is a query or has no order", hint="Draw one definite structure."
                )
    _check_fragments(mol, source)


@lru_cache(maxsize=1)
def _unserved() -> Any:  # noqa: ANN401
    """Return the pattern of an atom that is not of ELEMENTS, or an isotope: matching it takes a tenth of a loop."""
    from rdkit import Chem
    from rdkit.Chem import rdqueries

    table = Chem.GetPeriodicTable()
    pattern = Chem.MolFromSmarts(f"[{';'.join(f'!#{table.GetAtomicNumber(e)}' for e in sorted(ELEMENTS))}]")
    isotope = rdqueries.IsotopeGreaterQueryAtom(0)
    pattern.GetAtomWithIdx(0).ExpandQuery(isotope, Chem.CompositeQueryType.COMPOSITE_OR)
    return pattern


def check_size(number: int, *, source: str) -> None:
    """Raise InputError for more atoms than can be computed; `number` may leave out hydrogens."""
    if number > MOST_ATOMS:
        raise InputError(
            f"{source}: {number} atoms or more, at most {MOST_ATOMS} are read: no program here computes the shieldings "
            "of so many",
            hint="Cut out the part that you want to know of, and saturate it with H or CH3.",
        )


_OF_A_SALT = "Give one molecule each; of a salt, the ion that you measure (without counter-ion or solvent)."


def _bad_atom(atom: Any, source: str) -> InputError:  # noqa: ANN401
    """Return why an atom can't be computed."""
    from rdkit import Chem

    number = atom.GetIdx() + 1
    if atom.GetAtomicNum() == 0 or atom.HasQuery():
        return InputError(
            f"{source}: atom {number} ({atom.GetSymbol()}) is a dummy or query atom, not an element",
            hint="Replace R groups, lists and * by real atoms.",
        )
    symbol = atom.GetSymbol()
    if atom.GetIsotope():
        return InputError(
            f"{source}: atom {number} is labelled as the isotope {atom.GetIsotope()}{symbol}",
            hint="Remove isotope labels: shieldings hardly depend on them.",
        )
    name = Chem.GetPeriodicTable().GetElementName(atom.GetAtomicNum()).lower()
    kind = "an element" if symbol in _NONMETALS else "a metal"
    is_of_salt = kind == "a metal" and len(Chem.GetMolFrags(atom.GetOwningMol())) > 1
    return InputError(
        f"{source}: atom {number} is {name} ({symbol}), {kind} that is not supported",
        hint=_OF_A_SALT if is_of_salt else f"Supported: {' '.join(sorted(ELEMENTS))}.",
    )


def _check_fragments(mol: Any, source: str) -> None:  # noqa: ANN401
    """Raise InputError if the structure is more than one molecule."""
    from rdkit import Chem

    fragments = Chem.GetMolFrags(mol)
    if len(fragments) == 1:
        return
    charged = any(atom.GetFormalCharge() for atom in atoms(mol))
    raise InputError(
        f"{source}: {len(fragments)} separate fragments ({'a salt or ' if charged else ''}a mixture), not one molecule",
        hint=_OF_A_SALT,
    )


def check_closed_shell(mol: Any, *, source: str) -> None:  # noqa: ANN401
    """Raise InputError for radicals, carbenes, odd electron counts, bare nuclei, single atoms, and too many of them.

    `mol` is sanitised.
    """
    from rdkit import Chem

    check_size(mol.GetNumAtoms(onlyExplicit=False), source=source)
    if mol.HasSubstructMatch(_radical()):
        atom = mol.GetAtomWithIdx(mol.GetSubstructMatch(_radical())[0])
        unpaired = atom.GetNumRadicalElectrons()
        raise InputError(
            f"{source}: atom {atom.GetIdx() + 1} ({atom.GetSymbol()}) has {unpaired} unpaired electron"
            f"{'s' if unpaired > 1 else ''}: a radical or carbene; only closed shells can be computed",
            hint="Missing hydrogens or charge? [CH3] is a radical, C is methane, [CH3+] a cation.",
        )
    protons = sum(map(Chem.Atom.GetAtomicNum, atoms(mol)))
    charge, hydrogens = Chem.GetFormalCharge(mol), mol.GetNumAtoms(onlyExplicit=False) - mol.GetNumAtoms()
    check_electrons(protons + hydrogens - charge, charge, source=source)
    if mol.GetNumAtoms(onlyExplicit=False) == 1:
        raise InputError(
            f"{source}: {mol.GetAtomWithIdx(0).GetSymbol()} with charge {charge:+d} is one atom alone, not a molecule",
            hint="A molecule of two atoms or more has shifts to compute.",
        )


@lru_cache(maxsize=1)
def _radical() -> Any:  # noqa: ANN401
    """Return the pattern of an atom with unpaired electrons."""
    from rdkit import Chem
    from rdkit.Chem import rdqueries

    pattern = Chem.RWMol()
    pattern.AddAtom(rdqueries.NumRadicalElectronsGreaterQueryAtom(0))
    return pattern.GetMol()


def check_electrons(electrons: int, charge: int, *, source: str) -> None:
    """Raise InputError if the number of electrons is odd or not positive."""
    if electrons <= 0:
        raise InputError(f"{source}: charge {charge:+d} leaves no electrons", hint="Check the charge.")
    if electrons % 2:
        raise InputError(
            f"{source}: {electrons} electrons at charge {charge:+d}: a radical; only closed shells can be computed",
            hint="Check the charge (--charge for XYZ files) and that no hydrogen is missing.",
        )


def check_distances(coordinates: Any, *, source: str) -> None:  # noqa: ANN401
    """Raise InputError if two atoms lie on top of each other; `coordinates` is (n, 3) in Å."""
    import numpy as np

    for first in range(len(coordinates) - 1):
        distances = np.linalg.norm(coordinates[first + 1 :] - coordinates[first], axis=1)
        nearest = int(distances.argmin())
        if distances[nearest] < CLOSEST_ATOMS_ANGSTROM:
            raise InputError(
                f"{source}: atoms {first + 1} and {first + nearest + 2} are only {distances[nearest]:.2f} Å apart",
                hint="Coordinates must be in Å, one line per atom, none twice.",
            )


def _bond(bond: Any) -> str:  # noqa: ANN401
    """Return a bond as people write it: C1-C2, counted from 1."""
    begin, end = bond.GetBeginAtom(), bond.GetEndAtom()
    return f"{begin.GetSymbol()}{begin.GetIdx() + 1}-{end.GetSymbol()}{end.GetIdx() + 1}"


def check_characters(smiles: str, *, source: str) -> None:
    """Raise InputError for a character that no SMILES has, before a CXSMILES extension.

    RDKit drops such at either end without a word, and reads "CC" where the O behind it is Cyrillic.
    """
    foreign = _FOREIGN.search(smiles.split(maxsplit=1)[0])
    if foreign is None:
        return
    name = unicodedata.name(foreign[0], f"U+{ord(foreign[0]):04X}")
    raise InputError(
        f"{source}: {shortened(smiles)!r} is not a SMILES: character {foreign.start() + 1} is {name}",
        hint="Type it anew: PDF files, chats and word processors put look-alikes in the place of letters.",
    )
