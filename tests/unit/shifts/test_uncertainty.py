import math
from typing import Any

import pytest

from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.shifts.uncertainty import weight_moves
from qmnmr.units import HARTREE_KCAL_PER_MOL

SETTINGS: dict[str, Any] = {"temperature_kelvin": 298.15}
WEIGHTED: dict[str, Any] = SETTINGS | {"energy_error_kcal_per_mol": 0.5}


def _sizes(isotropic_ppm: list[list[float]], **given: Any) -> tuple[float, ...]:
    """Return the part of the weights in the error of each set."""
    return tuple(math.hypot(*moves) for moves in weight_moves(isotropic_ppm, **given))


def test_one_conformer_has_no_uncertain_weight():
    found = _sizes([[170.0, 30.0]], energies_hartree=[-1.0], degeneracies=[1.0], sets=[(0,), (1,)], **WEIGHTED)
    assert found == (0.0, 0.0)


def test_conformers_with_the_same_shielding_have_no_effect():
    found = _sizes([[170.0], [170.0]], energies_hartree=[-1.0, -1.0], degeneracies=[1.0, 1.0], sets=[(0,)], **WEIGHTED)
    assert found[0] == pytest.approx(0.0, abs=1e-10)


def test_two_equal_conformers_move_by_the_boltzmann_factor_of_half_a_kilocalorie():
    # p = 1/(1 + exp(x)) with x = 0.5 kcal/mol / RT: half the difference of +x and -x is tanh(x/2)/2; two conformers.
    x = 0.5 / (0.0019872041 * 298.15)
    expected = math.sqrt(2) * math.tanh(x / 2) / 2 * 4.0
    found = _sizes([[170.0], [174.0]], energies_hartree=[-1.0, -1.0], degeneracies=[1.0, 1.0], sets=[(0,)], **WEIGHTED)
    assert found[0] == pytest.approx(expected, rel=1e-4)


def test_it_is_near_the_slope_of_the_average():
    energies = [-1.0, -1.0 + 0.8 / HARTREE_KCAL_PER_MOL, -1.0 + 1.5 / HARTREE_KCAL_PER_MOL]
    sigma = [30.0, 31.0, 29.0]
    p = boltzmann_populations(energies, degeneracies=[1.0] * 3, **SETTINGS)
    mean = sum(a * b for a, b in zip(p, sigma, strict=True))
    kt = 0.0019872041 * 298.15
    linear = math.sqrt(sum((a * (b - mean) * 0.5 / kt) ** 2 for a, b in zip(p, sigma, strict=True)))
    found = _sizes([[s] for s in sigma], energies_hartree=energies, degeneracies=[1.0] * 3, sets=[(0,)], **WEIGHTED)
    assert found[0] == pytest.approx(linear, rel=0.15)


def test_nuclei_that_exchange_places_between_conformers_cancel():
    found = _sizes(
        [[30.0, 32.0], [32.0, 30.0]],
        energies_hartree=[-1.0, -1.0],
        degeneracies=[1.0, 1.0],
        sets=[(0, 1)],
        **WEIGHTED,
    )
    assert found[0] == pytest.approx(0.0, abs=1e-10)


def test_all_conformers_of_a_tautomer_are_off_together_by_one_kilocalorie_more():
    def part(error: float) -> float:
        return math.tanh(error / (0.0019872041 * 298.15) / 2) / 2 * 4.0

    expected = math.sqrt(2 * part(0.5) ** 2 + 2 * part(1.0) ** 2)
    found = _sizes(
        [[170.0], [174.0]],
        energies_hartree=[-1.0, -1.0],
        degeneracies=[1.0, 1.0],
        sets=[(0,)],
        tautomers=["", "other"],
        **WEIGHTED,
    )
    assert found[0] == pytest.approx(expected, rel=1e-4)
