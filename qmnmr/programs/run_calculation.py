"""One calculation: in scratch, by one program, with what a person needs for debugging brought home."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Protocol

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Ensemble, Geometry
from qmnmr.datatypes.remedy import AppliedRemedy, Remedy
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.dispersion import (
    digest_with_dispersion,
    require_dispersion,
    with_dispersion,
    without_dispersion,
)
from qmnmr.engines.engine import (
    BranchingEngine,
    Calculator,
    Engine,
    InProcessCalculator,
    RemediableEngine,
    RestartableEngine,
)
from qmnmr.engines.facts import Allotment, Ended
from qmnmr.errors import InterruptedRunError
from qmnmr.programs.command_line import program_environment, program_settings
from qmnmr.programs.container import ProgramImage, container_environment
from qmnmr.programs.processes import Programs
from qmnmr.programs.scratch import ScratchFolder

Outcome = CalculationResult | CalculationFailure

MAX_REMEDIES = 3
"""A calculation that failed is tried again three times at most."""

_FULL_DISK_BYTES = 20_000_000  # a program that failed on a full disk may have removed a file of its own at its end
_MAY_BE_DISK = frozenset(
    {
        FailureKind.RESTART_FILES,
        FailureKind.CUT_OFF,
        FailureKind.KILLED,
        FailureKind.MISMATCH,
        FailureKind.UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartSet:
    """What a stopped optimisation goes on from."""

    geometry: Geometry  # of its last complete step
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResult:
    """A result that another run keeps of the same molecule."""

    digest: str  # of what was asked, under the label that the result has there
    result: CalculationResult
    folder: str  # where it is kept


class MoleculeStore(Protocol):
    """Where a molecule's conformers and outcomes last. The workflow decides which files these are."""

    def load_ensemble(self) -> Ensemble | None:
        """Return the conformers that the search gave, if it was done."""

    def save_ensemble(self, ensemble: Ensemble) -> None:
        """Keep the conformers that the search gave."""

    def load_result(self, label: str, *, digest: str) -> CalculationResult | None:
        """Return the result of this calculation if it was finished for the same input."""

    def recorded_elsewhere(self, calculation: Calculation) -> Iterable[RecordedResult]:
        """Return results of other runs for this kind and level, whatever geometry and label they are of."""

    def save_outcome(self, outcome: Outcome, *, digest: str, files: Mapping[str, Path]) -> None:
        """Keep an outcome and the text files that led to it."""

    def load_restart(self, label: str, *, digest: str) -> RestartSet | None:
        """Return what this calculation can go on from, if it was stopped."""

    def save_restart(self, label: str, *, digest: str, restart: RestartSet) -> None:
        """Keep what a calculation that still runs could go on from if all were killed now."""

    def save_interrupted(self, label: str, *, digest: str, restart: RestartSet | None, elapsed_seconds: float) -> None:
        """Note that a calculation was stopped after this time; keep what it can go on from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where calculations run: engine, scratch, the programs under way, and the image that holds them, if any."""

    engine: Engine
    scratch: ScratchFolder
    programs: Programs
    image: ProgramImage | None = None

    def command(
        self, calculation: Calculation, allotment: Allotment, *, folder: Path
    ) -> tuple[list[str], dict[str, str]]:
        """Return argument list and environment that run the engine's program in this folder."""
        argv = self.engine.command(calculation, allotment)
        variables = self.engine.environment(calculation, allotment)
        if self.engine.facts.is_embedded:
            return list(argv), program_environment(os.environ, scratch=str(folder), variables=variables)
        return self.program_command(argv, folder=folder, variables=variables)

    def stem_command(self, allotment: Allotment) -> tuple[str, ...] | None:
        """Return the command of what stays and branches into calculations, None where the engine has none."""
        return self.engine.stem_command(allotment) if isinstance(self.engine, BranchingEngine) else None

    def program_command(
        self, argv: Sequence[str], *, folder: Path, variables: Mapping[str, str]
    ) -> tuple[list[str], dict[str, str]]:
        """Return argument list and environment that run a program in this folder, inside the image if there is one."""
        if self.image is None:
            return list(argv), program_environment(os.environ, scratch=str(folder), variables=variables)
        inside = program_settings(scratch=str(folder), variables=variables)
        return self.image.argv(argv, folder=folder), container_environment(os.environ, inside)

    def has_program(self, name: str) -> bool:
        """Say whether a program is where programs run: on PATH, or in the image. Raises as ProgramImage.holds does."""
        return shutil.which(name) is not None if self.image is None else self.image.holds(name)


