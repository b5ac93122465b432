"""The couplings of a molecule from those of its conformers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from qmnmr.conformers.equivalence import equivalent_pairs
from qmnmr.couplings.averaging import average_couplings, coupling_table
from qmnmr.couplings.factors import shipped_factors
from qmnmr.couplings.pairs import coupled_pairs
from qmnmr.couplings.rules import rule_couplings
from qmnmr.datatypes.calculation import CalculationKind, CalculationResult
from qmnmr.datatypes.coupling import ConformerCouplings, Coupling, CouplingFactors, CouplingSource
from qmnmr.datatypes.molecule import Ensemble
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.shift import NUCLEI, WeightedConformer
from qmnmr.shifts.completeness import incompleteness_sensitivities
from qmnmr.shifts.uncertainty import weight_moves
from qmnmr.shifts.weight_errors import energy_error_kcal_per_mol

_OTHER_SPINS = ("F", "P")
"""Elements all of whose nuclei split the lines of hydrogens, beside hydrogen itself."""


def missing_couplings(symbols: Sequence[str]) -> str:
    """Return in words which couplings of a molecule's hydrogens are not computed, "" if none is missing."""
    others = [NUCLEI[element] for element in _OTHER_SPINS if element in symbols]
    if not others or "H" not in symbols:
        return ""
    return (
        f"couplings of 1H with {' and '.join(others)} are left out: they need orbital and dipolar terms beside the "
        "contact term, which are not computed"
    )


def couplings_by_contact(
    ensemble: Ensemble,
    weighted: Sequence[WeightedConformer],
    results: Mapping[str, Mapping[str, CalculationResult]],
    protocol: Protocol,
    *,
    missed_population: float | None,
) -> tuple[Coupling, ...]:
    """Return the couplings of a molecule from the contact terms of its conformers (`results` by conformer and step).

    Conformers whose calculation failed are left out of this average, as they are in the run's messages; none at all
    gives no couplings.
    """
    found = {
        label: ConformerCouplings(conformer=label, couplings=result.couplings)
        for label, of_one in results.items()
        for result in of_one.values()
        if result.kind is CalculationKind.COUPLINGS
    }
    kept = [number for number, conformer in enumerate(ensemble.conformers) if conformer.label in found]
    share = sum(weighted[number].population for number in kept)
    if not share:
        return ()
    conformers = tuple(ensemble.conformers[number] for number in kept)
    return molecule_couplings(
        replace(ensemble, conformers=conformers),
        [replace(weighted[number], population=weighted[number].population / share) for number in kept],
        [found[conformer.label] for conformer in conformers],
        protocol,
        missed_population=missed_population,
        factors=shipped_factors(CouplingSource.FC),
    )


def couplings_by_rules(
    ensemble: Ensemble,
    weighted: Sequence[WeightedConformer],
    protocol: Protocol,
    *,
    missed_population: float | None,
) -> tuple[Coupling, ...]:
    """Return the couplings of a molecule by rules from its conformers' geometries."""
    return molecule_couplings(
        ensemble,
        weighted,
        [rule_couplings(ensemble.molecule, conformer) for conformer in ensemble.conformers],
        protocol,
        missed_population=missed_population,
        factors=shipped_factors(CouplingSource.KARPLUS),
    )


def molecule_couplings(
    ensemble: Ensemble,
    weighted: Sequence[WeightedConformer],
    found: Sequence[ConformerCouplings],
    protocol: Protocol,
    *,
    missed_population: float | None,
    factors: CouplingFactors,
) -> tuple[Coupling, ...]:
    """Return one coupling for each set of pairs of hydrogens that the molecule exchanges, ascending by first pair.

    `weighted` and `found` are the weights and the couplings of the ensemble's conformers, in its order. The error bar
    has the factors' residual and what the conformers' weights and missing conformers add, as that of a shift has.
    """
    pairs = coupled_pairs(ensemble.molecule)
    if not pairs:
        return ()
    place = {pair.atom_indices: number for number, pair in enumerate(pairs)}
    sets = equivalent_pairs(ensemble.molecule, ensemble, place)
    columns = [[place[pair] for pair in members] for members in sets]
    table = coupling_table(found, pairs)
    moves = weight_moves(
        table.tolist(),
        energies_hartree=[c.energy_hartree + (c.free_energy_correction_hartree or 0.0) for c in weighted],
        degeneracies=[c.degeneracy / c.inclusion for c in weighted],
        temperature_kelvin=protocol.temperature_kelvin,
        energy_error_kcal_per_mol=energy_error_kcal_per_mol(
            protocol.weighing_level,
            ensemble.molecule,
            has_free_energies=any(c.free_energy_correction_hartree is not None for c in weighted),
        ),
        sets=columns,
        tautomers=[c.tautomer for c in weighted],
    )
    by_missing = incompleteness_sensitivities(
        table.tolist(),
        populations=[c.population for c in weighted],
        inclusions=[c.inclusion for c in weighted],
        missed_population=missed_population or 0.0,
        sets=columns,
    )
    return average_couplings(
        table,
        populations=[c.population for c in weighted],
        pairs=pairs,
        sets=sets,
        sensitivities_hz=tuple(math.hypot(*own, missing) for own, missing in zip(moves, by_missing, strict=True)),
        factors=factors,
    )
