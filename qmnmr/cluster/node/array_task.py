"""What one task of a job array does: one molecule of a run folder, to its prediction or to a named end.

A scheduler may start a task more than once, and for a while even twice at the same time (a node that was lost but
lives). A task owns its molecule as long as no later start has written task.json, and looks there before it writes
anything of the molecule; results are whole files under their final names.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from qmnmr.cluster.job_records import TaskDescription, now_utc
from qmnmr.cluster.node.owned_folder import OwnedFolder
from qmnmr.cluster.node.task_image import task_image
from qmnmr.cluster.run_status import prediction_state
from qmnmr.cluster.scheduler import Scheduler
from qmnmr.cluster.schedulers import find_scheduler
from qmnmr.cluster.task_record import TaskRecord, is_disk_full, load_task_record
from qmnmr.datatypes.job import JobState, Resources
from qmnmr.datatypes.shift import Prediction
from qmnmr.engines import get_engine
from qmnmr.errors import InterruptedRunError, MissingProgramError, QmnmrError, SupersededError
from qmnmr.funnel.progress import Progress
from qmnmr.programs.blas_threads import blas_threads
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.installation import read_installation
from qmnmr.programs.machine import shared_memory_problem
from qmnmr.programs.processes import Programs
from qmnmr.programs.program_versions import require_new_enough
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.records import decode
from qmnmr.runs.folder.earlier_runs import earlier_runs
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import RunPlan
from qmnmr.runs.predict import predict_molecule
from qmnmr.runs.provenance import ComputedOn
from qmnmr.runs.sources.shift_sources import shift_sources

_log = logging.getLogger("qmnmr")


def run_task(description_file: str) -> None:
    """Run the molecule that belongs to this place in the array, and exit with the code of its end."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("submitit").propagate = False  # it prints its own words already
    path = Path(description_file)
    try:
        description = decode(path.read_bytes(), TaskDescription, source=path)
        code = ArrayTask(description, os.environ, scheduler=find_scheduler(description.scheduler)).run()
    except QmnmrError as error:  # not even task.json can be relied on
        _log.error("%s. %s", error, error.hint)
        code = error.exit_code
    raise SystemExit(code)