def run_calculation(
    calculation: Calculation,
    *,
    workplace: Workplace,
    store: MoleculeStore,
    cores: int,
    memory_mb: int,
    max_remedies: int = MAX_REMEDIES,
) -> Outcome:
    """Return the outcome of a calculation; a finished one is read, a stopped optimisation goes on.

    The cores are MPI ranks of a parallel program and threads of another; `memory_mb` is for all of them together.
    After a failure the engine's remedies are tried, as many as allowed; the outcome carries them. The engine computes
    the level without its dispersion term, which is added to its result.
    Raises MissingProgramError or InterruptedRunError.
    """
    engine, level = workplace.engine, calculation.level

    def digest_of(asked: Calculation) -> str:
        return digest_with_dispersion(engine.input_digest(without_dispersion(asked)), asked.level)

    finished = finished_result(calculation, engine, store, digest_of=digest_of)
    if finished is not None:
        return finished
    require_dispersion([level])
    digest, calculation = digest_of(calculation), without_dispersion(calculation)
    attempt = _Attempt(
        calculation=calculation,
        level=level,
        digest=digest,
        workplace=workplace,
        store=store,
        allotment=Allotment(cores=cores, memory_mb=memory_mb),
    )
    restart = store.load_restart(calculation.label, digest=digest)
    if restart is not None:
        outcome = attempt.run(restart)
        if isinstance(outcome, CalculationResult):
            return outcome
        # The set may hold a file that was cut while it was written: once more, from the beginning.
    outcome = attempt.run(None)
    while isinstance(outcome, CalculationFailure) and len(attempt.remedies) < max_remedies:
        remedied = attempt.after(outcome)
        if remedied is None:
            break
        attempt = remedied
        outcome = attempt.run(None)
    return outcome


def compute_here(
    calculation: Calculation, calculator: InProcessCalculator, *, programs: Programs, store: MoleculeStore
) -> Outcome:
    """Return the outcome of a calculation in this process; a finished one is read.

    Raises InterruptedRunError once the programs were stopped.
    """
    finished = finished_result(calculation, calculator, store, digest_of=calculator.input_digest)
    if finished is not None:
        return finished
    outcome = calculator.compute(calculation, check=programs.check)
    store.save_outcome(outcome, digest=calculator.input_digest(calculation), files={})
    return outcome


