"""The files of one molecule in a run folder.

molecules/<id>/conformers.sdf             the search's conformers, for people
               conformers.json            the same as data
               calculations/<label>/…     while the molecule runs: input, output, stderr, result.json or failure.json
               calculations.zip           the same, once the molecule is finished
               structure.sdf              the most populated conformer, with the numbering of the shifts
               prediction.json
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qmnmr.datatypes.calculation import CalculationFailure, CalculationResult
from qmnmr.datatypes.molecule import Ensemble
from qmnmr.errors import OutputFormatError
from qmnmr.execution.run_calculation import Outcome
from qmnmr.report.structure_file import ensemble_sdf
from qmnmr.workflow.records import decode, encode, write_atomically


@dataclass(frozen=True, slots=True, kw_only=True)
class _ResultRecord:
    digest: str
    result: CalculationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class _FailureRecord:
    digest: str
    failure: CalculationFailure


class MoleculeFolder:
    """Implements execution's MoleculeStore on files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._calculations = path / "calculations"
        self._archive = path / "calculations.zip"

    def load_ensemble(self) -> Ensemble | None:
        """Return the conformers that the search gave, if it was done."""
        path = self.path / "conformers.json"
        return decode(path.read_bytes(), Ensemble, source=path) if path.exists() else None

    def save_ensemble(self, ensemble: Ensemble) -> None:
        """Keep the conformers that the search gave."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / "conformers.sdf", ensemble_sdf(ensemble).encode())
        write_atomically(self.path / "conformers.json", encode(ensemble))

    def load_result(self, label: str, *, digest: str) -> CalculationResult | None:
        """Return the result of this calculation if it was finished for the same input."""
        data = self._read(f"{label}/result.json")
        if data is None:
            return None
        record = decode(data, _ResultRecord, source=self.path / label / "result.json")
        return record.result if record.digest == digest else None

    def save_outcome(self, outcome: Outcome, *, digest: str, files: Mapping[str, Path]) -> None:
        """Keep an outcome and the text files that led to it; the record is written last."""
        folder = self._calculations / outcome.label
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("result.json", "failure.json"):
            (folder / name).unlink(missing_ok=True)
        for name, path in files.items():
            if path.exists() and path.stat().st_size > 0:
                write_atomically(folder / name, path.read_bytes())
        if isinstance(outcome, CalculationResult):
            write_atomically(folder / "result.json", encode(_ResultRecord(digest=digest, result=outcome)))
        else:
            write_atomically(folder / "failure.json", encode(_FailureRecord(digest=digest, failure=outcome)))

    def pack(self) -> None:
        """Put all calculations into one archive: inodes are a quota on clusters."""
        if not self._calculations.is_dir():
            return
        fresh = self._archive.with_suffix(".zip.new")
        with zipfile.ZipFile(fresh, "w", compression=zipfile.ZIP_DEFLATED) as archive:
            packed: set[str] = set()
            for path in sorted(self._calculations.glob("*/*")):
                name = path.relative_to(self._calculations).as_posix()
                archive.write(path, name)
                packed.add(name.split("/")[0])
            if self._archive.exists():  # calculations of an earlier start of this run
                with zipfile.ZipFile(self._archive) as old:
                    for entry in old.infolist():
                        if entry.filename.split("/")[0] not in packed:
                            archive.writestr(entry, old.read(entry))
        fresh.replace(self._archive)
        shutil.rmtree(self._calculations)

    def _read(self, name: str) -> bytes | None:
        """Return a calculation's file, packed or not."""
        loose = self._calculations / name
        if loose.exists():
            return loose.read_bytes()
        if not self._archive.exists() or (loose.parent.is_dir() and any(loose.parent.iterdir())):
            return None
        try:
            with zipfile.ZipFile(self._archive) as archive:
                return archive.read(name) if name in archive.namelist() else None
        except zipfile.BadZipFile:
            raise OutputFormatError(
                f"{self._archive} can't be read: it is not a whole zip archive",
                hint="remove it; its calculations are then done again",
            ) from None
