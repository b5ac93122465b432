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
