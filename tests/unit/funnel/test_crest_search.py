"""The ladder of CREST's tries, with a script in its place that prints what a real CREST printed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.engines import get_engine
from qmnmr.engines.xtb import library
from qmnmr.errors import MissingProgramError
from qmnmr.funnel.searching.crest_search import search_with_crest
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "crest"
NO_TBLITE = f"cat {GOLDEN}/failed-no-tblite/stdout.txt; exit 1"
DIED = (
    f"cp {GOLDEN}/1-2-dichloroethane-nmr/crest_conformers.xyz .; cat {GOLDEN}/1-2-dichloroethane-nmr/stdout.txt; exit 1"
)
# The recorded search, as if it had been asked for in our words.
GOOD = f"""cp {GOLDEN}/2-butanol/crest_conformers.xyz .
gzip -dc {GOLDEN}/2-butanol/crest_rotamers.xyz.gz > crest_rotamers.xyz
sed "s|^ \\$ crest .*| $ crest $*|" {GOLDEN}/2-butanol/stdout.txt; exit 0"""


@pytest.fixture(autouse=True)
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """GFN2-xTB is the program here, which CREST needs too."""
    monkeypatch.setattr(library, "absence", lambda: "the Python package tblite is not installed")


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    with ScratchFolder.create(tmp_path) as scratch:
        yield Workplace(engine=get_engine("nwchem"), scratch=scratch, programs=Programs(scratch))


@pytest.fixture
def put_crest(tmp_path, monkeypatch):
    """Put a script in CREST's place; no xTB is found beside it unless asked for."""

    def put(script: str, *, has_xtb: bool = False) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in ("crest", "xtb") if has_xtb else ("crest",):
            (folder / name).write_text(f"#!/bin/sh\n{script if name == 'crest' else 'exit 1'}\n")
            (folder / name).chmod(0o755)
        tools = tmp_path / "tools"
        tools.mkdir()
        for tool in ("sh", "cat", "sed", "cp", "grep", "gzip"):
            (tools / tool).symlink_to(next(p for d in os.defpath.split(":") if (p := Path(d) / tool).exists()))
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{tools}")

    return put


def find(workplace: Workplace, tmp_path: Path, smiles: str = "CC[C@H](C)O"):
    (molecule,) = read_molecules([smiles])
    return search_with_crest(
        molecule,
        get_protocol("draft", solvent=find_solvent("chloroform"), search_method="crest"),
        workplace=workplace,
        store=MoleculeFolder(tmp_path / "molecule"),
        resources=Resources(cores=1, memory_mb=1000),
    )


def kept(tmp_path: Path) -> list[str]:
    return sorted(p.parent.name for p in tmp_path.glob("molecule/calculations/crest-*/failure.json"))


@pytest.fixture
def butanol() -> str:
    """The enantiomer that was recorded."""
    from rdkit import Chem
    from rdkit.Chem import rdDetermineBonds

    mol = Chem.MolFromXYZBlock((GOLDEN / "2-butanol" / "input.xyz").read_text())
    rdDetermineBonds.DetermineBonds(mol)
    Chem.AssignStereochemistryFrom3D(mol)
    return Chem.MolToSmiles(Chem.RemoveHs(mol))


def test_the_recorded_search_becomes_an_ensemble(workplace, tmp_path, put_crest, butanol):
    put_crest(GOOD)
    found = find(workplace, tmp_path, butanol)
    assert found.starts == 9
    assert found.conformers[0].label == "c001"
    assert 8 <= len(found.conformers) <= 9
    assert found.notes == ()
    assert kept(tmp_path) == []


def test_the_cpu_time_of_a_search_is_what_its_program_took_and_not_what_it_prints(
    workplace, tmp_path, put_crest, butanol, monkeypatch
):
    put_crest(GOOD)  # which prints 81.6 s
    run = Programs.run
    monkeypatch.setattr(Programs, "run", lambda *a, **k: replace(run(*a, **k), cpu_seconds=7.25))
    assert find(workplace, tmp_path, butanol).cpu_seconds == 7.25


def test_structures_of_the_other_enantiomer_are_not_accepted(workplace, tmp_path, put_crest, butanol):
    put_crest(GOOD)
    other = butanol.replace("@@", "#").replace("@", "@@").replace("#", "@")
    found = find(workplace, tmp_path, other)
    assert "no structure of CREST's ensemble has the molecule's bonds and stereo" in found.notes[-1]
    assert found.starts > 9  # RDKit's


def test_a_build_without_tblite_is_tried_again_with_legacy(workplace, tmp_path, put_crest, butanol):
    put_crest(f'case "$*" in *--legacy*) {GOOD};; *) {NO_TBLITE};; esac', has_xtb=True)
    found = find(workplace, tmp_path, butanol)
    assert found.starts == 9
    assert found.notes[0].startswith("CREST was run with --legacy, since without: This CREST was built without tblite")
    assert kept(tmp_path) == ["crest-start", "crest-try1"]


def test_after_three_failures_the_conformers_are_rdkits_with_the_reasons(workplace, tmp_path, put_crest):
    put_crest(DIED, has_xtb=True)
    found = find(workplace, tmp_path)
    assert found.notes[-1] == (
        "CREST gave nothing, so the conformers are RDKit's: CREST crashed (exit code 1: ERROR STOP)"
    )
    assert kept(tmp_path) == ["crest-start", "crest-try1", "crest-try2", "crest-try3"]
    assert found.starts > 9


def test_legacy_is_not_tried_where_it_needs_a_program_that_is_missing(workplace, tmp_path, put_crest):
    put_crest(NO_TBLITE)
    find(workplace, tmp_path)
    assert kept(tmp_path) == ["crest-try1", "crest-try2"]


def test_a_missing_crest_is_named_with_what_to_do(workplace, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingProgramError, match="CREST is not installed") as caught:
        find(workplace, tmp_path)
    assert "--conformers rdkit" in caught.value.hint
