"""xTB as a program that tells the second derivatives of the energy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.engines.facts import Ended
from qmnmr.engines.xtb.engine import METHOD, PROGRAM, XtbProgram, medium_refusal
from qmnmr.engines.xtb.input_file import CONTROL_FILE, STRUCTURE_FILE, hessian_control_text
from qmnmr.engines.xtb.output_file import (
    END_MARKER,
    find_mismatch,
    last_energy,
    named_cause,
    named_failure,
    plain_result,
    read_run,
)

_FILE = "hessian"
_TITLE = b"$hessian"


class XtbHessianEngine(XtbProgram):
    """GFN2-xTB's Hessian by differences of gradients."""

    heavy_files = (*XtbProgram.heavy_files, _FILE, "vibspectrum", "g98.out", "xtbhess.xyz")
    result_files = (_FILE,)
    _command = f"{PROGRAM} {STRUCTURE_FILE} --input {CONTROL_FILE} --hess"

    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why xTB can't do the calculation, None if it can."""
        if calculation.kind is not CalculationKind.HESSIAN or calculation.level.functional != METHOD:
            return "This xTB is used for GFN2 Hessians alone."
        return medium_refusal(calculation)

    def _control(self, calculation: Calculation) -> str:
        return hessian_control_text(calculation)

    def read_result(self, calculation: Calculation, ended: Ended) -> CalculationResult | CalculationFailure:
        """Return a result that agrees with what was asked, or the named failure. Raises nothing."""
        output = ended.output
        energy, run = last_energy(output), read_run(output)
        _, title, numbers = ended.files.get(_FILE, b"").rpartition(_TITLE)
        if energy is None or run is None or not title or END_MARKER not in output:
            return named_cause(calculation, output, exit_code=ended.exit_code)
        mismatch = find_mismatch(calculation, output)
        if mismatch:
            return named_failure(calculation, FailureKind.MISMATCH, "The output is of another calculation.", mismatch)
        size = 3 * len(calculation.geometry.symbols)
        try:
            matrix = np.array(numbers.split()[: size**2], dtype=float).reshape(size, size)
        except ValueError as error:
            return named_failure(calculation, FailureKind.CUT_OFF, "The Hessian can't be read.", str(error))
        if not np.isfinite(matrix).all():
            return named_failure(calculation, FailureKind.MISMATCH, "The Hessian is no number.", "NaN or infinite")
        rows = ((matrix + matrix.T) / 2).tolist()
        return replace(plain_result(calculation, run, energy_hartree=energy), hessian=tuple(map(tuple, rows)))
