"""What every engine offers: from a calculation to the text of its input, and from output bytes to a result.

An engine starts no process and opens no file; `programs` does both. Seconds of GFN2-xTB are computed in this process
instead, by what has `compute`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol, runtime_checkable

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.remedy import Remedy
from qmnmr.engines.facts import Allotment, Ended, EngineFacts
from qmnmr.engines.plausibility import Doubt


class Calculator(Protocol):
    """What yields energies, geometries or shieldings, however it does it."""

    @property
    def facts(self) -> EngineFacts:
        """What is to be known of it beside its calculations."""

    def settings(self) -> dict[str, str]:
        """Return every setting beside the level that decides numbers; factors are tied to them."""

    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why this engine can't do the calculation, None if it can."""

    def input_digest(self, calculation: Calculation) -> str:
        """Return the SHA-256 (hex) of input and settings without what changes no number, such as memory."""

    def doubt(self, result: CalculationResult) -> Doubt | None:
        """Return why a result of this engine that was kept can't be a molecule's, None if it can.

        `read_result` refuses such a result too; results of earlier versions were not asked.
        """


@runtime_checkable
class InProcessCalculator(Calculator, Protocol):
    """One that computes in this process, on one thread."""

    def compute(self, calculation: Calculation, *, check: Callable[[], None]) -> CalculationResult | CalculationFailure:
        """Return the result or the named failure; `check` is called often, and may raise to end it."""


class Engine(Calculator, Protocol):
    """One program that yields energies, geometries and shieldings."""

    @property
    def output_file(self) -> str:
        """Name of the file that receives the program's standard output."""

    @property
    def heavy_files(self) -> tuple[str, ...]:
        """Glob patterns of files that stay in scratch: large, and of no use once the output is read."""

    @property
    def result_files(self) -> tuple[str, ...]:
        """Names of files that hold a part of the result; `read_result` gets those that are there."""

    def input_files(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        """Return the input as file name -> text. Raises InputError where `refusal` has a reason."""

    def command(self, calculation: Calculation, allotment: Allotment) -> tuple[str, ...]:
        """Return the whole argument list, to be run in the folder of the input files."""

    def environment(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        """Return the variables that the program wants, its number of threads among them."""

    def read_result(self, calculation: Calculation, ended: Ended) -> CalculationResult | CalculationFailure:
        """Return what the output proves: a result that agrees with what was asked, or the named failure.

        Raises nothing, whatever the bytes are.
        """


@runtime_checkable
class BranchingEngine(Engine, Protocol):
    """An engine whose program can stay, loaded, and branch into one calculation after the other."""

    def stem_command(self, allotment: Allotment) -> tuple[str, ...] | None:
        """Return the argument list that starts what `programs.stems` talks to, None where each starts alone."""


@runtime_checkable
class RestartableEngine(Engine, Protocol):
    """An engine whose optimisations can go on from where they were stopped, along the very same path."""

    @property
    def restart_files(self) -> tuple[str, ...]:
        """Names of the files that, with the last complete step's geometry, are enough to go on."""

    @property
    def is_kept_while_running(self) -> bool:
        """Whether these files are small and whole at any moment, so that they may be kept while the program runs."""

    def last_step_geometry(self, output: bytes) -> Geometry | None:
        """Return the geometry of the last complete step in the output of a stopped optimisation, None before step 1."""

    def restart_input_files(
        self, calculation: Calculation, allotment: Allotment, *, geometry: Geometry
    ) -> dict[str, str]:
        """Return the input that goes on from this geometry, with the restart files in the same folder."""


@runtime_checkable
class RemediableEngine(Engine, Protocol):
    """An engine that knows what to change after a failure."""

    def ladder(self, failure: FailureKind) -> tuple[Remedy, ...]:
        """Return what may help, gentlest first; nothing where no other input helps."""

    def remedied_input_files(
        self,
        calculation: Calculation,
        allotment: Allotment,
        *,
        remedies: Collection[Remedy],
        geometry: Geometry | None,
    ) -> dict[str, str]:
        """Return the input with these changes; it begins at `geometry` where an optimisation had come that far."""
