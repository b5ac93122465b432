"""A flexible molecule from search to shieldings: real xTB, and the embedded engine at a cheap level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.protocol import Protocol, ScreeningSettings
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.engines.xtb import library
from qmnmr.errors import MissingProgramError
from qmnmr.funnel.run_molecule import MoleculeOutcome, run_molecule
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.report.level_words import level_words
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.predictions import build_prediction
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.provenance import this_machine
from qmnmr.runs.sources.shift_sources import ShiftSources
from qmnmr.structures import read_molecules
from qmnmr.units import HARTREE_KCAL_PER_MOL

pytestmark = pytest.mark.xtb


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    pytest.importorskip("pyscf")
    level = LevelOfTheory(functional="hf", basis="6-31g*", spherical=True, solvent=None)
    recipe = get_protocol("draft", solvent=None)
    return replace(
        recipe,
        ranking=replace(recipe.ranking, population=1.0),
        optimization=level,
        energy=None,
        shieldings=(("*", level),),
        energy_window_kcal_per_mol=6.0,
        screening=None,
        refinement=None,
        has_free_energies=False,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, protocol: Protocol) -> Iterator:
    """Return methanediol's outcome at a share of the population, and how many programs ran for it."""
    folder = tmp_path_factory.mktemp("funnel")
    (molecule,) = read_molecules(["OCO"])
    with ScratchFolder.create(folder) as scratch:

        def run_once(share: float, **changes: Any) -> tuple[MoleculeOutcome, int]:
            programs = Programs(scratch)
            outcome = run_molecule(
                molecule,
                replace(protocol, shielded_population=share, **changes),
                budget=CoreBudget(Resources(cores=1, memory_mb=1000)),
                workplace=Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=programs),
                store=MoleculeFolder(folder / "molecule"),
                report=lambda _: None,
            )
            return outcome, programs.started

        yield run_once


def test_the_funnel_narrows_from_step_to_step_and_counts_its_time(run, protocol):
    outcome, _ = run(1.0)
    names = [step.name for step in outcome.funnel]
    assert names == ["search", "ranking", "Hessian", "optimization", "shielding"]
    for earlier, later in zip(outcome.funnel, outcome.funnel[1:], strict=False):
        assert earlier.left == later.entered
        assert later.left <= later.entered
    assert outcome.funnel[0].entered > 90  # three batches, and torsions of the common minima
    assert outcome.missed_population is not None
    assert 0.0 < outcome.missed_population <= 0.02
    assert outcome.funnel[-1].left == 2
    assert all(step.cpu_seconds > 0 for step in outcome.funnel[1:])
    nothing = ShiftSources(factor_files=(), references=())
    prediction = build_prediction(
        outcome, protocol, engine=get_engine("pyscf"), sources=nothing, machine=this_machine()
    )
    assert prediction.funnel == outcome.funnel
    assert sum(c.population for c in prediction.conformers) == pytest.approx(1.0)
    assert prediction.provenance is not None
    assert prediction.provenance.cpu_seconds == round(sum(step.cpu_seconds for step in outcome.funnel), 1)
    assert all(version.startswith("pyscf") for version in prediction.provenance.program_versions)


def test_what_holds_the_population_is_shielded_and_the_rest_is_stated(run, protocol):
    run(1.0)
    outcome, started = run(0.5)
    assert started == 0
    assert outcome.ensemble is not None
    assert len(outcome.ensemble.conformers) == 1
    step = next(s for s in outcome.funnel if s.name == "population")
    assert (step.entered, step.left) == (2, 1)
    assert step.remark.endswith("% of the population left out")
    assert f"1 of 2 conformers got shieldings: {step.remark}" in outcome.notes


def test_going_on_gives_the_same_funnel(run):
    first, _ = run(1.0)
    again, started = run(1.0)
    assert started == 0
    assert again.funnel == first.funnel
    assert again.ensemble == first.ensemble


