"""What a conformer's energy is off by: by level, by kind of molecule, with and without vibrations."""

from __future__ import annotations

import math

import pytest

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.runs.protocols import get_protocol, protocol_names
from qmnmr.shifts.weight_errors import MoleculeKind, energy_error_kcal_per_mol, molecule_kind
from qmnmr.structures import read_molecules

OWN = get_protocol("standard", solvent=CHLOROFORM).weighing_level
OLD = get_protocol("peer", solvent=CHLOROFORM).weighing_level


def molecule(smiles: str) -> Molecule:
    return read_molecules([smiles])[0]


def error(smiles: str, level: LevelOfTheory, *, has_free_energies: bool = True) -> float:
    return energy_error_kcal_per_mol(level, molecule(smiles), has_free_energies=has_free_energies)


@pytest.mark.parametrize(
    ("smiles", "kind"),
    [
        ("CCCCCC", MoleculeKind.HYDROCARBON),
        ("CCCO", MoleculeKind.POLAR),  # a donor that has none but itself to bind to
        ("COC(C)=O", MoleculeKind.POLAR),
        ("ClCCCl", MoleculeKind.POLAR),
        ("OCCO", MoleculeKind.HYDROGEN_BONDS),
        ("OCCF", MoleculeKind.HYDROGEN_BONDS),
        ("COC(=O)[C@H](C)N", MoleculeKind.HYDROGEN_BONDS),
    ],
)
def test_the_kind_is_whether_a_hydrogen_bond_can_be_within(smiles: str, kind: MoleculeKind) -> None:
    assert molecule_kind(molecule(smiles)) is kind


def test_the_level_of_the_weights_is_nearer_than_what_it_replaces() -> None:
    for smiles in ("CCCCCC", "COC(C)=O", "OCCO"):
        assert 0.0 < error(smiles, OWN) < error(smiles, OLD) < 2.0
    assert error("CCCCCC", OWN) < error("COC(C)=O", OWN) < error("OCCO", OWN)


def test_vibrations_count_where_the_weights_lack_them_and_hydrogen_bonds_can_be() -> None:
    without = error("OCCO", OWN, has_free_energies=False)
    assert 0.3 < math.sqrt(without**2 - error("OCCO", OWN) ** 2) < 0.6
    for smiles in ("CCCCCC", "COC(C)=O"):  # measured equilibria are as near without them
        assert error(smiles, OWN, has_free_energies=False) == pytest.approx(error(smiles, OWN), abs=0.05)


def test_a_level_that_nobody_measured_has_the_largest_error() -> None:
    other = LevelOfTheory(functional="cam-b3lyp", basis="def2-svp", spherical=True, solvent=None)
    assert error("OCCO", other) == error("OCCO", OLD)


def test_every_protocol_weighs_at_a_level_that_was_measured() -> None:
    for name in protocol_names():
        level = get_protocol(name, solvent=CHLOROFORM).weighing_level
        assert (level.functional, level.dispersion, level.basis) in {
            ("wb97x-d3", "d3(0)", "vdzp"),
            ("b3lyp", "d4", "vdzp"),
            ("b3lyp", "", "6-31g*"),
        }
