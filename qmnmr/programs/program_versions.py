"""Whether the engine's program that is here is new enough for a protocol, asked before anything is computed."""

from __future__ import annotations

import os

from qmnmr.datatypes.protocol import Protocol
from qmnmr.engines.engine import Engine
from qmnmr.errors import MissingProgramError
from qmnmr.programs.scratch import choose_scratch
from qmnmr.programs.self_check import program_version


def outdated_program(engine: Engine, protocol: Protocol) -> str:
    """Return in one sentence that the engine's program lacks a functional of the protocol, "" if it lacks none.

    A program is started, to ask its version, only for a functional that old versions lack.
    """
    probe = engine.facts.version_probe
    if probe is None:
        return ""
    wanted = {step.level.functional for step in protocol.steps()} & probe.first_versions.keys()
    if not wanted:
        return ""
    functional = max(wanted, key=probe.first_versions.__getitem__)
    needed = probe.first_versions[functional]
    found = program_version(engine, choose_scratch(None, os.environ, needed_mb=10))
    try:
        major, minor = (int(part) for part in found.split(".")[:2])
    except ValueError:
        return ""  # whatever is wrong with it, the first calculation will say
    if (major, minor) >= needed:
        return ""
    title, first = engine.facts.title, ".".join(str(part) for part in needed)
    return f"{title} {found} has no {functional}, which {protocol.name} needs; {title} {first} has it"


def require_new_enough(engine: Engine, protocol: Protocol) -> None:
    """Raise MissingProgramError if the engine's program lacks a functional of the protocol."""
    if reason := outdated_program(engine, protocol):
        raise MissingProgramError(
            reason, hint="take --engine pyscf, another --protocol, or the image (docs/how-to/image.md)"
        )
