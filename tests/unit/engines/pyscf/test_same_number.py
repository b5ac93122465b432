"""Nothing that decides where or how the embedded engine computes changes a number: from input text to judged output."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyscf")

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.facts import Allotment, Ended
from qmnmr.engines.pyscf.calculation_file import STEP_FILE, write_input
from qmnmr.engines.pyscf.engine import PyscfEngine
from qmnmr.engines.pyscf.field import fitting, mean_field
from qmnmr.engines.pyscf.output_file import read_output
from qmnmr.engines.pyscf.worker import run
from tests.unit.engines.pyscf.molecules import DMSO, calculation

pytestmark = pytest.mark.long

ENERGY_HARTREE, SHIELDING_PPM, POSITION_ANGSTROM = 5e-9, 1e-4, 1e-5
"""The last digits that are printed: 8 decimals of an energy, 2 to 4 of a shielding."""

MEMORIES_MB = (4000, 500, 60, 12, 6, 5, 4, 3, 2, 1)
BASIS = "6-311+g(2d,p)"
FUNCTIONALS = ("hf", "pbe", "b3lyp", "cam-b3lyp")
MEDIA = pytest.mark.parametrize("solvent", [None, DMSO], ids=["gas", "dmso"])
FORMALDEHYDE = calculation("formaldehyde", "cam-b3lyp", "6-31g*", solvent=DMSO)
EVERY_PLACE = {("memory", "memory"), ("disk", "disk")}


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def work(asked: Calculation, *, memory_mb: int = 4000) -> tuple[CalculationResult, list[str]]:
    """Return the accepted result, and the lines that were said."""
    lines: list[str] = []
    run(write_input(asked, memory_mb=memory_mb), say=lines.append)
    outcome = read_output(asked, "\n".join(lines).encode(), exit_code=0)
    assert isinstance(outcome, CalculationResult), outcome
    return outcome, lines


def assert_same(found: CalculationResult, expected: CalculationResult, *, order: Sequence[int] | None = None) -> None:
    assert found.energy_hartree == pytest.approx(expected.energy_hartree, abs=ENERGY_HARTREE)
    values = [s.isotropic_ppm for s in found.shieldings]
    wanted = [expected.shieldings[k].isotropic_ppm for k in (order or range(len(values)))]
    assert values == pytest.approx(wanted, abs=SHIELDING_PPM)


def places(lines: Sequence[str]) -> tuple[str, ...]:
    """Return where the factors of each operator were."""
    return tuple("disk" if "on disk" in line else "memory" for line in lines if line.startswith("factors of"))


@MEDIA
@pytest.mark.parametrize(
    "memories_mb", [(4, 1), pytest.param(MEMORIES_MB[1:], marks=pytest.mark.slow)], ids=["each place", "ten memories"]
)
@pytest.mark.parametrize("functional", ["cam-b3lyp", "wb97x-d3"])
def test_memory_changes_no_shielding_of_a_range_separated_hybrid(functional, memories_mb, solvent) -> None:
    asked = calculation("water", functional, BASIS, solvent=solvent)
    expected, lines = work(asked)
    seen = {places(lines)}
    for memory_mb in memories_mb:
        found, lines = work(asked, memory_mb=memory_mb)
        seen.add(places(lines))
        assert_same(found, expected)
    assert seen == EVERY_PLACE


@MEDIA
@pytest.mark.parametrize("functional", FUNCTIONALS[:3])
def test_memory_changes_no_shielding_of_other_functionals(functional, solvent) -> None:
    asked = calculation("water", functional, BASIS, solvent=solvent)
    expected, lines = work(asked)
    assert places(lines) == ("memory",)
    found, lines = work(asked, memory_mb=1)
    assert_same(found, expected)
    assert places(lines) == ("disk",)


_SLOW_PAIRS = (("hf", DMSO), ("pbe", None), ("b3lyp", DMSO), ("cam-b3lyp", None))


@pytest.mark.parametrize(
    ("functional", "solvent"),
    [
        *(("hf", None), ("pbe", DMSO), ("b3lyp", None), ("cam-b3lyp", DMSO)),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in _SLOW_PAIRS),
    ],
    ids=lambda value: value if isinstance(value, str) else "dmso" if value else "gas",
)
def test_memory_changes_no_energy_and_no_gradient(functional, solvent) -> None:
    """An optimisation's path is made of gradients."""
    energies, ends = [], []
    for memory_mb in (4000, 1):
        Path(STEP_FILE).unlink(missing_ok=True)
        asked = calculation("water", functional, "6-31g*", solvent=solvent, kind=CalculationKind.OPTIMIZATION)
        energies.append(work(replace(asked, kind=CalculationKind.ENERGY), memory_mb=memory_mb)[0].energy_hartree)
        ends.append(work(asked, memory_mb=memory_mb)[0])
    assert np.ptp(energies) < ENERGY_HARTREE
    for end in ends[1:]:
        assert end.energy_hartree == pytest.approx(ends[0].energy_hartree, abs=ENERGY_HARTREE)
        apart = np.array(end.geometry.coordinates_angstrom) - np.array(ends[0].geometry.coordinates_angstrom)
        assert np.abs(apart).max() < POSITION_ANGSTROM
        assert end.optimization_steps == ends[0].optimization_steps


