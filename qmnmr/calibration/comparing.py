"""A finished run beside a table of measured shifts."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from qmnmr.datatypes.measured.comparison import Comparison
from qmnmr.datatypes.shift import NUCLEI, Prediction, PredictionStatus
from qmnmr.errors import InputError
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.shifts.comparison import Signal, compare
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.structures.files import read_text


def compare_run(run: RunFolder, table: Path) -> Comparison:
    """Return the comparison of a run with a table: columns nucleus, shift_ppm and, where known, molecule and atoms.

    Raises InputError for a table that can't be used, an unknown molecule, or one without result.
    """
    signals = read_signals(table)
    molecules = {m.name: m for m in run.molecules()}
    by_molecule: dict[str, list[Signal]] = {}
    for name, signal in signals:
        if not name and len(molecules) > 1:
            raise InputError(
                f"{table}, line {signal.line}: which of the run's {len(molecules)} molecules is meant?",
                hint="add a column molecule with their names",
            )
        chosen = name or next(iter(molecules))
        if chosen not in molecules:
            raise InputError(
                f"{table}, line {signal.line}: the run has no molecule {chosen!r}",
                hint=f"it has {', '.join(list(molecules)[:5])}",
            )
        by_molecule.setdefault(chosen, []).append(signal)
    return compare([(_prediction(run, name), found) for name, found in by_molecule.items()])


def read_signals(table: Path) -> list[tuple[str, Signal]]:
    """Return (molecule or "", signal) for each line of a table.

    Raises InputError with the line for what can't be read.
    """
    try:
        return _signals(csv.DictReader(io.StringIO(read_text(table))), table)
    except csv.Error as error:
        raise InputError(f"{table}: not CSV: {error}", hint="check the quotes") from None


def _signals(reader: csv.DictReader[str], table: Path) -> list[tuple[str, Signal]]:
    columns = reader.fieldnames or ()
    missing = [c for c in ("nucleus", "shift_ppm") if c not in columns]
    if missing:
        raise InputError(
            f"{table}: no column {', '.join(missing)}; found: {', '.join(columns)[:100]}",
            hint="the header must hold nucleus,shift_ppm and may hold molecule and atoms",
        )
    found = []
    for row in reader:
        place = f"{table}, line {reader.line_num}"
        nucleus = (row.get("nucleus") or "").strip()
        if nucleus not in NUCLEI.values():
            raise InputError(f"{place}: {nucleus!r} is no nucleus that is reported", hint="write 1H, 13C …")
        signal = Signal(
            nucleus=nucleus,
            shift_ppm=measured_shift(row.get("shift_ppm") or "", nucleus=nucleus, place=place),
            atoms=_atoms(row.get("atoms") or "", place),
            line=reader.line_num,
        )
        found.append(((row.get("molecule") or "").strip(), signal))
    if not found:
        raise InputError(f"{table}: no signals in it", hint="one line for each signal below the header")
    return found


def _atoms(text: str, place: str) -> tuple[int, ...]:
    """Return the atoms of a signal."""
    fields = text.split()
    if not all(field.isascii() and field.isdecimal() and len(field) < 7 for field in fields):
        raise InputError(
            f"{place}: {text[:40]!r} is no list of atoms", hint="atoms are numbers from 1, with spaces between"
        )
    return tuple(int(field) for field in fields)


def _prediction(run: RunFolder, name: str) -> Prediction:
    molecule = next(m for m in run.molecules() if m.name == name)
    prediction = run.load_prediction(molecule)
    if prediction is None or prediction.status is not PredictionStatus.COMPLETED:
        why = "" if prediction is None or not prediction.messages else f": {prediction.messages[0]}"
        raise InputError(f"{name} has no result in {run.path}{why}", hint="repeat the run's command first")
    return prediction
