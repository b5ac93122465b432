"""Whether the NWChem that is here is new enough for a protocol, asked before anything is computed."""

from __future__ import annotations

import os

from qmnmr.datatypes.protocol import Protocol
from qmnmr.engines.engine import Engine
from qmnmr.engines.nwchem.functionals import FUNCTIONALS
from qmnmr.errors import MissingProgramError
from qmnmr.programs.scratch import choose_scratch
from qmnmr.programs.self_check import nwchem_version


def outdated_program(engine: Engine, protocol: Protocol) -> str:
    """Return in one sentence that the engine's program lacks a functional of the protocol, "" if it lacks none.

    NWChem is started, to ask its version, only for a functional that old versions lack; PySCF's version is fixed.
    """
    if engine.name != "nwchem":
        return ""
    newest = max((FUNCTIONALS[step.level.functional] for step in protocol.steps()), key=lambda f: f.first_version)
    if newest.first_version == (0, 0):
        return ""
    found = nwchem_version(choose_scratch(None, os.environ, needed_mb=10))
    try:
        major, minor = (int(part) for part in found.split(".")[:2])
    except ValueError:
        return ""  # whatever is wrong with it, the first calculation will say
    if (major, minor) >= newest.first_version:
        return ""
    needed = ".".join(str(part) for part in newest.first_version)
    return f"NWChem {found} has no {newest.name}, which {protocol.name} needs; NWChem {needed} has it"


def require_new_enough(engine: Engine, protocol: Protocol) -> None:
    """Raise MissingProgramError if the engine's program lacks a functional of the protocol."""
    if reason := outdated_program(engine, protocol):
        raise MissingProgramError(
            reason, hint="take --engine pyscf, another --protocol, or the image (docs/how-to/image.md)"
        )
