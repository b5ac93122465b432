"""The text of an NWChem input, rendered from `templates/`."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.remedy import Remedy
from qmnmr.engines.effective_cores import ElementBasis, element_basis
from qmnmr.engines.nwchem.basis_sets import BASIS_SETS
from qmnmr.engines.nwchem.functionals import FUNCTIONALS
from qmnmr.engines.nwchem.internal_coordinates import has_good_internal_coordinates
from qmnmr.engines.nwchem.refusals import refusal
from qmnmr.engines.nwchem.solvents import NWCHEM_CAVITY, NWCHEM_SOLVENTS, cavity_radii
from qmnmr.engines.nwchem.tuning import tuned_grid
from qmnmr.errors import InputError

if TYPE_CHECKING:
    from jinja2 import Environment


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("qmnmr.engines.nwchem", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  (NWChem input, not HTML; only numbers and names of our own tables are placed)
    )


def render_input(
    calculation: Calculation, *, memory_mb: int, is_restart: bool = False, remedies: Collection[Remedy] = ()
) -> str:
    """Return the input of one calculation; `memory_mb` is what each rank may use in total.

    A restart begins with the orbitals that lie in its folder; remedies are changes after a failure. Raises InputError
    with the reason where NWChem can't do the calculation.
    """
    reason = refusal(calculation)
    if reason:
        raise InputError(f"{calculation.label}: {reason}")
    if memory_mb < 1:
        raise InputError(f"{calculation.label}: {memory_mb} MB of memory for each rank is nothing.")
    level, geometry = calculation.level, calculation.geometry
    has_start_hessian = calculation.start_hessian is not None and not is_restart and not remedies
    # Internal coordinates take an ethanol optimisation through 9 steps instead of 16; other tasks have no use for them.
    is_optimization = calculation.kind is CalculationKind.OPTIMIZATION
    return (
        _environment()
        .get_template(f"{calculation.kind.value}.nw.j2")
        .render(
            memory_mb=memory_mb,
            charge=calculation.charge,
            is_internal_coordinates=is_optimization
            and Remedy.CARTESIAN not in remedies
            and has_good_internal_coordinates(geometry),
            atoms=list(zip(geometry.symbols, geometry.coordinates_angstrom, strict=True)),
            spherical=level.spherical,
            elements=sorted(set(geometry.symbols)),
            basis_library=BASIS_SETS[level.basis].library,
            written_basis=_written_basis(calculation),
            functional_lines=FUNCTIONALS[level.functional].input_lines,
            is_restart=is_restart,
            is_damped=Remedy.SCF_DAMPED in remedies,
            is_minimized=Remedy.SCF_MINIMIZED in remedies,
            is_tight=Remedy.SCF_TIGHT in remedies,
            tuned_grid=tuned_grid(calculation, remedies=remedies),
            has_longer_response=Remedy.RESPONSE_LONGER in remedies,
            has_start_hessian=has_start_hessian,
            has_smaller_steps=Remedy.SMALLER_STEPS in remedies,
            solvent=NWCHEM_SOLVENTS[level.solvent.name] if level.solvent else None,
            radii=() if level.cavity == NWCHEM_CAVITY else cavity_radii(calculation),
        )
    )


def _written_basis(calculation: Calculation) -> list[ElementBasis]:
    """Return the shells and potentials that the input holds; none where NWChem's library has the basis set."""
    basis = BASIS_SETS[calculation.level.basis]
    symbols = () if basis.library else sorted(set(calculation.geometry.symbols))
    return [element_basis(basis.name, symbol) for symbol in symbols]
