"""Which pairs of nuclei share one coupling."""

from __future__ import annotations

import pytest

from qmnmr.conformers.equivalence import equivalent_pairs, equivalent_sets
from qmnmr.conformers.rdkit_search import search
from qmnmr.couplings.pairs import coupled_pairs
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.exchange.find_sites import exchange_sites
from qmnmr.structures import read_molecules

SETTINGS = SearchSettings(
    method="rdkit", random_seed=7, max_embeddings=10, energy_window_kcal_per_mol=20.0, max_conformers=5
)


def sizes(smiles: str) -> dict[int, list[int]]:
    """Return by number of bonds the sizes of the sets of pairs, ascending."""
    (molecule,) = read_molecules([smiles])
    ensemble = search(molecule, SETTINGS)
    bonds = {pair.atom_indices: pair.n_bonds for pair in coupled_pairs(molecule)}
    sets = equivalent_pairs(molecule, ensemble, bonds)
    of_signal = {atom: members for members in equivalent_sets(molecule, ensemble) for atom in members}
    for members in sets:
        assert len({bonds[pair] for pair in members}) == 1
        assert len({tuple(sorted((of_signal[a], of_signal[b]))) for a, b in members}) == 1
    moving = {h for site in exchange_sites(rdkit_mol(molecule)) for h in site.hydrogens}
    assert sorted(pair for members in sets for pair in members) == [p for p in sorted(bonds) if not moving & set(p)]
    found: dict[int, list[int]] = {}
    for members in sets:
        found.setdefault(bonds[members[0]], []).append(len(members))
    return {number: sorted(of_bonds) for number, of_bonds in sorted(found.items())}


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CCCl", {2: [1, 3], 3: [6]}),  # a methyl group turns
        ("CC(C)Cl", {2: [6], 3: [6], 4: [9]}),
        ("ClCCBr", {2: [1, 1], 3: [2, 2]}),  # gauche and anti: J and J' of AA'XX'
        ("ClCCCl", {2: [2], 3: [2, 2]}),
        ("Clc1ccccc1Cl", {3: [1, 2], 4: [2], 5: [1]}),
        ("Clc1ccc(Br)cc1", {3: [2], 4: [1, 1], 5: [2]}),
        ("c1ccccc1", {3: [6], 4: [6], 5: [3]}),
        ("C1CCCCC1", {2: [6], 3: [12, 12], 4: [12, 12], 5: [6, 6]}),  # the ring flips: cis and trans are left
        ("C[C@H](Cl)CBr", {2: [1, 3], 3: [1, 1, 3], 4: [3, 3]}),  # diastereotopic H couple on their own
        ("CCOCC", {2: [2, 6], 3: [12], 4: [2, 2], 5: [12]}),  # no mean over the two ethyl groups
        (r"F/C=C\F", {3: [1]}),
        ("C=CCl", {2: [1], 3: [1, 1]}),
    ],
)
def test_pairs_are_together_if_one_exchange_carries_both_nuclei(smiles, expected):
    assert sizes(smiles) == expected


def test_protons_that_move_have_no_partner_and_what_they_move_past_is_averaged():
    assert sizes("Cc1cc(C)[nH]n1") == {2: [6], 4: [6]}  # pyrazole: H4 with both methyl groups
