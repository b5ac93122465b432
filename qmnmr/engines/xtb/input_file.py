"""The files that xTB reads: a structure, and a control file with everything that decides a number."""

from __future__ import annotations

from qmnmr.datatypes.calculation import Calculation
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.xtb.solvents import alpb_solvent

STRUCTURE_FILE = "input.xyz"
CONTROL_FILE = "xcontrol"


def xyz_text(geometry: Geometry) -> str:
    """Return a geometry as XYZ with an empty comment; nothing that a user wrote is in it."""
    atoms = zip(geometry.symbols, geometry.coordinates_angstrom, strict=True)
    lines = [f"{symbol:<2} {x:15.8f} {y:15.8f} {z:15.8f}" for symbol, (x, y, z) in atoms]
    return "\n".join([str(len(lines)), "", *lines]) + "\n"


def control_text(calculation: Calculation, *, is_lbfgs: bool) -> str:
    """Return the control file of a GFN2 optimisation to `tight` (1e-6 Eh, 8e-4 Eh/bohr).

    The continuum is ALPB. L-BFGS is the other way to a minimum: see `XtbEngine`.
    """
    lines = [*_state(calculation), "$opt", "   optlevel=tight", *(["   engine=lbfgs"] if is_lbfgs else []), "$end"]
    return "\n".join(lines) + "\n"


def free_energy_control_text(calculation: Calculation) -> str:
    """Return the control file of a biased Hessian and its RRHO free energy, all cutoffs written out.

    Imaginary modes above -100 cm-1 count as real ones of the same size: what the bias leaves is noise. Modes below
    50 cm-1 turn into free rotors (Grimme, Chem. Eur. J. 2012, 18, 9955). Raises ValueError without a temperature.
    """
    if calculation.temperature_kelvin is None:
        raise ValueError(f"{calculation.label}: a free energy without a temperature")
    thermo = [f"   temp={calculation.temperature_kelvin:.2f}", "   sthr=50.0", "   imagthr=-100.0"]
    return "\n".join([*_state(calculation), "$thermo", *thermo, "$end"]) + "\n"


def hessian_control_text(calculation: Calculation) -> str:
    """Return the control file of a Hessian at the geometry as it is."""
    return "\n".join([*_state(calculation), "$end"]) + "\n"


def _state(calculation: Calculation) -> list[str]:
    solvent = calculation.level.solvent
    lines = [f"$chrg {calculation.charge}", f"$spin {calculation.multiplicity - 1}", "$gfn", "   method=2"]
    if solvent is not None:
        lines += ["$gbsa", f"   solvent={alpb_solvent(solvent).name}", "   alpb=true"]
    return lines
