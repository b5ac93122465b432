"""One calculation: in scratch, by one program, with what a person needs for debugging brought home."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationResult
from qmnmr.datatypes.molecule import Ensemble
from qmnmr.engines.engine import Engine
from qmnmr.execution.command_line import program_argv, program_environment
from qmnmr.execution.processes import Programs
from qmnmr.execution.scratch import ScratchFolder

Outcome = CalculationResult | CalculationFailure


class MoleculeStore(Protocol):
    """Where a molecule's conformers and outcomes last. The workflow decides which files these are."""

    def load_ensemble(self) -> Ensemble | None:
        """Return the conformers that the search gave, if it was done."""

    def save_ensemble(self, ensemble: Ensemble) -> None:
        """Keep the conformers that the search gave."""

    def load_result(self, label: str, *, digest: str) -> CalculationResult | None:
        """Return the result of this calculation if it was finished for the same input."""

    def save_outcome(self, outcome: Outcome, *, digest: str, files: Mapping[str, Path]) -> None:
        """Keep an outcome and the text files that led to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where calculations run: engine, scratch and the programs under way."""

    engine: Engine
    scratch: ScratchFolder
    programs: Programs


def run_calculation(
    calculation: Calculation, *, workplace: Workplace, store: MoleculeStore, cores: int, memory_mb: int
) -> Outcome:
    """Return the outcome of a calculation; a finished one is read, not repeated.

    The cores are MPI ranks of a parallel program and threads of another; `memory_mb` is for all of them together.
    Raises MissingProgramError or InterruptedRunError.
    """
    engine = workplace.engine
    ranks, threads = (cores, 1) if engine.is_parallel else (1, cores)
    digest = engine.input_digest(calculation)
    finished = store.load_result(calculation.label, digest=digest)
    if finished is not None:
        return finished
    folder = workplace.scratch.subfolder(calculation.label)
    try:
        files = {}
        for name, text in engine.input_files(calculation, memory_mb_per_rank=memory_mb // ranks).items():
            files[name] = folder / name
            files[name].write_text(text, encoding="utf-8")
        output, errors = folder / engine.output_file, folder / "stderr.txt"
        exit_code = workplace.programs.run(
            program_argv(engine.arguments(), ranks=ranks, is_parallel=engine.is_parallel),
            folder=folder,
            environment=program_environment(os.environ, scratch=str(folder), threads=threads),
            stdout=output,
            stderr=errors,
        )
        outcome = engine.read_result(calculation, output.read_bytes() + errors.read_bytes(), exit_code=exit_code)
        store.save_outcome(outcome, digest=digest, files={**files, output.name: output, errors.name: errors})
        return outcome
    finally:
        shutil.rmtree(folder, ignore_errors=True)
