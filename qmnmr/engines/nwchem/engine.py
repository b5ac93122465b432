"""The NWChem engine."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.remedy import Remedy
from qmnmr.engines.digest import input_digest
from qmnmr.engines.effective_cores import electrons_of
from qmnmr.engines.facts import Allotment, Ended, mpirun, thread_variables
from qmnmr.engines.nwchem.acceptance import find_mismatch
from qmnmr.engines.nwchem.facts import FACTS
from qmnmr.engines.nwchem.input_file import render_input
from qmnmr.engines.nwchem.known_failures import Classification, classify
from qmnmr.engines.nwchem.output_file import NwchemOutput, find_end_marker, parse_output
from qmnmr.engines.nwchem.reading.blocks import read_geometry
from qmnmr.engines.nwchem.reading.jobs import tidy
from qmnmr.engines.nwchem.refusals import refusal
from qmnmr.engines.nwchem.remedies import LADDERS
from qmnmr.engines.plausibility import Doubt, doubt_integrated_electrons, doubt_parts, doubt_result
from qmnmr.errors import OutputFormatError

_INPUT_FILE = "input.nw"
_HESSIAN_FILE = "calc.hess"  # the lower triangle, one number a line
_COMPLETE_STEP = re.compile(rb"\n@ +[1-9]\d* +-?\d+\.\d+ .*\n")


class NwchemEngine:
    """NWChem: DFT with COSMO and GIAO shieldings of closed shells, H to Kr."""

    facts = FACTS
    output_file = "output.out"
    heavy_files = ("calc.*", "cosmo.xyz", "core", "core.*")
    result_files = ()
    restart_files = ("calc.movecs", "calc.drv.hess")
    is_kept_while_running = False  # the program may be writing them

    def settings(self) -> dict[str, str]:
        """Return every setting beside the level that decides numbers: lines of the templates, in short."""
        return {
            "grid of energies and shieldings": "grid fine",
            "convergence of energies and shieldings": "convergence energy 1e-8 density 1e-6 gradient 1e-5",
            "convergence of optimisations": "convergence energy 1e-7",
            "surface of the continuum": "ificos 1",
        }

    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why NWChem can't do the calculation, None if it can."""
        return refusal(calculation)

    def input_files(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        """Return the input as file name -> text. Raises InputError where `refusal` has a reason."""
        files = {_INPUT_FILE: render_input(calculation, memory_mb=_per_rank(allotment))}
        if calculation.start_hessian is not None:
            rows = enumerate(calculation.start_hessian)
            lower = [f"{value:.10e}".replace("e", "D") for number, row in rows for value in row[: number + 1]]
            files[_HESSIAN_FILE] = "\n".join(lower) + "\n"
        return files

    def input_digest(self, calculation: Calculation) -> str:
        """Return the SHA-256 (hex) of settings and input at a fixed memory, since memory changes no number."""
        asked = replace(calculation, start_hessian=None)
        return input_digest(render_input(asked, memory_mb=1), self.settings())

    def last_step_geometry(self, output: bytes) -> Geometry | None:
        """Return the geometry of the last complete step in the output of a stopped optimisation, None before step 1."""
        output = tidy(output)
        steps = list(_COMPLETE_STEP.finditer(output))
        if not steps:
            return None
        try:
            return read_geometry(output[: steps[-1].start()], source=self.output_file)
        except OutputFormatError:
            return None

    def restart_input_files(
        self, calculation: Calculation, allotment: Allotment, *, geometry: Geometry
    ) -> dict[str, str]:
        """Return the input that goes on from this geometry, with the restart files in the same folder.

        From a complete step's geometry with its orbitals and Hessian, NWChem takes the steps that it would have taken;
        its own `restart` goes on from within a line search, and ends elsewhere.
        """
        further = replace(calculation, geometry=geometry)
        return {_INPUT_FILE: render_input(further, memory_mb=_per_rank(allotment), is_restart=True)}

    def ladder(self, failure: FailureKind) -> tuple[Remedy, ...]:
        """Return what may help, gentlest first; nothing where no other input helps."""
        return LADDERS.get(failure, ())

    def remedied_input_files(
        self,
        calculation: Calculation,
        allotment: Allotment,
        *,
        remedies: Collection[Remedy],
        geometry: Geometry | None,
    ) -> dict[str, str]:
        """Return the input with these changes; it begins at `geometry` where an optimisation had come that far."""
        begun = calculation if geometry is None else replace(calculation, geometry=geometry)
        return {_INPUT_FILE: render_input(begun, memory_mb=_per_rank(allotment), remedies=remedies)}

    def doubt(self, result: CalculationResult) -> Doubt | None:
        """Return why a kept result can't be a molecule's, None if it can."""
        return doubt_result(result)

    def command(self, calculation: Calculation, allotment: Allotment) -> tuple[str, ...]:
        """Return mpirun, one rank for each core."""
        return mpirun("nwchem", _INPUT_FILE, ranks=allotment.cores)

    def environment(self, calculation: Calculation, allotment: Allotment) -> dict[str, str]:
        """Return one thread for each rank."""
        return thread_variables(1)

    def read_result(self, calculation: Calculation, ended: Ended) -> CalculationResult | CalculationFailure:
        """Return a result that agrees with what was asked, or the named failure. Raises nothing."""
        output, exit_code = tidy(ended.output), ended.exit_code
        if find_end_marker(output) is None:
            failure = _failure(calculation, classify(output, exit_code=exit_code))
            if failure.failure is FailureKind.GEOMETRY_NOT_CONVERGED:
                failure = replace(failure, geometry=self.last_step_geometry(output))
            return failure
        # The exit code alone refuses nothing: some MPI libraries crash on their way out of a finished calculation.
        try:
            parsed = parse_output(output, source=f"{calculation.label}/{self.output_file}")
            mismatch = find_mismatch(calculation, parsed)
        except OutputFormatError as error:
            mismatch = ("The output can't be read.", str(error))
        if mismatch:
            known = classify(output, exit_code=exit_code)
            is_known = known[0] is not FailureKind.UNKNOWN
            return _failure(calculation, known if is_known else (FailureKind.MISMATCH, *mismatch, ""))
        return _result(calculation, parsed)


def _per_rank(allotment: Allotment) -> int:
    return allotment.memory_mb // allotment.cores


def _failure(calculation: Calculation, classification: Classification) -> CalculationFailure:
    failure, message, evidence, hint = classification
    return CalculationFailure(
        label=calculation.label, kind=calculation.kind, failure=failure, message=message, evidence=evidence, hint=hint
    )


def _result(calculation: Calculation, parsed: NwchemOutput) -> CalculationResult | CalculationFailure:
    energy, geometry, cpu, wall = parsed.energy_hartree, parsed.geometry, parsed.cpu_seconds, parsed.wall_seconds
    if energy is None or geometry is None or cpu is None or wall is None:
        return _failure(calculation, (FailureKind.MISMATCH, "The output holds no energy.", "no 'Total DFT energy'", ""))
    is_optimization = calculation.kind is CalculationKind.OPTIMIZATION
    result = CalculationResult(
        label=calculation.label,
        kind=calculation.kind,
        level=calculation.level,
        energy_hartree=energy - parsed.dispersion_hartree,  # which is no engine's part (qmnmr.engines.dispersion)
        geometry=geometry,
        shieldings=parsed.shieldings if calculation.kind is CalculationKind.SHIELDING else (),
        program="nwchem",
        program_version=parsed.version,
        ranks=parsed.ranks,
        # Every rank works, or waits busily, all the time: the first one's CPU time stands for each.
        cpu_seconds=cpu * parsed.ranks,
        wall_seconds=wall,
        optimization_steps=parsed.optimization_steps if is_optimization else None,
        gradient=parsed.gradient if calculation.kind is CalculationKind.GRADIENT else None,
    )
    doubt = doubt_result(result) or _doubt_density(calculation, parsed)
    if doubt is not None:
        hint = "Look at the SCF in the output."
        return _failure(calculation, (FailureKind.UNPHYSICAL, doubt.message, doubt.evidence, hint))
    return result


def _doubt_density(calculation: Calculation, parsed: NwchemOutput) -> Doubt | None:
    """Return why the density behind a result is not the molecule's; NWChem prints no kinetic energy for a virial."""
    if not parsed.energy_parts_hartree or parsed.energy_hartree is None:
        return None
    neutral = electrons_of(calculation.geometry.symbols, basis=calculation.level.basis)
    doubt = doubt_parts(parsed.energy_parts_hartree, total_hartree=parsed.energy_hartree)
    if doubt is None and parsed.integrated_electrons is not None:
        doubt = doubt_integrated_electrons(parsed.integrated_electrons, expected=neutral - calculation.charge)
    return doubt