def test_single_points_on_xtbs_geometries_keep_the_high_ones_from_being_optimised(run):
    whole, _ = run(1.0)
    energies = [c.energy_hartree for c in whole.ensemble.conformers]
    apart = (max(energies) - min(energies)) * HARTREE_KCAL_PER_MOL
    wide = ScreeningSettings(energy_window_kcal_per_mol=apart + 1.0, ranked_above_kcal_per_mol=0.0)
    outcome, started = run(1.0, screening=wide)
    assert started == 2  # the single points: what they let through is as it was
    assert outcome.ensemble == whole.ensemble
    step = next(s for s in outcome.funnel if s.name == "screening")
    assert (step.entered, step.left, step.remark) == (2, 2, "")
    assert step.method == "HF/6-31G* spherical, gas phase"
    narrow = replace(wide, energy_window_kcal_per_mol=apart - 1.0)
    outcome, started = run(1.0, screening=narrow)
    assert started == 0
    step = next(s for s in outcome.funnel if s.name == "screening")
    assert (step.entered, step.left) == (2, 1)
    assert step.remark == f"1 above {apart - 1.0:g} kcal/mol"
    assert [c.energy_hartree for c in outcome.ensemble.conformers] == [min(energies)]


def test_free_energies_weigh_with_energy_weights_beside_them(run, protocol):
    by_energy, _ = run(1.0)
    outcome, started = run(1.0, has_free_energies=True)
    assert started == (0 if library.is_installed() else 2)  # xTB's Hessians alone: DFT is not done again
    step = next(s for s in outcome.funnel if s.name == "free energy")
    assert (step.entered, step.left) == (2, 2)
    wanted = replace(protocol, has_free_energies=True)
    nothing = ShiftSources(factor_files=(), references=())
    new = build_prediction(outcome, wanted, engine=get_engine("pyscf"), sources=nothing, machine=this_machine())
    old = build_prediction(by_energy, protocol, engine=get_engine("pyscf"), sources=nothing, machine=this_machine())
    assert sum(c.population for c in new.conformers) == pytest.approx(1.0)
    before = {c.label: c.population for c in old.conformers}
    assert {c.label: c.energy_population for c in new.conformers} == pytest.approx(before)
    assert all(0 < abs(c.population - before[c.label]) < 0.3 for c in new.conformers)
    assert new.provenance is not None
    assert "RRHO" in level_words(new.provenance.steps)["weights"]


def test_weights_of_a_level_of_their_own_decide_what_goes_on(run, protocol):
    """Nothing is computed twice; the dispersion is apart in the record; a conformer alone is not weighed."""
    own = LevelOfTheory(functional="b3lyp", basis="vdzp", spherical=True, solvent=None, dispersion="d4")
    by_optimization, _ = run(1.0)
    outcome, started = run(1.0, energy=own)
    assert started == 2
    step = next(s for s in outcome.funnel if s.name == "energy")
    assert (step.entered, step.left, step.method) == (2, 2, "B3LYP-D4/VDZP spherical, gas phase")
    found = {label: steps["energy"] for label, steps in outcome.results.items()}
    assert {c.label: c.energy_hartree for c in outcome.ensemble.conformers} == {
        label: result.energy_hartree for label, result in found.items()
    }
    assert all(-0.01 < result.dispersion_hartree < 0.0 for result in found.values())
    assert all(result.dispersion_hartree is None for result in by_optimization.all_results)
    energies = [c.energy_hartree for c in outcome.ensemble.conformers]
    apart = (energies[1] - energies[0]) * HARTREE_KCAL_PER_MOL
    narrow, started = run(1.0, energy=own, energy_window_kcal_per_mol=apart - 0.05)
    assert started == 0
    steps = {s.name: (s.left, s.remark) for s in narrow.funnel}
    assert steps["optimization"] == (2, "")
    assert steps["energy"] == (1, f"1 above {apart - 0.05:g} kcal/mol")
    alone = ScreeningSettings(energy_window_kcal_per_mol=0.1, ranked_above_kcal_per_mol=0.0)
    single, started = run(1.0, energy=own, screening=alone)
    assert started == 2  # the single points on xTB's geometries, at the level of the weights
    assert [s.name for s in single.funnel] == ["search", "ranking", "screening", "Hessian", "optimization", "shielding"]
    wanted, nothing = replace(protocol, energy=own, screening=alone), ShiftSources(factor_files=(), references=())
    for given, words in ((outcome, "B3LYP-D4/VDZP spherical, gas phase"), (single, str(protocol.optimization))):
        prediction = build_prediction(
            given, wanted, engine=get_engine("pyscf"), sources=nothing, machine=this_machine()
        )
        assert prediction.provenance is not None
        assert level_words(prediction.provenance.steps)["weights"] == words


