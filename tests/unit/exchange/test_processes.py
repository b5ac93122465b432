"""The table of exchange processes, and where its rows are found."""

from __future__ import annotations

from typing import Any

import pytest

from qmnmr.exchange.find_sites import exchange_sites
from qmnmr.exchange.hindered_axes import axis_sites
from qmnmr.exchange.table import COALESCENCE_KCAL_PER_MOL, Process, Verdict, all_processes, increments, matches, process
from tests.support.signal_cases import CASES

# Molecules that have a row of the table which no case of `signal_cases` has.
OTHERS = [
    "CC(=O)n1cccc1",
    "NC(N)=O",
    "CN(C)C(=O)[O-]",
    "CN(C)C=[N+](C)C",
    "C/N=C/N(C)C",
    "CNC(=C[N+](=O)[O-])NC",
    "CN(C)C=CC=O",
    "CB(N(C)C)N(C)C",
    "CC=N",
    "CN=C(N(C)C)N(C)C",
    "CN(C)C(=NC#N)N(C)C",
    "CN(C)C=C(C(C)=O)C(C)=O",
    "C1CN1",
    "CON(C)OC",
    "c1ccc2c(c1)-c1ccccc1-c1ccccc1-c1ccccc1-2",
    "c1ccc2c(c1)Cc1ccccc1-c1ccccc1-2",
    "C1CCCCCc2ccc(CCCCC1)cc2",
    "Cc1ccccc1-c1ccccc1C",
    "FS(F)(F)(F)(F)F",
    "CP(C)(F)(F)F",
    "N(/N=N/c1ccccc1)c1ccccc1",
    "CN(C)C(=O)N=CN(C)C",
    "CN(C)C(c1ccccc1)=C(C#N)C#N",
    "CC(=O)N(C)NC(C)=O",
]


def with_hydrogens(smiles: str) -> Any:
    from rdkit import Chem

    return Chem.AddHs(Chem.MolFromSmiles(smiles))


@pytest.fixture(scope="module")
def found() -> set[str]:
    smiles = [*(case.smiles for case in CASES), *OTHERS]
    return {site.process.key for text in smiles for site in exchange_sites(with_hydrogens(text))}


def test_every_row_of_the_table_is_found_in_a_molecule_of_the_tests(found: set[str]) -> None:
    assert {row.key for row in all_processes()} == found


@pytest.mark.parametrize("row", all_processes(), ids=lambda row: row.key)
def test_every_row_says_where_it_comes_from_and_agrees_with_its_barrier(row: Process) -> None:
    assert row.source
    assert process(row.key) is row
    if row.barrier_kcal_per_mol is not None:
        low, high = row.barrier_kcal_per_mol
        first, last = COALESCENCE_KCAL_PER_MOL
        assert low < high
        assert {Verdict.SLOW: high > last and low > first, Verdict.FAST: low < first, Verdict.OPEN: True}[row.verdict]


@pytest.mark.parametrize("row", all_processes(), ids=lambda row: row.key)
def test_patterns_number_the_atoms_that_their_kind_needs(row: Process) -> None:
    from rdkit import Chem

    wanted = {
        "rotation": {1, 2},
        "twist": {1, 2},
        "double_bond": {1, 2},
        "inversion": {1},
        "ring": {1, 2, 3, 4},
        "proton": {1},
    }
    assert bool(row.smarts) == (row.kind in wanted)
    for smarts in row.smarts:
        query = Chem.MolFromSmarts(smarts)
        assert {atom.GetAtomMapNum() for atom in query.GetAtoms()} - {0} == wanted[row.kind], smarts


def test_increments_are_of_one_atom_and_grow_with_its_size() -> None:
    def added(group: str) -> float:
        mol = with_hydrogens(f"c1ccccc1{group}")
        fitting = (row for row in increments() if any(m.named[0][0] == 5 for m in matches(mol, row.smarts)))
        return next(fitting).kcal_per_mol

    sizes = [added(group) for group in ("F", "O", "C", "CC", "C(C)C", "C(C)(C)C")]
    assert sizes == sorted(sizes)
    assert sizes[0] > 0


@pytest.mark.parametrize(
    ("smiles", "verdict"),
    [
        ("Fc1ccccc1-c1ccccc1F", Verdict.FAST),
        ("COc1ccccc1-c1ccccc1", Verdict.FAST),
        ("Cc1ccccc1-c1ccccc1C", Verdict.OPEN),  # 17 kcal/mol: the estimate of 15 knows its limits
        ("Cc1ccccc1-c1c(C)cccc1C", Verdict.SLOW),
        ("Cc1cccc(C)c1-c1c(C)cccc1C", Verdict.SLOW),
        ("c1ccc2c(-c3cccc4ccccc34)cccc2c1", Verdict.SLOW),  # 1,1'-binaphthyl, 23
        ("c1ccc(-c2cccc3ccccc23)cc1", Verdict.OPEN),
        ("Oc1ccc2ccccc2c1-c1c(O)ccc2ccccc12", Verdict.SLOW),  # 37
        ("c1ccc(-n2cccc2)cc1", Verdict.FAST),
        ("Cc1ccccc1-n1cccc1", Verdict.FAST),
        ("Cc1ccc(C)n1-c1ccccc1C", Verdict.SLOW),
        ("Cc1ccccc1N1C(=O)CCC1=O", Verdict.SLOW),  # 86 kJ/mol
        ("O=C1CCC(=O)N1c1ccccc1", Verdict.FAST),
        ("CN(C(C)=O)c1ccccc1", Verdict.FAST),
        ("CN(C(C)=O)c1ccccc1C", Verdict.SLOW),
        ("CN(C)C(=O)c1ccccc1", Verdict.FAST),
        ("CN(C)C(=O)c1ccccc1C", Verdict.OPEN),  # Tetrahedron 1998, 54, 13277: both, by the groups on N
        ("CN(C)C(=O)c1c(C)cccc1C", Verdict.SLOW),
        ("O=P1(O)Oc2ccc3ccccc3c2-c2c(ccc3ccccc23)O1", Verdict.SLOW),
        ("C1Oc2ccccc2-c2ccccc2O1", Verdict.FAST),  # bridged, without groups that meet
    ],
)
def test_hindered_axes_are_told_from_free_ones(smiles: str, verdict: Verdict) -> None:
    (site,) = axis_sites(with_hydrogens(smiles))
    assert site.process.verdict is verdict


@pytest.mark.parametrize(
    "smiles", ["CNC(=O)c1c(C)cccc1C", "CC(=O)Nc1c(C)cccc1C", "c1ccc2c(c1)-c1ccccc1C2", "CN(C)c1ccccc1C"]
)
def test_secondary_amides_flat_rings_and_amines_have_no_axis(smiles: str) -> None:
    assert not axis_sites(with_hydrogens(smiles))