def finished_result(
    calculation: Calculation, engine: Calculator, store: MoleculeStore, *, digest_of: Callable[[Calculation], str]
) -> CalculationResult | None:
    """Return the kept result, None if it must be computed (again): matrices are not kept, nor what no molecule has.

    One of another run for the same question is kept here too from now on. Its label there may be another one, and an
    input's digest holds the label: so the question is asked under that label.
    """
    if calculation.kind is CalculationKind.HESSIAN:
        return None
    digest = digest_of(calculation)
    found = store.load_result(calculation.label, digest=digest)
    if found is not None:
        return found if engine.doubt(found) is None else None
    for recorded in store.recorded_elsewhere(calculation):
        result = recorded.result
        if digest_of(replace(calculation, label=result.label)) == recorded.digest and engine.doubt(result) is None:
            taken = replace(result, label=calculation.label, reused_from=result.reused_from or recorded.folder)
            store.save_outcome(taken, digest=digest, files={})
            return taken
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    calculation: Calculation  # without the level's dispersion
    level: LevelOfTheory
    digest: str
    workplace: Workplace
    store: MoleculeStore
    allotment: Allotment
    remedies: tuple[AppliedRemedy, ...] = ()
    geometry: Geometry | None = None  # where a failed optimisation had come to

    def after(self, failure: CalculationFailure) -> _Attempt | None:
        """Return the attempt with the next rung of the failure's ladder, None at its end."""
        engine = self.workplace.engine
        if not isinstance(engine, RemediableEngine):
            return None
        tried = {applied.remedy for applied in self.remedies}
        cores = self.allotment.cores
        fewer = {Remedy.HALF_RANKS: cores // 2, Remedy.ONE_RANK: 1}
        for remedy in engine.ladder(failure.failure):
            left = fewer.get(remedy, cores)
            if remedy in tried or left < 1 or (remedy in fewer and left == cores):
                continue
            applied = AppliedRemedy(remedy=remedy, failure=failure.message, evidence=failure.evidence)
            return replace(
                self,
                remedies=(*self.remedies, applied),
                geometry=failure.geometry or self.geometry,
                allotment=replace(self.allotment, cores=left),
            )
        return None

    def run(self, restart: RestartSet | None) -> Outcome:
        engine = self.workplace.engine
        folder = self.workplace.scratch.subfolder(self.calculation.label)
        output, errors = folder / engine.output_file, folder / "stderr.txt"
        started = time.monotonic()
        try:
            files = self._write_input(folder, restart)
            argv, environment = self.workplace.command(self.calculation, self.allotment, folder=folder)
            ended = self.workplace.programs.run(
                argv,
                folder=folder,
                environment=environment,
                stdout=output,
                stderr=errors,
                meanwhile=self._keeper(folder, output),
                stem=self.workplace.stem_command(self.allotment),
            )
            left = {n: (folder / n).read_bytes() for n in engine.result_files if (folder / n).is_file()}
            said = output.read_bytes() + errors.read_bytes()
            outcome = engine.read_result(self.calculation, Ended(output=said, exit_code=ended.exit_code, files=left))
            if isinstance(outcome, CalculationResult):
                outcome = replace(outcome, cpu_seconds=ended.cpu_seconds, memory_mb=self.allotment.memory_mb)
                outcome = with_dispersion(outcome, self.level, charge=self.calculation.charge)
            outcome = replace(_blame_full_disk(outcome, folder), remedies=self.remedies)
            files |= {output.name: output, errors.name: errors}
            light = {n: p for n, p in files.items() if not any(fnmatch(n, heavy) for heavy in engine.heavy_files)}
            self.store.save_outcome(outcome, digest=self.digest, files=light)
        except InterruptedRunError:
            self._keep_restart(folder, output, elapsed_seconds=time.monotonic() - started)
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return outcome

    def _write_input(self, folder: Path, restart: RestartSet | None) -> dict[str, Path]:
        engine = self.workplace.engine
        if restart is not None and isinstance(engine, RestartableEngine):
            for path in restart.files:
                shutil.copyfile(path, folder / path.name)
            texts = engine.restart_input_files(self.calculation, self.allotment, geometry=restart.geometry)
        elif self.remedies and isinstance(engine, RemediableEngine):
            texts = engine.remedied_input_files(
                self.calculation,
                self.allotment,
                remedies=[applied.remedy for applied in self.remedies],
                geometry=self.geometry,
            )
        else:
            texts = engine.input_files(self.calculation, self.allotment)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        return {name: folder / name for name in texts}

    def _keeper(self, folder: Path, output: Path) -> Callable[[], None] | None:
        """Return what keeps a running optimisation's steps against a SIGKILL; None where that can't be done."""
        engine = self.workplace.engine
        if not isinstance(engine, RestartableEngine) or not engine.is_kept_while_running:
            return None
        kept: list[Geometry] = []

        def keep() -> None:
            restart = self._restart_set(folder, output)
            if restart is None or restart.geometry in kept:
                return
            with suppress(OSError):  # a disk that is full or away for a moment: the next minute will do
                self.store.save_restart(self.calculation.label, digest=self.digest, restart=restart)
                kept[:] = [restart.geometry]

        return keep

    def _keep_restart(self, folder: Path, output: Path, *, elapsed_seconds: float) -> None:
        """Give the store what a stopped calculation can go on from, and how long it took."""
        restart = self._restart_set(folder, output)
        self.store.save_interrupted(
            self.calculation.label, digest=self.digest, restart=restart, elapsed_seconds=elapsed_seconds
        )

    def _restart_set(self, folder: Path, output: Path) -> RestartSet | None:
        """Return what this optimisation could go on from now."""
        engine, kind = self.workplace.engine, self.calculation.kind
        if kind is not CalculationKind.OPTIMIZATION or not isinstance(engine, RestartableEngine) or not output.exists():
            return None
        geometry = engine.last_step_geometry(output.read_bytes())
        files = tuple(folder / name for name in engine.restart_files)
        if geometry is None or not all(path.exists() for path in files):
            return None
        return RestartSet(geometry=geometry, files=files)


def _blame_full_disk(outcome: Outcome, folder: Path) -> Outcome:
    """Return a failure on a full disk as what it is: the program itself may say that its database is broken."""
    free = shutil.disk_usage(folder).free
    if isinstance(outcome, CalculationResult) or outcome.failure not in _MAY_BE_DISK or free >= _FULL_DISK_BYTES:
        return outcome
    return replace(
        outcome,
        failure=FailureKind.DISK,
        message="the scratch disk is full",
        evidence=f"{free // 1_000_000} MB free in {folder.parent}; {outcome.evidence}",
        hint="use a larger scratch disk (--scratch)",
    )
