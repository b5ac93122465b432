"""Atoms of a file's own structure to those of the run's molecule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol


def with_own_atoms(
    spectrum: Spectrum, molecule: Molecule, *, is_its_configuration: bool = True
) -> tuple[Spectrum, str]:
    """Return a spectrum whose atoms are the molecule's, and what could not be kept of them in words, or "".

    Where the file numbers its atoms in another order, or has another configuration, constitution tells which is which,
    and nothing more: an assignment that needs stereo to be told from another one is taken off.
    """
    if not spectrum.mapped_smiles or not any(signal.atoms for signal in spectrum.signals):
        return spectrum, ""
    ours, theirs = rdkit_mol(molecule), _structure(spectrum.mapped_smiles)
    is_same_order = theirs is not None and _is_same_order(ours, theirs)
    if is_same_order and is_its_configuration:
        return spectrum, ""
    order: tuple[int, ...] = tuple(range(ours.GetNumAtoms())) if is_same_order else ()
    if theirs is not None and not is_same_order and theirs.GetNumAtoms() == ours.GetNumAtoms():
        order = ours.GetSubstructMatch(theirs)
    if not order:
        signals = tuple(replace(signal, atoms=()) for signal in spectrum.signals)
        return replace(spectrum, signals=signals), "its structure is another than the run's: assignments were not used"
    alike = _alike(ours)
    found = [_renumbered(signal, order, alike) for signal in spectrum.signals]
    lost = sum(bool(old.atoms and not new.atoms) for old, new in zip(spectrum.signals, found, strict=True))
    what = "its atoms are in another order, and " if not is_same_order else ""
    words = f"{what}{lost} assignments need stereo to be told: not used" if lost else ""
    return replace(spectrum, signals=tuple(found)), words


def _structure(mapped_smiles: str) -> Any:  # noqa: ANN401
    """Return the file's structure in its own order, None if it can't be read."""
    from rdkit import Chem

    parameters = Chem.SmilesParserParams()
    parameters.removeHs = False
    mol = Chem.MolFromSmiles(mapped_smiles, parameters)
    if mol is None:
        return None
    numbers = [atom.GetAtomMapNum() for atom in mol.GetAtoms()]
    mol = Chem.RenumberAtoms(mol, sorted(range(len(numbers)), key=numbers.__getitem__))
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    return mol


def _is_same_order(ours: Any, theirs: Any) -> bool:  # noqa: ANN401
    """Return whether the atoms of two structures have the same numbers."""
    if [a.GetSymbol() for a in ours.GetAtoms()] != [a.GetSymbol() for a in theirs.GetAtoms()]:
        return False
    bonds = [{frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in mol.GetBonds()} for mol in (ours, theirs)]
    return bonds[0] == bonds[1]


def _alike(mol: Any) -> dict[int, frozenset[int]]:  # noqa: ANN401
    """Return for each atom those that constitution can't tell from it, itself among them."""
    from rdkit import Chem

    bare = Chem.Mol(mol)
    Chem.RemoveStereochemistry(bare)
    ranks = list(Chem.CanonicalRankAtoms(bare, breakTies=False, includeChirality=False))
    return {i: frozenset(j for j, rank in enumerate(ranks) if rank == ranks[i]) for i in range(len(ranks))}


def _renumbered(signal: MeasuredSignal, order: tuple[int, ...], alike: dict[int, frozenset[int]]) -> MeasuredSignal:
    """Return a signal with the molecule's numbers; without atoms if it is of some of several alike."""
    atoms = frozenset(order[atom - 1] for atom in signal.atoms)
    whole = frozenset[int]().union(*(alike[atom] for atom in atoms)) if atoms else atoms
    return replace(signal, atoms=tuple(sorted(atom + 1 for atom in atoms)) if atoms == whole else ())
