"""The shipped factors of the contact term."""

from __future__ import annotations

from qmnmr.couplings.factors import shipped_factors
from qmnmr.datatypes.coupling import CouplingClass, CouplingSource
from qmnmr.runs.protocols import get_protocol, protocol_names


def test_every_class_has_a_factor_near_one_with_an_error_below_that_of_rules() -> None:
    shipped, rules = shipped_factors(CouplingSource.FC), shipped_factors(CouplingSource.KARPLUS)
    for kind in CouplingClass:
        factor, rule = shipped.of(kind), rules.of(kind)
        assert factor is not None
        assert rule is not None
        assert 0.85 < factor.slope < 1.15
        assert factor.intercept_hz == 0.0
        assert 0.0 < factor.residual_hz < 1.2
        assert factor.residual_hz <= rule.residual_hz
        assert factor.n >= 3


def test_the_factors_are_of_the_level_that_protocols_have() -> None:
    shipped = shipped_factors(CouplingSource.FC)
    for name in protocol_names():
        contact = get_protocol(name, solvent=None).contact
        assert contact is None or str(contact).startswith(shipped.level)
