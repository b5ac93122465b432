import math

import pytest

from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.units import BOLTZMANN_HARTREE_PER_KELVIN, HARTREE_KCAL_PER_MOL

ROOM_KELVIN = 298.15


def test_populations_sum_to_one_far_from_zero_energy():
    found = boltzmann_populations(
        [-1000.1, -1000.0999, -1000.05], degeneracies=[1, 2, 1], temperature_kelvin=ROOM_KELVIN
    )
    assert math.isclose(sum(found), 1.0, abs_tol=1e-14)


def test_equal_energies_share_by_degeneracy():
    found = boltzmann_populations([-5.0, -5.0], degeneracies=[1, 2], temperature_kelvin=ROOM_KELVIN)
    assert found == pytest.approx((1 / 3, 2 / 3))


def test_rt_ln_10_is_1_364_kcal_per_mol_at_room_temperature():
    # A textbook number: a tenfold population ratio at 25 °C costs 1.364 kcal/mol.
    cost = 1.364 / HARTREE_KCAL_PER_MOL
    low, high = boltzmann_populations([0.0, cost], degeneracies=[1, 1], temperature_kelvin=ROOM_KELVIN)
    assert low / high == pytest.approx(10.0, rel=2e-3)


def test_order_of_conformers_does_not_matter():
    energies, weights = [-1.0, -0.999, -0.9985], [1.0, 2.0, 0.5]
    forward = boltzmann_populations(energies, degeneracies=weights, temperature_kelvin=ROOM_KELVIN)
    backward = boltzmann_populations(energies[::-1], degeneracies=weights[::-1], temperature_kelvin=ROOM_KELVIN)
    assert forward == pytest.approx(backward[::-1])


def test_boltzmann_constant_is_codata():
    assert pytest.approx(3.1668115634e-6, rel=1e-8) == BOLTZMANN_HARTREE_PER_KELVIN


@pytest.mark.parametrize(
    ("energies", "weights"), [([], []), ([-1.0], [1.0, 1.0]), ([float("nan")], [1.0]), ([-1.0], [0.0])]
)
def test_nonsense_is_refused(energies, weights):
    with pytest.raises(ValueError, match="energies"):
        boltzmann_populations(energies, degeneracies=weights, temperature_kelvin=ROOM_KELVIN)


@pytest.mark.parametrize("kelvin", [0.0, -1.0])
def test_a_temperature_that_is_not_positive_is_refused(kelvin):
    with pytest.raises(ValueError, match="temperature positive"):
        boltzmann_populations([-1.0], degeneracies=[1.0], temperature_kelvin=kelvin)


def test_near_absolute_zero_all_are_in_the_lowest():
    assert boltzmann_populations([-1, 0], degeneracies=[1, 1], temperature_kelvin=0.5) == (1.0, 0.0)
