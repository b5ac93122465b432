"""What molecules take, before anything runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qmnmr.cost.molecule_cost import conformer_limit, molecule_cost
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules

ATORVASTATIN = "CC(C)c1c(C(=O)Nc2ccccc2)c(-c2ccccc2)c(-c2ccc(F)cc2)n1CC[C@@H](O)C[C@@H](O)CC(=O)O"


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


@pytest.mark.parametrize(
    ("smiles", "protocol", "least", "most"),
    [
        ("CCCCCCN", "draft", 15, 40),
        ("CCCCCCN", "standard", 40, 100),
        ("CC(C)Cc1ccc(cc1)[C@H](C)C(=O)O", "standard", 10, 20),
        (ATORVASTATIN, "draft", 3, 3),
    ],
)
def test_conformers_are_limited_by_what_the_budget_pays_for(smiles, protocol, least, most):
    (molecule,) = read_molecules([smiles])
    recipe = get_protocol(protocol, solvent=None)
    limit = conformer_limit(molecule.symbols, recipe)
    assert least <= limit <= most
    for engine in ("pyscf", "nwchem"):
        assert molecule_cost(molecule, recipe, engine=engine).conformers <= limit
    without = replace(recipe, ranking=replace(recipe.ranking, budget_cpu_hours=None))
    assert conformer_limit(molecule.symbols, without) == recipe.ranking.max_conformers


def test_a_drug_of_forty_heavy_atoms_takes_less_than_three_hours_at_the_cheapest_protocol():
    (molecule,) = read_molecules([ATORVASTATIN])
    cost = molecule_cost(molecule, get_protocol("draft", solvent=find_solvent("chloroform")), engine="pyscf")
    assert cost.conformers == 3
    assert cost.cpu_seconds < 3 * 3600


def test_a_search_counts_within_its_budget():
    (molecule,) = read_molecules(["CCCCCCCCCC"])
    recipe = get_protocol("draft", solvent=None)
    hours = (None, 0.25, 1e-9)
    with_search = [
        molecule_cost(
            molecule, replace(recipe, search=replace(recipe.search, budget_cpu_hours=h)), engine="pyscf"
        ).cpu_seconds
        for h in hours
    ]
    assert with_search[0] == pytest.approx(with_search[1])
    assert 30.0 < with_search[1] - with_search[2] < 900.0