class ArrayTask:
    """One molecule in one start of one array task."""

    def __init__(self, description: TaskDescription, environment: Mapping[str, str], *, scheduler: Scheduler) -> None:
        self._description = description
        self._environment = environment
        self._scheduler = scheduler
        place = scheduler.place(environment)
        self._run = RunFolder(Path(description.run_folder))
        self._molecule = self._run.molecule(description.molecules[place.index])
        self._started = time.monotonic()
        self._signal: signal.Signals | None = None
        self._programs: Programs | None = None
        folder = self._run.molecule_folder(self._molecule).path
        old = load_task_record(folder)
        self._record = TaskRecord(
            number=description.number,
            start=place.start,
            job=place.job,
            index=place.index,
            node=place.node,
            state=JobState.RUNNING,
            started_utc=now_utc(),
            updated_utc=now_utc(),
            requeues=old.requeues if old is not None and old.number == description.number else 0,
            cores=description.cores,
        )
        self._store = OwnedFolder(folder, self._record.attempt, earlier=earlier_runs(self._run).of(self._molecule))

    def run(self) -> int:
        """Return the exit code of the task; the molecule's task.json says how it ended."""
        try:
            return self._run_and_name_failures()
        except SupersededError:
            _log.info("%s: a later start of this task has taken over", self._molecule.name)
            return 0

    def _run_and_name_failures(self) -> int:
        try:
            self._save()
            return self._run_or_name_the_end()
        except OSError as error:
            if not is_disk_full(error):
                self._end(JobState.CRASHED, f"{type(error).__name__}: {error}")
                raise
            return self._end(JobState.DISK_FULL, f"{error}: free space or quota, then `qmnmr resume`", code=1)
        except QmnmrError as error:
            is_program = isinstance(error, MissingProgramError)
            state = JobState.MISSING_PROGRAM if is_program else JobState.CRASHED
            return self._end(state, f"{error}. {error.hint}", code=error.exit_code)

    def _run_or_name_the_end(self) -> int:
        if self._run.prediction_problem(self._molecule) is None:
            prediction = self._run.load_prediction(self._molecule)
            if prediction is not None and prediction_state(prediction) is JobState.COMPLETED:
                return self._end(JobState.COMPLETED, "was already done")
        root = self._environment.get("SCRATCH_DIR", "")
        if not root:
            reasons = self._environment.get("QMNMR_SCRATCH_REFUSAL", "").strip("; ")
            return self._end(JobState.NO_SCRATCH, f"no scratch folder can be used: {reasons}", code=3)
        engine = get_engine(self._run.settings().engine)
        image = task_image(self._description, read_installation(), engine=engine.facts)
        if image.programs is None:
            require_new_enough(engine, self._run.settings().protocol)
        # In a container of its own each program has a /dev/shm of its own, half of the memory in size.
        if engine.facts.uses_mpi and image.programs is None:
            problem = shared_memory_problem(self._description.cores)
            if problem is not None:
                return self._end(JobState.NO_SHARED_MEMORY, problem, code=3)
        with ScratchFolder.create(Path(root)) as scratch, blas_threads(1), Programs(scratch) as programs:
            self._programs = programs
            with self._listening(programs):
                try:
                    workplace = Workplace(engine=engine, scratch=scratch, programs=programs, image=image.programs)
                    machine = ComputedOn(host=self._record.node, image=image.name)
                    prediction = self._predict(workplace, machine)
                except InterruptedRunError:
                    return self._end_interrupted()
        state = prediction_state(prediction)
        message = "" if state is JobState.COMPLETED else "; ".join(prediction.messages[:3])
        return self._end(state, message, code=0 if state is JobState.COMPLETED else 6)

    def _predict(self, workplace: Workplace, machine: ComputedOn) -> Prediction:
        return predict_molecule(
            self._molecule,
            RunPlan(molecules=(self._molecule,), settings=self._run.settings(), engine=workplace.engine),
            store=self._store,
            budget=CoreBudget(Resources(cores=self._description.cores, memory_mb=self._description.memory_mb)),
            workplace=workplace,
            sources=shift_sources(self._run),
            report=self._on_progress,
            machine=machine,
        )

    @contextmanager
    def _listening(self, programs: Programs) -> Iterator[None]:
        """Stop all programs when the job ends now, and when the time limit comes."""
        end, warning = self._scheduler.end_signal, self._scheduler.warning_signal

        def on_signal(number: int, _: FrameType | None) -> None:
            self._signal = signal.Signals(number) if self._signal is not end else self._signal
            programs.refuse()
            threading.Thread(target=programs.stop, daemon=True).start()

        for number in (end, warning):
            signal.signal(number, on_signal)
        try:
            yield
        finally:  # what comes now is too late to stop anything, and must not kill the last words
            for number in (end, warning):
                signal.signal(number, signal.SIG_IGN)

    def _end_interrupted(self) -> int:
        if self._signal is not self._scheduler.warning_signal:
            kept = "; finished calculations are kept"
            return self._end(JobState.INTERRUPTED, f"was told to end during {self._record.step}{kept}", code=143)
        limit = self._description
        available = limit.minutes * 60 - limit.warning_seconds
        stuck = [s for s in self._store.stopped if not s.can_go_on and s.elapsed_seconds > 0.8 * available]
        if stuck:
            longest = max(stuck, key=lambda s: s.elapsed_seconds)
            message = (
                f"{longest.label} alone ran {longest.elapsed_seconds / 60:.1f} min and was not done; the limit is "
                f"{limit.minutes} min: resume with --time {2 * limit.minutes} or more, or with more --cores"
            )
            return self._end(JobState.TIME_LIMIT_TOO_SHORT, message, code=6)
        requeues = self._record.requeues + 1
        if requeues > limit.max_requeues:
            message = (
                f"ran into the limit of {limit.minutes} min {requeues} times: it needs more than "
                f"{requeues * limit.minutes} min in all; resume with a longer --time or more --cores"
            )
            return self._end(JobState.TIME_LIMIT_TOO_SHORT, message, code=6)
        self._record = replace(self._record, requeues=requeues)
        code = self._scheduler.requeue_exit_code
        return self._end(JobState.REQUEUED, f"stopped in time during {self._record.step}, goes on", code=code)

    def _on_progress(self, event: Progress) -> None:
        _log.info("%s: %s %d/%d %s", event.molecule, event.step, event.done, event.total, event.detail)
        self._record = replace(self._record, step=event.step, done=event.done, total=event.total)
        try:
            self._save()
        except SupersededError:  # nothing else under way here counts either
            if self._programs is not None:
                self._programs.stop()
            raise

    def _end(self, state: JobState, message: str, *, code: int = 0) -> int:
        self._record = replace(self._record, state=state, message=message)
        _log.info("%s: %s %s", self._molecule.name, state, message)
        self._save()
        return code

    def _save(self) -> None:
        self._record = replace(
            self._record,
            updated_utc=now_utc(),
            elapsed_seconds=round(time.monotonic() - self._started, 1),
            cpu_seconds=round(_used_cpu_seconds(), 1),
        )
        self._store.save_task(self._record)


def _used_cpu_seconds() -> float:
    """Return the CPU time of this process and of all programs that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
