"""`qmnmr doctor`."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import click

from qmnmr.cli.options import option, scratch_option
from qmnmr.cost.machine_speed import measure_speed, measured_speeds
from qmnmr.datatypes.calculation import CalculationFailure
from qmnmr.datatypes.protocol import DEFAULT_PROTOCOL
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.engines import dispersion, engine_names, get_engine
from qmnmr.engines.engine import Engine
from qmnmr.engines.xtb import library
from qmnmr.errors import CalculationsFailedError, InputError, MissingProgramError, SiteError
from qmnmr.programs.installation import read_installation
from qmnmr.programs.machine import (
    MIN_SHARED_MEMORY_MB,
    available_cores,
    available_memory_mb,
    find_program,
    require_programs,
    shared_memory_mb,
    total_memory_mb,
)
from qmnmr.programs.scratch import choose_scratch
from qmnmr.programs.self_check import program_version, water_check
from qmnmr.runs.engine_choice import choose_engine
from qmnmr.runs.predict import MIN_SCRATCH_MB
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.provenance import toolkit_versions
from qmnmr.runs.sources.references import all_references
from qmnmr.runs.sources.shift_sources import all_factor_files

_OPTIONAL = {
    "xtb": "ranks and pre-optimises conformers",
    "crest": "searches conformers (--conformers crest)",
    "apptainer": "runs the image on clusters",
    "sbatch": "submits to Slurm",
}


@click.command()
@option("--run", "run_water", is_flag=True, help="Also compute water with NWChem and compare with known values.")
@scratch_option
@option(
    "--benchmark",
    "is_benchmark",
    is_flag=True,
    help="Measure this machine's speed for predictions of CPU time: ethanol's shieldings on one core, under a minute.",
)
def doctor(*, run_water: bool, scratch: Path | None, is_benchmark: bool) -> None:
    """Say which programs and resources this machine has.

    Exit code 4 if neither NWChem nor the embedded engine is here (with --run: if NWChem is not), 3 if no scratch folder
    can be used.
    """
    scratch_root, scratch_problem = _scratch(scratch)
    engines = [get_engine(name) for name in engine_names()]
    here = [engine for engine in engines if _is_here(engine)]
    asked = [e for e in here if e.facts.programs]
    versions = {e.facts.programs[0]: program_version(e, scratch_root) for e in asked if scratch_root is not None}
    default = _default_engine()
    for name in (*dict.fromkeys(p for e in engines for p in e.facts.programs), *_OPTIONAL):
        program = find_program(name)
        words = f"{versions.get(name, program.version) or ''}  {program.path}".strip()
        _row(name, words if program.path else _absence(name), is_good=program.path is not None)
    for engine in (e for e in engines if e.facts.is_embedded):
        facts = engine.facts
        words = metadata.version(facts.packages[0]) if engine in here else facts.absence
        _row(facts.name, words, is_good=engine in here)
    if default is not None:
        _row("default", f"protocol {DEFAULT_PROTOCOL}, engine {default}")
    has_tblite = library.is_installed()
    words = library.version() if has_tblite else f"{library.absence()}; xtb serves in its place: it {_OPTIONAL['xtb']}"
    _row(library.PACKAGE, words, is_good=has_tblite)
    has_dispersion = dispersion.is_installed()
    words = dispersion.library_version() if has_dispersion else f"not found; pip install {dispersion.PACKAGE}"
    _row("dispersion", words, is_good=has_dispersion)
    _row("cores", str(available_cores()))
    _row("memory", f"{total_memory_mb() / 1000:.1f} GB, qmnmr would use {available_memory_mb() / 1000:.1f} GB")
    shared = shared_memory_mb()
    enough = shared >= MIN_SHARED_MEMORY_MB
    _row(
        "/dev/shm",  # noqa: S108
        f"{shared} MB" + ("" if enough else f", at least {MIN_SHARED_MEMORY_MB} MB for each calculation are needed"),
        is_good=enough,
    )
    _row(
        "scratch",
        scratch_problem or f"{scratch_root}, {shutil.disk_usage(scratch_root or '/').free // 10**9} GB free",
        is_good=scratch_root is not None,
    )
    _row("machine", f"{platform.machine()}, " + ", ".join(f"{k} {v}" for k, v in toolkit_versions().items()))
    with_programs = [e.facts.programs for e in engines if e.facts.programs]
    if run_water or not any(e.facts.is_embedded for e in here):
        require_programs(with_programs[0])
    if scratch_root is None:
        raise SiteError(scratch_problem, hint="name a folder on a local disk with --scratch or SCRATCH_DIR")
    if run_water:
        _run_water(scratch_root)
    if is_benchmark:
        _benchmark(scratch_root, [engine.facts.name for engine in here])
    for speed in measured_speeds().values():
        _row(
            f"speed, {speed.engine}",
            f"{speed.factor:.2f} of the CPU time of the machine that predictions were fitted on "
            f"({speed.cpu_seconds:.1f} s, {speed.engine} {speed.program_version}, {speed.processor}, "
            f"{speed.date_utc[:10]})",
        )


def _is_here(engine: Engine) -> bool:
    facts = engine.facts
    return all(shutil.which(p) for p in facts.programs) and all(find_spec(p) for p in facts.packages)


def _benchmark(scratch_root: Path, engines: Sequence[str]) -> None:
    for engine in engines:
        measured = measure_speed(engine, scratch_root)
        if isinstance(measured, CalculationFailure):
            raise CalculationsFailedError(
                f"the benchmark of {engine} failed: {measured.message} ({measured.evidence})", hint=measured.hint
            )


def _run_water(scratch_root: Path) -> None:
    for ranks in (1, 2):
        checked = water_check(scratch_root, ranks=ranks)
        if isinstance(checked, CalculationFailure):
            raise MissingProgramError(
                f"the test calculation with {ranks} ranks failed: {checked.message} ({checked.evidence})",
                hint=checked.hint,
            )
        _row(f"water, {ranks} rank{'s' * (ranks > 1)}", checked.text, is_good=checked.is_good)
        if not checked.is_good:
            raise MissingProgramError(
                "the test calculation gave other numbers than a sound NWChem does",
                hint="don't trust this build of NWChem",
            )


def _default_engine() -> str | None:
    """Return the engine of a run that names none, None where there is none here."""
    try:
        choice = choose_engine(
            get_protocol(DEFAULT_PROTOCOL, solvent=CHLOROFORM),
            factor_files=all_factor_files(),
            references=all_references(),
            refusals=lambda _: (),
        )
    except (InputError, MissingProgramError):
        return None
    return choice.engine.facts.name


def _scratch(wanted: Path | None) -> tuple[Path | None, str]:
    try:
        return choose_scratch(wanted, os.environ, needed_mb=MIN_SCRATCH_MB), ""
    except SiteError as error:
        return None, str(error)


def _absence(name: str) -> str:
    if name == "crest" and read_installation().label("qmnmr.recipe") == "debian":
        return "not in this image: it is built from Debian packages, and Debian has no CREST"
    return f"not found; optional: {_OPTIONAL[name]}" if name in _OPTIONAL else "not found"


def _row(name: str, text: str, *, is_good: bool = True) -> None:
    click.echo(f"{'ok' if is_good else '--'}  {name:<16}{text}")
