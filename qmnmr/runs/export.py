"""A finished run in the formats that other programs open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ
from qmnmr.datatypes.measured.nmr_solvents import deuterated
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.shift import Prediction, PredictionStatus, Provenance
from qmnmr.errors import InputError
from qmnmr.records import write_atomically
from qmnmr.report.export.molecule_files import FILES_OF_A_MOLECULE, ExportSource, export_notes
from qmnmr.report.export.run_table import require_parquet, wide_csv, wide_parquet, wide_rows
from qmnmr.report.export.statement import statement_of
from qmnmr.runs.folder.final_conformers import final_conformers
from qmnmr.runs.folder.run_folder import RunFolder

_OF_THE_RUN: dict[str, Callable[[Iterable[tuple[Any, ...]]], bytes]] = {
    "csv": lambda rows: wide_csv(rows).encode(),
    "parquet": wide_parquet,
}
FORMATS = (*FILES_OF_A_MOLECULE, *_OF_THE_RUN)
"""The names of the formats."""

_FREQUENCIES_MHZ = (10.0, 3000.0)
_LARGEST_NAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]  # what a file lacks, or why there is none


def export_run(
    run: RunFolder,
    formats: Sequence[str],
    *,
    into: Path,
    molecules: Sequence[str] = (),
    proton_mhz: float = DEFAULT_PROTON_MHZ,
) -> Export:
    """Write what a run holds in other formats into a folder; nothing is computed.

    Args:
        run: The run, finished or not: a molecule without result is named in the notes.
        formats: Names of FORMATS.
        into: Folder for the files, made if it is not there.
        molecules: Names of those that are wanted; none: all.
        proton_mhz: Frequency of hydrogen in spectra, MHz.

    Raises:
        InputError: For a format, molecule or frequency that there is not, and where no molecule has a result.
        MissingProgramError: For Parquet without the package pyarrow.
        OutputFormatError: If the run's settings or list of molecules can't be read.
    """
    _check(formats, proton_mhz)
    wanted = _wanted(run, molecules)
    files: list[Path] = []
    notes: list[str] = []
    rows: list[tuple[Any, ...]] = []
    missing: list[str] = []
    for molecule in wanted:
        prediction = run.outcome(molecule)
        rows += wide_rows(prediction) if {"csv", "parquet"} & set(formats) else ()
        provenance = prediction.provenance
        if prediction.status is not PredictionStatus.COMPLETED or provenance is None:
            missing.append(molecule.name)
            continue
        source = _source(run, prediction, provenance, proton_mhz=proton_mhz)
        into.mkdir(parents=True, exist_ok=True)
        for name in formats:
            for file, content in FILES_OF_A_MOLECULE[name](source) if name in FILES_OF_A_MOLECULE else ():
                write_atomically(into / file, content)
                files.append(into / file)
        notes += export_notes(source, formats)
    if len(missing) == len(wanted):
        raise InputError(
            f"no molecule of {run.path} has a result that could be exported",
            hint=f"`qmnmr status {run.path}` says where they stand",
        )
    if missing:
        shown = ", ".join(missing[:_LARGEST_NAMES]) + (" …" if len(missing) > _LARGEST_NAMES else "")
        notes.append(f"{len(missing)} of {len(wanted)} molecules have no result: {shown}")
    for name in formats:
        if name in _OF_THE_RUN:
            path = into / f"shifts.{name}"
            write_atomically(path, _OF_THE_RUN[name](rows))
            files.append(path)
    return Export(files=tuple(files), notes=tuple(notes))


def _check(formats: Sequence[str], proton_mhz: float) -> None:
    """Raise for what can't be asked, before anything is written."""
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        words = f"there is no format {unknown[0]!r}" if unknown else "no format was named"
        raise InputError(words, hint=f"choose of: {', '.join(FORMATS)}")
    low, high = _FREQUENCIES_MHZ
    if not low <= proton_mhz <= high:
        raise InputError(
            f"{proton_mhz:g} MHz is the frequency of no spectrometer", hint="give that of hydrogen in MHz, such as 400"
        )
    if "parquet" in formats:
        require_parquet()


def _wanted(run: RunFolder, names: Sequence[str]) -> tuple[Molecule, ...]:
    run.settings()
    found = {molecule.name: molecule for molecule in run.molecules()}
    unknown = [name for name in names if name not in found]
    if unknown:
        known = ", ".join(list(found)[:_LARGEST_NAMES]) + (" …" if len(found) > _LARGEST_NAMES else "")
        raise InputError(f"{run.path} has no molecule {unknown[0]!r}", hint=f"it has: {known}")
    return tuple(found[name] for name in dict.fromkeys(names)) if names else tuple(found.values())


def _source(run: RunFolder, prediction: Prediction, provenance: Provenance, *, proton_mhz: float) -> ExportSource:
    solvent = deuterated(provenance.solvent)
    return ExportSource(
        prediction=prediction,
        statement=statement_of(prediction, provenance),
        conformers=final_conformers(run.molecule_folder(prediction.molecule), prediction),
        nmr_solvent="" if solvent is None else solvent.name,
        proton_mhz=proton_mhz,
    )
