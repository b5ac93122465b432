"""Averages of couplings, and the error bars of rules."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qmnmr.couplings.averaging import average_couplings, coupling_table
from qmnmr.couplings.factors import shipped_factors
from qmnmr.couplings.pairs import CoupledPair
from qmnmr.datatypes.coupling import (
    ConformerCouplings,
    CouplingClass,
    CouplingFactor,
    CouplingFactors,
    CouplingSource,
    PairCoupling,
)


def pair_of(a, b, kind=CouplingClass.VICINAL_SP3, bonds=3):
    return CoupledPair(atom_indices=(a, b), paths=(tuple(range(bonds + 1)),), coupling_class=kind)


FACTORS = CouplingFactors(
    source=CouplingSource.FC,
    level="",
    factors=(
        CouplingFactor(coupling_class=CouplingClass.VICINAL_SP3, slope=2.0, intercept_hz=0.5, residual_hz=0.3, n=9),
    ),
    provenance="",
)
PAIRS = (pair_of(0, 2), pair_of(0, 3), pair_of(1, 2), pair_of(1, 3), pair_of(0, 1, CouplingClass.GEMINAL, 2))


def averaged(table, populations, sets, sensitivities=None):
    return average_couplings(
        np.array(table, dtype=float),
        populations=populations,
        pairs=PAIRS,
        sets=sets,
        sensitivities_hz=sensitivities or [0.0] * len(sets),
        factors=FACTORS,
    )


def test_conformers_are_weighted_before_pairs_are_averaged_and_the_factor_comes_last():
    table = [[12.0, 2.0, 4.0, 12.0, -12.0], [2.0, 4.0, 12.0, 2.0, -14.0]]
    sets = [((0, 1),), ((0, 2), (1, 3)), ((0, 3), (1, 2))]
    by_pair = {c.atom_pairs: c for c in averaged(table, [0.75, 0.25], sets)}
    assert by_pair[((0, 2), (1, 3))].coupling_hz == pytest.approx(2.0 * (0.75 * 12 + 0.25 * 2) + 0.5)
    assert by_pair[((0, 3), (1, 2))].coupling_hz == pytest.approx(2.0 * (0.75 * 3 + 0.25 * 8) + 0.5)


def test_j_and_j_prime_are_not_mixed():
    sets = [((0, 1),), ((0, 2), (1, 3)), ((0, 3), (1, 2))]
    found = averaged([[10.0, 3.0, 3.0, 10.0, 0.0]], [1.0], sets)
    assert [c.coupling_hz for c in found[1:]] == pytest.approx([20.5, 6.5])


def test_a_class_without_factor_stays_as_calculated_with_its_sign_and_without_error_bar():
    (geminal,) = averaged([[0, 0, 0, 0, -12.0]], [1.0], [((0, 1),)])
    assert (geminal.coupling_hz, geminal.uncertainty_hz, geminal.n_bonds) == (-12.0, None, 2)


def test_the_error_bar_has_the_residual_and_what_the_weights_add():
    (found,) = averaged([[7.0, 0, 0, 0, 0]], [1.0], [((0, 2),)], [0.2])
    assert found.uncertainty_hz == pytest.approx(math.hypot(0.3, 2.0 * 0.2))


def test_pairs_of_several_classes_are_of_that_of_most():
    (found,) = averaged([[3.0, 0, 3.0, 3.0, 6.0]], [1.0], [((0, 1), (0, 2), (1, 2))])
    assert (found.coupling_class, found.n_bonds) == (CouplingClass.VICINAL_SP3, 3)
    assert found.coupling_hz == pytest.approx(2.0 * 4.0 + 0.5)


def test_a_pair_that_a_conformer_does_not_name_has_none():
    one = ConformerCouplings(conformer="c1", couplings=(PairCoupling(atom_indices=(0, 3), coupling_hz=7.0),))
    assert coupling_table([one], PAIRS).tolist() == [[0.0, 7.0, 0.0, 0.0, 0.0]]


def test_every_class_has_an_error_of_its_rule():
    factors = shipped_factors(CouplingSource.KARPLUS)
    for kind in CouplingClass:
        factor = factors.of(kind)
        assert factor is not None
        assert (factor.slope, factor.intercept_hz) == (1.0, 0.0)
        assert 0.3 < factor.residual_hz < 2.0
