"""An engine whose program is a shell script."""

from __future__ import annotations

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationResult, FailureKind
from qmnmr.engines.facts import Allotment, Ended, EngineFacts


class ShellEngine:
    """Runs a script; "good" in its output is a result, anything else the failure of this kind.

    It knows neither restarts nor remedies: what an engine can do is seen by the methods that it has.
    """

    facts = EngineFacts(name="shell", title="shell", choice="shell", uses_mpi=False)
    result_files = ()
    output_file = "output.out"
    heavy_files: tuple[str, ...] = ()

    def __init__(self, script: str, *, failure: FailureKind) -> None:
        self.script, self.failure = script, failure

    def settings(self) -> dict[str, str]:
        return {}

    def refusal(self, _: Calculation) -> str | None:
        return None

    def input_files(self, _: Calculation, allotment: Allotment) -> dict[str, str]:
        return {"input.sh": self.script}

    def input_digest(self, _: Calculation) -> str:
        return "the same question"

    def command(self, _: Calculation, allotment: Allotment) -> tuple[str, ...]:
        return ("bash", "input.sh")

    def environment(self, _: Calculation, allotment: Allotment) -> dict[str, str]:
        return {}

    def doubt(self, _: CalculationResult) -> None:
        return None

    def read_result(self, calculation: Calculation, ended: Ended) -> CalculationResult | CalculationFailure:
        if b"good" not in ended.output:
            return CalculationFailure(
                label=calculation.label,
                kind=calculation.kind,
                failure=self.failure,
                message="It is bad.",
                evidence=ended.output.decode(),
            )
        return CalculationResult(
            label=calculation.label,
            kind=calculation.kind,
            level=calculation.level,
            energy_hartree=-1.0,
            geometry=calculation.geometry,
            shieldings=(),
            program="shell",
            program_version="1",
            ranks=1,
            cpu_seconds=0.0,
            wall_seconds=0.0,
        )
