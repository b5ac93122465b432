"""From what the chain gave to a prediction: populations, averages, shifts, provenance."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.datatypes.calculation import CalculationResult
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.shift import NUCLEI, Prediction, ReferenceShielding, WeightedConformer
from qmnmr.datatypes.theory import Protocol
from qmnmr.execution.conformer_steps import shielding_label
from qmnmr.execution.run_molecule import MoleculeOutcome
from qmnmr.report.failure_text import failure_text, remedy_notes
from qmnmr.shifts.averaging import average_shieldings
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.shifts.referencing import LevelKey, find_reference, shifts_from_references
from qmnmr.workflow.provenance import build_provenance


def build_prediction(
    outcome: MoleculeOutcome, protocol: Protocol, *, engine: str, references: Sequence[ReferenceShielding]
) -> Prediction:
    """Return the prediction of one molecule; without any conformer left it is a failed one."""
    failures = tuple(failure_text(f) for f in outcome.failures)
    if outcome.ensemble is None:
        return Prediction(
            molecule=outcome.molecule,
            status="failed",
            messages=("no conformer came through", *failures, *outcome.notes),
            failures=outcome.failures,
            funnel=outcome.funnel,
        )
    ensemble = outcome.ensemble
    conformers = _weighted(ensemble, protocol)
    averaged = average_shieldings(
        _isotropic(ensemble, outcome.results, protocol),
        populations=[c.population for c in conformers],
        sets=equivalent_sets(outcome.molecule, ensemble),
        symbols=outcome.molecule.symbols,
    )
    found, referencing = _find_references(
        outcome.molecule, outcome.results, protocol, engine=engine, references=references
    )
    left_out = (
        (f"{len(failures)} calculations failed; populations and shifts leave their conformers out",) if failures else ()
    )
    refusals = _refusals({n: text for n, text in referencing.items() if n in ("13C", "1H") and n not in found})
    results = list(outcome.results.values())
    return Prediction(
        molecule=outcome.molecule,
        status="completed",
        messages=(*left_out, *failures, *refusals, *remedy_notes(outcome.results.values()), *outcome.notes),
        shifts=shifts_from_references(averaged, references=found),
        conformers=conformers,
        failures=outcome.failures,
        funnel=outcome.funnel,
        provenance=build_provenance(protocol, engine=engine, results=results, referencing=referencing),
    )


def _refusals(words: dict[str, str]) -> tuple[str, ...]:
    """Return one sentence for all nuclei that have the same reason to have no shift."""
    return tuple(
        f"{' and '.join(n for n, text in words.items() if text == reason)}: {reason}"
        for reason in dict.fromkeys(words.values())
    )


def _weighted(ensemble: Ensemble, protocol: Protocol) -> tuple[WeightedConformer, ...]:
    energies = [c.energy_hartree for c in ensemble.conformers if c.energy_hartree is not None]
    populations = boltzmann_populations(
        energies,
        degeneracies=[c.degeneracy for c in ensemble.conformers],
        temperature_kelvin=protocol.temperature_kelvin,
    )
    return tuple(
        WeightedConformer(label=c.label, energy_hartree=energy, degeneracy=c.degeneracy, population=population)
        for c, energy, population in zip(ensemble.conformers, energies, populations, strict=True)
    )


def _isotropic(ensemble: Ensemble, results: dict[str, CalculationResult], protocol: Protocol) -> list[list[float]]:
    """Return isotropic shieldings in ppm, shape (conformers, atoms)."""
    symbols = ensemble.molecule.symbols
    rows = []
    for conformer in ensemble.conformers:
        labels = {e: shielding_label(conformer.label, protocol=protocol, element=e) for e in set(symbols)}
        rows.append([results[labels[e]].shieldings[index].isotropic_ppm for index, e in enumerate(symbols)])
    return rows


def _find_references(
    molecule: Molecule,
    results: dict[str, CalculationResult],
    protocol: Protocol,
    *,
    engine: str,
    references: Sequence[ReferenceShielding],
) -> tuple[dict[str, ReferenceShielding], dict[str, str]]:
    """Return the references by nucleus, and for every nucleus how its shift came about or why there is none."""
    versions = {r.program_version for r in results.values()}
    found: dict[str, ReferenceShielding] = {}
    words: dict[str, str] = {}
    for element in sorted(set(molecule.symbols) & set(NUCLEI)):
        nucleus, level = NUCLEI[element], protocol.shielding_level(element)
        if len(versions) > 1:
            words[nucleus] = f"no shift: the run mixes program versions {', '.join(sorted(versions))}"
            continue
        key = LevelKey(
            engine=engine,
            program_version=next(iter(versions)),
            shielding_level=str(level),
            geometry_level=str(protocol.optimization),
        )
        reference = find_reference(references, nucleus=nucleus, key=key)
        if reference is None:
            words[nucleus] = (
                f"no shift: there is no reference compound at {level} "
                f"on geometries of {protocol.optimization} "
                f"with {engine} {key.program_version} (`qmnmr reference --help` says how to make one)"
            )
        else:
            found[nucleus] = reference
            words[nucleus] = f"{reference.compound}, {reference.shielding_ppm:.4f} ppm ({reference.provenance})"
    return found, words
