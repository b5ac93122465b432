"""Statistical weights and duplicates on real conformers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qmnmr.conformers.pruning import degeneracy, prune
from qmnmr.conformers.rdkit_search import search
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol, with_coordinates
from qmnmr.structures import read_molecules

SETTINGS = SearchSettings(
    method="rdkit", random_seed=3, max_embeddings=200, energy_window_kcal_per_mol=20.0, max_conformers=100
)


def found(smiles: str) -> Ensemble:
    (molecule,) = read_molecules([smiles])
    return search(molecule, SETTINGS)


def torsions(ensemble: Ensemble, conformer: Conformer, quads: list[tuple[int, int, int, int]]) -> str:
    """Return t, g or G (g minus) for each torsion."""
    from rdkit.Chem import rdMolTransforms

    mol = with_coordinates(rdkit_mol(ensemble.molecule), coordinates_of(conformer.geometry)).GetConformer()
    angles = [rdMolTransforms.GetDihedralDeg(mol, *quad) for quad in quads]
    return "".join("t" if abs(angle) > 140 else "g" if angle > 0 else "G" for angle in angles)


@pytest.mark.parametrize(
    ("smiles", "quad"),
    [("CCCC", (0, 1, 2, 3)), ("ClCCCl", (0, 1, 2, 3)), ("CCO", (0, 1, 2, 8))],
)
def test_anti_weighs_half_of_gauche(smiles: str, quad: tuple[int, int, int, int]) -> None:
    ensemble = found(smiles)
    weights = {torsions(ensemble, c, [quad]).lower(): c.degeneracy for c in ensemble.conformers}
    assert weights["g"] == pytest.approx(2 * weights["t"])
    assert len(ensemble.conformers) == 2


def test_hexane_conformers_weigh_as_their_rotamers_are_many() -> None:
    ensemble = found("CCCCCC")
    quads = [(0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5)]
    weights: dict[str, float] = {}
    for conformer in ensemble.conformers:
        name = torsions(ensemble, conformer, quads)
        flipped = name.translate(str.maketrans("gG", "Gg"))
        weights[min(name, name[::-1], flipped, flipped[::-1])] = conformer.degeneracy
    assert weights["ttt"] == 0.5
    assert weights["tGt"] == 1.0
    assert weights["Gtt"] == 2.0
    # Half of the 27 combinations of t, g+, g- are the other half read backwards.
    counted = {name: weight for name, weight in weights.items() if "gG" not in name and "Gg" not in name}
    assert counted["GGt"] == 2.0
    assert counted["GtG"] == 1.0
    assert counted["Gtg"] == 1.0  # Ci: achiral, no axis
    assert counted["GGG"] == 1.0
    assert 2 * sum(counted.values()) == 17  # 27 combinations less the ten with g+g- neighbours


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("O", 1 / 2),  # C2v
        ("N", 1 / 3),  # C3v
        ("c1ccccc1", 1 / 12),  # D6h
        ("C=C", 1 / 2),  # the skeleton CC: its end-over-end turn
        ("C1CCCCC1", 1 / 6),  # D3d
        ("CC(C)(C)C", 1 / 12),  # Td
        ("FC(F)(F)F", 1 / 12),
        ("C[C@H](O)F", 1.0),
        ("C[C@@H](O)F", 1.0),
        ("C1C2CC3CC1CC(C2)C3", 1 / 12),
        ("CC(=O)[O-]", 1 / 2),
    ],
)
def test_lowest_conformer_has_its_point_groups_weight(smiles: str, expected: float) -> None:
    assert found(smiles).conformers[0].degeneracy == pytest.approx(expected)


def test_chiral_compound_gets_no_mirror_images() -> None:
    assert {conformer.degeneracy for conformer in found("C[C@H](O)CC").conformers} == {1.0}


def test_enantiomers_have_the_same_conformers_and_weights() -> None:
    right, left = found("C[C@H](O)CC"), found("C[C@@H](O)CC")
    energies = [np.array([c.energy_hartree for c in ensemble.conformers], dtype=float) for ensemble in (right, left)]
    assert len(energies[0]) == len(energies[1])
    assert np.allclose(energies[0], energies[1], atol=1e-5)


def moved(geometry: Geometry, *, seed: int, mirror: bool = False) -> Geometry:
    """Return the geometry rotated and shifted at random, mirrored if asked."""
    generator = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(generator.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation)) * (-1 if mirror else 1)
    points = coordinates_of(geometry) @ rotation.T + generator.normal(size=3) * 5
    return replace(geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in points.tolist()))


@pytest.mark.parametrize("smiles", ["CCO", "OCC(O)CO", "C[C@H](O)CC", "CCCC"])
def test_rotated_copies_are_duplicates_and_weights_stay(smiles: str) -> None:
    ensemble = found(smiles)
    copies = tuple(
        replace(conformer, label=f"copy{number}", geometry=moved(conformer.geometry, seed=number))
        for number, conformer in enumerate(ensemble.conformers)
    )
    pruned = prune(replace(ensemble, conformers=copies + ensemble.conformers))
    assert len(pruned.conformers) == len(ensemble.conformers)
    assert [c.degeneracy for c in pruned.conformers] == [c.degeneracy for c in ensemble.conformers]


@pytest.mark.parametrize(("smiles", "merged"), [("CCO", True), ("C[C@H](O)CC", False)])
def test_mirror_images_merge_only_where_the_compound_is_achiral(smiles: str, *, merged: bool) -> None:
    ensemble = found(smiles)
    chiral = ensemble.conformers[-1]
    image = replace(chiral, label="mirror", geometry=moved(chiral.geometry, seed=5, mirror=True))
    pruned = prune(replace(ensemble, conformers=(chiral, image)))
    assert len(pruned.conformers) == (1 if merged else 2)


def test_duplicates_need_both_near_geometry_and_near_energy() -> None:
    ensemble = found("CCO")
    first = ensemble.conformers[0]
    assert first.energy_hartree is not None
    above = replace(first, label="above", energy_hartree=first.energy_hartree + 1 / 627.5)
    assert len(prune(replace(ensemble, conformers=(first, above))).conformers) == 2
    unknown = replace(first, label="unknown", energy_hartree=None)
    assert [c.label for c in prune(replace(ensemble, conformers=(unknown, first))).conformers] == [first.label]


def test_duplicates_need_the_same_rotational_constants() -> None:
    # 4 % longer in all directions: 0.06 Å in the RMSD of methanol's C, O and H, but 8 % in its moments of inertia.
    (conformer,) = found("CO").conformers
    longer = tuple((1.04 * x, 1.04 * y, 1.04 * z) for x, y, z in conformer.geometry.coordinates_angstrom)
    swollen = replace(conformer, label="c002", geometry=replace(conformer.geometry, coordinates_angstrom=longer))
    ensemble = replace(found("CO"), conformers=(conformer, swollen))
    assert len(prune(ensemble).conformers) == 2
    assert len(prune(replace(ensemble, conformers=(conformer, conformer))).conformers) == 1


def turned(ensemble: Ensemble, degrees: float, quad: tuple[int, int, int, int]) -> Ensemble:
    """Return the first conformer and the same with one torsion turned, at the same energy."""
    from rdkit.Chem import rdMolTransforms

    first = ensemble.conformers[0]
    mol = with_coordinates(rdkit_mol(ensemble.molecule), coordinates_of(first.geometry))
    place = mol.GetConformer()
    rdMolTransforms.SetDihedralDeg(place, *quad, rdMolTransforms.GetDihedralDeg(place, *quad) + degrees)
    points = tuple((x, y, z) for x, y, z in place.GetPositions().tolist())
    other = replace(first, label="turned", geometry=replace(first.geometry, coordinates_angstrom=points))
    return replace(ensemble, conformers=(first, other))


@pytest.mark.parametrize(
    ("smiles", "quad"),
    [
        ("CCCC", (0, 1, 2, 3)),
        ("CCCCCCCCCCCC", (4, 5, 6, 7)),
        ("CC(C)CC(=O)OC", (1, 3, 4, 6)),
        ("C[C@H](O)CC", (0, 1, 3, 4)),
    ],
)
def test_a_small_turn_is_the_same_conformer_however_long_the_chain(
    smiles: str, quad: tuple[int, int, int, int]
) -> None:
    ensemble = found(smiles)
    assert len(prune(turned(ensemble, 20.0, quad)).conformers) == 1
    assert len(prune(turned(ensemble, 45.0, quad)).conformers) == 2


def test_a_skeleton_of_one_atom_is_one_conformer() -> None:
    ensemble = found("C")
    (first,) = ensemble.conformers
    points = tuple((1.05 * x, 1.05 * y, 1.05 * z) for x, y, z in first.geometry.coordinates_angstrom)
    longer = replace(first, label="c002", geometry=replace(first.geometry, coordinates_angstrom=points))
    assert len(prune(replace(ensemble, conformers=(first, longer))).conformers) == 1


def test_hydroxyl_direction_makes_a_conformer() -> None:
    assert len(found("OCCO").conformers) >= 5


def test_weights_follow_the_number_of_wells_that_blind_sampling_finds() -> None:
    """Count wells of n-pentane by torsions with atoms told apart: tt 1, tg 4, gg 2, as degeneracies say (x 2)."""
    ensemble = found("CCCCC")
    wells = {"tt": 1, "Gt": 4, "GG": 2}
    for conformer in ensemble.conformers:
        name = torsions(ensemble, conformer, [(0, 1, 2, 3), (1, 2, 3, 4)])
        flipped = name.translate(str.maketrans("gG", "Gg"))
        key = min(name, name[::-1], flipped, flipped[::-1])
        if key in wells:
            assert 2 * conformer.degeneracy == wells[key]


def test_degeneracy_does_not_depend_on_orientation() -> None:
    ensemble = found("CCCCCC")
    for number, conformer in enumerate(ensemble.conformers):
        assert degeneracy(ensemble.molecule, moved(conformer.geometry, seed=number)) == conformer.degeneracy


def test_an_empty_ensemble_stays_empty() -> None:
    molecule: Molecule = found("C").molecule
    assert prune(Ensemble(molecule=molecule, conformers=())).conformers == ()
