"""From what the chain gave to a prediction: populations, averages, shifts, provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.datatypes.calculation import CalculationResult
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.shift import (
    NUCLEI,
    ChemicalShift,
    Prediction,
    PredictionStatus,
    ReferenceShielding,
    WeightedConformer,
)
from qmnmr.engines.engine import Engine
from qmnmr.funnel.run_molecule import MoleculeOutcome
from qmnmr.funnel.selection import energy_of, weighing_energy
from qmnmr.report.failure_text import failure_text, remedy_notes
from qmnmr.runs.provenance import build_provenance
from qmnmr.runs.shift_sources import ShiftSources, run_level
from qmnmr.shifts.averaging import average_shieldings
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.shifts.referencing import LevelKey, find_reference, with_reference_shifts
from qmnmr.shifts.scaling import FoundFactors, RunLevel, calibrated_shifts, find_factors, mismatch
from qmnmr.shifts.uncertainty import weight_sensitivities

CALIBRATED_NUCLEI = frozenset({"1H", "13C"})
"""Nuclei that a calibration set has shifts of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explained:
    """The rows of a prediction, and for every nucleus how its shift came about or why there is none."""

    shifts: tuple[ChemicalShift, ...]
    referencing: dict[str, str]
    refusals: tuple[str, ...]


def build_prediction(
    outcome: MoleculeOutcome, protocol: Protocol, *, engine: Engine, sources: ShiftSources, image: str | None = None
) -> Prediction:
    """Return the prediction of one molecule; without any conformer left it is a failed one.

    `image` says which image the programs ran in.
    """
    failures = tuple(failure_text(f) for f in outcome.failures)
    if outcome.ensemble is None:
        return Prediction(
            molecule=outcome.molecule,
            status=PredictionStatus.FAILED,
            messages=("no conformer came through", *failures, *outcome.notes),
            failures=outcome.failures,
            funnel=outcome.funnel,
        )
    conformers = _weighted(outcome.ensemble, protocol)
    explained = _shifts(outcome, outcome.ensemble, conformers, protocol, engine=engine, sources=sources)
    left_out = (
        (f"{len(failures)} calculations failed; populations and shifts leave their conformers out",) if failures else ()
    )
    return Prediction(
        molecule=outcome.molecule,
        status=PredictionStatus.COMPLETED,
        messages=(*left_out, *failures, *explained.refusals, *remedy_notes(outcome.all_results), *outcome.notes),
        shifts=explained.shifts,
        conformers=conformers,
        failures=outcome.failures,
        funnel=outcome.funnel,
        provenance=build_provenance(
            protocol,
            engine=engine.facts.name,
            results=outcome.all_results,
            cpu_seconds=sum(step.cpu_seconds for step in outcome.funnel),
            referencing=explained.referencing,
            image=image,
        ),
    )


def _shifts(
    outcome: MoleculeOutcome,
    ensemble: Ensemble,
    conformers: tuple[WeightedConformer, ...],
    protocol: Protocol,
    *,
    engine: Engine,
    sources: ShiftSources,
) -> _Explained:
    """Average the shieldings and turn them into shifts where that is allowed."""
    molecule = outcome.molecule
    isotropic = _isotropic(ensemble, outcome.results, protocol)
    sets = equivalent_sets(molecule, ensemble)
    averaged = average_shieldings(
        isotropic,
        populations=[c.population for c in conformers],
        sets=sets,
        symbols=molecule.symbols,
        sensitivities_ppm=weight_sensitivities(
            isotropic,
            energies_hartree=[c.energy_hartree + (c.free_energy_correction_hartree or 0.0) for c in conformers],
            degeneracies=[c.degeneracy for c in conformers],
            temperature_kelvin=protocol.temperature_kelvin,
            sets=sets,
        ),
    )
    level = run_level(protocol, engine=engine, elements=frozenset(molecule.symbols))
    factors = find_factors(sources.factor_files, level)
    references, words = _find_references(
        molecule, outcome.all_results, protocol, engine=engine.facts.name, sources=sources
    )
    shifts = with_reference_shifts(calibrated_shifts(averaged, molecule=molecule, found=factors), references=references)
    versions = frozenset(f"{r.program} {r.program_version}" for r in outcome.all_results)
    referencing = {
        nucleus: _words_of_factors(factors[nucleus], versions) if nucleus in factors else text
        for nucleus, text in words.items()
    }
    refusals = _refusals(
        {
            nucleus: _refusal(nucleus, level, sources, protocol, has_reference=nucleus in references)
            for nucleus in words
            if nucleus not in factors
        }
    )
    return _Explained(shifts=shifts, referencing=referencing, refusals=refusals)


