"""The files of one molecule in a run folder.

molecules/<id>/conformers.sdf             the search's conformers, for people
               conformers.json            the same as data
               calculations/<label>/…     while the molecule runs: input, output, stderr, result.json or failure.json;
                                         restart/ of a stopped optimisation
               calculations.zip           the same, once the molecule is finished
               structure.sdf              the most populated conformer, with the numbering of the shifts
               prediction.json

What can't be read, or was changed after it was written, is no result: it is named in the log and computed again. An
archive that is not whole is kept beside the new one as calculations.zip.damaged.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from qmnmr.datatypes.calculation import CalculationFailure, CalculationResult
from qmnmr.datatypes.molecule import Ensemble, Geometry
from qmnmr.datatypes.shift import Prediction
from qmnmr.errors import NewerRecordError, OutputFormatError
from qmnmr.programs.run_calculation import Outcome, RestartSet
from qmnmr.records import decode, encode_sealed, is_sealed, seal_problem, write_atomically
from qmnmr.report.structure_file import ensemble_sdf
from qmnmr.runs.folder.recorded_levels import upgraded_prediction

T = TypeVar("T")

_log = logging.getLogger(__name__)


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

    @property
    def _calculations(self) -> Path:
        return self.path / "calculations"

    @property
    def _archive(self) -> Path:
        return self.path / "calculations.zip"

    def load_ensemble(self) -> Ensemble | None:
        """Return the conformers that the search gave, if it was done."""
        path = self.path / "conformers.json"
        return self._decoded(path.read_bytes(), Ensemble, source=path) if path.exists() else None

    def save_ensemble(self, ensemble: Ensemble) -> None:
        """Keep the conformers that the search gave."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path / "conformers.sdf", ensemble_sdf(ensemble).encode())
        write_atomically(self.path / "conformers.json", encode_sealed(ensemble))

    def load_result(self, label: str, *, digest: str) -> CalculationResult | None:
        """Return the result of this calculation if it was finished for the same input."""
        record = self._result(f"{label}/result.json")
        return record.result if record is not None and record.digest == digest else None

    def results(self) -> Iterator[CalculationResult]:
        """Yield all results that are kept, whatever they are results of."""
        names = {f"{path.parent.name}/result.json" for path in self._calculations.glob("*/result.json")}
        names |= {name for name in self._packed_names() if name.endswith("/result.json")}
        for name in sorted(names):
            record = self._result(name)
            if record is not None:
                yield record.result

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
            write_atomically(folder / "result.json", encode_sealed(ResultRecord(digest=digest, result=outcome)))
        else:
            write_atomically(folder / "failure.json", encode_sealed(FailureRecord(digest=digest, failure=outcome)))
        shutil.rmtree(folder / "restart", ignore_errors=True)

    def load_restart(self, label: str, *, digest: str) -> RestartSet | None:
        """Return what this calculation can go on from, if it was stopped."""
        folder = self._calculations / label / "restart"
        path = folder / "restart.json"
        if not path.exists():
            return None
        record = self._decoded(path.read_bytes(), RestartRecord, source=path)
        if record is None or record.digest != digest:
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
        write_atomically(fresh / "restart.json", encode_sealed(record))
        shutil.rmtree(folder / "restart", ignore_errors=True)
        fresh.rename(folder / "restart")

    def save_interrupted(self, label: str, *, digest: str, restart: RestartSet | None, elapsed_seconds: float) -> None:
        """Keep what a stopped calculation can go on from; an older set stays where there is no newer one."""
        if restart is not None:
            self.save_restart(label, digest=digest, restart=restart)

    def load_prediction(self) -> Prediction | None:
        """Return the outcome of a finished molecule. Raises OutputFormatError if it can't be read or was changed."""
        path = self.path / "prediction.json"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        return decode(data, Prediction, source=path, upgrade=upgraded_prediction, wants_seal=True)

    def prediction_problem(self, molecule_id: str) -> str | None:
        """Return in words why a finished molecule's outcome is none, None if it is one; a sealed one is not decoded."""
        path = self.path / "prediction.json"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return f"{path} is gone"
        if problem := seal_problem(data):
            return f"{path}: {problem}"
        if is_sealed(data) and f'"id": "{molecule_id}"'.encode() in data[:1000]:
            return None
        try:
            found = decode(data, Prediction, source=path, upgrade=upgraded_prediction, wants_seal=True)
        except NewerRecordError:
            raise
        except OutputFormatError as error:
            return str(error)
        return None if found.molecule.id == molecule_id else f"{path} is of another molecule, {found.molecule.id}"

    def save_prediction(self, prediction: Prediction, *, structure_sdf: str | None) -> None:
        """Keep the outcome of the molecule; its calculations are packed."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.pack()
        if structure_sdf is not None:
            write_atomically(self.path / "structure.sdf", structure_sdf.encode())
        write_atomically(self.path / "prediction.json", encode_sealed(prediction))

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
            is_whole = True
            for name in self._packed_names():  # calculations of an earlier start of this run
                data = self._packed(name)
                is_whole = is_whole and data is not None
                if data is not None and name.split("/")[0] not in packed:
                    archive.writestr(name, data)
        if self._archive.exists() and not (is_whole and zipfile.is_zipfile(self._archive)):
            self._archive.replace(self._archive.with_suffix(".zip.damaged"))
        fresh.replace(self._archive)
        shutil.rmtree(self._calculations)

    def _read(self, name: str) -> bytes | None:
        """Return a calculation's file, packed or not."""
        loose = self._calculations / name
        if loose.exists():
            return loose.read_bytes()
        if not self._archive.exists() or (loose.parent.is_dir() and any(loose.parent.iterdir())):
            return None
        return self._packed(name) if name in self._packed_names() else None

    def _result(self, name: str) -> ResultRecord | None:
        data = self._read(name)
        return None if data is None else self._decoded(data, ResultRecord, source=self._calculations / name)

    @staticmethod
    def _decoded(data: bytes, kind: type[T], *, source: Path) -> T | None:
        """Return a record, None where it can't be read or was changed: it is then made again."""
        try:
            return decode(data, kind, source=source, wants_seal=True)
        except NewerRecordError:
            raise
        except OutputFormatError as error:
            _log.warning("%s; it is made again", error)
            return None

    def _packed_names(self) -> tuple[str, ...]:
        """Return the names of all files in the archive; none where there is none, or no whole one."""
        if not self._archive.exists():
            return ()
        try:
            with zipfile.ZipFile(self._archive) as archive:
                return tuple(archive.namelist())
        except zipfile.BadZipFile as error:
            _log.warning("%s is not a whole zip archive (%s); its calculations are done again", self._archive, error)
            return ()

    def _packed(self, name: str) -> bytes | None:
        """Return a file of the archive, None where it is damaged."""
        try:
            with zipfile.ZipFile(self._archive) as archive:
                return archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            _log.warning("%s in %s can't be read (%s); it is computed again", name, self._archive, error)
            return None
