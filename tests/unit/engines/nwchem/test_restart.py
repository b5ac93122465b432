from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.engines.engine import RestartableEngine
from qmnmr.engines.facts import Allotment

ENGINE = get_engine("nwchem")


@pytest.fixture
def output(golden: Callable[[str], Path]) -> bytes:
    return gzip.decompress(golden("ethanol-optimization").read_bytes())


def steps(data: bytes) -> list[int]:
    return [i for i in range(len(data)) if data.startswith(b"\n@    ", i)]


def test_nwchem_can_go_on_where_it_was_stopped() -> None:
    assert isinstance(ENGINE, RestartableEngine)


def test_the_last_complete_step_of_a_cut_output_gives_the_geometry(output: bytes) -> None:
    assert isinstance(ENGINE, RestartableEngine)
    third, fourth = steps(output)[3:5]
    within_fourth = ENGINE.last_step_geometry(output[: fourth - 1])
    just_after_third = ENGINE.last_step_geometry(output[: third + 200])
    assert within_fourth is not None
    assert within_fourth == just_after_third
    assert within_fourth != ENGINE.last_step_geometry(output[: fourth + 200])


def test_before_the_first_step_there_is_nothing_to_go_on_from(output: bytes) -> None:
    assert isinstance(ENGINE, RestartableEngine)
    assert ENGINE.last_step_geometry(output[: steps(output)[0] + 200]) is None
    assert ENGINE.last_step_geometry(b"") is None


def test_a_restart_begins_with_the_orbitals_at_that_geometry_and_counts_as_the_same_calculation(output: bytes) -> None:
    assert isinstance(ENGINE, RestartableEngine)
    geometry = ENGINE.last_step_geometry(output)
    assert geometry is not None
    level = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None)
    calculation = Calculation(
        label="c001-optimization",
        kind=CalculationKind.OPTIMIZATION,
        geometry=geometry,
        charge=0,
        multiplicity=1,
        level=level,
    )
    (text,) = ENGINE.restart_input_files(calculation, Allotment(cores=1, memory_mb=500), geometry=geometry).values()
    (plain,) = ENGINE.input_files(calculation, Allotment(cores=1, memory_mb=500)).values()
    assert text.replace(" vectors input calc.movecs\n", "") == plain
    assert "start calc" in text
