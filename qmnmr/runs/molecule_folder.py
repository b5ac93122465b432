"""The files of one molecule in a run folder.

molecules/<id>/conformers.sdf             the search's conformers, for people
               conformers.json            the same as data
               calculations/<label>/…     while the molecule runs: input, output, stderr, result.json or failure.json;
                                         restart/ of a stopped optimisation
               calculations.zip           the same, once the molecule is finished
               structure.sdf              the most populated conformer, with the numbering of the shifts
               prediction.json
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.datatypes.calculation import CalculationFailure, CalculationResult
from qmnmr.datatypes.molecule import Ensemble, Geometry
from qmnmr.datatypes.shift import Prediction
from qmnmr.errors import OutputFormatError
from qmnmr.programs.run_calculation import Outcome, RestartSet
from qmnmr.records import decode, encode, write_atomically
from qmnmr.report.structure_file import ensemble_sdf
from qmnmr.runs.recorded_levels import upgraded_prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecord:
    """What result.json holds: a result, and the digest of what was asked."""

    digest: str
    result: CalculationResult


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRecord:
    """What failure.json holds."""

    digest: str
    failure: CalculationFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRecord:
    """What restart.json holds; the files lie beside it."""

    digest: str
    geometry: Geometry
    files: tuple[str, ...]


class MoleculeFolder:
    """Implements the MoleculeStore of `programs` on files."""

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
        record = decode(data, ResultRecord, source=self.path / label / "result.json")
        return record.result if record.digest == digest else None

    def results(self) -> Iterator[CalculationResult]:
        """Yield all results that are kept, whatever they are results of."""
        names = {f"{path.parent.name}/result.json" for path in self._calculations.glob("*/result.json")}
        if self._archive.exists():
            with self._whole_archive() as archive:
                names |= {name for name in archive.namelist() if name.endswith("/result.json")}
        for name in sorted(names):
            data = self._read(name)
            if data is not None:
                yield decode(data, ResultRecord, source=self.path / name).result

    def save_outcome(self, outcome: Outcome, *, digest: str, files: Mapping[str, Path]) -> None:
        """Keep an outcome and the text files that led to it; the record is written last.

        A Hessian is large, and of no use once the optimisation that began with it is finished: its cost alone is kept.
        """
        if isinstance(outcome, CalculationResult) and outcome.hessian is not None:
            outcome, files = replace(outcome, hessian=None), {}
        folder = self._calculations / outcome.label
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("result.json", "failure.json"):
            (folder / name).unlink(missing_ok=True)
        for name, path in files.items():
            if path.exists() and path.stat().st_size > 0:
                write_atomically(folder / name, path.read_bytes())
        if isinstance(outcome, CalculationResult):
            write_atomically(folder / "result.json", encode(ResultRecord(digest=digest, result=outcome)))
        else:
            write_atomically(folder / "failure.json", encode(FailureRecord(digest=digest, failure=outcome)))
        shutil.rmtree(folder / "restart", ignore_errors=True)

    def load_restart(self, label: str, *, digest: str) -> RestartSet | None:
        """Return what this calculation can go on from, if it was stopped."""
        folder = self._calculations / label / "restart"
        path = folder / "restart.json"
        if not path.exists():
            return None
        record = decode(path.read_bytes(), RestartRecord, source=path)
        if record.digest != digest:
            return None
        return RestartSet(geometry=record.geometry, files=tuple(folder / name for name in record.files))

    def save_restart(self, label: str, *, digest: str, restart: RestartSet) -> None:
        """Keep what a calculation can go on from, in place of an older set."""
        folder = self._calculations / label
        folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder, prefix=".restart-"))
        for path in restart.files:
            shutil.copyfile(path, fresh / path.name)
        names = tuple(path.name for path in restart.files)
        record = RestartRecord(digest=digest, geometry=restart.geometry, files=names)
        write_atomically(fresh / "restart.json", encode(record))
        shutil.rmtree(folder / "restart", ignore_errors=True)
        fresh.rename(folder / "restart")

    def save_interrupted(self, label: str, *, digest: str, restart: RestartSet | None, elapsed_seconds: float) -> None:
        """Keep what a stopped calculation can go on from; an older set stays where there is no newer one."""
        if restart is not None:
            self.save_restart(label, digest=digest, restart=restart)

    def load_prediction(self) -> Prediction | None:
        """Return the outcome of a finished molecule."""
        path = self.path / "prediction.json"
        if not path.exists():
            return None
        return decode(path.read_bytes(), Prediction, source=path, upgrade=upgraded_prediction)

    def save_prediction(self, prediction: Prediction, *, structure_sdf: str | None) -> None:
        """Keep the outcome of the molecule; its calculations are packed."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.pack()
        if structure_sdf is not None:
            write_atomically(self.path / "structure.sdf", structure_sdf.encode())
        write_atomically(self.path / "prediction.json", encode(prediction))

    def pack(self) -> None:
        """Put all calculations into one archive: inodes are a quota on clusters."""
        if not self._calculations.is_dir():
            return
        fresh = self._archive.with_suffix(".zip.new")
        with zipfile.ZipFile(fresh, "w", compression=zipfile.ZIP_DEFLATED) as archive:
            packed: set[str] = set()
            for path in sorted(p for p in self._calculations.glob("*/*") if p.is_file()):
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
        with self._whole_archive() as archive:
            return archive.read(name) if name in archive.namelist() else None

    def _whole_archive(self) -> zipfile.ZipFile:
        """Return the packed calculations, open. Raises OutputFormatError where the file is no whole archive."""
        try:
            return zipfile.ZipFile(self._archive)
        except zipfile.BadZipFile:
            raise OutputFormatError(
                f"{self._archive} can't be read: it is not a whole zip archive",
                hint="remove it; its calculations are then done again",
            ) from None
