"""The embedded engine: PySCF in a Python process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from dataclasses import asdict
from importlib.util import find_spec

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.remedy import Remedy
from qmnmr.engines.digest import input_digest
from qmnmr.engines.facts import Allotment, Ended, thread_variables
from qmnmr.engines.plausibility import Doubt, doubt_result
from qmnmr.engines.pyscf.calculation_file import (
    HESSIAN_FILE,
    INPUT_FILE,
    STEM_ARGUMENT,
    STEP_FILE,
    write_input,
)
from qmnmr.engines.pyscf.facts import FACTS
from qmnmr.engines.pyscf.output_file import last_step_geometry, read_output
from qmnmr.errors import InputError

_WORKER = (sys.executable, "-m", "qmnmr.engines.pyscf")


class PyscfEngine:
    """PySCF: DFT with a COSMO-like continuum and GIAO shieldings, contact couplings of closed shells, H to Kr."""

    facts = FACTS
    output_file = "output.out"
    heavy_files = (HESSIAN_FILE, "core", "core.*")
    result_files = ()
    restart_files = (STEP_FILE,)
    is_kept_while_running = True

    def settings(self) -> dict[str, str]:
        """Return every setting beside the level that decides numbers."""
        from qmnmr.engines.pyscf.field.scf import Accuracy

        return {name: str(value) for name, value in asdict(Accuracy()).items()}

    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why this engine can't do the calculation, None if it can."""
        from qmnmr.engines.pyscf.molecule import find_refusal

        if calculation.kind in {CalculationKind.FREE_ENERGY, CalculationKind.HESSIAN}:
            return "PySCF is not used for Hessians and free energies here."
        missing = [package for package in FACTS.packages if find_spec(package) is None]
        if missing:
            return f"The Python package {missing[0]} is not installed."
        return find_refusal(calculation)

    def input_files(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        """Return the input as file name -> text. Raises InputError where `refusal` has a reason."""
        return self._input_files(calculation, memory_mb=allotment.memory_mb)

    def _input_files(self, calculation: Calculation, *, memory_mb: int, is_fitted: bool = True) -> dict[str, str]:
        reason = self.refusal(calculation)
        if reason:
            raise InputError(f"{calculation.label}: {reason}")
        if memory_mb < 1:
            raise InputError(f"{calculation.label}: {memory_mb} MB of memory is nothing.")
        files = {INPUT_FILE: write_input(calculation, memory_mb=memory_mb, is_fitted=is_fitted)}
        if calculation.start_hessian is not None:
            files[HESSIAN_FILE] = json.dumps(calculation.start_hessian)
        return files

    def input_digest(self, calculation: Calculation) -> str:
        """Return the SHA-256 (hex) of settings and input at a fixed memory, since memory changes no number."""
        settings = self.settings()
        if calculation.kind is CalculationKind.COUPLINGS:
            from qmnmr.engines.pyscf.contact.coupling_task import CouplingAccuracy

            settings |= {name: str(value) for name, value in asdict(CouplingAccuracy()).items()}
        if calculation.kind is CalculationKind.OPTIMIZATION:
            from qmnmr.engines.pyscf.optimization import CRITERIA, LAST_STEP_ANGSTROM, LAST_STEP_HARTREE

            last = {"last_step_hartree": LAST_STEP_HARTREE, "last_step_angstrom": LAST_STEP_ANGSTROM}
            settings |= {name: str(value) for name, value in (CRITERIA | last).items()}
        return input_digest(write_input(calculation, memory_mb=1), settings)

    def last_step_geometry(self, output: bytes) -> Geometry | None:
        """Return the geometry of the last complete step in the output of a stopped optimisation, None before step 1."""
        return last_step_geometry(output)

    def restart_input_files(
        self, calculation: Calculation, allotment: Allotment, *, geometry: Geometry
    ) -> dict[str, str]:
        """Return the input of the first start: with the steps beside it, it comes to `geometry` again."""
        return self.input_files(calculation, allotment)

    def ladder(self, failure: FailureKind) -> tuple[Remedy, ...]:
        """Return what may help: a ground state that is none is looked for without density fitting."""
        return (Remedy.EXACT_INTEGRALS,) if failure is FailureKind.UNPHYSICAL else ()

    def remedied_input_files(
        self,
        calculation: Calculation,
        allotment: Allotment,
        *,
        remedies: Collection[Remedy],
        geometry: Geometry | None,
    ) -> dict[str, str]:
        """Return the input with these changes; an optimisation begins anew, since its steps went wrong too."""
        is_fitted = Remedy.EXACT_INTEGRALS not in remedies
        return self._input_files(calculation, memory_mb=allotment.memory_mb, is_fitted=is_fitted)

    def doubt(self, result: CalculationResult) -> Doubt | None:
        """Return why a kept result can't be a molecule's, None if it can."""
        return doubt_result(result)

    def command(self, calculation: Calculation, allotment: Allotment) -> tuple[str, ...]:
        """Return this Python with the worker."""
        return (*_WORKER, INPUT_FILE)

    def stem_command(self, allotment: Allotment) -> tuple[str, ...] | None:
        """Return what branches into calculations on one thread; threads are not there after a fork."""
        return (*_WORKER, STEM_ARGUMENT) if allotment.cores == 1 else None

    def environment(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        """Return a thread for each core; threads that have nothing to do sleep, where they would take others' time."""
        return thread_variables(allotment.cores) | {"OMP_WAIT_POLICY": "passive", "OPENBLAS_THREAD_TIMEOUT": "4"}

    def read_result(self, calculation: Calculation, ended: Ended) -> CalculationResult | CalculationFailure:
        """Return a result that agrees with what was asked, or the named failure. Raises nothing."""
        return read_output(calculation, ended.output, exit_code=ended.exit_code)