BLOCKS = {
    "rows at a time": (fitting, "_BLOCK_NUMBERS", 5000),
    "share of the memory": (fitting, "MEMORY_SHARE", 0.0),
    "orbitals on the grid": (mean_field, "_GRID_MEMORY_SHARE", 1e-4),
    "rows for PySCF": (mean_field._Rows, "blockdim", 7),
    "shells of derivatives": (
        fitting,
        "shell_blocks",
        lambda locations, _: ((n, n + 1) for n in range(len(locations) - 1)),
    ),
}


@pytest.fixture(scope="module")
def formaldehyde(tmp_path_factory: pytest.TempPathFactory) -> CalculationResult:
    """With plenty of memory, in blocks of the usual sizes, the atoms in their usual order."""
    with chdir(tmp_path_factory.mktemp("formaldehyde")):
        return work(FORMALDEHYDE)[0]


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_change_no_number(name, formaldehyde: CalculationResult, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, value = BLOCKS[name]
    monkeypatch.setattr(owner, attribute, value)
    assert_same(work(FORMALDEHYDE)[0], formaldehyde)


def test_the_order_of_atoms_changes_no_number(formaldehyde: CalculationResult) -> None:
    usual, order = FORMALDEHYDE.geometry, (2, 1, 3, 0)
    geometry = Geometry(
        symbols=tuple(usual.symbols[k] for k in order),
        coordinates_angstrom=tuple(usual.coordinates_angstrom[k] for k in order),
    )
    seen = set()
    for memory_mb in (4000, 1):
        found, lines = work(replace(FORMALDEHYDE, geometry=geometry), memory_mb=memory_mb)
        seen.add(places(lines))
        assert_same(found, formaldehyde, order=order)
    assert seen == {("memory", "memory"), ("disk", "disk")}


def test_the_temporary_folder_changes_no_number(
    formaldehyde: CalculationResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "a folder with spaces"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    assert_same(work(FORMALDEHYDE, memory_mb=1)[0], formaldehyde)
    assert not list(elsewhere.iterdir())


@pytest.mark.slow
def test_threads_change_no_number() -> None:
    memory_mb = 5
    asked = calculation("water", "wb97x-d3", BASIS, solvent=DMSO)
    results = []
    for threads in (1, 2):
        Path("input.json").write_text(write_input(asked, memory_mb=memory_mb))
        allotment = Allotment(cores=threads, memory_mb=memory_mb)
        environment = os.environ | PyscfEngine().environment(asked, allotment)
        done = subprocess.run(PyscfEngine().command(asked, allotment), env=environment, capture_output=True, check=True)
        found = PyscfEngine().read_result(asked, Ended(output=done.stdout + done.stderr, exit_code=0))
        assert isinstance(found, CalculationResult), found
        results.append(found)
    assert_same(results[1], results[0])


def test_an_optimisation_that_goes_on_ends_where_it_would_have_ended() -> None:
    asked = calculation("water", "cam-b3lyp", "6-31g*", kind=CalculationKind.OPTIMIZATION)
    whole, _ = work(asked, memory_mb=4000)
    steps = Path(STEP_FILE).read_text().splitlines(keepends=True)
    Path(STEP_FILE).write_text("".join(steps[:2]) + steps[2][:40])
    continued, _ = work(asked, memory_mb=1)  # elsewhere, with less memory
    assert continued.energy_hartree == pytest.approx(whole.energy_hartree, abs=ENERGY_HARTREE)
    apart = np.array(continued.geometry.coordinates_angstrom) - np.array(whole.geometry.coordinates_angstrom)
    assert np.abs(apart).max() < POSITION_ANGSTROM
    assert json.loads(steps[0])["energy_hartree"] > whole.energy_hartree
