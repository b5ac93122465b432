"""What of a search goes on to DFT: distinct conformers that hold the wanted share, whatever was counted twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.engines.xtb import library
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.funnel.chain import Chain
from qmnmr.funnel.find_conformers import ranked
from qmnmr.funnel.minima.xtb_search import search_minima
from qmnmr.funnel.ranking import Ranked
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules

pytestmark = pytest.mark.skipif(not library.is_installed(), reason="tblite is not installed")

STANDARD = get_protocol("standard", solvent=CHLOROFORM)


def rank(ensemble: Ensemble, molecule: Molecule, folder: Path) -> Ranked:
    with ScratchFolder.create(folder) as scratch, Programs(scratch) as programs:
        chain = Chain(
            molecule=molecule,
            protocol=STANDARD,
            budget=CoreBudget(Resources(cores=1, memory_mb=2000), molecules=1),
            workplace=Workplace(engine=XtbEngine(), scratch=scratch, programs=programs),
            store=MoleculeFolder(folder / "molecule"),
            report=lambda _: None,
        )
        return ranked(chain, ensemble)


def test_minima_that_the_search_counted_twice_take_no_place_of_others(tmp_path: Path):
    (molecule,) = read_molecules(["CCCCO"])
    ensemble = search_minima(molecule, STANDARD, check=lambda: None, tell=lambda _: None)
    assert ensemble is not None
    (tmp_path / "once").mkdir()
    once = rank(ensemble, molecule, tmp_path / "once")
    lowest = ensemble.conformers[0]
    copies = [replace(lowest, label=f"c{900 + k}", degeneracy=20.0) for k in range(6)]
    (tmp_path / "often").mkdir()
    often = rank(replace(ensemble, conformers=(*ensemble.conformers, *copies)), molecule, tmp_path / "often")
    assert [c.label for c in often.conformers] == [c.label for c in once.conformers]
    assert often.missed_population == pytest.approx(once.missed_population, abs=1e-3)
    assert often.step is not None
    assert once.step is not None
    assert often.step.entered == once.step.entered + len(copies)
    assert len(once.conformers) > 5
