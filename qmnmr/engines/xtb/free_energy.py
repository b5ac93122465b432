"""xTB as a program that tells what vibrations and rotation add to the energy of a conformer.

The Hessian is the biased one of Spicher and Grimme (J. Chem. Theory Comput. 2021, 17, 1701): the structure is one of
DFT, no minimum of GFN2-xTB, and a bias holds xTB near it.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.engines.facts import Ended
from qmnmr.engines.xtb.engine import METHOD, PROGRAM, XtbProgram, medium_refusal
from qmnmr.engines.xtb.input_file import CONTROL_FILE, STRUCTURE_FILE, free_energy_control_text
from qmnmr.engines.xtb.output_file import END_MARKER, find_mismatch, named_cause, named_failure, plain_result, read_run
from qmnmr.units import BOLTZMANN_HARTREE_PER_KELVIN

_SETUP = re.compile(
    rb":  # frequencies +(?P<modes>\d+) +:\s+:  # imaginary freq\. +(?P<imaginary>\d+) +:\n(?:.*\n){1,4}?"
    rb" *:  rotational number +(?P<rotations>\d+) +:"
)
_TEMPERATURE = re.compile(rb"T/K +H\(0\)-H\(T\)\+PV [^\n]*\n[ -]+\n +(?P<kelvin>\d+\.\d+) ")
_TOTAL_ENERGY = re.compile(rb"\n *:: total energy +(?P<hartree>-?\d+\.\d+) Eh +::")
_CONTRIBUTION = re.compile(rb"\n *:: G\(RRHO\) contrib\. +(?P<hartree>-?\d+\.\d+) Eh +::")


class XtbFreeEnergyEngine(XtbProgram):
    """GFN2-xTB's rigid rotor and harmonic oscillator at a geometry of DFT."""

    heavy_files = (*XtbProgram.heavy_files, "hessian", "vibspectrum", "g98.out", "xtbopt.xyz", "xtbhess.xyz")
    _command = f"{PROGRAM} {STRUCTURE_FILE} --input {CONTROL_FILE} --bhess vtight"

    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why xTB can't do the calculation, None if it can."""
        if calculation.kind is not CalculationKind.FREE_ENERGY or calculation.level.functional != METHOD:
            return "This xTB is used for GFN2 free energies alone."
        if calculation.temperature_kelvin is None:
            return "A free energy needs a temperature."
        return medium_refusal(calculation)

    def _control(self, calculation: Calculation) -> str:
        return free_energy_control_text(calculation)

    def read_result(self, calculation: Calculation, ended: Ended) -> CalculationResult | CalculationFailure:
        """Return a result that agrees with what was asked, or the named failure. Raises nothing."""
        output, exit_code = ended.output, ended.exit_code
        setup, energy, added = _SETUP.search(output), _last(_TOTAL_ENERGY, output), _last(_CONTRIBUTION, output)
        run = read_run(output)
        if setup is None or energy is None or added is None or run is None or END_MARKER not in output:
            return named_cause(calculation, output, exit_code=exit_code)
        temperature = calculation.temperature_kelvin
        mismatch = find_mismatch(calculation, output) or _temperature_mismatch(temperature, output)
        if mismatch or temperature is None:
            message = "The output is of another calculation."
            return named_failure(calculation, FailureKind.MISMATCH, message, mismatch or "no temperature was asked for")
        if int(setup["imaginary"]) or int(setup["modes"]) < 3 * len(calculation.geometry.symbols) - 6:
            return named_failure(
                calculation,
                FailureKind.STRUCTURE_CHANGED,
                "The structure is too far from a minimum of GFN2-xTB for its vibrations.",
                f"{int(setup['modes'])} vibrations, {int(setup['imaginary'])} of them imaginary",
            )
        # G holds kT ln(symmetry number); the degeneracy of a conformer has that number already.
        symmetry = BOLTZMANN_HARTREE_PER_KELVIN * temperature * math.log(int(setup["rotations"]))
        return replace(
            plain_result(calculation, run, energy_hartree=energy), free_energy_correction_hartree=added - symmetry
        )


def _temperature_mismatch(asked: float | None, output: bytes) -> str:
    found = _TEMPERATURE.search(output)
    if asked is not None and found is not None and abs(float(found["kelvin"]) - asked) < 0.01:
        return ""
    return f"temperature {found['kelvin'].decode() if found else 'not printed'}, not {asked}"


def _last(pattern: re.Pattern[bytes], output: bytes) -> float | None:
    values = [float(match["hartree"]) for match in pattern.finditer(output)]
    return values[-1] if values else None
