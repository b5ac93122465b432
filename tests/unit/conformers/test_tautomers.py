"""Conformers of several tautomers in one ensemble: numbering, duplicates, weights, signals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qmnmr.conformers.alignment import align_slow_rotamers
from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.pruning import prune
from qmnmr.conformers.rdkit_search import search
from qmnmr.conformers.signals import find_signals
from qmnmr.datatypes.molecule import Ensemble, Geometry, Molecule, tautomer_of
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_molecule import coordinates_of
from qmnmr.exchange.tautomers import tautomer_words
from qmnmr.funnel.searching.tautomers import search_tautomers
from qmnmr.report.structure_file import ensemble_sdf
from qmnmr.structures import read_molecules

SETTINGS = SearchSettings(
    method="rdkit", random_seed=7, max_embeddings=20, energy_window_kcal_per_mol=6.0, max_conformers=20
)


def searched(smiles: str, *, most: int = 24) -> Ensemble:
    (molecule,) = read_molecules([smiles])
    return search_tautomers(molecule, most=most, search=lambda tautomer, _: search(tautomer, SETTINGS))


def test_each_tautomer_is_searched_and_says_which_it_is() -> None:
    ensemble = searched("Cc1c[nH]cn1")
    molecule = ensemble.molecule
    assert [c.label for c in ensemble.conformers] == ["c001", "t2c001"]
    assert ensemble.conformers[0].tautomer == ""
    assert ensemble.starts == 10
    assert ensemble.notes == ("2 tautomers exchange fast and are averaged: N4H Cc1c[nH]cn1, N6H Cc1cnc[nH]1",)
    for conformer in ensemble.conformers:
        assert structure_change(tautomer_of(molecule, conformer), conformer.geometry) is None
    moved = structure_change(molecule, ensemble.conformers[1].geometry)
    assert moved is not None
    assert "H11 moved from N4" in moved
    records = ensemble_sdf(ensemble).split("$$$$\n")
    bonds = [{tuple(line.split()[:2]) for line in record.splitlines() if len(line.split()) == 4} for record in records]
    assert [("4", "11") in found for found in bonds[:2]] == [True, False]


def test_many_tautomers_leave_the_one_as_drawn_alone() -> None:
    ensemble = searched("Cc1c[nH]cn1", most=1)
    assert [c.label for c in ensemble.conformers] == ["c001"]
    assert ensemble.notes == ("more than 1 tautomers exchange fast: the one as drawn is computed alone",)


def test_conformers_of_different_tautomers_are_no_duplicates() -> None:
    ensemble = searched("Cc1c[nH]cn1")
    twice = replace(
        ensemble,
        conformers=tuple(
            replace(c, label=f"{c.label}{copy}", energy_hartree=-1.0) for c in ensemble.conformers for copy in "ab"
        ),
    )
    assert sorted(c.tautomer for c in prune(twice).conformers) == sorted(c.tautomer for c in ensemble.conformers)


def test_a_tautomer_counts_as_often_as_its_proton_has_places() -> None:
    first, second = searched("c1nc[nH]n1").conformers  # 1H-1,2,4-triazole twice, on N1 and N2; 4H once
    assert (first.degeneracy, second.degeneracy) == (1.0, 0.5)


def test_a_centre_that_exchange_makes_and_takes_weighs_both_of_its_hands() -> None:
    ensemble = searched("Cc1cc(C(c2ccccc2)c2cc(C)[nH]n2)n[nH]1")
    by_tautomer: dict[str, set[float]] = {}
    for conformer in ensemble.conformers:
        by_tautomer.setdefault(conformer.tautomer, set()).add(conformer.degeneracy)
    assert len(by_tautomer) == 3
    assert all(2.0 in found for found in by_tautomer.values())


def hand(geometry: Geometry, atoms: tuple[int, int, int, int]) -> float:
    points = coordinates_of(geometry)
    return float(np.sign(np.linalg.det(points[list(atoms[1:])] - points[atoms[0]])))


def test_prochiral_hydrogens_have_one_numbering_in_all_tautomers() -> None:
    # pro-R and pro-S of histidine's CH2 must not be mixed in the average.
    ensemble = searched("N[C@@H](Cc1c[nH]cn1)C(=O)O")
    molecule = ensemble.molecule
    carbon, *hydrogens = next(
        (atom, *sorted(near for near in neighbours if molecule.symbols[near] == "H"))
        for atom, neighbours in _neighbours(molecule).items()
        if molecule.symbols[atom] == "C" and sum(molecule.symbols[near] == "H" for near in neighbours) == 2
    )
    first, second = hydrogens
    swapped = tuple(
        replace(c, geometry=_exchanged(c.geometry, first, second)) if c.tautomer else c for c in ensemble.conformers
    )
    aligned = align_slow_rotamers(molecule, replace(ensemble, conformers=swapped))
    heavy = [near for near in _neighbours(molecule)[carbon] if molecule.symbols[near] != "H"]
    hands = {hand(c.geometry, (carbon, heavy[0], first, second)) for c in aligned.conformers}
    assert len(hands) == 1
    assert len({c.tautomer for c in aligned.conformers}) == 2
    assert align_slow_rotamers(molecule, aligned) == aligned
    for conformer in aligned.conformers:
        assert structure_change(tautomer_of(molecule, conformer), conformer.geometry) is None


def _neighbours(molecule: Molecule) -> dict[int, list[int]]:
    from qmnmr.datatypes.rdkit_molecule import rdkit_mol

    return {atom.GetIdx(): [near.GetIdx() for near in atom.GetNeighbors()] for atom in rdkit_mol(molecule).GetAtoms()}


def _exchanged(geometry: Geometry, first: int, second: int) -> Geometry:
    positions = list(geometry.coordinates_angstrom)
    positions[first], positions[second] = positions[second], positions[first]
    return replace(geometry, coordinates_angstrom=tuple(positions))


@pytest.mark.parametrize("order", [1, -1])
def test_signals_are_the_same_whichever_tautomer_is_lowest(order: int) -> None:
    ensemble = searched("Cc1cc[nH]n1")
    words = tautomer_words(ensemble.molecule, most=24, shares=None)
    first = replace(ensemble, conformers=ensemble.conformers[::order])
    signals = find_signals(ensemble.molecule, first, about_tautomers=words)
    assert [signal.atom_indices for signal in signals] == [
        (0,),
        (1,),
        (2,),
        (3,),
        (4,),
        (5,),
        (6, 7, 8),
        (9,),
        (10,),
        (11,),
    ]
    touched = {atom for signal in signals if signal.flags for atom in signal.atom_indices}
    assert touched == {0, 1, 2, 3, 4, 5, 9, 10, 11}  # all but the H of the methyl group
