"""Which tautomers a molecule has, atom by atom."""

from __future__ import annotations

import pytest

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.exchange.protons import proton_sites
from qmnmr.exchange.tautomers import tautomer_name, tautomer_sites, tautomer_smiles, tautomer_words, tautomers
from qmnmr.structures import read_molecules


def read(smiles: str) -> Molecule:
    (molecule,) = read_molecules([smiles])
    return molecule


def named(molecule: Molecule, *, most: int = 24) -> dict[str, str]:
    """Return the SMILES of all tautomers by the places of their protons."""
    sites = tautomer_sites(proton_sites(rdkit_mol(molecule)))
    return {tautomer_name(form, sites): tautomer_smiles(form) for form in tautomers(molecule, most=most)}


@pytest.mark.parametrize(
    ("smiles", "others"),
    [
        ("Cc1cc[nH]n1", ["Cc1ccn[nH]1"]),  # 3- and 5-methylpyrazole
        ("Cc1c[nH]cn1", ["Cc1cnc[nH]1"]),  # 4- and 5-methylimidazole
        ("c1nc[nH]n1", ["c1nnc[nH]1"]),  # 1H- and 4H-1,2,4-triazole
        ("c1c[nH]nn1", ["c1cn[nH]n1"]),  # 1H- and 2H-1,2,3-triazole
        ("Nc1nc[nH]n1", ["Nc1nnc[nH]1", "Nc1ncn[nH]1"]),
        ("Cc1nnn[nH]1", ["Cc1nn[nH]n1"]),  # 1H- and 2H-tetrazole
        ("c1ccc2[nH]ncc2c1", ["c1ccc2n[nH]cc2c1"]),  # indazole: through the other ring
        ("c1ccc2[nH]nnc2c1", ["c1ccc2n[nH]nc2c1"]),  # benzotriazole
        ("Cc1ccc2[nH]cnc2c1", ["Cc1ccc2nc[nH]c2c1"]),
        ("Nc1ncnc2[nH]cnc12", ["Nc1ncnc2nc[nH]c12"]),  # adenine: 9H and 7H, its NH2 stays
        ("CNC(=N)N", ["CN=C(N)N"]),
        ("CN1CC(=O)N=C1N", ["CN1CC(=O)NC1=N"]),  # creatinine
        ("C/C(O)=C\\C(=O)c1ccccc1", ["CC(=O)C=C(O)c1ccccc1"]),
        ("C/C=C/c1cc[nH]n1", ["C/C=C/c1ccn[nH]1"]),  # a double bond beside it keeps its sides
        ("N[C@@H](Cc1c[nH]cn1)C(=O)O", ["N[C@@H](Cc1cnc[nH]1)C(=O)O"]),  # histidine keeps its hand
    ],
)
def test_a_molecule_with_a_moving_proton_has_these_tautomers(smiles: str, others: list[str]) -> None:
    molecule = read(smiles)
    found = list(named(molecule).values())
    assert found == [molecule.smiles, *others]


@pytest.mark.parametrize(
    "smiles",
    [
        "c1cn[nH]c1", "c1c[nH]cn1", "c1ccc2[nH]cnc2c1", "Cc1cc(C)[nH]n1", "CCCc1nc2ccccc2[nH]1", "CC(=N)N", "NC(N)=N",
        "C/C(O)=C\\C(C)=O", "O=c1cccccc1O", "CC(=O)O", "CP(C)(=O)O", "c1c[nH+]c[nH]1", "c1cc[nH]c1", "Cn1ccnc1", "CCO",
        "CN/C(C)=N/C", "CC(C)NC(NC)=NC#N",
    ],
)  # fmt: skip
def test_degenerate_tautomers_and_molecules_without_any_are_one(smiles: str) -> None:
    molecule = read(smiles)
    assert tautomers(molecule, most=24) == (molecule,)
    assert tautomer_words(molecule, most=24, shares=None) == ""


def test_every_atom_keeps_its_number_and_all_bonds_but_those_of_protons() -> None:
    molecule = read("C/C=C/C[C@H](F)c1cc[nH]n1")
    drawn, moved = (rdkit_mol(form) for form in tautomers(molecule, most=24))
    assert [a.GetSymbol() for a in drawn.GetAtoms()] == [a.GetSymbol() for a in moved.GetAtoms()]

    def bonds(mol) -> set[tuple[int, ...]]:
        return {tuple(sorted((b.GetBeginAtomIdx(), b.GetEndAtomIdx()))) for b in mol.GetBonds()}

    assert {drawn.GetAtomWithIdx(a).GetSymbol() for bond in bonds(drawn) ^ bonds(moved) for a in bond} == {"N", "H"}
    assert drawn.GetAtomWithIdx(4).GetProp("_CIPCode") == moved.GetAtomWithIdx(4).GetProp("_CIPCode")


def test_a_centre_that_only_some_tautomers_have_is_one_compound_with_its_mirror_image() -> None:
    # Two methylpyrazolyl groups on one carbon: both as drawn, one of them moved (a centre), both moved.
    drawn = "Cc1cc(C(c2ccccc2)c2cc(C)[nH]n2)n[nH]1"
    chiral = "Cc1cc([C@H](c2ccccc2)c2cc(C)[nH]n2)[nH]n1"
    assert len(named(read(drawn))) == 3
    assert len(named(read(chiral))) == 3


def test_names_tell_where_the_protons_are() -> None:
    assert list(named(read("CNC(=N)N"))) == ["N2H N4H N5H2", "N4H2 N5H2"]


def test_more_tautomers_than_wanted_are_told_by_one_more() -> None:
    molecule = read("Cc1c[nH]c(CCc2nc(C)c[nH]2)n1")
    assert len(tautomers(molecule, most=24)) == 3
    assert len(tautomers(molecule, most=1)) == 2
    assert "as drawn is computed alone" in tautomer_words(molecule, most=1, shares=None)


def test_words_say_shares_and_what_is_missing() -> None:
    molecule = read("Cc1c[nH]cn1")
    other = tautomers(molecule, most=24)[1].mapped_smiles
    assert tautomer_words(molecule, most=24, shares=None) == "average over the tautomers N4H, N6H"
    assert tautomer_words(molecule, most=24, shares={"": 1.0}) == "the tautomer N6H is not in the average"
    words = tautomer_words(molecule, most=24, shares={"": 0.624, other: 0.376})
    assert words == "average over tautomers (N4H 62 %, N6H 38 %), whose relative energies have a larger error"
    assert "N6H <1 %" in tautomer_words(molecule, most=24, shares={"": 0.999, other: 0.001})
