"""What turns shieldings into shifts: factor files and references, shipped, the user's own and the run's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qmnmr.datatypes.calibration import FactorFile
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.shift import NUCLEI, ReferenceShielding
from qmnmr.datatypes.theory import RunLevel
from qmnmr.engines.engine import Engine
from qmnmr.errors import InputError
from qmnmr.records import decode, encode, write_atomically
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.sources.references import all_references
from qmnmr.shifts.scaling import SCHEMA, mismatch, shipped_factor_files, upgraded_factors
from qmnmr.user_files import user_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSources:
    """Factor files in the order in which they are tried, and references."""

    factor_files: tuple[FactorFile, ...]
    references: tuple[ReferenceShielding, ...]


def shift_sources(run: RunFolder) -> ShiftSources:
    """Return the factors that the run was given with --factors, then the user's, then the shipped ones."""
    return ShiftSources(factor_files=all_factor_files(run.factor_file), references=all_references())


def all_factor_files(given: Path | None = None) -> tuple[FactorFile, ...]:
    """Return the given file if it exists, then the user's, then the shipped ones."""
    own = (read_factor_file(given),) if given is not None and given.exists() else ()
    return (*own, *(read_factor_file(p) for p in sorted(user_factor_folder().glob("*.json"))), *shipped_factor_files())


def run_level(protocol: Protocol, *, engine: Engine, elements: frozenset[str] = frozenset("HC")) -> RunLevel:
    """Return what factors must fit for these elements."""
    return RunLevel(
        engine=engine.facts.name,
        settings=engine.settings(),
        geometry_level=protocol.optimization,
        shielding_levels={NUCLEI[e]: protocol.shielding_level(e) for e in sorted(elements & set(NUCLEI))},
    )


def elements_of(nuclei: Iterable[str]) -> frozenset[str]:
    """Return the elements of these nuclei."""
    return frozenset(element for element, nucleus in NUCLEI.items() if nucleus in set(nuclei))


def user_factor_folder() -> Path:
    """Return the folder of the user's own factor files: $XDG_CONFIG_HOME/qmnmr/factors."""
    return user_folder() / "factors"


def read_factor_file(path: Path) -> FactorFile:
    """Return a factor file. Raises InputError if there is none, OutputFormatError if it can't be read."""
    if not path.is_file():
        raise InputError(f"there is no factor file {path}", hint="`qmnmr calibrate` writes one into its run folder")
    return decode(path.read_bytes(), FactorFile, source=path, newest=SCHEMA, upgrade=upgraded_factors)


def chosen_factors(path: Path | None, protocol: Protocol, *, engine: Engine) -> FactorFile | None:
    """Return the factor file that the user named for a run, None if none was named.

    Raises InputError if it is not for this run: another engine, setting, level, solvent or kind of functions.
    """
    if path is None:
        return None
    file = read_factor_file(path)
    level = run_level(protocol, engine=engine, elements=elements_of(file.nuclei))
    for nucleus in file.nuclei:
        reason = mismatch(file, level, nucleus=nucleus)
        if reason is not None:
            raise InputError(
                f"the factors of {path} are not for this run: {nucleus}: {reason}",
                hint="shifts from factors of another level would be wrong without any sign of it; calibrate this one",
            )
    return file


def keep_factors(run: RunFolder, file: FactorFile | None) -> None:
    """Put the factors that were named into the run folder, where tasks on other machines find them."""
    if file is not None:
        write_atomically(run.factor_file, encode(file))
