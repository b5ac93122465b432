"""What molecules take, before anything runs."""

from __future__ import annotations

import pytest

from qmnmr.cost.molecule_cost import molecule_cost
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules


@pytest.mark.parametrize(
    ("smiles", "conformers"),
    [("c1c[nH]cn1", 1), ("Cc1c[nH]cn1", 2), ("Nc1nc[nH]n1", 6), ("CCCC", 2), ("CCc1c[nH]c(C)n1", 4)],
)
def test_conformers_of_all_tautomers_are_counted(smiles, conformers):
    (molecule,) = read_molecules([smiles])
    cost = molecule_cost(molecule, get_protocol("draft", solvent=None), engine="pyscf")
    assert cost.conformers == conformers


def test_a_molecule_given_with_its_conformers_has_these_alone():
    (molecule,) = read_molecules(["Cc1c[nH]cn1"])
    as_given = get_protocol("draft", solvent=None, search_method="none")
    assert molecule_cost(molecule, as_given, engine="pyscf").conformers == 1
