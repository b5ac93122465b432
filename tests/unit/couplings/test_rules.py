"""Couplings by rules: the equation as it was published, and molecules whose couplings are known."""

from __future__ import annotations

from math import cos, radians

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import AllChem
from scipy.spatial.transform import Rotation

from qmnmr.couplings.angles import bond_angle, dihedral_angle
from qmnmr.couplings.karplus import vicinal_sp3
from qmnmr.couplings.pairs import coupled_pairs
from qmnmr.couplings.rules import rule_coupling, rule_couplings
from qmnmr.datatypes.molecule import Conformer, Geometry
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.structures import read_inputs


def built(smiles: str, seed: int = 3):
    """Return the molecule, RDKit's and a force-field geometry."""
    (molecule,) = read_inputs((smiles,), charge=None).molecules
    mol = rdkit_mol(molecule)
    AllChem.EmbedMolecule(mol, randomSeed=seed)
    AllChem.MMFFOptimizeMolecule(mol, maxIters=2000)
    return molecule, mol, mol.GetConformer().GetPositions()


def turned(mol, positions, torsion: tuple[int, int, int, int], degrees: float) -> np.ndarray:
    copy = Chem.Mol(mol)
    copy.RemoveAllConformers()
    conformer = Chem.Conformer(mol.GetNumAtoms())
    conformer.SetPositions(positions)
    copy.AddConformer(conformer)
    Chem.rdMolTransforms.SetDihedralDeg(copy.GetConformer(), *torsion, degrees)
    return copy.GetConformer().GetPositions()


def test_angles_are_those_of_a_drawing():
    positions = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    assert bond_angle(positions, (0, 1, 2)) == pytest.approx(90.0)
    assert dihedral_angle(positions, (0, 1, 2, 3)) == pytest.approx(
        -dihedral_angle(positions * [1, -1, 1], (0, 1, 2, 3))
    )
    assert abs(dihedral_angle(positions, (0, 1, 2, 3))) == pytest.approx(90.0)


@pytest.mark.parametrize("degrees", [0.0, 60.0, 120.0, 180.0])
def test_two_carbons_without_other_substituents_have_the_bare_equation(degrees):
    _, mol, positions = built("CC")
    bare = 13.70 * cos(radians(degrees)) ** 2 - 0.73 * cos(radians(degrees))
    found = vicinal_sp3(mol, turned(mol, positions, (2, 0, 1, 5), degrees), (2, 0, 1, 5))
    assert found / bare == pytest.approx(1.17, abs=0.06)  # ethane, and MMFF's angles


def test_an_electronegative_atom_across_from_a_hydrogen_makes_its_gauche_coupling_smaller():
    """As 1e2a of axial cyclohexanols, 2.7 Hz, beside 1a2e of equatorial ones, 4.3 Hz: the sense of a substituent."""
    _, mol, positions = built("CCF")
    gauche = {}
    for hydrogen in (3, 4, 5):
        if abs(dihedral_angle(positions, (6, 1, 0, hydrogen))) < 90:
            is_opposite = abs(dihedral_angle(positions, (2, 1, 0, hydrogen))) > 120
            gauche[is_opposite] = vicinal_sp3(mol, positions, (6, 1, 0, hydrogen))
    assert gauche[True] < 2.5
    assert gauche[False] > 4.0


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("C", {2: [-12.4]}),
        ("CO", {2: [-10.8]}),
        ("CC#N", {2: [-16.9]}),
        ("C=O", {2: [41.0]}),
        ("C=C", {2: [2.5], 3: [11.6, 19.1]}),
        ("c1ccccc1", {3: [7.5], 4: [1.4], 5: [0.7]}),
        ("c1ccncc1", {3: [4.9, 7.7]}),
        ("C#CC", {4: [-2.9]}),
        ("CC", {2: [-12.4]}),
    ],
)
def test_couplings_of_known_molecules_are_near(smiles, expected):
    """Bovey's table; benzene and pyridine are what every textbook has."""
    molecule, mol, positions = built(smiles)
    found: dict[int, list[float]] = {}
    for pair in coupled_pairs(molecule):
        found.setdefault(pair.n_bonds, []).append(rule_coupling(mol, positions, pair))
    for bonds, values in expected.items():
        assert all(min(abs(hz - value) for value in values) < 1.5 for hz in found[bonds]), (bonds, found[bonds])
        assert all(min(abs(hz - value) for hz in found[bonds]) < 1.5 for value in values), (bonds, found[bonds])


def test_cis_and_trans_of_styrene_are_told_apart():
    molecule, mol, positions = built("C=Cc1ccccc1")
    found = {}
    for pair in coupled_pairs(molecule):
        if pair.coupling_class == "alkene":
            way = "cis" if abs(dihedral_angle(positions, pair.paths[0])) < 90 else "trans"
            found[way] = rule_coupling(mol, positions, pair)
    assert found["trans"] == pytest.approx(17.6, abs=0.5)
    assert found["cis"] == pytest.approx(10.9, abs=1.5)


def test_turning_and_mirroring_a_conformer_changes_nothing():
    molecule, _, positions = built("C[C@H](O)[C@@H](C)C=O")
    rotated = Rotation.from_rotvec([0.3, -1.1, 2.0]).apply(positions) + np.array([1.0, 2.0, -3.0])
    tables = []
    for places in (positions, rotated, positions * [1.0, 1.0, -1.0]):
        geometry = Geometry(symbols=molecule.symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in places))
        conformer = Conformer(label="c001", geometry=geometry, energy_hartree=None)
        tables.append([c.coupling_hz for c in rule_couplings(molecule, conformer).couplings])
    assert tables[1] == pytest.approx(tables[0], abs=1e-9)
    assert tables[2] == pytest.approx(tables[0], abs=1e-9)


def test_the_order_of_atoms_in_the_input_changes_nothing():
    _, mol, positions = built("CC(O)CC=O")
    order = list(range(mol.GetNumAtoms()))[::-1]
    found = []
    for atoms in (list(range(mol.GetNumAtoms())), order):
        turned_mol = Chem.RenumberAtoms(mol, atoms)
        path = next(
            m for m in turned_mol.GetSubstructMatches(Chem.MolFromSmarts("[H][CX4;!$([CH3])][CX4;!$([CH3])][H]"))
        )
        named = tuple(atoms[atom] for atom in path)
        found.append((sorted((named[0], named[3])), vicinal_sp3(turned_mol, positions[atoms], path)))
    pair, value = found[1]
    _, own, places = built("CC(O)CC=O")
    inner = [n.GetIdx() for atom in pair for n in own.GetAtomWithIdx(atom).GetNeighbors()]
    assert vicinal_sp3(own, places, (pair[0], inner[0], inner[1], pair[1])) == pytest.approx(value)
