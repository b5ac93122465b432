"""xTB ranks the conformers of real molecules."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from qmnmr.conformers.integrity import structure_change
from qmnmr.datatypes.calculation import CalculationResult
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.engines import get_engine
from qmnmr.engines.xtb import library
from qmnmr.engines.xtb.choice import absence
from qmnmr.funnel.ranking import Ranked, rank
from qmnmr.funnel.searching.search import search_conformers
from qmnmr.funnel.searching.tautomers import search_tautomers
from qmnmr.funnel.side_by_side import run_calculations
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules
from qmnmr.units import HARTREE_KCAL_PER_MOL

pytestmark = pytest.mark.xtb


@dataclass(frozen=True)
class Bench:
    """A place where molecules are ranked."""

    workplace: Workplace
    store: MoleculeFolder
    took: list[float] = field(default_factory=list)  # CPU seconds of each calculation

    def rank(self, smiles: str, protocol: Protocol) -> tuple[Molecule, Ranked]:
        (molecule,) = read_molecules([smiles])
        most = protocol.search.max_tautomers
        found = search_tautomers(molecule, most=most, search=lambda form, _: search_conformers(form, protocol))

        def run(calculations, engine):
            outcomes = run_calculations(
                calculations,
                engine,
                workplace=self.workplace,
                store=self.store,
                budget=CoreBudget(Resources(cores=1, memory_mb=1000)),
                tell=lambda *_: None,
            )
            self.took.extend(outcome.cpu_seconds for outcome in outcomes if isinstance(outcome, CalculationResult))
            return outcomes

        return molecule, rank(found, protocol, run=run, has_program=self.workplace.has_program)

    @property
    def started(self) -> int:
        return self.workplace.programs.started


@pytest.fixture(params=["tblite", "xtb"])
def bench(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench with GFN2-xTB as the package, and one with the program alone."""
    if request.param == "xtb":
        monkeypatch.setattr(library, "absence", lambda: "the Python package tblite is not installed")
    with ScratchFolder.create(tmp_path) as scratch:
        workplace = Workplace(engine=get_engine("nwchem"), scratch=scratch, programs=Programs(scratch))
        yield Bench(workplace, MoleculeFolder(tmp_path / "molecule"))


def draft(solvent: str = "chloroform") -> Protocol:
    return replace(get_protocol("draft", solvent=find_solvent(solvent)), refinement=None)


def whole(protocol: Protocol) -> Protocol:
    """Return the protocol with all conformers in the ranking's window."""
    return replace(protocol, ranking=replace(protocol.ranking, population=1.0))


def relative(ranked: Ranked) -> list[float]:
    energies = [c.energy_hartree for c in ranked.conformers if c.energy_hartree is not None]
    return [(e - energies[0]) * HARTREE_KCAL_PER_MOL for e in energies]


def test_dichloroethane_has_two_conformers_nearer_in_chloroform_than_in_the_gas_phase(bench):
    _, solution = bench.rank("ClCCCl", draft())
    _, gas = bench.rank("ClCCCl", draft("gas"))
    assert [c.label for c in solution.conformers] == ["c001", "c002"]
    assert [c.degeneracy for c in solution.conformers] == [0.5, 1.0]  # anti C2h, gauche C2 with its mirror image
    assert 0 < relative(solution)[1] < relative(gas)[1] < 2


def test_hexane_keeps_its_order_and_its_anti_conformer_is_the_lowest(bench):
    _, ranked = bench.rank("CCCCCC", whole(draft("gas")))
    energies = relative(ranked)
    assert energies == sorted(energies)
    assert 9 <= len(energies) <= 12
    assert energies[1] == pytest.approx(0.7, abs=0.3)  # one gauche bond
    assert ranked.step is not None
    assert ranked.step.left == len(energies)
    assert ranked.step.cpu_seconds == pytest.approx(sum(bench.took))


def test_alanine_methyl_ester_stays_what_it_is_and_loses_its_duplicates(bench):
    molecule, ranked = bench.rank("COC(=O)[C@H](C)N", whole(draft()))
    assert all(structure_change(molecule, c.geometry) is None for c in ranked.conformers)
    assert ranked.step is not None
    assert ranked.step.entered > ranked.step.left >= 4
    assert "duplicate" in ranked.step.remark


def test_a_planar_conformer_of_the_force_field_does_not_stay_on_xtbs_saddle_point(bench):
    # MMFF94s holds H-O-C-F at 0; the anomeric effect turns it to about 60 degrees, which has a mirror image.
    for smiles in ("FCO", "OCF"):  # two conformers and one, by the chance of the embedding
        _, ranked = bench.rank(smiles, draft())
        assert ranked.conformers[0].degeneracy == 2.0


def test_what_was_ranked_is_not_computed_again(bench):
    _, first = bench.rank("ClCCCl", draft())
    started = bench.started
    _, second = bench.rank("ClCCCl", draft())
    assert started == bench.started == (0 if library.is_installed() else 2)
    assert first == second


def test_a_charge_reaches_xtb(bench):
    _, ranked = bench.rank("CCCC(=O)[O-]", draft("water"))
    assert ranked.step is not None
    assert not ranked.notes


def test_a_rigid_molecule_is_not_ranked(bench):
    _, ranked = bench.rank("c1ccccc1", draft())
    assert (len(ranked.conformers), ranked.step, ranked.notes, bench.started) == (1, None, (), 0)


