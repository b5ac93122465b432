"""Changes of bonds and stereo are found, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.rdkit_search import search
from qmnmr.datatypes.molecule import Conformer, Geometry, Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_molecule import coordinates_of
from qmnmr.structures import read_molecules

SETTINGS = SearchSettings(
    method="rdkit", random_seed=11, max_embeddings=10, energy_window_kcal_per_mol=20.0, max_conformers=5
)


def lowest(smiles: str) -> tuple[Molecule, Conformer]:
    (molecule,) = read_molecules([smiles])
    return molecule, search(molecule, SETTINGS).conformers[0]


def shifted(geometry: Geometry, atom: int, to: np.ndarray) -> Geometry:
    points = coordinates_of(geometry)
    points[atom] = to
    return replace(geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in points.tolist()))


@pytest.mark.parametrize(
    "smiles",
    [
        "CCO", "c1ccccc1", "FS(=O)(=O)C", "CC(=O)[O-]", "C[N+](C)(C)C", "BrCCI", "C12CC(C1)C2", "C1CC1", "CSSC",
        "C[Si](C)(C)O[Si](C)(C)C", "CB(O)O", "ClP(Cl)Cl", "C[Se]C", "CC#N", "O=[N+]([O-])c1ccccc1", "C[S@](=O)CC",
        "C[P@](CC)c1ccccc1", "C[N@]1C[C@@H]1C", "F/C=C/Cl", "F/C=C\\Cl", "C[C@H]1CC[C@@H](C)CC1", "OO", "FF", "[H][H]",
        "O/N=C/C", "C/N=N/C", "O=C1C=CC(=O)C=C1", "C1CCC/C=C\\CC1", "C1CCC/C=C/CC1", "OC(=O)/C=C\\C(=O)[O-]",
    ],
)  # fmt: skip
def test_force_field_minima_keep_their_structure(smiles: str) -> None:
    molecule, conformer = lowest(smiles)
    assert structure_change(molecule, conformer.geometry) is None


def test_a_stretched_bond_is_broken() -> None:
    molecule, conformer = lowest("CCC")
    points = coordinates_of(conformer.geometry)
    hydrogen = 3
    away = points[0] + (points[hydrogen] - points[0]) * 1.98 / np.linalg.norm(points[hydrogen] - points[0])
    change = structure_change(molecule, shifted(conformer.geometry, hydrogen, away))
    assert change == "bond C1–H4 is broken (1.98 Å)"


def test_a_hydrogen_that_moved_to_another_atom_is_found() -> None:
    molecule, conformer = lowest("NCC(=O)O")
    points = coordinates_of(conformer.geometry)
    (acid,) = [i for i in range(5, 10) if np.linalg.norm(points[i] - points[4]) < 1.05]
    there = points[0] + np.array([0.0, 0.0, 1.02])
    change = structure_change(molecule, shifted(conformer.geometry, acid, there))
    assert change is not None
    assert change.startswith(f"H{acid + 1} moved from O5")
    assert "to N1" in change


def test_a_new_bond_between_heavy_atoms_is_found() -> None:
    molecule, conformer = lowest("OCCCCC=O")
    points = coordinates_of(conformer.geometry)
    change = structure_change(molecule, shifted(conformer.geometry, 0, points[5] + np.array([0.0, 0.0, 1.45])))
    assert change is not None


@pytest.mark.parametrize(
    ("smiles", "start"),
    [
        ("C[C@H](O)CC", "stereocentre C2 turned from"),
        ("C[S@](=O)CC", "stereocentre S2 turned from"),
        ("C[P@](CC)c1ccccc1", "stereocentre P2 turned from"),
        ("C[C@@H]1C[N@]1C", "stereocentre"),
    ],
)
def test_a_mirrored_centre_is_found(smiles: str, start: str) -> None:
    molecule, conformer = lowest(smiles)
    points = coordinates_of(conformer.geometry) * np.array([-1.0, 1.0, 1.0])
    mirrored = replace(conformer.geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in points.tolist()))
    change = structure_change(molecule, mirrored)
    assert change is not None
    assert change.startswith(start)


def test_r_becomes_s_in_words() -> None:
    molecule, conformer = lowest("C[C@@H](O)CC")  # (R)-2-butanol
    points = -coordinates_of(conformer.geometry)
    mirrored = replace(conformer.geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in points.tolist()))
    assert structure_change(molecule, mirrored) == "stereocentre C2 turned from R to S"


def test_mirroring_an_achiral_compound_changes_nothing() -> None:
    molecule, conformer = lowest("CC(C)O")
    points = -coordinates_of(conformer.geometry)
    mirrored = replace(conformer.geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in points.tolist()))
    assert structure_change(molecule, mirrored) is None


@pytest.mark.parametrize(
    ("smiles", "other", "sentence"),
    [
        ("C/C=C/C", "C/C=C\\C", "the double bond C2=C3 turned from E to Z"),
        ("C/C=C\\C", "C/C=C/C", "the double bond C2=C3 turned from Z to E"),
    ],
)
def test_a_turned_double_bond_is_found(smiles: str, other: str, sentence: str) -> None:
    molecule, _ = lowest(smiles)
    _, conformer = lowest(other)
    assert structure_change(molecule, conformer.geometry) == sentence


def test_other_atoms_and_bad_numbers_are_found() -> None:
    molecule, conformer = lowest("CO")
    _, other = lowest("CN")
    assert "atoms" in str(structure_change(molecule, other.geometry))
    broken = shifted(conformer.geometry, 0, np.array([np.nan, 0.0, 0.0]))
    assert structure_change(molecule, broken) == "a coordinate is not a number"
