"""Runs on this machine, from what was asked to their predictions: one way for commands and the Python function."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qmnmr.datatypes.job import Resources
from qmnmr.funnel.progress import Report
from qmnmr.programs.machine import available_cores, available_memory_mb, total_memory_mb
from qmnmr.programs.scratch import choose_scratch
from qmnmr.runs.folder.earlier_runs import keep_reused
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import RunPlan, plan_run, run_folder_of
from qmnmr.runs.predict import MIN_SCRATCH_MB, RunOutcome, predict_run, require_machine, require_memory
from qmnmr.runs.request import ResourceRequest, RunRequest
from qmnmr.runs.sources.shift_sources import keep_factors

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRun:
    """A run whose folder is begun on a machine that was found to have what it needs."""

    plan: RunPlan
    folder: RunFolder
    resources: Resources
    scratch_root: Path
    is_continued: bool  # the folder held this very run already

    def compute(self, report: Report) -> RunOutcome:
        """Do what is not yet done and return all predictions, as predict_run does."""
        return predict_run(
            self.plan, self.folder, resources=self.resources, scratch_root=self.scratch_root, report=report
        )


def start_local_run(
    request: RunRequest, wanted: ResourceRequest, *, reading: Callable[[int], None] | None = None
) -> LocalRun:
    """Plan what was asked for and begin its folder; nothing is computed. `reading` is told how many molecules are read.

    Raises a subclass of QmnmrError, having written nothing, for what can't be used and for what the machine lacks.
    """
    plan = plan_run(request, report=reading)
    return start_planned_run(plan, run_folder_of(request, plan), wanted)


def start_planned_run(plan: RunPlan, folder: RunFolder, wanted: ResourceRequest) -> LocalRun:
    """Look for what the run needs, then begin its folder. Raises as start_local_run does."""
    scratch_root = choose_scratch(wanted.scratch, os.environ, needed_mb=MIN_SCRATCH_MB)
    resources = resources_of(wanted)
    require_machine(plan, cores=resources.cores)
    require_memory(plan, memory_mb=resources.memory_mb)
    is_continued = folder.start(plan.settings, plan.molecules)
    keep_factors(folder, plan.factors)
    folder.keep_skipped(plan.skipped)
    keep_reused(folder, plan.reuse)
    return LocalRun(plan=plan, folder=folder, resources=resources, scratch_root=scratch_root, is_continued=is_continued)


def resources_of(wanted: ResourceRequest) -> Resources:
    """Return what a run may use of this machine: what was asked for, or what is free, and never more than there is."""
    cores, memory_mb = available_cores(), total_memory_mb()
    if wanted.cores is not None and wanted.cores > cores:
        _log.warning("%d cores were asked for: this machine has %d for qmnmr, and they are used", wanted.cores, cores)
    if wanted.memory_mb is not None and wanted.memory_mb > memory_mb:
        _log.warning("%d MB of memory were asked for: this machine has %d MB", wanted.memory_mb, memory_mb)
    return Resources(
        cores=cores if wanted.cores is None else min(wanted.cores, cores),
        memory_mb=available_memory_mb() if wanted.memory_mb is None else min(wanted.memory_mb, memory_mb),
    )
