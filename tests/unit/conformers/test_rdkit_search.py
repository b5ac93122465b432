"""The search is reproducible, bounded, and true to the molecule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.rdkit_search import expected_minima, given_geometries, number_of_embeddings, search
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol, skeleton
from qmnmr.errors import InputError
from qmnmr.structures import read_molecules

SETTINGS = SearchSettings(
    method="rdkit", random_seed=42, max_embeddings=60, energy_window_kcal_per_mol=10.0, max_conformers=20
)


def read(smiles: str) -> Molecule:
    return read_molecules([smiles])[0]


def test_the_same_seed_gives_the_same_ensemble() -> None:
    assert search(read("OCCCO"), SETTINGS) == search(read("OCCCO"), SETTINGS)


def test_the_number_of_threads_makes_no_difference() -> None:
    assert search(read("OCCCO"), SETTINGS, threads=2) == search(read("OCCCO"), SETTINGS, threads=1)


def test_conformers_are_sorted_labelled_and_within_the_window() -> None:
    ensemble = search(read("CCCCCO"), SETTINGS)
    energies = [conformer.energy_hartree or 0.0 for conformer in ensemble.conformers]
    assert energies == sorted(energies)
    assert (energies[-1] - energies[0]) * 627.5 <= 10.0
    labels = [conformer.label for conformer in ensemble.conformers]
    assert labels == [f"c{number:03d}" for number in range(1, len(labels) + 1)]


def test_what_the_limit_leaves_out_is_noted() -> None:
    ensemble = search(read("CCCCCO"), replace(SETTINGS, max_conformers=3))
    assert len(ensemble.conformers) == 3
    assert any("left out: the limit is 3" in note for note in ensemble.notes)


@pytest.mark.parametrize(
    ("smiles", "rotors"),
    [
        ("CC", 0),
        ("CCO", 1),
        ("CCCC#N", 1),
        ("CC(C)(C)CO", 1),
        ("FC(F)(F)CO", 1),
        ("[NH3+]CC(=O)[O-]", 2),
        ("c1ccccc1-c1ccccc1", 1),
        ("C[C@H](O)[C@@H](F)Cl", 2),
        ("C/C=C\\C/C=C/C", 2),
        ("C[Si](C)(C)C", 0),
        ("C1CC2CCC1C2", 0),
        ("C1CCCCC1", 1.5),
        ("c1ccc2ccccc2c1", 0),
        ("O=[N+]([O-])c1ccccc1", 1),
    ],
)
def test_expected_minima_are_counted_with_and_without_hydrogens_as_atoms(smiles: str, rotors: float) -> None:
    molecule = read(smiles)
    assert expected_minima(skeleton(molecule)) == expected_minima(rdkit_mol(molecule)) == pytest.approx(3.0**rotors)


def test_coordinates_fit_an_sdf_exactly() -> None:
    for conformer in search(read("CCO"), SETTINGS).conformers:
        for position in conformer.geometry.coordinates_angstrom:
            assert all(float(f"{value:.4f}") == value for value in position)


@pytest.mark.parametrize(
    "smiles", ["C[C@H](O)[C@@H](F)Cl", "C/C=C\\C/C=C/C", "C[S@](=O)c1ccccc1", "O[C@@H]1CCCC[C@H]1Br"]
)
def test_every_conformer_has_the_molecules_stereo(smiles: str) -> None:
    molecule = read(smiles)
    ensemble = search(molecule, SETTINGS)
    assert all(structure_change(molecule, conformer.geometry) is None for conformer in ensemble.conformers)


@pytest.mark.parametrize(
    ("smiles", "low", "high"),
    [
        ("C", 5, 5),
        ("c1ccccc1", 5, 5),
        ("CC(C)(C)C", 5, 5),
        ("CCC", 5, 5),
        ("CCCC", 30, 30),
        ("C1CCCCC1", 30, 60),
        ("CCCCCCCC", 200, 200),
    ],
)
def test_flexible_molecules_get_more_starts(smiles: str, low: int, high: int) -> None:
    assert low <= number_of_embeddings(rdkit_mol(read(smiles)), 200) <= high


def test_the_number_of_starts_is_bounded() -> None:
    assert number_of_embeddings(rdkit_mol(read("CCCCCCCCCCCCCCCC")), 7) == 7
    assert number_of_embeddings(rdkit_mol(read("C")), 1) == 1


def test_uff_serves_where_mmff_cannot_and_says_so() -> None:
    ensemble = search(read("OB(O)c1ccccc1"), SETTINGS)
    assert any("UFF" in note for note in ensemble.notes)


def test_no_force_field_is_an_input_error() -> None:
    with pytest.raises(InputError, match="neither MMFF94s nor UFF") as caught:
        search(read("CN(C)C=[Se]"), SETTINGS)
    assert "--conformers none" in caught.value.hint


def test_nothing_is_written_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    search(read("C[S@](=O)CC"), SETTINGS)
    search(read("OB(O)C"), SETTINGS)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_given_geometry_is_taken_as_it_is() -> None:
    molecule = read("CCO")
    geometry = search(molecule, SETTINGS).conformers[0].geometry
    ensemble = given_geometries(replace(molecule, geometry=geometry), most=20)
    (conformer,) = ensemble.conformers
    assert conformer.geometry == geometry
    assert conformer.energy_hartree is None


def test_no_geometry_to_take_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no 3D coordinates") as caught:
        given_geometries(read("CCO"), most=20)
    assert "--conformers rdkit" in caught.value.hint


def test_a_geometry_that_is_not_the_molecule_is_an_input_error() -> None:
    molecule = read("C[C@H](O)CC")
    geometry = search(molecule, SETTINGS).conformers[0].geometry
    points = -coordinates_of(geometry)
    mirrored = replace(geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in points.tolist()))
    with pytest.raises(InputError, match="stereocentre"):
        given_geometries(replace(molecule, geometry=mirrored), most=20)


@pytest.mark.long
@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        ("C1Cc2ccc(cc2)CCc2ccc1cc2", "[2.2]paracyclophane"),
        ("C1Cc2cccc(c2)CCc2cccc1c2", "[2.2]metacyclophane"),
        ("c1ccc2c(c1)ccc1ccc3ccc4ccc5ccccc5c4c3c12", "[6]helicene"),
        ("C12C3C4C1C5C2C3C45", "cubane"),
        ("C1C2CC12", "bicyclobutane"),
        ("C1C2C1C2", "bicyclobutane, its atoms in another order"),
    ],
)
def test_strained_molecules_are_embedded(smiles: str, name: str) -> None:
    (molecule,) = read_molecules([smiles])
    ensemble = search(molecule, replace(SETTINGS, max_embeddings=2))
    assert ensemble.conformers, name
    assert all(structure_change(molecule, conformer.geometry) is None for conformer in ensemble.conformers)
