"""xTB as a program that optimises conformers."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult
from qmnmr.datatypes.theory import GFN2_XTB
from qmnmr.engines.facts import Allotment, Ended, thread_variables
from qmnmr.engines.plausibility import Doubt
from qmnmr.engines.xtb.facts import FACTS
from qmnmr.engines.xtb.input_file import CONTROL_FILE, STRUCTURE_FILE, control_text, xyz_text
from qmnmr.engines.xtb.output_file import read_output
from qmnmr.engines.xtb.solvents import alpb_solvent
from qmnmr.errors import InputError

PROGRAM = "xtb"
METHOD = GFN2_XTB


def medium_refusal(calculation: Calculation) -> str | None:
    """Return in one sentence why xTB has no such medium, None if it has."""
    if calculation.level.solvent is not None:
        try:
            alpb_solvent(calculation.level.solvent)
        except KeyError:
            return f"ALPB has no solvent for {calculation.level.solvent.name}."
    return None


class XtbMethod:
    """What GFN2-xTB is, as a program or in this process."""

    def settings(self) -> dict[str, str]:
        """Return nothing: no factors are tied to xTB."""
        return {}

    def doubt(self, result: CalculationResult) -> Doubt | None:
        """Return None: xTB's energies are of valence electrons alone, and have a scale of their own."""
        return None


class XtbProgram(XtbMethod, ABC):
    """What xTB's tasks share: `_command` is what the shell becomes, the rest is told by the task itself."""

    facts = FACTS
    output_file = "output.out"
    heavy_files: tuple[str, ...] = ("charges", "wbo", "xtbopt.log", "xtbrestart", "xtbtopo.mol")
    result_files: tuple[str, ...] = ()
    _command: str

    @abstractmethod
    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why this task of xTB can't do the calculation, None if it can."""

    @abstractmethod
    def _control(self, calculation: Calculation) -> str:
        """Return the text of xTB's control file."""

    def input_files(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        """Return the input as file name -> text. Raises InputError where `refusal` has a reason."""
        reason = self.refusal(calculation)
        if reason:
            raise InputError(f"{calculation.label}: {reason}")
        return {STRUCTURE_FILE: xyz_text(calculation.geometry), CONTROL_FILE: self._control(calculation)}

    def input_digest(self, calculation: Calculation) -> str:
        """Return the SHA-256 (hex) of structure and settings."""
        return hashlib.sha256((xyz_text(calculation.geometry) + self._control(calculation)).encode()).hexdigest()

    def command(self, calculation: Calculation, allotment: Allotment) -> tuple[str, ...]:
        """Return a shell that raises the limit of the stack and runs xTB.

        xTB keeps arrays on the stack: the soft limit is raised as far as it may. The text is fixed, nothing is placed
        into it.
        """
        return ("sh", "-c", f'ulimit -S -s "$(ulimit -H -s)"; exec {self._command}')

    def environment(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        """Return a thread for each core."""
        return thread_variables(allotment.cores)


class XtbEngine(XtbProgram):
    """GFN2-xTB optimisations, with threads of its own.

    `is_lbfgs` takes the optimiser that works where xTB's default one can't print its steps (FORMAT_ERROR). Both end
    in the same minimum: ethanol in chloroform 4e-9 Eh apart.
    """

    _command = f"{PROGRAM} {STRUCTURE_FILE} --input {CONTROL_FILE} --opt"

    def __init__(self, *, is_lbfgs: bool = False) -> None:
        self._is_lbfgs = is_lbfgs

    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why xTB can't do the calculation, None if it can."""
        if calculation.kind is not CalculationKind.OPTIMIZATION or calculation.level.functional != METHOD:
            return "xTB is used for GFN2 optimisations alone."
        return medium_refusal(calculation)

    def _control(self, calculation: Calculation) -> str:
        return control_text(calculation, is_lbfgs=self._is_lbfgs)

    def input_digest(self, calculation: Calculation) -> str:
        """Return the SHA-256 (hex) of structure and settings; the choice of optimiser changes no number."""
        return super().input_digest(calculation) if not self._is_lbfgs else XtbEngine().input_digest(calculation)

    def read_result(self, calculation: Calculation, ended: Ended) -> CalculationResult | CalculationFailure:
        """Return a result that agrees with what was asked, or the named failure. Raises nothing."""
        return read_output(calculation, ended.output, exit_code=ended.exit_code)
