"""London dispersion, which density functionals lack: a term of the geometry alone, added to any engine's energy.

D4: Caldeweyher et al., J. Chem. Phys. 150, 154122 (2019); two-body terms and the three-body term of Axilrod, Teller and
Muto, with charges by electronegativity equilibration. The package pyscf-dispersion has its authors' library and the
parameters of the functionals.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.digest import input_digest
from qmnmr.errors import MissingProgramError

D4 = "d4"
PACKAGE = "pyscf-dispersion"
_FUNCTIONALS = frozenset({"hf", "blyp", "bp86", "pbe", "b3lyp", "pbe0", "cam-b3lyp"})
"""Those whose parameters the library has under the same name."""

_KINDS = frozenset({CalculationKind.ENERGY, CalculationKind.GRADIENT})
_library = threading.Lock()


def is_installed() -> bool:
    """Return whether the library is in this Python."""
    return find_spec("pyscf") is not None and find_spec("pyscf.dispersion") is not None


def require_dispersion(levels: Iterable[LevelOfTheory]) -> None:
    """Raise MissingProgramError if a level has a dispersion term and the library is missing."""
    asked = next((level for level in levels if level.dispersion), None)
    if asked is not None and not is_installed():
        raise MissingProgramError(
            f"the Python package {PACKAGE} is not installed, and {asked} needs it",
            hint=f"install it: pip install {PACKAGE}",
        )


def refuse_dispersion(calculation: Calculation) -> str | None:
    """Return in one sentence why a calculation can't have the dispersion term of its level, None if it can."""
    level = calculation.level
    if not level.dispersion:
        return None
    if level.dispersion != D4:
        return f"There is no dispersion {level.dispersion!r} here; there is {D4!r}."
    if level.functional not in _FUNCTIONALS:
        return f"There is no D4 of {level.functional!r} here; there is one of {', '.join(sorted(_FUNCTIONALS))}."
    if calculation.kind not in _KINDS:
        return f"Dispersion is added to energies and gradients, not to the {calculation.kind.value} of {level}."
    return None


def without_dispersion(calculation: Calculation) -> Calculation:
    """Return the part of a calculation that is an engine's."""
    if not calculation.level.dispersion:
        return calculation
    return replace(calculation, level=replace(calculation.level, dispersion=""))


def digest_with_dispersion(digest: str, level: LevelOfTheory) -> str:
    """Return the digest of the whole for that of the engine's part: the same where there is no dispersion."""
    return input_digest(digest, {"dispersion": level.dispersion}) if level.dispersion else digest


def with_dispersion(result: CalculationResult, level: LevelOfTheory, *, charge: int) -> CalculationResult:
    """Return an engine's result with the dispersion term of a level in its energy, and in its gradient if it has one.

    Raises MissingProgramError without the library.
    """
    if not level.dispersion:
        return result
    require_dispersion([level])
    term, slope = _d4(result, level.functional, charge=charge)
    gradient = result.gradient
    if gradient is not None:
        gradient = tuple((x + dx, y + dy, z + dz) for (x, y, z), (dx, dy, dz) in zip(gradient, slope, strict=True))
    return replace(
        result,
        level=level,
        energy_hartree=result.energy_hartree + term,
        dispersion_hartree=term,
        gradient=gradient,
    )


def library_version() -> str:
    """Return the package's version. Raises PackageNotFoundError."""
    return metadata.version(PACKAGE)


def _d4(result: CalculationResult, functional: str, *, charge: int) -> tuple[float, list[list[float]]]:
    """Return D4's energy in hartree and its gradient in hartree/bohr, (n_atoms, 3)."""
    from pyscf import gto
    from pyscf.dispersion.dftd4 import DFTD4Dispersion

    geometry = result.geometry
    atoms = list(zip(geometry.symbols, geometry.coordinates_angstrom, strict=True))
    with _library:
        mol = gto.M(atom=atoms, basis="sto-3g", charge=charge, spin=None, unit="Angstrom", verbose=0)
        found = DFTD4Dispersion(mol, functional).get_dispersion(grad=True)
    return float(found["energy"]), found["gradient"].tolist()
