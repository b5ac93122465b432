"""A molecule with a moving proton from search to shifts: real xTB, and the embedded engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rdkit import Chem

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.protocol import Protocol, ScreeningSettings
from qmnmr.datatypes.shift import Prediction
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.engines.xtb import library
from qmnmr.funnel.run_molecule import MoleculeOutcome, run_molecule
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.report.export.molecule_files import FILES_OF_A_MOLECULE, ExportSource
from qmnmr.report.export.statement import statement_of
from qmnmr.report.json_report import run_json
from qmnmr.report.structure_file import conformer_record
from qmnmr.runs.folder.final_conformers import final_conformers
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.predictions import build_prediction
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.provenance import this_machine
from qmnmr.runs.sources.shift_sources import ShiftSources
from qmnmr.structures import read_molecules
from tests.support.nmredata_reader import read_record
from tests.system.conftest import run_qmnmr

pytestmark = pytest.mark.xtb


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    pytest.importorskip("pyscf")
    level = LevelOfTheory(functional="hf", basis="6-31g", spherical=True, solvent=None)
    recipe = get_protocol("draft", solvent=None)
    return replace(
        recipe,
        optimization=level,
        energy=None,
        shieldings=(("*", level),),
        energy_window_kcal_per_mol=20.0,
        shielded_population=1.0,
        screening=None,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tautomers")


@pytest.fixture(scope="module")
def scratch(folder: Path) -> Iterator[ScratchFolder]:
    with ScratchFolder.create(folder) as created:
        yield created


def run(
    store: Path, protocol: Protocol, scratch: ScratchFolder, *, smiles: str = "c1c[nH]nn1"
) -> tuple[MoleculeOutcome, int]:
    (molecule,) = read_molecules([smiles])
    programs = Programs(scratch)
    outcome = run_molecule(
        molecule,
        protocol,
        budget=CoreBudget(Resources(cores=1, memory_mb=1000)),
        workplace=Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=programs),
        store=MoleculeFolder(store),
        report=lambda _: None,
    )
    return outcome, programs.started


def predicted(outcome: MoleculeOutcome, protocol: Protocol) -> Prediction:
    nothing = ShiftSources(factor_files=(), references=())
    return build_prediction(outcome, protocol, engine=get_engine("pyscf"), sources=nothing, machine=this_machine())


def test_both_tautomers_are_computed_weighed_and_averaged(protocol, folder, scratch):
    outcome, started = run(folder / "triazole", protocol, scratch, smiles="c1c[nH]nn1")
    in_programs = 2 if library.is_installed() else 4  # optimisation and shielding; else ranking and Hessian too
    assert started == 2 * in_programs
    assert outcome.ensemble is not None
    assert {c.label for c in outcome.ensemble.conformers} == {"c001", "t2c001"}
    second, first = outcome.ensemble.conformers  # 2H-1,2,3-triazole is the lower one
    assert (first.label, second.label) == ("c001", "t2c001")
    assert outcome.tautomers == ("", second.tautomer)
    prediction = predicted(outcome, protocol)
    by_label = {c.label: c for c in prediction.conformers}
    assert {c.tautomer for c in prediction.conformers} == {"c1c[nH]nn1", "c1cn[nH]n1"}
    (carbon,) = [row for row in prediction.shifts if row.nucleus == "13C"]
    assert carbon.atom_indices == (0, 1)  # the proton makes them alike
    shieldings = {
        label: [outcome.results[label]["shielding"].shieldings[atom].isotropic_ppm for atom in (0, 1)]
        for label in by_label
    }
    assert abs(shieldings["c001"][0] - shieldings["c001"][1]) > 5.0
    assert shieldings["t2c001"][0] == pytest.approx(shieldings["t2c001"][1], abs=0.1)
    average = sum(by_label[label].population * sum(values) / 2 for label, values in shieldings.items())
    assert carbon.shielding_ppm == pytest.approx(average)
    assert any(flag.startswith("average over tautomers (N3H") and "larger error" in flag for flag in carbon.flags)
    (molecule,) = json.loads(run_json([prediction], run="run"))["molecules"]
    assert {c["tautomer"] for c in molecule["conformers"]} == {"c1c[nH]nn1", "c1cn[nH]n1"}


def test_the_structures_of_a_run_are_those_of_their_tautomers(protocol, folder, scratch):
    outcome, _ = run(folder / "triazole", protocol, scratch)
    prediction = predicted(outcome, protocol)
    found = final_conformers(MoleculeFolder(folder / "triazole"), prediction)
    graphs = {
        label: Chem.MolToSmiles(Chem.RemoveHs(conformer_record(prediction.molecule, conformer)))
        for label, conformer in found.items()
    }
    assert graphs == {c.label: c.tautomer for c in prediction.conformers}
    assert prediction.provenance is not None
    source = ExportSource(
        prediction=replace(
            prediction,
            shifts=tuple(replace(s, shift_ppm=100.0, uncertainty_ppm=1.0) for s in prediction.shifts),
        ),
        statement=statement_of(prediction, prediction.provenance),
        conformers=found,
        nmr_solvent="",
        proton_mhz=400.0,
    )
    ((name, content),) = FILES_OF_A_MOLECULE["nmredata"](source)
    (folder / name).write_bytes(content)
    record = read_record(folder / name)
    assert source.best is not None
    assert source.best.label == "t2c001"  # not as drawn
    mol = Chem.MolFromMolBlock(record.mol_block, removeHs=False)
    assert record.tags["SMILES"] == [Chem.MolToSmiles(Chem.RemoveHs(mol))] == ["c1cn[nH]n1"]


def test_going_on_computes_nothing_twice(protocol, folder, scratch):
    before, _ = run(folder / "triazole", protocol, scratch)
    again, started = run(folder / "triazole", protocol, scratch)
    assert started == 0
    assert again.ensemble == before.ensemble


def test_a_tautomer_that_dft_finds_high_is_not_optimised_and_its_share_is_told(protocol, folder, scratch):
    narrow = replace(
        protocol, screening=ScreeningSettings(energy_window_kcal_per_mol=2.0, ranked_above_kcal_per_mol=2.5)
    )
    outcome, started = run(folder / "triazole", narrow, scratch)
    assert started == 2  # single points of both
    assert outcome.ensemble is not None
    assert [c.label for c in outcome.ensemble.conformers] == ["t2c001"]
    prediction = predicted(outcome, narrow)
    (carbon,) = [row for row in prediction.shifts if row.nucleus == "13C"]
    assert any("N3H <1 %, N4H 100 %" in flag for flag in carbon.flags)


def test_a_search_of_one_tautomer_says_that_the_other_is_missing(protocol, folder, scratch):
    # As runs of an earlier version left it: their conformers say of no tautomer.
    store = MoleculeFolder(folder / "old")
    found = MoleculeFolder(folder / "triazole").load_ensemble()
    assert found is not None
    store.save_ensemble(replace(found, conformers=found.conformers[:1], notes=()))
    outcome, _ = run(store.path, protocol, scratch)
    prediction = predicted(outcome, protocol)
    (carbon,) = [row for row in prediction.shifts if row.nucleus == "13C"]
    assert "the tautomer N4H is not in the average" in carbon.flags
    assert {c.tautomer for c in prediction.conformers} == {""}


@pytest.mark.slow
def test_methylimidazole_and_methylpyrazole_by_the_command(tmp_path):
    drawn, other = ("Cc1c[nH]cn1", "Cc1cnc[nH]1")
    words = ("--engine", "pyscf", "--protocol", "draft", "--cores", "1", "--json")
    done = run_qmnmr("predict", drawn, "Cc1cc[nH]n1", *words, "--out", "drawn", folder=tmp_path)
    assert done.code == 0, done.stderr
    turned = run_qmnmr("predict", other, *words, "--out", "other", folder=tmp_path)
    assert turned.code == 0, turned.stderr

    def carbons(finished, name):
        return sorted(r["shielding_ppm"] for r in finished.molecules[name]["shifts"] if r["nucleus"] == "13C")

    # Whichever tautomer was drawn, the average is the same.
    assert carbons(done, drawn) == pytest.approx(carbons(turned, other), abs=0.1)
    shares = {c["tautomer"]: c["population"] for c in done.molecules[drawn]["conformers"]}
    assert set(shares) == {drawn, other}
    assert all(0.2 < share < 0.8 for share in shares.values())