def _words_of_factors(found: FoundFactors, versions: frozenset[str]) -> str:
    file, factors = found.file, found.factors
    known = {*file.program_versions, *(a.program_version for a in file.agreements)}
    other = ", ".join(sorted(v for v in versions if v.lower() not in {k.lower() for k in known}))
    return (
        f"factors: {file.protocol} on {file.set_name} ({', '.join(file.program_versions)}, {file.date}), "
        f"n {factors.n}, leave-one-out {factors.loo_rmsd_ppm:g} ppm" + (f"; this run is of {other}" if other else "")
    )


def _refusal(nucleus: str, level: RunLevel, sources: ShiftSources, protocol: Protocol, *, has_reference: bool) -> str:
    """Return why a nucleus has no shift, and what can be done."""
    if nucleus not in CALIBRATED_NUCLEI:
        if has_reference:
            return "no factors exist for this nucleus: only the difference to the reference compound, with no error bar"
        return (
            "shieldings only: a shift needs a reference compound computed at this level "
            "(`qmnmr reference --help` says how to make one)"
        )
    near = [f for f in sources.factor_files if f.protocol == protocol.name]
    reasons = [mismatch(f, level, nucleus=nucleus) for f in near]
    why = next((f" (factors of {protocol.name} are there, but {reason})" for reason in reasons if reason), "")
    difference = "; the difference to the reference compound is not a calibrated shift" if has_reference else ""
    wanted = level.shielding_levels[nucleus]
    return (
        f"no shift: there are no factors for {wanted} on geometries of {level.geometry_level} "
        f"with {level.engine}{why}; `qmnmr calibrate --help` says how to make them{difference}"
    )


def _refusals(words: dict[str, str]) -> tuple[str, ...]:
    """Return one sentence for all nuclei that have the same reason to have no shift."""
    return tuple(
        f"{' and '.join(n for n, text in words.items() if text == reason)}: {reason}"
        for reason in dict.fromkeys(words.values())
    )


def _weighted(ensemble: Ensemble, protocol: Protocol) -> tuple[WeightedConformer, ...]:
    conformers = ensemble.conformers
    populations = _populations([weighing_energy(c) for c in conformers], ensemble, protocol)
    by_energy: list[float | None] = [None] * len(conformers)
    if any(c.free_energy_correction_hartree is not None for c in conformers):
        by_energy = list(_populations([energy_of(c) for c in conformers], ensemble, protocol))
    return tuple(
        WeightedConformer(
            label=c.label,
            energy_hartree=energy_of(c),
            degeneracy=c.degeneracy,
            population=population,
            free_energy_correction_hartree=c.free_energy_correction_hartree,
            energy_population=energy_population,
        )
        for c, population, energy_population in zip(conformers, populations, by_energy, strict=True)
    )


def _populations(energies: list[float], ensemble: Ensemble, protocol: Protocol) -> tuple[float, ...]:
    return boltzmann_populations(
        energies,
        degeneracies=[c.degeneracy for c in ensemble.conformers],
        temperature_kelvin=protocol.temperature_kelvin,
    )


def _isotropic(
    ensemble: Ensemble, results: dict[str, dict[str, CalculationResult]], protocol: Protocol
) -> list[list[float]]:
    """Return isotropic shieldings in ppm, shape (conformers, atoms)."""
    symbols = ensemble.molecule.symbols
    steps = {element: step.name for step in protocol.shielding_steps(symbols) for element in step.elements}
    return [
        [results[c.label][steps[symbol]].shieldings[index].isotropic_ppm for index, symbol in enumerate(symbols)]
        for c in ensemble.conformers
    ]


def _find_references(
    molecule: Molecule,
    results: Sequence[CalculationResult],
    protocol: Protocol,
    *,
    engine: str,
    sources: ShiftSources,
) -> tuple[dict[str, ReferenceShielding], dict[str, str]]:
    """Return the references by nucleus, and for every nucleus what they are or why there is none."""
    versions = {r.program_version for r in results}
    found: dict[str, ReferenceShielding] = {}
    words: dict[str, str] = {}
    for element in sorted(set(molecule.symbols) & set(NUCLEI)):
        nucleus, level = NUCLEI[element], protocol.shielding_level(element)
        if len(versions) > 1:
            words[nucleus] = f"the run mixes program versions {', '.join(sorted(versions))}"
            continue
        key = LevelKey(
            engine=engine,
            program_version=next(iter(versions)),
            shielding_level=str(level),
            geometry_level=str(protocol.optimization),
        )
        reference = find_reference(sources.references, nucleus=nucleus, key=key)
        if reference is None:
            words[nucleus] = (
                f"no reference compound at {level} on geometries of {protocol.optimization} "
                f"with {engine} {key.program_version}"
            )
        else:
            found[nucleus] = reference
            words[nucleus] = (
                f"difference to {reference.compound}, {reference.shielding_ppm:.4f} ppm ({reference.provenance})"
            )
    return found, words
