"""Programs that a step can't do without are looked for where programs run, before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from qmnmr.cli.main import cli
from qmnmr.datatypes.job import Resources
from qmnmr.engines import dispersion, get_engine
from qmnmr.engines.xtb import library
from qmnmr.errors import MissingProgramError
from qmnmr.funnel.run_molecule import run_molecule
from qmnmr.funnel.step_programs import require_step_programs
from qmnmr.programs.container import ProgramImage
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.python.api import predict
from qmnmr.structures import read_molecules

PROTOCOL = get_protocol("draft", solvent=None, free_energies=True)


@pytest.fixture
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(library, "absence", lambda: "the Python package tblite is not installed")


def test_a_protocol_asks_for_the_programs_of_its_own_steps_alone() -> None:
    asked: list[str] = []

    def has_all(name: str) -> bool:
        asked.append(name)
        return True

    require_step_programs(PROTOCOL, has_all, has_packages=False)
    require_step_programs(get_protocol("draft", solvent=None), has_all)
    assert asked == ["xtb"]
    crest = get_protocol("draft", solvent=None, search_method="crest", free_energies=True)
    require_step_programs(crest, has_all, has_packages=False)
    assert asked[1:] == ["crest", "xtb"]
    with pytest.raises(MissingProgramError, match="CREST is not installed"):
        require_step_programs(crest, lambda name: name != "crest")


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(
    ("option", "words"),
    [
        (("--free-energies",), "there is no program xtb"),
        (("--conformers", "crest"), "CREST is not installed"),
    ],
)
def test_a_run_without_a_program_that_it_needs_ends_with_4_and_leaves_no_folder(
    tmp_path: Path, option: tuple[str, ...], words: str
) -> None:
    command = ("predict", "CCO", "--engine", "pyscf", "--protocol", "draft", "--out", str(tmp_path / "run"), *option)
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 4
    assert words in done.stderr
    assert not (tmp_path / "run").exists()


def test_without_the_library_of_its_dispersion_a_run_ends_before_anything_is_computed(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(dispersion, "is_installed", lambda: False)
    command = ("predict", "CCO", "--engine", "pyscf", "--protocol", "draft", "--out", str(tmp_path / "run"))
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 4
    assert "the Python package pyscf-dispersion is not installed, and B3LYP-D4/VDZP" in done.stderr
    assert "pip install pyscf-dispersion" in done.stderr
    assert not (tmp_path / "run").exists()
    require_step_programs(get_protocol("peer", solvent=None), lambda _: True)


@pytest.mark.usefixtures("no_programs")
def test_a_run_from_python_without_xtb_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingProgramError, match="there is no program xtb"):
        predict("CCO", engine="pyscf", protocol="draft", free_energies=True, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


class SearchedError(Exception):
    """The molecule has come to its search."""


class Store(MoleculeFolder):
    def load_ensemble(self) -> None:
        raise SearchedError


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize(("is_in_image", "outcome"), [(True, SearchedError), (False, MissingProgramError)])
def test_where_programs_run_in_an_image_the_image_is_asked_for_xtb(
    tmp_path: Path, is_in_image: bool, outcome: type[Exception]
) -> None:
    apptainer = tmp_path / "apptainer"
    apptainer.write_text(f"#!/bin/sh\necho {'/usr/bin/xtb' if is_in_image else 'none'}\n")
    apptainer.chmod(0o755)
    image = ProgramImage(path=Path("/q.sif"), command=str(apptainer))
    (molecule,) = read_molecules(["CCO"])
    with ScratchFolder.create(tmp_path) as scratch, pytest.raises(outcome):
        run_molecule(
            molecule,
            PROTOCOL,
            budget=CoreBudget(Resources(cores=1, memory_mb=1000)),
            workplace=Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch), image=image),
            store=Store(tmp_path / "molecule"),
            report=lambda _: None,
        )
