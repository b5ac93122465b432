"""Programs beside the engine that a protocol's steps can't do without."""

from __future__ import annotations

from collections.abc import Callable

from qmnmr.datatypes.protocol import Protocol
from qmnmr.engines.dispersion import require_dispersion
from qmnmr.funnel.free_energies import require_xtb
from qmnmr.funnel.searching.crest_search import require_crest


def require_step_programs(
    protocol: Protocol, has_program: Callable[[str], object], *, has_packages: bool = True
) -> None:
    """Raise MissingProgramError if a program or package that a step needs is not where programs run.

    `has_packages`: the Python packages of this process are there too.

    xTB's ranking and Hessians are not among these steps: without xTB they are left out, with a note.
    """
    if protocol.search.method == "crest":
        require_crest(has_program)
    require_xtb(protocol, has_program, has_packages=has_packages)
    if has_packages:
        require_dispersion(step.level for step in protocol.steps())
