"""Assignments of a file with a structure of its own, in another order of atoms."""

from __future__ import annotations

from qmnmr.calibration.atom_mapping import with_own_atoms
from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.structures import molecules_from_smiles


def molecule(smiles):
    (found,) = molecules_from_smiles([("a", smiles)], source="test")
    return found


def spectrum(smiles, *atoms):
    """Return a spectrum with a signal for each group of atoms, numbered as in a molecule of this SMILES."""
    signals = tuple(MeasuredSignal(low_ppm=float(i), high_ppm=float(i), atoms=group) for i, group in enumerate(atoms))
    return Spectrum(nucleus="13C", signals=signals, mapped_smiles=molecule(smiles).mapped_smiles)


def atoms_of(found):
    return [signal.atoms for signal in found.signals]


def test_atoms_of_the_same_order_are_kept():
    given = spectrum("CCOC(C)=O", (1,), (2,), (7, 8, 9))
    assert with_own_atoms(given, molecule("CCOC(C)=O")) == (given, "")


def test_atoms_of_another_order_are_renumbered_by_constitution():
    found, lost = with_own_atoms(spectrum("CC(=O)OCC", (1,), (5,), (2,), (6,), (7, 8, 9)), molecule("CCOC(C)=O"))
    assert atoms_of(found) == [(5,), (2,), (4,), (1,), (12, 13, 14)]
    assert lost == ""


def test_what_needs_stereo_to_be_told_loses_its_atoms():
    # The two methyls of menthol's isopropyl group are of one constitution.
    given = spectrum("CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O", (1,), (2,), (1, 3))
    found, lost = with_own_atoms(given, molecule("O[C@@H]1C[C@H](C)CC[C@H]1C(C)C"))
    assert [len(atoms) for atoms in atoms_of(found)] == [0, 1, 2]
    assert lost == "its atoms are in another order, and 1 assignments need stereo to be told: not used"


def test_atoms_of_another_compound_are_not_used():
    found, lost = with_own_atoms(spectrum("CCO", (1,), (2,)), molecule("CCOC(C)=O"))
    assert atoms_of(found) == [(), ()]
    assert lost == "its structure is another than the run's: assignments were not used"


def test_a_list_without_a_structure_counts_atoms_as_the_molecule_does():
    given = Spectrum(nucleus="13C", signals=(MeasuredSignal(low_ppm=1.0, high_ppm=1.0, atoms=(2,)),))
    assert with_own_atoms(given, molecule("CCO")) == (given, "")


def test_of_another_configuration_constitution_alone_tells_which_atom_is_which():
    smiles, other = "C[C@H](O)[C@H](C)CO", "C[C@H](O)[C@@H](C)CO"
    ours = molecule(other)
    hydrogens = [atom for atom, symbol in enumerate(ours.symbols, start=1) if symbol == "H"]
    pair = tuple(hydrogens[-3:-1])  # those of the CH2
    given = spectrum(smiles, (1,), (5,), pair[:1], pair)
    found, lost = with_own_atoms(given, ours, is_its_configuration=False)
    assert atoms_of(found) == [(1,), (5,), (), pair]
    assert lost == "1 assignments need stereo to be told: not used"
    assert with_own_atoms(given, ours) == (given, "")
