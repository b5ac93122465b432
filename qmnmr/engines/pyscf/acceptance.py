"""Whether the ground state behind a result is the molecule's, judged by the figures of checks.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.effective_cores import electrons_of, has_effective_cores
from qmnmr.engines.plausibility import Doubt, doubt_electrons, doubt_operator, doubt_virial_ratio


def doubt_ground_state(
    checks: dict[str, Any], *, symbols: Sequence[str], charge: int, level: LevelOfTheory
) -> Doubt | None:
    """Return why a ground state is not the one that was asked for, None if all its checks hold.

    The virial theorem is one of Coulomb's law: effective cores have none.

    Raises KeyError, TypeError or ValueError where a check is missing or no number.
    """
    electrons = electrons_of(symbols, basis=level.basis) - charge
    doubt = doubt_electrons(float(checks["electrons"]), expected=electrons)
    if not has_effective_cores(level.basis):
        ratio = float(checks["virial_ratio"])
        doubt = doubt or doubt_virial_ratio(ratio, symbols=symbols, functional=level.functional)
    for operator in checks["operators"]:
        for used in ("field_hartree", "factors_hartree"):
            doubt = doubt or doubt_operator(
                str(operator["name"]),
                used_hartree=float(operator[used]),
                exact_hartree=float(operator["exact_hartree"]),
            )
    return doubt
