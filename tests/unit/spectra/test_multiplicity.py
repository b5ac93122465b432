"""Words for multiplets are true of the exact lines, or are not given."""

from __future__ import annotations

import numpy as np
import pytest

from qmnmr.spectra.exact import exact_transitions
from qmnmr.spectra.multiplicity import Splitting, multiplicity
from qmnmr.spectra.spin_system import SpinSystem


def word_of(shifts_ppm, counts, couplings, *, mhz=400.0, width=1.0, group=0, same=()):
    """Return the multiplicity of one group; `same` are groups of its own signal."""
    table = np.zeros((len(counts), len(counts)))
    for (i, j), value in couplings.items():
        table[i, j] = table[j, i] = value
    frequencies = np.array(shifts_ppm) * mhz
    lines = exact_transitions(SpinSystem(tuple(counts), frequencies, table))
    members = [group, *same]
    splittings = [
        Splitting(abs(table[group, k]), counts[k]) for k in range(len(counts)) if k not in members and table[group, k]
    ]
    return multiplicity(
        lines.frequencies_hz - frequencies[group],
        lines.intensities[:, members].sum(axis=1),
        splittings,
        line_width_hz=width,
    )


def test_an_ethyl_group_is_a_quartet_and_a_triplet():
    couplings = {(0, 1): 7.1}
    assert word_of([4.1, 1.2], [2, 3], couplings).word == "q"
    found = word_of([4.1, 1.2], [2, 3], couplings, group=1)
    assert (found.word, found.is_second_order) == ("t", False)
    assert found.splittings == (Splitting(7.1, 2),)


def test_an_isopropyl_group_is_a_septet():
    assert word_of([4.1, 1.2], [1, 6], {(0, 1): 6.3}).word == "sept"


def test_a_vinyl_group_is_made_of_double_doublets_with_their_own_couplings():
    found = word_of([6.7, 5.7, 5.2], [1, 1, 1], {(0, 1): 17.6, (0, 2): 10.9, (1, 2): 1.0})
    assert found.word == "dd"
    assert [s.coupling_hz for s in found.splittings] == pytest.approx([17.6, 10.9])


def test_what_is_dd_at_a_high_field_is_m_of_second_order_at_a_low_one():
    system = ([7.28, 7.10, 7.13], [1, 1, 1], {(0, 1): 8.0, (0, 2): 1.5, (1, 2): 7.5})
    assert word_of(*system, mhz=800.0).word == "dd"
    low = word_of(*system, mhz=60.0)
    assert (low.word, low.is_second_order) == ("m", True)


def test_aaxx_is_no_dd():
    couplings = {(0, 3): 0.4, (1, 2): 7.5, (0, 1): 8.2, (2, 3): 8.2, (0, 2): 1.5, (1, 3): 1.5}
    found = word_of([7.44, 7.22, 7.22, 7.44], [1, 1, 1, 1], couplings, same=(3,))
    assert (found.word, found.is_second_order) == ("m", True)


def test_couplings_that_differ_by_less_than_the_lines_are_wide_look_like_one():
    system = ([5.0, 2.0, 1.0], [1, 1, 1], {(0, 1): 7.3, (0, 2): 6.9})
    assert word_of(*system).word == "t"
    assert word_of(*system, width=0.1).word == "dd"


def test_a_coupling_smaller_than_the_line_width_is_named_where_it_shows():
    system = ([5.0, 2.0], [1, 1], {(0, 1): 0.4})
    assert word_of(*system).word == "s"
    assert word_of(*system, width=0.1).word == "d"


def test_roofed_doublets_are_doublets_until_they_lean_too_far():
    assert not word_of([7.0, 6.0], [1, 1], {(0, 1): 8.0}).is_second_order
    leaning = word_of([7.0, 6.85], [1, 1], {(0, 1): 8.0})
    assert (leaning.word, leaning.is_second_order) == ("d", True)
    assert word_of([7.0, 6.995], [1, 1], {(0, 1): 8.0}).word == "m"


def test_nuclei_of_one_shift_are_a_singlet_whatever_couples_them():
    found = word_of([7.3, 7.3], [1, 1], {(0, 1): 8.0}, same=(1,))
    assert (found.word, found.first_order_overlap) == ("s", pytest.approx(1.0))


def test_more_than_four_couplings_are_m():
    couplings = {(0, k): value for k, value in zip(range(1, 6), (17.0, 12.0, 8.0, 5.0, 2.5), strict=True)}
    assert word_of([5.0, 1.0, 1.5, 2.0, 2.5, 3.0], [1] * 6, couplings).word == "m"
