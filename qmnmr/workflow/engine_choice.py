"""Which engine a run gets when none is named: `--engine auto` (docs/decisions/0009)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from qmnmr.datatypes.shift import ReferenceShielding
from qmnmr.datatypes.theory import Protocol
from qmnmr.engines import get_engine
from qmnmr.engines.engine import Engine
from qmnmr.engines.pyscf.engine import PACKAGES
from qmnmr.errors import InputError, MissingProgramError
from qmnmr.execution.command_line import needed_programs

AUTO = "auto"
_ORDER = ("nwchem", "pyscf")
"""NWChem first: it is what job arrays and the image run, so that both places give the same numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """An engine, and in a few words why it is this one; empty where it was asked for."""

    engine: Engine
    reason: str


def choose_engine(
    protocol: Protocol,
    *,
    references: Sequence[ReferenceShielding],
    refusals: Callable[[Engine], Sequence[str]],
) -> EngineChoice:
    """Return the engine for a protocol on this machine; the level is the protocol's, whichever engine it is.

    `refusals` says which molecules an engine can't do. Of the engines that can do all and whose programs are here, the
    first one with references at the level is taken, or else the first.
    Raises MissingProgramError if no engine is here, InputError if those that are can't do the molecules.
    """
    absent: dict[str, str] = {}
    refused: dict[str, Sequence[str]] = {}
    able: list[Engine] = []
    for engine in map(get_engine, _ORDER):
        if missing := _missing(engine):
            absent[engine.name] = missing
        elif reasons := refusals(engine):
            refused[engine.name] = reasons
        elif _has_reference(engine, protocol, references):
            return EngineChoice(engine=engine, reason=_reason(engine, able, absent, refused))
        else:
            able.append(engine)
    if not able:
        raise _nothing_left(absent, refused)
    return EngineChoice(engine=able[0], reason=_reason(able[0], [], absent, refused))


def _reason(
    engine: Engine, without_reference: Sequence[Engine], absent: dict[str, str], refused: dict[str, Sequence[str]]
) -> str:
    if engine.name == _ORDER[0]:
        return "the first choice where it is installed"
    words = [_words(absent, refused)] if absent or refused else []
    words += [f"{other.name} has no TMS reference at this level, and it has one" for other in without_reference]
    return "; ".join(words)


def cluster_engine(name: str) -> str:
    """Return the engine of a run that is done elsewhere: "auto" is what clusters have, in modules or the image."""
    return "nwchem" if name == AUTO else name


def embedded_engine_version() -> str | None:
    """Return the version of PySCF, None if the embedded engine lacks a package."""
    is_here = all(find_spec(package) for package in PACKAGES)
    return metadata.version("pyscf") if is_here else None


def _missing(engine: Engine) -> str:
    """Return which programs or packages of an engine this machine lacks."""
    programs = needed_programs(engine.arguments(), is_parallel=engine.is_parallel)
    lacking = [program for program in programs if shutil.which(program) is None]
    lacking += [package for package in (PACKAGES if engine.name == "pyscf" else ()) if find_spec(package) is None]
    return ", ".join(lacking)


def _has_reference(engine: Engine, protocol: Protocol, references: Iterable[ReferenceShielding]) -> bool:
    """Say whether 1H and 13C have a reference, of whatever version: asking a program for its version takes a run."""
    geometry = str(protocol.optimization)
    wanted = {(nucleus, str(protocol.shielding_level(element))) for element, nucleus in (("C", "13C"), ("H", "1H"))}
    return wanted <= {
        (entry.nucleus, entry.shielding_level)
        for entry in references
        if entry.engine == engine.name and entry.geometry_level == geometry
    }


def _words(absent: dict[str, str], refused: dict[str, Sequence[str]]) -> str:
    parts = [f"{name} is not here (not found: {what})" for name, what in absent.items()]
    return "; ".join(parts + [f"{name} can't do this: {reasons[0]}" for name, reasons in refused.items()])


def _nothing_left(absent: dict[str, str], refused: dict[str, Sequence[str]]) -> InputError | MissingProgramError:
    words = f"no engine can do this run here: {_words(absent, refused)}"
    if refused:
        return InputError(words, hint="take these molecules out of the input, or choose another protocol")
    return MissingProgramError(
        words,
        hint="`pip install qmnmr` brings the embedded engine; Debian, Ubuntu: apt-get install nwchem; "
        "`qmnmr doctor` says what is there",
    )
