"""The search on GFN2-xTB's surface."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.rdkit_search import rotors
from qmnmr.datatypes.molecule import Ensemble
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import GFN2_XTB, GFN2_XTB_WITH_ROTORS
from qmnmr.engines.xtb import library
from qmnmr.errors import InterruptedRunError
from qmnmr.funnel.minima.known_minima import KnownMinima
from qmnmr.funnel.minima.starts import Source
from qmnmr.funnel.minima.walks import walk
from qmnmr.funnel.minima.xtb_search import is_possible, search_minima
from qmnmr.runs.protocols import get_protocol
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.structures import read_molecules
from qmnmr.units import HARTREE_KCAL_PER_MOL

needs_tblite = pytest.mark.skipif(not library.is_installed(), reason="tblite is not installed")


def protocol(*, solvent: str = "chloroform", starts: int = 2000) -> Protocol:
    found = get_protocol("standard", solvent=find_solvent(solvent))
    return replace(found, search=replace(found.search, max_starts=starts))


def shares(ensemble: Ensemble) -> list[float]:
    """Return the populations that are above 5 %, largest first."""
    populations = boltzmann_populations(
        [c.energy_hartree for c in ensemble.conformers if c.energy_hartree is not None],
        degeneracies=[c.degeneracy for c in ensemble.conformers],
        temperature_kelvin=298.15,
    )
    return sorted((share for share in populations if share > 0.05), reverse=True)


def searched(smiles: str, wanted: Protocol) -> Ensemble:
    (molecule,) = read_molecules([smiles])
    ensemble = search_minima(molecule, wanted, check=lambda: None, tell=lambda _: None)
    assert ensemble is not None
    return ensemble


@needs_tblite
def test_dichloroethane_has_its_two_minima_and_an_estimate():
    ensemble = searched("ClCCCl", protocol())
    assert [c.label for c in ensemble.conformers] == ["c001", "c002"]
    assert [c.degeneracy for c in ensemble.conformers] == [0.5, 1.0]
    assert ensemble.missed_population is not None
    assert 0.0 < ensemble.missed_population <= 0.02
    assert ensemble.method.startswith("GFN2-XTB+ROTORS, ALPB(chloroform), tblite ")
    assert ensemble.notes == ()


@needs_tblite
@pytest.mark.parametrize(("method", "weights"), [(GFN2_XTB, [0.5]), (GFN2_XTB_WITH_ROTORS, [0.5, 1.0])])
def test_a_barrier_that_xtb_has_too_flat_hides_no_minimum(method, weights):
    """Gauche 1,1,2,2-tetrafluoroethane, 1.16 kcal/mol up in the gas by experiment, turns to trans on GFN2-xTB's own."""
    wanted = get_protocol("standard", solvent=None)
    ensemble = searched("FC(F)C(F)F", replace(wanted, ranking=replace(wanted.ranking, method=method)))
    assert [c.degeneracy for c in ensemble.conformers] == weights


@needs_tblite
def test_where_a_walk_leaves_a_bond_behind_its_surface_is_set_up_anew():
    """A start with a hydrogen so near another atom that it counts as bonded there."""
    (molecule,) = read_molecules(["CCC"])
    wanted = protocol()
    ensemble = searched("CCC", wanted)
    there = ensemble.conformers[0]
    positions = coordinates_of(there.geometry)
    near = positions.copy()
    near[3] += 0.82 * (positions[1] - positions[3]) / np.linalg.norm(positions[1] - positions[3])
    geometry = replace(there.geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in near.tolist()))
    known = KnownMinima(molecule, there.geometry)
    end = walk(
        wanted.ranking_step.of(replace(there, geometry=geometry), molecule),
        known,
        source=0,
        window_kcal_per_mol=np.inf,
        check=lambda: None,
    )
    assert end is not None
    assert end.energy_hartree == pytest.approx(there.energy_hartree, abs=5e-5)


@needs_tblite
def test_the_same_seed_finds_the_same():
    assert searched("OCCF", protocol()) == searched("OCCF", protocol())