def test_a_solvent_that_another_one_stands_in_for_is_named(bench):
    _, ranked = bench.rank("ClCCCl", draft("pyridine"))
    assert ranked.notes == ("xTB has no parameters for pyridine: it ranked the conformers in acetone",)
    assert len(ranked.conformers) == 2


def test_a_window_that_is_too_narrow_for_all_says_how_many_lie_above(bench):
    protocol = draft("gas")
    narrow = replace(protocol, ranking=replace(protocol.ranking, energy_window_kcal_per_mol=1.0))
    _, ranked = bench.rank("CCCCCC", narrow)
    assert max(relative(ranked)) <= 1.0
    assert ranked.step is not None
    assert "above 1 kcal/mol" in ranked.step.remark


def test_no_more_conformers_than_the_protocol_allows_go_on(bench):
    protocol = draft("gas")
    few = replace(protocol, ranking=replace(protocol.ranking, max_conformers=3))
    _, ranked = bench.rank("CCCCCC", few)
    assert len(ranked.conformers) == 3
    assert "drawn by their weights" in ranked.notes[0]
    assert min(c.inclusion for c in ranked.conformers) < 1.0
    _, lowest = bench.rank("CCCCCC", whole(few))
    assert [c.inclusion for c in lowest.conformers] == [1.0, 1.0, 1.0]
    assert "the limit is 3" in lowest.notes[0]


def test_the_fewest_conformers_that_hold_the_population_go_on(bench):
    _, all_of_them = bench.rank("CCCCCC", whole(draft("gas")))
    _, ranked = bench.rank("CCCCCC", draft("gas"))
    assert ranked.step is not None
    assert "too rare" in ranked.step.remark
    assert {c.label for c in ranked.conformers} < {c.label for c in all_of_them.conformers}
    assert ranked.missed_population is None  # the force field's search estimates nothing


def test_without_xtb_the_conformers_go_on_with_a_sentence(bench, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(library, "absence", lambda: "the Python package tblite is not installed")
    _, ranked = bench.rank("ClCCCl", draft())
    assert ranked.notes == (f"{absence()}: conformers go to DFT from the search's geometries, in its order",)
    assert [c.label for c in ranked.conformers] == ["c001", "c002"]
    assert ranked.step is None


def wrap_xtb(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a script before the real xTB, which it may call as $REAL."""
    monkeypatch.setattr(library, "absence", lambda: "the Python package tblite is not installed")
    folder.mkdir()
    path = folder / "xtb"
    path.write_text(f"#!/bin/sh\nREAL={shutil.which('xtb')}\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_build_that_cannot_print_its_steps_is_used_with_its_other_optimiser(bench, tmp_path, monkeypatch):
    script = """grep -q engine=lbfgs xcontrol && exec "$REAL" "$@"
echo 'Fortran runtime error: Missing comma between descriptors' >&2; exit 2"""
    wrap_xtb(tmp_path / "bin", script, monkeypatch)
    _, ranked = bench.rank("ClCCCl", draft())
    assert ranked.step is not None
    assert ranked.notes == ()
    assert len(relative(ranked)) == 2


def test_a_conformer_on_which_xtb_fails_goes_on_unranked(bench, tmp_path, monkeypatch):
    script = """case "$PWD" in */c002-*) printf '$scc\\n   maxiterations=1\\n$end\\n' >> xcontrol;; esac
exec "$REAL" "$@\""""
    wrap_xtb(tmp_path / "bin", script, monkeypatch)
    _, ranked = bench.rank("ClCCCl", draft())
    assert [c.label for c in ranked.conformers] == ["c001", "c002"]
    assert ranked.notes == ("xTB failed on, or changed the bonds of, c002: not ranked by it",)


def test_an_xtb_that_fails_on_everything_is_named_and_passed_by(bench, tmp_path, monkeypatch):
    wrap_xtb(tmp_path / "bin", "kill -SEGV $$", monkeypatch)
    _, ranked = bench.rank("ClCCCl", draft())
    assert len(ranked.conformers) == 2
    assert "xTB failed (xTB was ended by a segmentation fault" in ranked.notes[0]


def test_few_tautomers_all_go_on_and_of_many_those_within_the_window(bench):
    protocol = draft()
    narrow = replace(protocol, ranking=replace(protocol.ranking, energy_window_kcal_per_mol=1.0))
    _, few = bench.rank("c1nc[nH]n1", narrow)  # 4H-1,2,4-triazole lies some 6 kcal/mol above 1H
    assert sorted(c.label for c in few.conformers) == ["c001", "t2c001"]
    assert relative(few)[1] > 2.0
    many = replace(narrow, ranking=replace(narrow.ranking, all_tautomers_up_to=1))
    _, kept = bench.rank("c1nc[nH]n1", many)
    assert [c.label for c in kept.conformers] == ["c001"]


def test_every_tautomer_has_a_limit_of_its_own(bench):
    protocol = draft()
    one = replace(protocol, ranking=replace(protocol.ranking, max_conformers=1, energy_window_kcal_per_mol=20.0))
    _, ranked = bench.rank("CCCc1c[nH]cn1", whole(one))
    assert {c.tautomer == "" for c in ranked.conformers} == {True, False}
    assert len(ranked.conformers) == 2
    assert any("the limit is 1 for each tautomer" in note for note in ranked.notes)
