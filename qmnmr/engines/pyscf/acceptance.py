"""Whether the ground state behind a result is the molecule's, judged by the figures of checks.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmnmr.engines.elements import ATOMIC_NUMBERS
from qmnmr.engines.plausibility import Doubt, doubt_electrons, doubt_operator, doubt_virial_ratio


def doubt_ground_state(checks: dict[str, Any], *, symbols: Sequence[str], charge: int, functional: str) -> Doubt | None:
    """Return why a ground state is not the one that was asked for, None if all its checks hold.

    Raises KeyError, TypeError or ValueError where a check is missing or no number.
    """
    electrons = sum(ATOMIC_NUMBERS[symbol] for symbol in symbols) - charge
    doubt = doubt_electrons(float(checks["electrons"]), expected=electrons) or doubt_virial_ratio(
        float(checks["virial_ratio"]), symbols=symbols, functional=functional
    )
    for operator in checks["operators"]:
        for used in ("field_hartree", "factors_hartree"):
            doubt = doubt or doubt_operator(
                str(operator["name"]),
                used_hartree=float(operator[used]),
                exact_hartree=float(operator["exact_hartree"]),
            )
    return doubt
