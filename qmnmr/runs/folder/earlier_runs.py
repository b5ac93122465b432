"""Runs whose results another run takes over, so that they are not computed again: RUN/reuse.json names them.

What is found there is copied into the run's own records, with a note of where it was computed. A molecule is looked
for by its SMILES; whether a result answers the very question that is asked decides its digest alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.cost.cost_model import xtb_gradients_within
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import SearchSettings, Step
from qmnmr.errors import InputError, QmnmrError
from qmnmr.records import decode, encode, write_atomically
from qmnmr.runs.folder.molecule_folder import EarlierFolder
from qmnmr.runs.folder.run_folder import RunFolder, RunSettings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReuseRecord:
    """What reuse.json holds."""

    runs: tuple[str, ...]  # absolute paths of run folders, the first is asked first


_Entry = tuple[RunFolder, RunSettings, Molecule]


class EarlierRuns:
    """Finds a run's molecules in other runs. May be asked by several threads at a time."""

    def __init__(self, runs: Sequence[RunFolder], settings: RunSettings) -> None:
        self._runs = runs
        self._settings = settings
        self._lock = threading.Lock()
        self._by_smiles: dict[str, list[_Entry]] | None = None

    def of(self, molecule: Molecule) -> tuple[EarlierFolder, ...]:
        """Return what the other runs keep of a molecule; a run that can't be read (any more) is named in the log."""
        return tuple(
            EarlierFolder(
                folder=run.molecule_folder(other),
                searched=molecule if self._is_search_the_same(run, settings, other, molecule) else None,
            )
            for run, settings, other in self._alike(molecule)
        )

    def computed_steps(self, molecule: Molecule) -> tuple[Step, ...]:
        """Return the steps of other runs that finished this molecule from the same conformers with the same engine."""
        return tuple(
            step
            for run, settings, other in self._alike(molecule)
            if settings.engine == self._settings.engine
            and self._is_search_the_same(run, settings, other, molecule)
            and run.prediction_problem(other) is None
            for step in settings.protocol.steps(molecule.symbols)
        )

    def _alike(self, molecule: Molecule) -> Sequence[_Entry]:
        with self._lock:
            if self._by_smiles is None:
                self._by_smiles = self._read()
            return self._by_smiles.get(molecule.smiles, ())

    def _read(self) -> dict[str, list[_Entry]]:
        found: dict[str, list[_Entry]] = {}
        for run in self._runs:
            try:
                settings = run.settings()
                for molecule in run.molecules():
                    found.setdefault(molecule.smiles, []).append((run, settings, molecule))
            except (QmnmrError, OSError) as error:
                _log.warning("nothing of %s is reused: %s", run.path, error)
        return found

    def _is_search_the_same(self, run: RunFolder, settings: RunSettings, other: Molecule, molecule: Molecule) -> bool:
        """Say whether a search was this run's; a limit that it did not come to decided nothing."""
        theirs, ours = settings.protocol, self._settings.protocol
        is_alike = (
            settings.qmnmr_version == self._settings.qmnmr_version
            and _without_limits(theirs.search) == _without_limits(ours.search)
            and theirs.optimization.solvent == ours.optimization.solvent
            and _as_searched(other) == _as_searched(molecule)
        )
        if not is_alike or theirs.search == ours.search:
            return is_alike
        found = run.molecule_folder(other).readable_ensemble()
        return (
            found is not None
            and found.starts < min(theirs.search.max_starts, ours.search.max_starts)
            and len(found.conformers) < min(theirs.search.max_conformers, ours.search.max_conformers)
            and found.gradients
            < min(
                xtb_gradients_within(search.budget_cpu_hours, n_atoms=len(molecule.symbols))
                for search in (theirs.search, ours.search)
            )
        )


def _without_limits(search: SearchSettings) -> SearchSettings:
    return replace(search, max_starts=0, max_conformers=0, budget_cpu_hours=None)


def _as_searched(molecule: Molecule) -> Molecule:
    return replace(molecule, id="", name="", source="", notes=())


def runs_to_reuse(paths: Sequence[Path], *, own: Path) -> tuple[Path, ...]:
    """Return the run folders that a user named, absolute and each once.

    Raises InputError for what is no run folder, or the very run that is to be computed, OutputFormatError for one whose
    settings or molecules can't be read.
    """
    found = tuple(dict.fromkeys(path.resolve() for path in paths))
    for path in found:
        if path == own.resolve():
            raise InputError(
                f"{path} is the run itself, and can't be reused by it",
                hint="leave that --reuse out: what is finished there is kept anyway; or name another folder with --out",
            )
        run = RunFolder(path)
        run.settings()
        run.molecules()
    return found


def keep_reused(run: RunFolder, paths: Sequence[Path]) -> None:
    """Write down which runs are reused, where tasks on other machines find it; one that is continued keeps its own."""
    if paths:
        write_atomically(run.reuse_file, encode(ReuseRecord(runs=tuple(map(str, paths)))))


def reused_runs(run: RunFolder) -> tuple[Path, ...]:
    """Return the runs that a run reuses. Raises OutputFormatError if reuse.json can't be read."""
    path = run.reuse_file
    if not path.exists():
        return ()
    record = decode(path.read_bytes(), ReuseRecord, source=path, cure="move it away, and name the runs with --reuse")
    return tuple(map(Path, record.runs))


def earlier_runs(run: RunFolder) -> EarlierRuns:
    """Return where a run that was begun finds results of others. Raises OutputFormatError as `reused_runs` does."""
    return EarlierRuns([RunFolder(path) for path in reused_runs(run)], run.settings())
