from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Conformer, Geometry, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.funnel.ranking import Ranked
from qmnmr.funnel.screening import Screened, screen
from qmnmr.programs.run_calculation import Outcome
from qmnmr.runs.protocols import get_protocol, protocol_names
from qmnmr.structures import read_molecules
from qmnmr.units import HARTREE_KCAL_PER_MOL

HYDROGEN = Geometry(symbols=("H", "H"), coordinates_angstrom=((0.0, 0.0, 0.0), (0.0, 0.0, 0.74)))


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return get_protocol("draft", solvent=None)


@pytest.fixture(scope="module")
def molecule() -> Molecule:
    return read_molecules(["[H][H]"])[0]


def ranked(*kcal_per_mol: float, not_by_xtb: tuple[str, ...] = ()) -> Ranked:
    """Conformers that lie so high in the ranking."""
    conformers = tuple(
        Conformer(label=f"c{k:03d}", geometry=HYDROGEN, energy_hartree=-1.0 + height / HARTREE_KCAL_PER_MOL)
        for k, height in enumerate(kcal_per_mol, 1)
    )
    return Ranked(conformers=conformers, optimized=frozenset(c.label for c in conformers) - set(not_by_xtb))


def screened(
    molecule: Molecule, protocol: Protocol, given: Ranked, kcal_per_mol: list[float | None]
) -> tuple[Screened, list[str]]:
    """Screen with these energies above the lowest (None: the calculation fails); return what was computed too."""
    asked: list[str] = []

    def run(calculations: Sequence[Calculation]) -> list[Outcome]:
        asked.extend(c.label for c in calculations)
        return [answer(c, e) for c, e in zip(calculations, kcal_per_mol, strict=True)]

    return screen(molecule, given, protocol, run=run), asked


def answer(asked: Calculation, kcal_per_mol: float | None) -> Outcome:
    if kcal_per_mol is None:
        return CalculationFailure(
            label=asked.label, kind=asked.kind, failure=FailureKind.SCF_NOT_CONVERGED, message="", evidence=""
        )
    energy = -1.0 + kcal_per_mol / HARTREE_KCAL_PER_MOL
    return CalculationResult(
        label=asked.label, kind=asked.kind, level=asked.level, energy_hartree=energy, geometry=asked.geometry,
        shieldings=(), program="", program_version="", ranks=1, cpu_seconds=2.0, wall_seconds=2.0,
    )  # fmt: skip


def test_high_ones_are_asked_and_left_out_above_the_window(molecule, protocol):
    found, asked = screened(molecule, protocol, ranked(0.0, 2.4, 2.6, 3.0, 4.9), [0.0, 3.9, 4.1, 9.0])
    assert asked == ["c001-screening", "c003-screening", "c004-screening", "c005-screening"]
    assert [c.label for c in found.conformers] == ["c001", "c002", "c003"]
    assert found.step is not None
    assert (found.step.entered, found.step.left, found.step.cpu_seconds) == (5, 3, 8.0)
    assert found.step.remark == "2 above 4 kcal/mol"


def test_the_window_begins_at_the_lowest_of_those_asked(molecule, protocol):
    found, _ = screened(molecule, protocol, ranked(0.0, 3.0, 4.0), [2.0, 0.0, 4.5])
    assert [c.label for c in found.conformers] == ["c001", "c002"]


def test_where_none_is_high_nothing_is_computed(molecule, protocol):
    found, asked = screened(molecule, protocol, ranked(0.0, 1.0, 2.0, 2.4), [])
    assert (len(found.conformers), found.step, asked) == (4, None, [])
    without = replace(protocol, screening=None)
    assert screened(molecule, without, ranked(0.0, 4.0), [])[1] == []
    assert screened(molecule, protocol, Ranked(conformers=()), [])[1] == []


def test_a_failure_decides_nothing(molecule, protocol):
    found, _ = screened(molecule, protocol, ranked(0.0, 3.0, 3.0, 3.0), [0.0, None, 9.0, None])
    assert [c.label for c in found.conformers] == ["c001", "c002", "c004"]
    assert found.step is not None
    assert found.step.remark == "2 failed, 1 above 4 kcal/mol"
    assert len(screened(molecule, protocol, ranked(0.0, 3.0), [None] * 2)[0].conformers) == 2


def test_conformers_with_the_force_fields_geometry_are_not_compared(molecule, protocol):
    found, asked = screened(molecule, protocol, ranked(0.0, 9.0, 3.0, not_by_xtb=("c002",)), [0.0, 9.0])
    assert [c.label for c in found.conformers] == ["c001", "c002"]
    assert "c002-screening" not in asked


def test_the_window_is_wider_than_what_the_optimised_ones_are_asked_for():
    for name in protocol_names():
        recipe = get_protocol(name, solvent=None)
        if recipe.screening is not None:
            assert recipe.screening.energy_window_kcal_per_mol >= recipe.energy_window_kcal_per_mol + 1.0