def test_free_energies_without_xtb_are_refused_before_anything_runs(protocol, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(library, "absence", lambda: "the Python package tblite is not installed")
    (molecule,) = read_molecules(["OCO"])
    with ScratchFolder.create(tmp_path) as scratch:
        programs = Programs(scratch)
        with pytest.raises(MissingProgramError, match="--free-energies needs one of them"):
            run_molecule(
                molecule,
                replace(protocol, has_free_energies=True, needs_free_energies=True),
                budget=CoreBudget(Resources(cores=1, memory_mb=1000)),
                workplace=Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=programs),
                store=MoleculeFolder(tmp_path / "molecule"),
                report=lambda _: None,
            )
        assert programs.started == 0


def test_weights_are_of_energies_where_there_is_no_xtb_and_nobody_asked_for_more(protocol, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(library, "absence", lambda: "the Python package tblite is not installed")
    (molecule,) = read_molecules(["OCO"])
    with ScratchFolder.create(tmp_path) as scratch:
        outcome = run_molecule(
            molecule,
            replace(protocol, has_free_energies=True, ranking=replace(protocol.ranking, method="none")),
            budget=CoreBudget(Resources(cores=1, memory_mb=1000)),
            workplace=Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch)),
            store=MoleculeFolder(tmp_path / "molecule"),
            report=lambda _: None,
        )
    assert "free energy" not in [step.name for step in outcome.funnel]
    assert any("weights are of energies alone" in note for note in outcome.notes)
    assert outcome.ensemble is not None
    assert all(c.free_energy_correction_hartree is None for c in outcome.ensemble.conformers)


@pytest.mark.skipif(not library.is_installed(), reason="tblite is not installed")
def test_of_more_conformers_than_the_budget_pays_for_a_sample_stands_for_all(tmp_path, protocol):
    (molecule,) = read_molecules(["OCCO"])
    recipe = get_protocol("draft", solvent=None)
    few = replace(recipe.ranking, budget_cpu_hours=1e-9, fewest_conformers=3)
    wanted = replace(protocol, ranking=few, refinement=recipe.refinement)
    with ScratchFolder.create(tmp_path) as scratch:
        outcome = run_molecule(
            molecule,
            wanted,
            budget=CoreBudget(Resources(cores=1, memory_mb=1000)),
            workplace=Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch)),
            store=MoleculeFolder(tmp_path / "molecule"),
            report=lambda _: None,
        )
    (note,) = (n for n in outcome.notes if "drawn by their weights" in n)
    assert note.startswith("3 of ")
    assert "the protocol's budget of 1e-09 CPU hours for a molecule pays for 3" in note
    sources = ShiftSources(factor_files=(), references=())
    prediction = build_prediction(outcome, wanted, engine=get_engine("pyscf"), sources=sources, machine=this_machine())
    assert len(prediction.conformers) <= 3
    assert sum(c.population for c in prediction.conformers) == pytest.approx(1.0)
    assert min(c.inclusion for c in prediction.conformers) < 1.0
    assert {step.name: step.left for step in outcome.funnel}["ranking"] == 3
