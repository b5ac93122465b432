"""What the funnel asks of xTB for a conformer, and how it is run and told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Conformer, Molecule
from qmnmr.datatypes.theory import Protocol
from qmnmr.engines.engine import Engine
from qmnmr.engines.xtb.engine import xtb_level
from qmnmr.programs.run_calculation import Outcome

Run = Callable[[Sequence[Calculation], Engine], list[Outcome]]
"""Runs calculations with an engine, in order."""


def xtb_calculation(
    molecule: Molecule, conformer: Conformer, protocol: Protocol, kind: CalculationKind, *, step: str
) -> Calculation:
    """Return a calculation by GFN2-xTB at a conformer's geometry, in the protocol's medium; `step` ends its label."""
    return Calculation(
        label=f"{conformer.label}-{step}",
        kind=kind,
        geometry=conformer.geometry,
        charge=molecule.charge,
        multiplicity=molecule.multiplicity,
        level=xtb_level(protocol.optimization.solvent),
    )
