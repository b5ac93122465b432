import pytest

from qmnmr.shifts.environments import environments, heavy_neighbours
from qmnmr.structures import molecules_from_smiles


def classes(smiles):
    (molecule,) = molecules_from_smiles([("x", smiles)], source="test")
    return dict(enumerate(environments(molecule)))


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CCC(C)C", {0: "CH3", 1: "CH2", 2: "CH"}),
        ("CC(C)(C)C", {1: "C"}),
        ("CC(=O)OCC", {1: "C=O of acids, esters, amides", 4: "C-O"}),
        ("CC(=O)C", {1: "ketone C=O"}),
        ("CC=O", {1: "aldehyde C=O"}),
        ("C[N+](=O)[O-]", {0: "C-NO2"}),
        ("CN", {0: "C-N"}),
        ("COCOC", {2: "C of two hetero atoms"}),
        ("CCBr", {1: "C-Br"}),
        ("ClC(Br)F", {1: "C-Br"}),
        ("ClC(Cl)Cl", {1: "C-Cl3"}),
        ("CSC", {0: "C-S"}),
        ("C[Si](C)(C)C", {0: "C-Si"}),
        ("CC(=S)C", {1: "C=S"}),
        ("c1ccsc1", {0: "aromatic CH", 2: "sp2 C-S"}),
        ("c1ccncc1", {2: "aromatic C-N", 0: "aromatic CH"}),
        ("Cc1ccccc1", {1: "aromatic C", 2: "aromatic CH"}),
        ("c1cnco1", {0: "aromatic C-O", 1: "aromatic C-N", 3: "aromatic C-N-O"}),
        ("Clc1ccccc1", {1: "sp2 C-Cl"}),
        ("CC#N", {1: "nitrile"}),
        ("CC#CC", {1: "alkyne C"}),
        ("CC#C", {2: "alkyne CH"}),
        ("C=C=C", {1: "cumulated C", 0: "alkene CH2"}),
        ("C=CC(C)=O", {0: "alkene C beta to C=O", 1: "alkene C beside C=O"}),
        ("C=CC", {0: "alkene CH2", 1: "alkene CH"}),
        ("CC(C)=C", {1: "alkene C"}),
        ("COC=C", {2: "alkene C-X"}),
        ("C/C=N/C", {1: "C=N"}),
        ("FC(F)(F)C", {0: "CF3", 1: "C of two hetero atoms"}),
        ("FCC", {0: "CF", 1: "C-F"}),
        ("Fc1ccccc1", {0: "F of aromatic C"}),
        ("FC=C", {0: "F of C=C"}),
        ("FP(F)F", {0: "P-F", 1: "P(3)"}),
        ("CP(C)(C)=O", {1: "P=O"}),
        ("CP(C)(C)=S", {1: "P=S"}),
        ("c1ccpcc1", {3: "P of a multiple bond"}),
        ("CC#P", {2: "P of a multiple bond"}),
    ],
)
def test_atoms_have_the_class_of_their_place(smiles, expected):
    found = classes(smiles)
    assert {i: found[i] for i in expected} == expected


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CCC(C)C", {"CH3", "CH2", "CH"}),
        ("CO", {"H of C-O", "OH"}),
        ("CNC", {"H of C-N", "NH"}),
        ("CC=O", {"CH3", "H of aldehyde C=O"}),
        ("c1ccccc1", {"H of aromatic CH"}),
        ("C#CC", {"H of alkyne CH", "CH3"}),
        ("CS", {"H of C-S", "SH"}),
    ],
)
def test_hydrogens_have_the_class_of_what_carries_them(smiles, expected):
    (molecule,) = molecules_from_smiles([("x", smiles)], source="test")
    names = environments(molecule)
    assert {name for name, symbol in zip(names, molecule.symbols, strict=True) if symbol == "H"} == expected


def test_the_order_of_the_atoms_does_not_matter():
    assert sorted(classes("CC(=O)C=C").values()) == sorted(classes("C=CC(C)=O").values())


def test_mesomeric_forms_have_one_class():
    assert sorted(classes("Cc1ccccc1C").values()) == sorted(classes("CC1=C(C)C=CC=C1").values())


@pytest.mark.parametrize(
    ("smiles", "atom", "heavy"),
    [
        ("CBr", 0, ("Br", 1)),
        ("ClC(Cl)Cl", 1, ("Cl", 3)),
        ("CC(=S)C", 1, ("S", 1)),
        ("c1ccsc1", 6, None),
        ("c1ccsc1", 2, ("S", 1)),
        ("CBr", 2, ("Br", 1)),
        ("CO", 0, None),
        ("CS", 5, None),
    ],
)
def test_a_class_says_which_heavy_atoms_gave_it(smiles, atom, heavy):
    assert heavy_neighbours(classes(smiles)[atom]) == heavy
