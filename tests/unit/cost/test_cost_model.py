"""Predicted CPU time against runs that were measured."""

from __future__ import annotations

import pytest

from qmnmr.cost.cost_model import basis_functions, cpu_seconds, memory_mb, optimization_steps, scratch_mb
from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.errors import InputError

ETHANOL = ("C", "C", "O", *["H"] * 6)
OCTANE = (*["C"] * 8, *["H"] * 18)


def level(functional: str = "b3lyp", basis: str = "6-31g*", medium: str = "gas") -> LevelOfTheory:
    return LevelOfTheory(functional=functional, basis=basis, spherical=True, solvent=find_solvent(medium))


@pytest.mark.parametrize(
    ("symbols", "basis", "count"),
    [  # as NWChem and PySCF print them
        (ETHANOL, "6-31g*", 54),
        (ETHANOL, "6-311+g(2d,p)", 117),
        (("C", "H", "H", "H", "Cl"), "6-31g*", 38),
        (("C", "H", "H", "H", "Cl"), "def2-svp", 47),
        (OCTANE, "def2-svp", 202),
    ],
)
def test_basis_functions_are_those_that_programs_count(symbols, basis, count):
    assert basis_functions(symbols, level(basis=basis)) == count


@pytest.mark.parametrize(
    ("engine", "symbols", "at", "measured"),
    [  # bench/agreement, one core
        ("nwchem", ETHANOL, level(), 16.25),
        ("nwchem", ETHANOL, level("pbe", "def2-svp"), 20.47),
        ("pyscf", ETHANOL, level(), 2.8),
        ("pyscf", OCTANE, level(basis="def2-svp"), 27.9),
    ],
)
def test_shieldings_take_what_was_measured_within_a_factor_of_two(engine, symbols, at, measured):
    predicted = cpu_seconds(symbols, at, kind=CalculationKind.SHIELDING, engine=engine)
    assert 0.5 < predicted / measured < 2


def test_an_optimisation_takes_as_many_steps_as_larger_molecules_need():
    steps = [optimization_steps(n, engine="nwchem") for n in (5, 10, 20, 40)]
    assert steps == sorted(steps)
    one = cpu_seconds(ETHANOL, level(), kind=CalculationKind.OPTIMIZATION, engine="nwchem") / steps[1]
    assert 2 < one < 8


def test_an_energy_costs_less_than_a_step_and_a_continuum_more_than_none():
    energy = cpu_seconds(ETHANOL, level(), kind=CalculationKind.ENERGY, engine="nwchem")
    assert energy < cpu_seconds(ETHANOL, level(), kind=CalculationKind.OPTIMIZATION, engine="nwchem")
    gas = cpu_seconds(ETHANOL, level(), kind=CalculationKind.SHIELDING, engine="nwchem")
    assert gas < cpu_seconds(ETHANOL, level(medium="chloroform"), kind=CalculationKind.SHIELDING, engine="nwchem")


def test_memory_and_scratch_grow_with_the_basis():
    for engine in ("nwchem", "pyscf"):
        small, large = level(), level(basis="6-311+g(2d,p)")
        assert memory_mb(ETHANOL, small, engine=engine) < memory_mb(ETHANOL, large, engine=engine)
        assert scratch_mb(ETHANOL, small, engine=engine) < scratch_mb(ETHANOL, large, engine=engine)
    assert 700 < memory_mb(OCTANE, level(basis="def2-svp"), engine="pyscf") < 1500  # measured: 1059 MB


def test_an_engine_without_a_law_is_an_error():
    with pytest.raises(InputError, match="gaussian"):
        cpu_seconds(ETHANOL, level(), kind=CalculationKind.ENERGY, engine="gaussian")
