"""Which nuclei are one signal, which is which, and why."""

from __future__ import annotations

import pytest

from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.conformers.rdkit_search import embedded, search
from qmnmr.conformers.signals import find_signals
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.signal import Signal
from qmnmr.structures import read_molecules
from tests.support.signal_cases import CASES, SignalCase

_PAIRS = (("pro-R", "pro-S"), ("pro-S", "pro-R"))
SETTINGS = SearchSettings(
    method="rdkit", random_seed=7, max_embeddings=4, energy_window_kcal_per_mol=20.0, max_conformers=4
)


def signals_of(smiles: str) -> tuple[Molecule, tuple[Signal, ...]]:
    (molecule,) = read_molecules([smiles])
    ensemble = search(molecule, SETTINGS)
    found = find_signals(molecule, ensemble)
    assert tuple(signal.atom_indices for signal in found) == equivalent_sets(molecule, ensemble)
    return molecule, found


def of_atom(signals: tuple[Signal, ...], number: int) -> Signal:
    """Return the signal of an atom, counted from 1."""
    return next(signal for signal in signals if number - 1 in signal.atom_indices)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.smiles)
def test_signals_are_those_of_the_spectrum(case: SignalCase) -> None:
    _, signals = signals_of(case.smiles)
    sizes = {
        element: sorted(len(signal.atom_indices) for signal in signals if signal.element == element)
        for element in ("H", "C")
    }
    assert sizes == {"H": sorted(case.hydrogens), "C": sorted(case.carbons)}, case.reason
    for signal in signals:
        others = [s for s in signals if s is not signal and s.label == signal.label and s.element == signal.element]
        if signal.label:
            assert not [
                s for s in others if str(signal.atom_indices[0] + 1) in s.why.partition("apart from")[2].split()
            ]
        assert bool(signal.label) == ("apart from" in signal.why)


@pytest.mark.parametrize(
    ("smiles", "labels"),
    [
        ("C[C@@H](O)CC", {"pro-R", "pro-S"}),
        ("C[C@@H]1CO1", {"pro-R, trans to C1", "pro-S, cis to C1"}),
        ("C=CC", {"cis to C3", "trans to C3"}),
        ("CN(C)C=O", {"cis to O5", "trans to O5"}),
        ("C=C=C=CCl", {"cis to Cl5", "trans to Cl5"}),
        ("CC1CC1", {"cis to C1", "trans to C1"}),
        ("C1CC[C@@H]2CCCC[C@H]2C1", {"axial", "equatorial"}),
        ("C1CC2CCC1C2", {"exo", "endo"}),
        ("CN1CC1", {"cis to C1", "trans to C1"}),
        ("C1c2ccccc2Cc2ccccc2Cc2ccccc12", {"syn to C3 and its equals", "anti to C3 and its equals"}),
    ],
)
def test_labels_say_which_is_which(smiles: str, labels: set[str]) -> None:
    _, signals = signals_of(smiles)
    assert {signal.label for signal in signals if signal.element == "H"} - {""} == labels


def test_enantiotopic_nuclei_of_one_signal_are_told_one_by_one() -> None:
    _, signals = signals_of("OCC(O)CO")
    for signal in (of_atom(signals, 8), of_atom(signals, 9)):
        names = [f"H{atom + 1}" for atom in signal.atom_indices]
        assert signal.label in {f"{names[0]} {first}; {names[1]} {second}" for first, second in _PAIRS}


def test_pro_r_is_the_hydrogen_whose_deuteration_gives_r() -> None:
    from rdkit import Chem

    from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol, with_coordinates

    (molecule,) = read_molecules(["CCO"])
    (ethyl,) = read_molecules(["C[C@H](O)CC"])
    ensemble = search(ethyl, SETTINGS)
    for signal in find_signals(ethyl, ensemble):
        if not signal.label.startswith("pro-"):
            continue
        mol = with_coordinates(rdkit_mol(ethyl), coordinates_of(ensemble.conformers[0].geometry))
        mol.GetAtomWithIdx(signal.atom_indices[0]).SetIsotope(2)
        Chem.AssignStereochemistryFrom3D(mol)
        assert signal.label == f"pro-{mol.GetAtomWithIdx(3).GetProp('_CIPCode')}"
    assert not [s for s in find_signals(molecule, search(molecule, SETTINGS)) if s.label]


@pytest.mark.parametrize(
    ("smiles", "atom", "words"),
    [
        ("CN(C)C=O", 1, "slow C-N rotation of amides and thioamides, C4-N2 (15 to 25 kcal/mol)"),
        ("CN(C)C(=O)C(C)(C)C", 1, "fast C-N rotation of alpha-quaternary tertiary amides"),
        ("Cc1cc(C)[nH]n1", 1, "fast proton exchange between the N of an azole"),
        ("C=CC", 4, "the sides of C1=C2"),
        ("CC(C)C", 1, "homotopic"),
        ("CCO", 7, "enantiotopic"),
        ("C[C@@H](O)CC", 11, "diastereotopic"),
        ("CO", 3, "the group turns"),
    ],
)
def test_reasons_name_what_is_fast_and_what_is_slow(smiles: str, atom: int, words: str) -> None:
    _, signals = signals_of(smiles)
    assert words in of_atom(signals, atom).why


@pytest.mark.parametrize(
    ("smiles", "atom", "words"),
    [
        ("CN1CCCO1", 10, "is N inversion of isoxazolidines, N2 (13 to 16 kcal/mol) slow?"),
        ("CN(C)C(=O)C(Cl)(Cl)Cl", 1, "may be one signal with 3"),
        ("CC(C)(C)OC(=O)N1CCCC1", 9, "may be broad or two signals: C-N rotation of carbamates"),
        ("CC[NH+](C)Cc1ccccc1", 6, None),
    ],
)
def test_what_is_open_is_flagged(smiles: str, atom: int, words: str | None) -> None:
    _, signals = signals_of(smiles)
    flags = " ".join(of_atom(signals, atom).flags)
    assert bool(flags) == (words is not None)
    assert (words or "") in flags


@pytest.mark.parametrize(
    "smiles", ["CN(C)C=O", "Cc1cc(C)[nH]n1", "CCO", "C[C@@H](O)CC", "CC(=O)N1CC1", "C1CCC/C=C/CC1"]
)
def test_what_is_known_has_no_flag(smiles: str) -> None:
    _, signals = signals_of(smiles)
    assert not [flag for signal in signals for flag in signal.flags]


@pytest.mark.parametrize(("smiles", "fluorines"), [("FS(F)(F)(F)(F)c1ccccc1", [1, 4]), ("F[P-](F)(F)(F)(F)F", [6])])
def test_six_coordinate_centres_tell_cis_from_trans(smiles: str, fluorines: list[int]) -> None:
    (molecule,) = read_molecules([smiles])
    signals = find_signals(molecule, embedded(molecule, random_seed=1))
    assert sorted(len(s.atom_indices) for s in signals if s.element == "F") == fluorines
    labels = {s.label for s in signals if s.element == "F"}
    assert labels == ({"cis to C7", "trans to C7"} if len(fluorines) == 2 else {""})


def test_a_twisted_geometry_counts_as_the_flat_one() -> None:
    # UFF turns C6H5(CH3)B-N(CH3)2 by 90 degrees; no sides of it would be left.
    _, signals = signals_of("CN(C)B(C)c1ccccc1")
    assert {of_atom(signals, 1).label, of_atom(signals, 3).label} == {"cis to C6", "trans to C6"}