@needs_tblite
def test_a_hydrogen_bond_that_the_force_field_folds_on_is_one_of_several_minima():
    ensemble = searched("OCCO", protocol())  # ethane-1,2-diol: ten minima, of which 3 kcal/mol hold at least five
    energies = [c.energy_hartree for c in ensemble.conformers if c.energy_hartree is not None]
    assert energies == sorted(energies)
    assert len(energies) >= 5
    assert (energies[-1] - energies[0]) * HARTREE_KCAL_PER_MOL <= 4.0
    assert all(structure_change(ensemble.molecule, c.geometry) is None for c in ensemble.conformers)


@needs_tblite
@pytest.mark.parametrize(
    "orders",
    [("CC(C)CC(=O)OC", "COC(=O)CC(C)C"), ("CCOC(C)=O", "CC(OCC)=O")],
    ids=["methyl isovalerate", "ethyl acetate"],
)
def test_populations_do_not_depend_on_the_order_of_atoms(orders):
    """Methyl groups turn the skeleton a little with them: minima of one valley, which are one conformer."""
    first, second = (shares(searched(smiles, protocol())) for smiles in orders)
    assert first == pytest.approx(second, abs=0.02)


@needs_tblite
def test_a_search_that_ran_out_of_starts_says_so():
    few = replace(protocol(starts=1), search=replace(protocol(starts=1).search, missed_population=1e-6))
    (note,) = searched("ClCCCl", few).notes
    assert "the most that the protocol allows" in note


@needs_tblite
def test_a_search_whose_budget_is_used_up_says_so():
    wanted = replace(protocol(), search=replace(protocol().search, missed_population=1e-6, budget_cpu_hours=1e-6))
    ensemble = searched("ClCCCl", wanted)
    (note,) = ensemble.notes
    assert note.startswith(f"the search ended after {ensemble.starts} starts, when the protocol's budget of 1e-06 CPU")
    assert ensemble.starts < 10
    assert ensemble.conformers


@needs_tblite
def test_a_stop_ends_the_search():
    (molecule,) = read_molecules(["ClCCCl"])

    def stop() -> None:
        raise InterruptedRunError("stopped")

    with pytest.raises(InterruptedRunError):
        search_minima(molecule, protocol(), check=stop, tell=lambda _: None)


@needs_tblite
@pytest.mark.parametrize(
    ("smiles", "possible"),
    [("ClCCCl", True), ("c1ccccc1", False), ("C", False), ("CCO", True), ("CC=[C@]=CC", False)],
)
def test_rigid_molecules_and_axes_are_left_to_the_force_field(smiles, possible):
    (molecule,) = read_molecules([smiles])
    assert is_possible(molecule, protocol()) is possible


def test_a_protocol_without_a_share_searches_with_the_force_field():
    (molecule,) = read_molecules(["ClCCCl"])
    assert not is_possible(molecule, get_protocol("peer", solvent=None))


def test_sources_differ_and_turn_torsions_alone():
    (molecule,) = read_molecules(["CC(=O)N[C@@H](C)C(=O)OC"])
    one, another = (Source(molecule=molecule, number=number, seed=1) for number in (0, 1))
    first = [start.geometry for start in one.embedded(6)]
    other = [start.geometry for start in another.embedded(6)]
    assert first
    assert other
    assert not set(first) & set(other)
    turned = [start.geometry for start in another.turned(other, [1.0] * len(other), 6)]
    assert turned
    assert all(structure_change(molecule, geometry) is None for geometry in (*first, *other, *turned))
    assert all(np.isfinite(coordinates_of(geometry)).all() for geometry in turned)


def test_what_the_force_field_made_before_is_told_by_its_number():
    (molecule,) = read_molecules(["ClCCCl"])
    starts = [start for start in Source(molecule=molecule, number=0, seed=1).embedded(36) if start.form is not None]
    assert len(starts) == 12
    assert len({start.form for start in starts}) < len(starts)
    assert sum(not start.is_repeated for start in starts) == len({start.form for start in starts})


def test_each_torsion_of_a_minimum_is_turned_both_ways() -> None:
    (molecule,) = read_molecules(["CCCO"])
    source = Source(molecule=molecule, number=0, seed=1)
    (first, *_) = source.embedded(3)
    starts = list(source.beside(first.geometry))
    assert 0 < len(starts) <= 2 * len(rotors(rdkit_mol(molecule)))
    again = list(Source(molecule=molecule, number=0, seed=99).beside(first.geometry))
    assert [s.geometry for s in again] == [s.geometry for s in starts]
    assert all(s.form is None for s in starts)
