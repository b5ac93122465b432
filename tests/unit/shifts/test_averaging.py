import pytest

from qmnmr.shifts.averaging import average_shieldings


def test_equivalent_nuclei_and_conformers_are_averaged():
    found = average_shieldings(
        [[170.0, 31.0, 32.0], [160.0, 30.0, 33.0]],
        populations=[0.75, 0.25],
        sets=[(1, 2), (0,)],
        symbols=("C", "H", "H"),
    )
    assert [(a.atom_indices, a.element) for a in found] == [((0,), "C"), ((1, 2), "H")]
    assert [a.shielding_ppm for a in found] == pytest.approx([167.5, 31.5])


def test_order_of_conformers_and_atoms_does_not_matter():
    rows = [[170.0, 31.0, 32.0], [160.0, 30.0, 33.0]]
    one = average_shieldings(rows, populations=[0.75, 0.25], sets=[(1, 2), (0,)], symbols=("C", "H", "H"))
    other = average_shieldings(rows[::-1], populations=[0.25, 0.75], sets=[(0,), (2, 1)], symbols=("C", "H", "H"))
    assert one == other


def test_a_set_of_two_elements_is_refused():
    with pytest.raises(ValueError, match="different elements"):
        average_shieldings([[1.0, 2.0]], populations=[1.0], sets=[(0, 1)], symbols=("C", "H"))


def test_an_atom_without_a_value_is_refused():
    with pytest.raises(ValueError, match="no shielding"):
        average_shieldings([[1.0, float("nan")]], populations=[1.0], sets=[(0, 1)], symbols=("H", "H"))


def test_each_set_has_the_sensitivity_of_its_place_in_ascending_order():
    rows, symbols = [[170.0, 31.0, 32.0]], ("C", "H", "H")
    found = average_shieldings(
        rows, populations=[1.0], sets=[(2, 1), (0,)], symbols=symbols, sensitivities_ppm=(0.5, 0.25)
    )
    assert [(a.atom_indices, a.weight_sensitivity_ppm) for a in found] == [((0,), 0.5), ((1, 2), 0.25)]
    found = average_shieldings(rows, populations=[1.0], sets=[(2, 1), (0,)], symbols=symbols)
    assert [a.weight_sensitivity_ppm for a in found] == [0.0, 0.0]


@pytest.mark.parametrize("sensitivities", [(0.5,), (0.5, 0.25, 0.125)])
def test_more_or_fewer_sensitivities_than_sets_are_refused(sensitivities):
    with pytest.raises(ValueError, match="zip"):
        average_shieldings(
            [[1.0, 2.0]], populations=[1.0], sets=[(0,), (1,)], symbols=("H", "H"), sensitivities_ppm=sensitivities
        )


def test_shieldings_of_another_shape_than_populations_and_atoms_are_refused():
    with pytest.raises(ValueError, match=r"shape \(1, 2\), expected \(2, 2\)"):
        average_shieldings([[1.0, 2.0]], populations=[0.5, 0.5], sets=[(0,)], symbols=("H", "H"))
    with pytest.raises(ValueError, match=r"shape \(1, 2\), expected \(1, 3\)"):
        average_shieldings([[1.0, 2.0]], populations=[1.0], sets=[(0,)], symbols=("H", "H", "H"))
