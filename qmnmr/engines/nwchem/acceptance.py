"""Whether an output answers the question that was asked; else what differs, by name."""

from __future__ import annotations

from qmnmr.datatypes.calculation import Calculation, CalculationKind, Shielding
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.nwchem.basis_sets import BASIS_SETS
from qmnmr.engines.nwchem.functionals import FUNCTIONALS
from qmnmr.engines.nwchem.output_file import NwchemOutput
from qmnmr.engines.nwchem.reading.xc_information import describe_xc
from qmnmr.engines.nwchem.solvents import cavity_radii

_COORDINATE_TOLERANCE_ANGSTROM = 1e-6  # 8 decimals are written and printed
_DIELECTRIC_TOLERANCE = 1e-4  # printed with 4 decimals
_RADIUS_TOLERANCE_ANGSTROM = 6e-4  # printed with 3 decimals
_ENERGY_TOLERANCE_HARTREE = 1e-6  # the optimiser prints 8 decimals
# Rounding four numbers to 4 decimals moves trace/3 against the isotropic value by 1e-4 at most.
_ISOTROPIC_TOLERANCE_PPM = 1.1e-4


def find_mismatch(calculation: Calculation, output: NwchemOutput) -> tuple[str, str] | None:
    """Return in which point an output differs from what was asked, and what was found; None if it agrees."""
    differences = (
        _compare_state(calculation, output),
        _compare_level(calculation, output),
        _compare_geometry(calculation, output.geometry),
        _compare_task(calculation, output),
    )
    return next((difference for difference in differences if difference), None)


def _compare_state(calculation: Calculation, output: NwchemOutput) -> tuple[str, str] | None:
    if output.jobs != 1:
        return _difference("number of jobs in the output", 1, output.jobs)
    if output.hamiltonian is not None:
        return _difference("Hamiltonian", "nonrelativistic", output.hamiltonian)
    if output.atom_count != len(calculation.geometry.symbols):
        return _difference("number of atoms", len(calculation.geometry.symbols), output.atom_count)
    if output.charge != calculation.charge:
        return _difference("charge", calculation.charge, output.charge)
    if output.multiplicity != calculation.multiplicity:
        return _difference("multiplicity", calculation.multiplicity, output.multiplicity)
    return None


def _compare_level(calculation: Calculation, output: NwchemOutput) -> tuple[str, str] | None:
    level = calculation.level
    if output.functional != level.functional:
        found = output.xc.terms if output.xc else None
        return _difference("functional", f"{level.functional}: {describe_xc(FUNCTIONALS[level.functional])}", found)
    basis = BASIS_SETS[level.basis]
    expected = {symbol: basis.description(symbol) for symbol in calculation.geometry.symbols}
    if output.basis_by_tag != expected:
        return _difference("basis set", expected, output.basis_by_tag)
    if output.is_spherical != level.spherical:
        return _difference("spherical basis functions", level.spherical, output.is_spherical)
    asked = level.solvent.dielectric_constant if level.solvent else None
    found_dielectric = output.dielectric_constant
    if (asked is None) != (found_dielectric is None) or (
        asked is not None and found_dielectric is not None and abs(asked - found_dielectric) > _DIELECTRIC_TOLERANCE
    ):
        return _difference("dielectric constant", asked, found_dielectric)
    radii = cavity_radii(calculation)
    if len(radii) != len(output.cavity_radii_angstrom) or any(
        abs(a - b) > _RADIUS_TOLERANCE_ANGSTROM for a, b in zip(radii, output.cavity_radii_angstrom, strict=True)
    ):
        return _difference("radii of the cavity", radii, output.cavity_radii_angstrom)
    return None


def _compare_geometry(calculation: Calculation, found: Geometry | None) -> tuple[str, str] | None:
    asked = calculation.geometry
    if found is None or found.symbols != asked.symbols:
        return _difference("order of elements", asked.symbols, found.symbols if found else None)
    if calculation.kind is CalculationKind.OPTIMIZATION:
        return None
    for index, (expected, actual) in enumerate(
        zip(asked.coordinates_angstrom, found.coordinates_angstrom, strict=True)
    ):
        if any(abs(a - b) > _COORDINATE_TOLERANCE_ANGSTROM for a, b in zip(expected, actual, strict=True)):
            return _difference(f"position of atom {index + 1}", expected, actual)
    return None


def _compare_task(calculation: Calculation, output: NwchemOutput) -> tuple[str, str] | None:
    if calculation.kind is CalculationKind.SHIELDING:
        return _compare_shieldings(calculation.geometry, output.shieldings)
    if calculation.kind is CalculationKind.GRADIENT and len(output.gradient) != len(calculation.geometry.symbols):
        return _difference("atoms with a gradient", len(calculation.geometry.symbols), len(output.gradient))
    if calculation.kind is CalculationKind.OPTIMIZATION:
        if output.convergence_phrase != "Optimization converged":
            return _difference("end of the optimisation", "Optimization converged", output.convergence_phrase)
        energy, stated = output.energy_hartree, output.optimizer_energy_hartree
        if energy is None or stated is None or abs(energy - stated) > _ENERGY_TOLERANCE_HARTREE:
            return _difference("energy of the last step", stated, energy)
    return None


def _compare_shieldings(asked: Geometry, found: tuple[Shielding, ...]) -> tuple[str, str] | None:
    expected = [(index, symbol) for index, symbol in enumerate(asked.symbols)]
    if [(shielding.atom_index, shielding.symbol) for shielding in found] != expected:
        return _difference("atoms with a shielding", len(expected), len(found))
    for shielding in found:
        trace = sum(shielding.tensor_ppm[axis][axis] for axis in range(3))
        if not abs(trace / 3 - shielding.isotropic_ppm) <= _ISOTROPIC_TOLERANCE_PPM:
            return _difference(f"isotropic shielding of atom {shielding.atom_index + 1}", trace / 3, shielding)
    return None


def _difference(what: str, asked: object, found: object) -> tuple[str, str]:
    return f"The output is not of this calculation: {what} differs.", f"{what}: asked {asked}, found {found}"
