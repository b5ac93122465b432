"""What is asked at each step of a conformer's way."""

from __future__ import annotations

from dataclasses import replace

from qmnmr.conformers.rdkit_search import given_geometry, search
from qmnmr.datatypes.calculation import Calculation, CalculationKind, Matrix
from qmnmr.datatypes.molecule import Conformer, Ensemble, Molecule
from qmnmr.datatypes.theory import LevelOfTheory, Protocol


def search_conformers(molecule: Molecule, protocol: Protocol) -> Ensemble:
    """Return the conformers of RDKit's search, or the one geometry of the input.

    A search that needs programs (CREST) is not done here. Raises InputError for a molecule that can't be embedded or
    that has no geometry to keep.
    """
    return given_geometry(molecule) if protocol.search.method == "none" else search(molecule, protocol.search)


def optimization(
    molecule: Molecule, conformer: Conformer, protocol: Protocol, *, start_hessian: Matrix | None = None
) -> Calculation:
    """Return the geometry optimisation of a conformer."""
    label = f"{conformer.label}-optimization"
    asked = _calculation(molecule, conformer, label, CalculationKind.OPTIMIZATION, protocol.optimization)
    return replace(asked, start_hessian=start_hessian)


def screening_energy(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> Calculation:
    """Return the energy of a conformer at the optimisation's level, at the geometry that it has before."""
    return _calculation(
        molecule, conformer, f"{conformer.label}-screening", CalculationKind.ENERGY, protocol.optimization
    )


def weight_energy(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> Calculation | None:
    """Return the calculation of a conformer's energy for its weight; None if the optimisation's own energy serves."""
    level = protocol.energy
    if level is None or level == protocol.optimization:
        return None
    return _calculation(molecule, conformer, f"{conformer.label}-energy", CalculationKind.ENERGY, level)


def shieldings(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> tuple[Calculation, ...]:
    """Return the shielding calculations of a conformer: one for each level that one of its elements needs."""
    calculations = {}
    for element in dict.fromkeys(molecule.symbols):
        label = shielding_label(conformer.label, protocol=protocol, element=element)
        level = protocol.shielding_level(element)
        calculations[label] = _calculation(
            molecule, conformer, label, CalculationKind.SHIELDING, level, is_tuned=protocol.is_tuned
        )
    return tuple(calculations.values())


def conformer_calculations(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> tuple[Calculation, ...]:
    """Return all calculations of a conformer, in the order in which they run."""
    energy = weight_energy(molecule, conformer, protocol)
    return (
        optimization(molecule, conformer, protocol),
        *(() if energy is None else (energy,)),
        *shieldings(molecule, conformer, protocol),
    )


def shielding_label(conformer: str, *, protocol: Protocol, element: str) -> str:
    """Return the label of the calculation that shields this element in this conformer."""
    levels = list(dict.fromkeys(level for _, level in protocol.shieldings))
    if len(levels) == 1:
        return f"{conformer}-shielding"
    return f"{conformer}-shielding{levels.index(protocol.shielding_level(element)) + 1}"


def _calculation(
    molecule: Molecule,
    conformer: Conformer,
    label: str,
    kind: CalculationKind,
    level: LevelOfTheory,
    *,
    is_tuned: bool = False,
) -> Calculation:
    return Calculation(
        label=label,
        kind=kind,
        geometry=conformer.geometry,
        charge=molecule.charge,
        multiplicity=molecule.multiplicity,
        level=level,
        is_tuned=is_tuned,
    )
