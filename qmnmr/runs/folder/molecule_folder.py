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
import threading
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationResult
from qmnmr.datatypes.molecule import Ensemble, Geometry, Molecule
from qmnmr.datatypes.protocol import shielding_step
from qmnmr.datatypes.shift import Prediction
from qmnmr.errors import NewerRecordError, OutputFormatError
from qmnmr.programs.run_calculation import Outcome, RecordedResult, RestartSet
from qmnmr.records import decode, encode_sealed, is_sealed, seal_problem, write_atomically
from qmnmr.report.structure_file import ensemble_sdf
from qmnmr.runs.folder.recorded_levels import upgraded_prediction

T = TypeVar("T")

_log = logging.getLogger(__name__)

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierFolder:
    """What another run keeps of the same molecule."""

    folder: MoleculeFolder
    searched: Molecule | None  # the molecule as this run has it, where the other one searched the same conformers


class MoleculeFolder:
    """Implements the MoleculeStore of `programs` on files; what `earlier` ones hold is taken over, not made again."""

    def __init__(self, path: Path, *, earlier: Sequence[EarlierFolder] = ()) -> None:
        self.path = path
        self._earlier = earlier
        self._recorded: tuple[RecordedResult, ...] | None = None
        self._reading = threading.Lock()

    @property
    def _calculations(self) -> Path:
        return self.path / "calculations"

    @property
    def _archive(self) -> Path:
        return self.path / "calculations.zip"

    def load_ensemble(self) -> Ensemble | None:
        """Return the conformers that the search gave, if it was done."""
        path = self.path / "conformers.json"
        if path.exists():
            return self._decoded(path.read_bytes(), Ensemble, source=path)
        for earlier in self._earlier:
            found = None if earlier.searched is None else earlier.folder.readable_ensemble()
            if found is not None and earlier.searched is not None:
                note = f"the conformers are those that were searched in {earlier.folder.path}"
                taken = replace(found, molecule=earlier.searched, notes=(*found.notes, note))
                self.save_ensemble(taken)
                return taken
        return None

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

    def recorded_elsewhere(self, calculation: Calculation) -> Iterable[RecordedResult]:
        """Yield the results of the earlier folders for this kind and level; one of the same label first."""
        found = [
            recorded
            for earlier in self._earlier
            for recorded in earlier.folder.readable_results()
            if (recorded.result.kind, recorded.result.level) == (calculation.kind, calculation.level)
        ]
        return sorted(found, key=lambda recorded: recorded.result.label != calculation.label)

    def readable_results(self) -> tuple[RecordedResult, ...]:
        """Return all results that another run may use, read once; what can't be read is named in the log."""
        with self._reading:
            if self._recorded is None:
                named = {f"{path.parent.name}/{path.name}": path for path in self._calculations.glob("*/result.json")}
                texts = self._packed_results() | {name: path.read_bytes() for name, path in named.items()}
                self._recorded = tuple(self._readable(texts))
            return self._recorded

    def readable_ensemble(self) -> Ensemble | None:
        """Return the conformers of the search for another run; what can't be read is named in the log."""
        path = self.path / "conformers.json"
        return _usable(path.read_bytes(), Ensemble, source=path) if path.exists() else None

    def _readable(self, texts: Mapping[str, bytes]) -> Iterator[RecordedResult]:
        for name, data in sorted(texts.items()):
            record = _usable(data, ResultRecord, source=self._calculations / name)
            if record is not None:
                yield RecordedResult(digest=record.digest, result=record.result, folder=str(self.path.absolute()))

    def final_geometries(self, prediction: Prediction) -> dict[str, Geometry]:
        """Return the geometry of each conformer of a finished molecule, by its label: the one that it is shielded at.

        That of the optimisation may number equivalent atoms otherwise. A conformer whose record is gone, or can't be
        read, is left out and named in the log.
        """
        if prediction.provenance is None:
            return {}
        step = shielding_step(prediction.provenance.steps, prediction.molecule.symbols[0])
        names = {f"{step.label_of(c.label)}/result.json": c.label for c in prediction.conformers}
        loose = {name: self._calculations / name for name in names}
        texts = self._packed_results(names) | {n: path.read_bytes() for n, path in loose.items() if path.exists()}
        records = {
            label: _usable(texts[name], ResultRecord, source=self._calculations / name)
            for name, label in names.items()
            if name in texts
        }
        return {label: record.result.geometry for label, record in records.items() if record is not None}

    def _packed_results(self, wanted: Collection[str] | None = None) -> dict[str, bytes]:
        """Return the packed result records by their names, all or the wanted, at one opening of the archive."""
        found: dict[str, bytes] = {}
        names = [name for name in self._packed_names() if name.endswith("/result.json")]
        if wanted is not None:
            names = [name for name in names if name in wanted]
        if not names:
            return found
        with zipfile.ZipFile(self._archive) as archive:
            for name in names:
                try:
                    found[name] = archive.read(name)
                except _DAMAGED as error:
                    _log.warning("%s in %s can't be read (%s); it is not reused", name, self._archive, error)
        return found

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
        except _DAMAGED as error:
            _log.warning("%s in %s can't be read (%s); it is computed again", name, self._archive, error)
            return None


def _usable(data: bytes, kind: type[T], *, source: Path) -> T | None:
    """Return a record of another run, None where it can't be read, was changed, or is of a newer qmnmr."""
    try:
        return decode(data, kind, source=source, wants_seal=True)
    except OutputFormatError as error:
        _log.warning("%s; it is not reused", error)
        return None
