"""Topicity of real molecules."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from qmnmr.conformers.alignment import align_slow_rotamers
from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.conformers.rdkit_search import search
from qmnmr.datatypes.molecule import Ensemble, Geometry, Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_molecule import coordinates_of
from qmnmr.structures import read_molecules

SETTINGS = SearchSettings(
    method="rdkit", random_seed=7, max_embeddings=30, energy_window_kcal_per_mol=20.0, max_conformers=20
)


def ensemble_of(smiles: str) -> Ensemble:
    (molecule,) = read_molecules([smiles])
    return search(molecule, SETTINGS)


def sizes(smiles: str, element: str) -> list[int]:
    """Return the sizes of the sets of one element, ascending."""
    ensemble = ensemble_of(smiles)
    sets = equivalent_sets(ensemble.molecule, ensemble)
    assert sorted(atom for members in sets for atom in members) == list(range(len(ensemble.molecule.symbols)))
    return sorted(len(members) for members in sets if ensemble.molecule.symbols[members[0]] == element)


@pytest.mark.parametrize(
    ("smiles", "hydrogens"),
    [
        ("C", [4]),
        ("CCO", [1, 2, 3]),
        ("c1ccccc1", [6]),
        ("C1CCCCC1", [12]),
        ("CC(C)(C)C", [12]),
        ("CC(C)=O", [6]),
        ("C[C@H](O)CC", [1, 1, 1, 1, 3, 3]),  # CH2 beside a stereocentre: two signals
        ("CCCC", [4, 6]),
        ("O[C@@H]([C@H](O)C(=O)O)C(=O)O", [2, 2, 2]),  # meso-tartaric acid
        ("O[C@H]([C@H](O)C(=O)O)C(=O)O", [2, 2, 2]),  # its chiral isomer, by a C2 axis
        ("OCC(O)CO", [1, 1, 2, 2, 2]),  # glycerol: the two H of a CH2 are diastereotopic
        ("CC(C)[C@H](O)C", [1, 1, 1, 3, 3, 3]),  # isopropyl methyls beside a stereocentre
        ("CC(C)C(O)C(C)C", [1, 1, 2, 6, 6]),  # the same without: each pair of methyls meets its mirror image
        ("C=C(Cl)Cl", [2]),
        ("C=CC", [1, 1, 1, 3]),
        ("C=C", [4]),
        ("Cl/C=C/Cl", [2]),
        ("Cl/C=C\\Cl", [2]),
        ("C=C=C", [4]),
        ("C[C@H]1CC[C@@H](C)CC1", [2, 4, 4, 6]),  # trans-1,4
        ("C[C@H]1CC[C@H](C)CC1", [2, 4, 4, 6]),  # cis-1,4
        ("C[C@H]1CCC[C@@H](C)C1", [1, 1, 1, 1, 2, 2, 2, 6]),  # cis-1,3 (meso): ring CH2 H apart
        ("C[C@H]1CCC[C@H](C)C1", [2, 2, 2, 2, 2, 6]),  # trans-1,3: C2 axis in the average
        ("ClCC(Cl)Cl", [1, 2]),
        ("OCC(F)(F)F", [1, 2]),
        ("CC(OCC)OCC", [1, 2, 2, 3, 6]),  # acetal: OCH2 hydrogens are diastereotopic
        ("c1cc[nH+]cc1", [1, 1, 2, 2]),
        ("CS(=O)CC", [1, 1, 3, 3]),  # sulfoxide: stereogenic S
        ("CCN(C)CC", [3, 4, 6]),  # amine N inverts
        ("CCP(c1ccccc1)C", [1, 1, 1, 2, 2, 3, 3]),  # phosphine P does not
        ("C1C2CC3CC1CC(C2)C3", [4, 12]),  # adamantane
    ],
)
def test_hydrogens_are_grouped_by_topicity(smiles: str, hydrogens: list[int]) -> None:
    assert sizes(smiles, "H") == hydrogens


@pytest.mark.parametrize(
    ("smiles", "carbons"),
    [
        ("C1CCCCC1", [6]),
        ("OCC(O)CO", [1, 2]),
        ("CC(C)[C@H](O)C", [1, 1, 1, 1, 1]),
        ("CC(=O)[O-]", [1, 1]),
        ("CN(C)C=O", [1, 1, 1]),
        ("c1ccc2ccccc2c1", [2, 4, 4]),
        ("CN(C)/C=C/C=[N+](C)C", [1, 2, 2, 2]),  # resonance makes its ends alike
    ],
)
def test_carbons_are_grouped_by_topicity(smiles: str, carbons: list[int]) -> None:
    assert sizes(smiles, "C") == carbons


@pytest.mark.parametrize(
    ("smiles", "element", "expected"),
    [
        ("CC(=O)[O-]", "O", [2]),
        ("C[N+](=O)[O-]", "O", [2]),
        ("CS(=O)(=O)C", "O", [2]),
        ("CC(F)(F)F", "F", [3]),
        ("FP(F)F", "F", [3]),
        ("COP(=O)([O-])[O-]", "O", [1, 3]),
    ],
)
def test_resonance_makes_atoms_alike(smiles: str, element: str, expected: list[int]) -> None:
    assert sizes(smiles, element) == expected


@pytest.mark.parametrize(
    ("smiles", "hydrogens"),
    [
        ("CN(C)C=O", [1, 3, 3]),
        ("CC(=O)N(C)C", [3, 3, 3]),
        ("CN(C)C=S", [1, 3, 3]),
        ("CN(C)N=O", [3, 3]),
        ("NC=O", [1, 1, 1]),
        ("CC(N)=S", [1, 1, 3]),
        ("NC=[NH2+]", [1, 2, 2]),  # formamidinium: the same two positions at both N
        ("CN(C)C=[N+](C)C", [1, 6, 6]),
        ("CN(C)C(=O)Cl", [3, 3]),
    ],
)
def test_slow_bonds_keep_the_substituents_of_nitrogen_apart(smiles: str, hydrogens: list[int]) -> None:
    assert sizes(smiles, "H") == hydrogens


def test_selenoamide_methyls_are_apart() -> None:
    # No force field knows C=Se, so the geometry is the thioamide's: the sides of N are the same.
    ensemble = ensemble_of("CN(C)C=S")
    (molecule,) = read_molecules(["CN(C)C=[Se]"])
    geometry = replace(ensemble.conformers[0].geometry, symbols=molecule.symbols)
    conformer = replace(ensemble.conformers[0], geometry=geometry)
    sets = equivalent_sets(molecule, Ensemble(molecule=molecule, conformers=(conformer,)))
    assert sorted(len(members) for members in sets) == [1, 1, 1, 1, 1, 1, 3, 3]


@pytest.mark.parametrize(
    ("smiles", "hydrogens"),
    [
        ("CN(C)C(=O)OC", [3, 6]),
        ("CN(C)C(=O)N(C)C", [12]),
        ("NC(N)=O", [4]),
        ("NC(N)=S", [4]),
        ("NC(N)=[NH2+]", [6]),
        ("CN(C)c1ccccc1", [1, 2, 2, 6]),
        ("CN(C)S(C)(=O)=O", [3, 6]),
    ],
)
def test_fast_rotors_average_the_substituents_of_nitrogen(smiles: str, hydrogens: list[int]) -> None:
    assert sizes(smiles, "H") == hydrogens


def shuffled(ensemble: Ensemble, seed: int) -> tuple[Ensemble, list[int]]:
    """Return the ensemble with atoms in another order and the molecules rotated; atom i goes to place order[i]."""
    from rdkit import Chem

    from qmnmr.datatypes.rdkit_molecule import rdkit_mol

    generator = random.Random(seed)
    count = len(ensemble.molecule.symbols)
    order = list(range(count))
    generator.shuffle(order)
    back = sorted(range(count), key=order.__getitem__)
    mol = Chem.RenumberAtoms(rdkit_mol(ensemble.molecule), back)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    symbols = tuple(ensemble.molecule.symbols[i] for i in back)
    molecule: Molecule = replace(ensemble.molecule, mapped_smiles=Chem.MolToSmiles(mol), symbols=symbols)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    conformers = tuple(
        replace(
            conformer,
            geometry=Geometry(
                symbols=symbols,
                coordinates_angstrom=tuple(
                    (x, y, z) for x, y, z in (coordinates_of(conformer.geometry)[back] @ rotation.T).tolist()
                ),
            ),
        )
        for conformer in ensemble.conformers
    )
    return replace(ensemble, molecule=molecule, conformers=conformers), order


@pytest.mark.parametrize("smiles", ["C[C@H](O)CC", "CN(C)C=O", "C[C@H]1CCC[C@@H](C)C1", "OCC(O)CO", "C/C=C/CN(C)C"])
@pytest.mark.parametrize("seed", [1, 2])
def test_order_and_orientation_of_atoms_make_no_difference(smiles: str, seed: int) -> None:
    ensemble = ensemble_of(smiles)
    other, order = shuffled(ensemble, seed)
    expected = {frozenset(order[i] for i in members) for members in equivalent_sets(ensemble.molecule, ensemble)}
    assert {frozenset(members) for members in equivalent_sets(other.molecule, other)} == expected


def test_equivalent_sets_are_those_of_every_conformer() -> None:
    ensemble = ensemble_of("C[C@H](O)CC(C)C")
    expected = equivalent_sets(ensemble.molecule, ensemble)
    for conformer in ensemble.conformers:
        assert equivalent_sets(ensemble.molecule, replace(ensemble, conformers=(conformer,))) == expected


def swapped(geometry: Geometry, pairs: list[tuple[int, int]]) -> Geometry:
    """Return the geometry with pairs of atoms exchanged."""
    positions = list(geometry.coordinates_angstrom)
    for first, second in pairs:
        positions[first], positions[second] = positions[second], positions[first]
    return replace(geometry, coordinates_angstrom=tuple(positions))


def test_dmf_methyl_groups_that_changed_places_are_renumbered() -> None:
    ensemble = ensemble_of("CN(C)C=O")
    first = ensemble.conformers[0]
    other = replace(first, label="c002", geometry=swapped(first.geometry, [(0, 2), (5, 8), (6, 9), (7, 10)]))
    aligned = align_slow_rotamers(ensemble.molecule, replace(ensemble, conformers=(first, other)))
    assert not aligned.notes
    for atom in (0, 2):  # cis and trans methyl carbons: the same distance to O in both
        oxygen = [coordinates_of(c.geometry)[4] - coordinates_of(c.geometry)[atom] for c in aligned.conformers]
        assert np.linalg.norm(oxygen[0]) == pytest.approx(np.linalg.norm(oxygen[1]), abs=1e-6)


def test_prochiral_hydrogens_have_one_numbering_in_all_conformers() -> None:
    # Two H of a CH2 that changed numbers would mix pro-R with pro-S in the average.
    ensemble = ensemble_of("C[C@H](O)CC")
    assert len(ensemble.conformers) > 4
    hands = set()
    for conformer in ensemble.conformers:
        points = coordinates_of(conformer.geometry)
        hands.add(float(np.sign(np.linalg.det(points[[4, 10, 11]] - points[3]))))
    assert len(hands) == 1


def test_rotamers_that_differ_really_are_left_and_noted() -> None:
    ensemble = ensemble_of("CCN(C)C=O")
    assert any("exchange slowly" in note for note in ensemble.notes)
    again = align_slow_rotamers(ensemble.molecule, ensemble)
    assert again == ensemble


def test_an_ensemble_that_agrees_is_returned_unchanged() -> None:
    ensemble = ensemble_of("CCCC")
    assert align_slow_rotamers(ensemble.molecule, ensemble) == ensemble


@pytest.mark.parametrize("smiles", ["C[C@H](O)CC", "OCC(O)CO", "CC(C)[C@H](O)C", "C[C@H]1CC[C@@H](C)CC1", "C=CC"])
def test_the_substitution_test_by_labels_agrees(smiles: str) -> None:
    """The textbook test, done with RDKit: label an atom, read stereo from 3D, compare SMILES, mirrored too."""
    from rdkit import Chem

    from qmnmr.datatypes.rdkit_molecule import rdkit_mol, with_coordinates

    ensemble = ensemble_of(smiles)
    mol = rdkit_mol(ensemble.molecule)
    points = coordinates_of(ensemble.conformers[0].geometry)

    def labelled(atom: int, sign: float) -> str:
        copy = with_coordinates(mol, points * np.array([sign, 1.0, 1.0]))
        copy.GetAtomWithIdx(atom).SetIsotope(99)
        Chem.AssignStereochemistryFrom3D(copy)
        return Chem.CanonSmiles(Chem.MolToSmiles(Chem.RemoveHs(copy)))

    groups: dict[str, set[int]] = {}
    for atom in range(mol.GetNumAtoms()):
        same = [key for key in (labelled(atom, 1.0), labelled(atom, -1.0)) if key in groups]
        groups.setdefault(same[0] if same else labelled(atom, 1.0), set()).add(atom)
    sets = {frozenset(members) for members in equivalent_sets(ensemble.molecule, ensemble)}
    assert sets == {frozenset(members) for members in groups.values()}


@pytest.mark.long
def test_a_large_symmetric_molecule_is_quick() -> None:
    ensemble = ensemble_of("C[Si](C)(C)C([Si](C)(C)C)([Si](C)(C)C)[Si](C)(C)C")
    sets = equivalent_sets(ensemble.molecule, ensemble)
    assert sorted(len(members) for members in sets) == [1, 4, 12, 36]
