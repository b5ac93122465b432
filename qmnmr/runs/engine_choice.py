"""Which engine a run gets when none is named: `--engine auto` (docs/decisions/0009)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from qmnmr.datatypes.calibration import FactorFile
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.shift import ReferenceShielding
from qmnmr.engines import engines_by_preference, get_engine
from qmnmr.engines.engine import Engine
from qmnmr.errors import InputError, MissingProgramError
from qmnmr.programs.program_versions import outdated_program
from qmnmr.runs.request import AUTO
from qmnmr.runs.sources.shift_sources import read_factor_file, run_level
from qmnmr.shifts.referencing import fits
from qmnmr.shifts.scaling import usable_factors

_RANKS = ("calibrated factors", "TMS reference", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """An engine, and in a few words why it is this one; empty where it was asked for."""

    engine: Engine
    reason: str


def choose_engine(
    protocol: Protocol,
    *,
    factor_files: Sequence[FactorFile],
    references: Sequence[ReferenceShielding],
    refusals: Callable[[Engine], Sequence[str]],
    runs_here: bool = True,
) -> EngineChoice:
    """Return the engine for a protocol; the level is the protocol's, whichever engine it is.

    `refusals` says which molecules an engine can't do. Of the engines that can do all and whose programs are here, or
    may be on the nodes where it runs, the first one with factors at the level is taken, or else the first one with
    references, or else the first.
    Raises MissingProgramError if no engine is there, InputError if those that are can't do the molecules.
    """
    absent: dict[str, str] = {}
    refused: dict[str, Sequence[str]] = {}
    order = engines_by_preference()
    ranks = {name: _rank(get_engine(name), protocol, factor_files, references) for name in order}
    for name in sorted(order, key=ranks.__getitem__):  # looks at a later engine only if an earlier one does not do
        engine = get_engine(name)
        if missing := _missing(engine, runs_here=runs_here):
            absent[name] = missing
        elif reasons := refusals(engine):
            refused[name] = reasons
        elif runs_here and (reason := outdated_program(engine, protocol)):
            refused[name] = [reason]
        else:
            passed = [other for other in order[: order.index(name)] if ranks[other] > ranks[name]]
            lacking = f"no {_RANKS[ranks[name]]} at this level, and {name} has"
            words = [_words(absent, refused)] if absent or refused else []
            words += [f"{other} has {lacking}" for other in passed]
            return EngineChoice(engine=engine, reason="; ".join(words) or engine.facts.reason)
    raise _nothing_left(absent, refused)


def _rank(
    engine: Engine, protocol: Protocol, factor_files: Sequence[FactorFile], references: Sequence[ReferenceShielding]
) -> int:
    """Return the position in _RANKS of the best that an engine has for shifts at this level."""
    if _has_factors(engine, protocol, factor_files):
        return 0
    return 1 if _has_reference(engine, protocol, references) else 2


def wanted_engine(name: str, factors: Path | None) -> str:
    """Return the engine that was asked for; "auto" with a factor file is the engine that the file is for.

    Raises InputError for a file that is none.
    """
    return read_factor_file(factors).engine if name == AUTO and factors is not None else name


def _missing(engine: Engine, *, runs_here: bool) -> str:
    """Return in words why an engine is not where the calculations run; "" if it is, or if only the nodes know."""
    lacking = [package for package in engine.facts.packages if find_spec(package) is None]
    if runs_here:  # else in a site's modules or its image
        lacking += [program for program in engine.facts.programs if shutil.which(program) is None]
    return f"is not here (not found: {', '.join(lacking)})" if lacking else ""


def _has_factors(engine: Engine, protocol: Protocol, factor_files: Sequence[FactorFile]) -> bool:
    """Say whether 1H and 13C have factors."""
    level = run_level(protocol, engine=engine)
    return set(usable_factors(factor_files, level)) == set(level.shielding_levels)


def _has_reference(engine: Engine, protocol: Protocol, references: Iterable[ReferenceShielding]) -> bool:
    """Say whether 1H and 13C have a reference, of whatever version: asking a program for its version takes a run."""
    level, known = run_level(protocol, engine=engine), tuple(references)
    return all(any(fits(entry, level, nucleus=nucleus) for entry in known) for nucleus in level.shielding_levels)


def _words(absent: dict[str, str], refused: dict[str, Sequence[str]]) -> str:
    parts = [f"{name} {what}" for name, what in absent.items()]
    return "; ".join(parts + [f"{name} can't do this: {reasons[0].rstrip('.')}" for name, reasons in refused.items()])


def _nothing_left(absent: dict[str, str], refused: dict[str, Sequence[str]]) -> InputError | MissingProgramError:
    words = f"no engine can do this run here: {_words(absent, refused)}"
    if refused:
        return InputError(words, hint="take these molecules out of the input, or choose another protocol or level")
    return MissingProgramError(
        words,
        hint="`pip install qmnmr` brings the embedded engine; Debian, Ubuntu: apt-get install nwchem; "
        "`qmnmr doctor` says what is there",
    )
