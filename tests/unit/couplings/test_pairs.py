"""Which hydrogens couple, and of which class a coupling is."""

from __future__ import annotations

import pytest
from rdkit import Chem

from qmnmr.couplings.pairs import coupled_pairs
from qmnmr.datatypes.coupling import CouplingClass
from qmnmr.datatypes.molecule import Molecule


def molecule_of(smiles: str) -> Molecule:
    from qmnmr.structures import read_inputs

    return read_inputs((smiles,), charge=None).molecules[0]


@pytest.mark.parametrize(
    ("smiles", "classes"),
    [
        ("CC", {(2, "geminal"): 6, (3, "vicinal sp3"): 9}),
        ("C=C", {(2, "geminal"): 2, (3, "alkene"): 4}),
        ("c1ccccc1", {(3, "aromatic"): 6, (4, "aromatic"): 6, (5, "aromatic"): 3}),
        ("CC=O", {(2, "geminal"): 3, (3, "vicinal sp2"): 3}),
        ("CO", {(2, "geminal"): 3, (3, "vicinal sp2"): 3}),
        ("C#C", {(3, "vicinal sp2"): 1}),
        (
            "C=CC=C",
            {(2, "geminal"): 2, (3, "alkene"): 4, (3, "vicinal sp2"): 1, (4, "long-range"): 4, (5, "long-range"): 4},
        ),
        ("COC", {(2, "geminal"): 6, (4, "long-range"): 9}),
    ],
)
def test_a_pair_is_of_the_class_that_chemists_name(smiles, classes):
    found: dict[tuple[int, str], int] = {}
    for pair in coupled_pairs(molecule_of(smiles)):
        key = (pair.n_bonds, pair.coupling_class.value)
        found[key] = found.get(key, 0) + 1
    assert found == classes


def test_pairs_at_the_same_distance_through_both_sides_of_a_ring_have_both_paths():
    para = [pair for pair in coupled_pairs(molecule_of("c1ccccc1")) if pair.n_bonds == 5]
    assert {len(pair.paths) for pair in para} == {2}


def test_the_order_of_atoms_changes_nothing():
    molecule = molecule_of("CC(O)c1ccccc1")
    mol = Chem.MolFromSmiles("c1ccccc1C(C)O")
    turned = molecule_of(Chem.MolToSmiles(mol, canonical=False))
    kinds = [sorted((p.n_bonds, p.coupling_class) for p in coupled_pairs(m)) for m in (molecule, turned)]
    assert kinds[0] == kinds[1]
    assert all(p.atom_indices[0] < p.atom_indices[1] for p in coupled_pairs(turned))
    assert CouplingClass.AROMATIC in {p.coupling_class for p in coupled_pairs(turned)}
