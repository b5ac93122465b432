"""The embedded engine: PySCF in a Python process of its own."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import asdict
from importlib.util import find_spec

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult
from qmnmr.engines.pyscf.calculation_file import write_input
from qmnmr.engines.pyscf.output_file import read_output
from qmnmr.errors import InputError

PACKAGES = ("pyscf", "geometric")
_INPUT_FILE = "input.json"


class PyscfEngine:
    """PySCF: DFT with a COSMO-like continuum and GIAO shieldings of closed shells, H to Kr."""

    name = "pyscf"
    is_parallel = False  # threads, as many as OMP_NUM_THREADS says
    output_file = "output.out"
    heavy_files = ("core", "core.*")

    def settings(self) -> dict[str, str]:
        """Return every setting beside the level that decides numbers."""
        from qmnmr.engines.pyscf.scf import Accuracy

        return {name: str(value) for name, value in asdict(Accuracy()).items()}

    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why this engine can't do the calculation, None if it can."""
        from qmnmr.engines.pyscf.molecule import find_refusal

        if calculation.kind is CalculationKind.FREE_ENERGY:
            return "PySCF is not used for free energies here."
        missing = [package for package in PACKAGES if find_spec(package) is None]
        if missing:
            return f"The Python package {missing[0]} is not installed."
        return find_refusal(calculation)

    def input_files(self, calculation: Calculation, *, memory_mb_per_rank: int) -> dict[str, str]:
        """Return the input as file name -> text. Raises InputError where `refusal` has a reason."""
        reason = self.refusal(calculation)
        if reason:
            raise InputError(f"{calculation.label}: {reason}")
        if memory_mb_per_rank < 1:
            raise InputError(f"{calculation.label}: {memory_mb_per_rank} MB of memory is nothing.")
        return {_INPUT_FILE: write_input(calculation, memory_mb=memory_mb_per_rank)}

    def input_digest(self, calculation: Calculation) -> str:
        """Return the SHA-256 (hex) of the input at a fixed memory, since memory changes no number."""
        return hashlib.sha256(write_input(calculation, memory_mb=1).encode()).hexdigest()

    def arguments(self) -> tuple[str, ...]:
        """Return the program and its arguments."""
        return (sys.executable, "-m", "qmnmr.engines.pyscf", _INPUT_FILE)

    def read_result(
        self, calculation: Calculation, output: bytes, *, exit_code: int | None
    ) -> CalculationResult | CalculationFailure:
        """Return a result that agrees with what was asked, or the named failure. Raises nothing."""
        return read_output(calculation, output, exit_code=exit_code)
