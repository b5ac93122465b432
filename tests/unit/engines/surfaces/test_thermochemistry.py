"""Terms of an ideal gas against values that can be had by hand, and against recorded outputs of xTB."""

from __future__ import annotations

import numpy as np
import pytest

from qmnmr.engines.surfaces.thermochemistry import free_energy_correction, wavenumbers
from qmnmr.units import BOLTZMANN_HARTREE_PER_KELVIN, HARTREE_KCAL_PER_MOL, HARTREE_PER_WAVENUMBER


def test_argon_has_the_entropy_of_the_tables() -> None:
    """154.85 J/(mol K) at 298.15 K and 1 bar (CODATA key values, 1989); 1 atm takes off R ln 1.01325."""
    correction = free_energy_correction(("Ar",), np.zeros((1, 3)), np.zeros(0), temperature_kelvin=298.15)
    enthalpy = 2.5 * BOLTZMANN_HARTREE_PER_KELVIN * 298.15
    entropy = (enthalpy - correction) * HARTREE_KCAL_PER_MOL * 4184 / 298.15
    assert entropy == pytest.approx(154.85 - 8.31446 * np.log(1.01325), abs=0.02)


def test_nitrogen_has_the_entropy_of_the_tables_but_for_its_symmetry_number() -> None:
    """191.61 J/(mol K); the two ends are alike, which takes off R ln 2 that the correction leaves in."""
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0743]])  # bohr
    modes = np.array([2330.0])
    correction = free_energy_correction(("N", "N"), positions, modes, temperature_kelvin=298.15)
    zero_point = 0.5 * modes[0] * HARTREE_PER_WAVENUMBER
    enthalpy = zero_point + 3.5 * BOLTZMANN_HARTREE_PER_KELVIN * 298.15
    entropy = (enthalpy - correction) * HARTREE_KCAL_PER_MOL * 4184 / 298.15
    assert entropy == pytest.approx(191.61 + 8.31446 * np.log(2 / 1.01325), abs=0.05)


def test_a_soft_mode_counts_as_a_rotor_and_a_stiff_one_as_an_oscillator() -> None:
    positions = np.array([[0.0, 0.0, 0.0], [2.5, 0.0, 0.0], [3.5, 2.3, 0.0], [-1.0, 1.0, 1.9]])
    symbols = ("C", "C", "O", "H")

    def correction(mode: float) -> float:
        return free_energy_correction(symbols, positions, np.array([mode]), temperature_kelvin=298.15)

    kt = BOLTZMANN_HARTREE_PER_KELVIN * 298.15
    oscillator = kt * np.log(np.expm1(40 * HARTREE_PER_WAVENUMBER / kt) / np.expm1(5 * HARTREE_PER_WAVENUMBER / kt))
    assert 0 < correction(40.0) - correction(5.0) < 0.6 * oscillator  # an oscillator's entropy has no bound
    stiff = kt * (
        np.log1p(-np.exp(-900 * HARTREE_PER_WAVENUMBER / kt)) - np.log1p(-np.exp(-800 * HARTREE_PER_WAVENUMBER / kt))
    )
    stiff += 50 * HARTREE_PER_WAVENUMBER
    assert correction(900.0) - correction(800.0) == pytest.approx(stiff, abs=2e-7)


def test_a_spring_vibrates_at_the_root_of_its_constant_over_its_mass() -> None:
    constant = 0.4
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    hessian = np.zeros((6, 6))
    hessian[2, 2] = hessian[5, 5] = constant
    hessian[2, 5] = hessian[5, 2] = -constant
    (mode,) = wavenumbers(("H", "H"), positions, hessian)
    reduced = 1.008 * 1822.888486 / 2
    assert mode == pytest.approx(np.sqrt(constant / reduced) / HARTREE_PER_WAVENUMBER, rel=1e-4)
