"""From what the chain gave to a prediction: populations, averages, shifts, provenance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qmnmr.conformers.signals import find_signals
from qmnmr.datatypes.calculation import CalculationKind, CalculationResult
from qmnmr.datatypes.coupling import Coupling, CouplingSource
from qmnmr.datatypes.decision import Calibrated
from qmnmr.datatypes.molecule import Ensemble, tautomer_of
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.shift import (
    ChemicalShift,
    Prediction,
    PredictionStatus,
    ReferenceShielding,
    WeightedConformer,
)
from qmnmr.datatypes.signal import Signal
from qmnmr.engines.engine import Engine
from qmnmr.exchange.tautomers import tautomer_smiles, tautomer_words
from qmnmr.funnel.run_molecule import MoleculeOutcome
from qmnmr.funnel.selection import energy_of, weighing_energy
from qmnmr.report.failure_text import failure_text, remedy_notes
from qmnmr.report.shift_words import (
    borrowing_words,
    flagged_geometries,
    geometry_words,
    incompleteness_flags,
    referencing_words,
    refusal_words,
)
from qmnmr.runs.provenance import ComputedOn, build_provenance
from qmnmr.runs.sources.shift_sources import ShiftSources, run_level
from qmnmr.runs.spectra.couplings import couplings_by_contact, couplings_by_rules, missing_couplings
from qmnmr.shifts.averaging import average_shieldings
from qmnmr.shifts.completeness import incompleteness_sensitivities
from qmnmr.shifts.decisions import decide
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.shifts.referencing import with_reference_shifts
from qmnmr.shifts.scaling import calibrated_shifts
from qmnmr.shifts.uncertainty import weight_moves
from qmnmr.shifts.weight_errors import energy_error_kcal_per_mol


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explained:
    """The rows of a prediction, and for every nucleus how its shift came about or why there is none."""

    shifts: tuple[ChemicalShift, ...]
    referencing: dict[str, str]
    notes: tuple[str, ...]


def build_prediction(
    outcome: MoleculeOutcome, protocol: Protocol, *, engine: Engine, sources: ShiftSources, machine: ComputedOn
) -> Prediction:
    """Return the prediction of one molecule; without any conformer left it is a failed one."""
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
    uncoupled = sum(failure.kind is CalculationKind.COUPLINGS for failure in outcome.failures)
    left_out = []
    if len(failures) > uncoupled:
        words = "calculations failed; populations and shifts leave their conformers out"
        left_out.append(f"{len(failures) - uncoupled} {words}")
    if uncoupled:
        left_out.append(f"{uncoupled} calculations of couplings failed; couplings leave their conformers out")
    missing = "" if protocol.couplings is None else missing_couplings(outcome.molecule.symbols)
    notes = (*outcome.notes, missing) if missing else outcome.notes
    return Prediction(
        molecule=outcome.molecule,
        status=PredictionStatus.COMPLETED,
        messages=(
            *left_out,
            *failures,
            *geometry_words(explained.shifts, protocol),
            *explained.notes,
            *remedy_notes(outcome.all_results),
            *notes,
        ),
        shifts=explained.shifts,
        conformers=conformers,
        missed_population=outcome.missed_population,
        couplings=_couplings(outcome, outcome.ensemble, conformers, protocol),
        failures=outcome.failures,
        funnel=outcome.funnel,
        provenance=build_provenance(
            protocol,
            engine=engine.facts.name,
            results=outcome.all_results,
            has_free_energies=any(c.free_energy_correction_hartree is not None for c in conformers),
            cpu_seconds=sum(step.cpu_seconds for step in outcome.funnel),
            referencing=explained.referencing,
            machine=machine,
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
    tautomers = [conformer.tautomer for conformer in ensemble.conformers]
    words = tautomer_words(
        molecule,
        most=protocol.search.max_tautomers,
        shares={
            tautomer: sum(c.population for c, own in zip(conformers, tautomers, strict=True) if own == tautomer)
            for tautomer in outcome.tautomers
        },
    )
    signals = find_signals(molecule, ensemble, about_tautomers=words)
    sets = [signal.atom_indices for signal in signals]
    moves = weight_moves(
        isotropic,
        energies_hartree=[c.energy_hartree + (c.free_energy_correction_hartree or 0.0) for c in conformers],
        degeneracies=[c.weight for c in ensemble.conformers],
        temperature_kelvin=protocol.temperature_kelvin,
        energy_error_kcal_per_mol=energy_error_kcal_per_mol(
            protocol.weighing_level,
            molecule,
            has_free_energies=any(c.free_energy_correction_hartree is not None for c in conformers),
        ),
        sets=sets,
        tautomers=tautomers,
    )
    by_missing = incompleteness_sensitivities(
        isotropic,
        populations=[c.population for c in conformers],
        inclusions=[c.inclusion for c in conformers],
        missed_population=outcome.missed_population or 0.0,
        sets=sets,
    )
    averaged = average_shieldings(
        isotropic,
        populations=[c.population for c in conformers],
        sets=sets,
        symbols=molecule.symbols,
        sensitivities_ppm=tuple(math.hypot(*of_set, missed) for of_set, missed in zip(moves, by_missing, strict=True)),
        moves_ppm=moves,
    )
    decisions = decide(
        run_level(protocol, engine=engine, elements=frozenset(molecule.symbols)),
        protocol=protocol.name,
        factor_files=sources.factor_files,
        references=sources.references,
        programs=[(r.program, r.program_version) for r in outcome.all_results],
    )
    found = {n: d.found for n, d in decisions.items() if isinstance(d, Calibrated)}
    references = {n: d.reference for n, d in decisions.items() if isinstance(d.reference, ReferenceShielding)}
    shifts = with_reference_shifts(calibrated_shifts(averaged, molecule=molecule, found=found), references=references)
    shifts = flagged_geometries(shifts, geometry=protocol.geometry)
    return _Explained(
        shifts=_labelled(shifts, signals, incompleteness_flags(outcome.missed_population)),
        referencing=referencing_words(decisions),
        notes=(*borrowing_words(decisions), *refusal_words(decisions, protocol=protocol.name)),
    )


def _couplings(
    outcome: MoleculeOutcome, ensemble: Ensemble, conformers: tuple[WeightedConformer, ...], protocol: Protocol
) -> tuple[Coupling, ...]:
    """Return the couplings that the protocol asks for."""
    missed = outcome.missed_population
    match protocol.couplings:
        case CouplingSource.FC:
            return couplings_by_contact(ensemble, conformers, outcome.results, protocol, missed_population=missed)
        case CouplingSource.KARPLUS:
            return couplings_by_rules(ensemble, conformers, protocol, missed_population=missed)
        case None:
            return ()


def _labelled(
    shifts: Sequence[ChemicalShift], signals: Sequence[Signal], flags: tuple[str, ...]
) -> tuple[ChemicalShift, ...]:
    """Return the rows with the label of their signal, and what is open about it, and about all, as further flags."""
    by_atoms = {signal.atom_indices: signal for signal in signals}
    found = [by_atoms[shift.atom_indices] for shift in shifts]
    return tuple(
        replace(shift, label=signal.label, flags=(*shift.flags, *signal.flags, *flags))
        for shift, signal in zip(shifts, found, strict=True)
    )


def _weighted(ensemble: Ensemble, protocol: Protocol) -> tuple[WeightedConformer, ...]:
    conformers = ensemble.conformers
    populations = _populations([weighing_energy(c) for c in conformers], ensemble, protocol)
    by_energy: list[float | None] = [None] * len(conformers)
    if any(c.free_energy_correction_hartree is not None for c in conformers):
        by_energy = list(_populations([energy_of(c) for c in conformers], ensemble, protocol))
    has_several = len({c.tautomer for c in conformers}) > 1
    return tuple(
        WeightedConformer(
            label=c.label,
            energy_hartree=energy_of(c),
            degeneracy=c.degeneracy,
            population=population,
            free_energy_correction_hartree=c.free_energy_correction_hartree,
            energy_population=energy_population,
            tautomer=tautomer_smiles(tautomer_of(ensemble.molecule, c)) if has_several else "",
            inclusion=c.inclusion,
        )
        for c, population, energy_population in zip(conformers, populations, by_energy, strict=True)
    )


def _populations(energies: list[float], ensemble: Ensemble, protocol: Protocol) -> tuple[float, ...]:
    return boltzmann_populations(
        energies,
        degeneracies=[c.weight for c in ensemble.conformers],
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
