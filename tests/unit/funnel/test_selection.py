"""Which conformers go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qmnmr.datatypes.molecule import Conformer, Geometry
from qmnmr.funnel.funnel_words import remark
from qmnmr.funnel.selection import most_populated, within_window
from qmnmr.units import HARTREE_KCAL_PER_MOL

ATOM = Geometry(symbols=("H",), coordinates_angstrom=((0.0, 0.0, 0.0),))


def conformers(*energies_kcal_per_mol, degeneracy=1.0):
    return tuple(
        Conformer(label=f"c{n}", geometry=ATOM, energy_hartree=-100 + e / HARTREE_KCAL_PER_MOL, degeneracy=degeneracy)
        for n, e in enumerate(energies_kcal_per_mol)
    )


def labels(found):
    return [c.label for c in found]


def test_the_window_counts_from_the_lowest_wherever_it_stands():
    assert labels(within_window(conformers(4.0, 0.5, 0.0, 2.9), 3.0)) == ["c1", "c2", "c3"]
    assert within_window((), 3.0) == ()


def test_an_unknown_energy_is_never_taken_for_a_number():
    with pytest.raises(ValueError, match="c9 has no energy"):
        within_window((Conformer(label="c9", geometry=ATOM, energy_hartree=None),), 3.0)


def test_free_energies_weigh_where_there_are_any():
    low, high = conformers(0.0, 1.0)
    term = 2.0 / HARTREE_KCAL_PER_MOL
    found = most_populated(
        (replace(low, free_energy_correction_hartree=term), replace(high, free_energy_correction_hartree=0.0)),
        share=0.5,
        temperature_kelvin=298.15,
    )
    assert labels(found.conformers) == ["c1"]


def test_the_fewest_conformers_with_the_wanted_share_are_chosen():
    found = most_populated(conformers(0.0, 1.0, 2.0, 3.0), share=0.98, temperature_kelvin=298.15)
    # exp(-dE/RT) = 1, 0.185, 0.0342, 0.0063: 81.6, 15.1, 2.8, 0.5 %
    assert labels(found.conformers) == ["c0", "c1", "c2"]
    assert found.left_out == pytest.approx(0.0052, abs=2e-4)


def test_the_weight_of_a_conformer_counts_not_its_energy_alone():
    low, high = conformers(0.0, degeneracy=0.5)[0], conformers(0.1, degeneracy=2.0)[0]
    found = most_populated((low, high), share=0.6, temperature_kelvin=298.15)
    assert found.conformers == (high,)


def test_a_share_of_all_leaves_nobody_out():
    everybody = conformers(0.0, 5.0, 12.0)
    found = most_populated(everybody, share=1.0, temperature_kelvin=298.15)
    assert found.conformers == everybody
    assert found.left_out == 0


def test_a_single_conformer_is_chosen_and_none_is_none():
    assert len(most_populated(conformers(0.0), share=0.98, temperature_kelvin=298.15).conformers) == 1
    assert most_populated((), share=0.98, temperature_kelvin=298.15).conformers == ()


def test_the_remark_says_where_the_others_went():
    assert (
        remark(failed=1, duplicates=2, above=3, window_kcal_per_mol=5.0) == "1 failed, 2 duplicates, 3 above 5 kcal/mol"
    )
    assert remark() == ""
    assert remark(gradients=1) == "1 gradient"
    assert remark(gradients=4, failed=1) == "4 gradients, 1 failed"
