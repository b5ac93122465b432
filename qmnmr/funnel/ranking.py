"""The cheap step between search and DFT: xTB optimises and ranks the conformers of a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from qmnmr.conformers.displacement import displaced
from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.pruning import prune
from qmnmr.conformers.rdkit_search import RIGID_EMBEDDINGS
from qmnmr.cost.molecule_cost import conformer_limit
from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationResult
from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.molecule import Conformer, Ensemble, Molecule, by_tautomer, tautomer_of
from qmnmr.datatypes.protocol import BY_XTB, Protocol, RankingSettings
from qmnmr.engines.xtb.choice import absence, at_level_here, has_xtb, xtb_engine
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.engines.xtb.output_file import FORMAT_ERROR
from qmnmr.engines.xtb.solvents import alpb_solvent
from qmnmr.errors import InputError
from qmnmr.funnel.funnel_words import remark, total_cpu_seconds, xtb_method
from qmnmr.funnel.selection import Populated, drawn_by_weight, most_populated, within_window
from qmnmr.funnel.side_by_side import AnyEngine, Run
from qmnmr.programs.run_calculation import Outcome

_LARGEST_SHARE = 0.98
"""Of what was found: where a search missed much, the last few found ones don't make up for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The conformers that go on, lowest first, and what is to be told of it."""

    conformers: tuple[Conformer, ...]
    optimized: frozenset[str] = frozenset()  # labels of those that have xTB's geometry
    step: FunnelStep | None = None  # None: there was nothing to rank
    notes: tuple[str, ...] = ()
    missed_population: float | None = None  # share of what was not found or does not go on; None: not estimated


def rank(ensemble: Ensemble, protocol: Protocol, *, run: Run, has_program: Callable[[str], bool]) -> Ranked:
    """Return the conformers that are worth a DFT optimisation, with xTB's geometries.

    A rigid molecule is not ranked unless its geometry begins with xTB's; the only conformer of a flexible one is, since
    the force field may hold it where a better method has a saddle point. Every tautomer has a window and a limit of its
    own, unless there are many. Where xTB fails on a conformer, or changes its bonds or stereo, the conformer goes on
    with the search's geometry: xTB may be wrong where DFT is not. Without xTB all go on as the search ranked them.

    Of what a search at xTB's level found, only those are optimised that may go on: the fewest that hold the protocol's
    share of the whole population, what was not found included. Where some of them turn out to be one, more follow until
    the share is held by distinct ones.

    Where xTB's geometries are those of the shieldings all are optimised, and what fails is left out. Raises InputError
    where xTB can't do the molecule then.
    """
    settings = protocol.ranking
    is_last = protocol.geometry == BY_XTB
    molecule, conformers = ensemble.molecule, ensemble.conformers
    if not _is_worth_it(ensemble, protocol):
        return _unranked(ensemble, protocol, why="")
    if not has_xtb(has_program):
        return _unranked(ensemble, protocol, why=absence())
    engine = xtb_engine(protocol.ranking_step.kind)
    refusal = engine.refusal(ranking_calculation(molecule, conformers[0], protocol))
    if refusal is not None:
        return _unranked(ensemble, protocol, why=refusal.rstrip("."))
    found = _optimized(ensemble, protocol, partial(_run, engine=engine, run=run))
    outcomes, moved = found.outcomes, found.moved
    done = [o for o in outcomes.values() if isinstance(o, CalculationResult)]
    if not done:
        first = next(o for o in outcomes.values() if isinstance(o, CalculationFailure))
        return _unranked(ensemble, protocol, why=f"xTB failed ({first.message.rstrip('.')}: {first.evidence})")
    if is_last and not moved:
        return _unranked(ensemble, protocol, why="xTB changes the bonds of all conformers")
    whole = frozenset(c.label for c in moved)
    lost = tuple(c for c in conformers if c.label in outcomes and c.label not in whole)
    inside = _within_window(found.distinct, settings)
    notes = [*_stand_in(protocol)]
    if lost:
        fate = "left out" if is_last else "not ranked by it"
        notes.append(f"xTB failed on, or changed the bonds of, {', '.join(c.label for c in lost)}: {fate}")
    chosen = _chosen(inside, ensemble, protocol, lost=() if is_last else lost)
    step = FunnelStep(
        name="ranking",
        method=xtb_method(done),
        entered=len(conformers),
        left=len(chosen.conformers),
        cpu_seconds=total_cpu_seconds(tuple(outcomes.values())),
        remark=remark(
            duplicates=found.n_duplicates,
            above=len(found.distinct) - len(inside),
            window_kcal_per_mol=settings.energy_window_kcal_per_mol,
            rare=chosen.rare,
        ),
    )
    return Ranked(
        conformers=chosen.conformers,
        optimized=whole,
        step=step,
        notes=(*notes, *chosen.notes),
        missed_population=chosen.missed_population,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Optimized:
    """What xTB made of the conformers that may go on."""

    outcomes: dict[str, Outcome]  # by label
    moved: tuple[Conformer, ...]  # with xTB's geometry and energy
    distinct: tuple[Conformer, ...]  # these, and what needed no optimisation
    n_duplicates: int


def _optimized(
    ensemble: Ensemble, protocol: Protocol, run: Callable[[Sequence[Calculation]], list[Outcome]]
) -> _Optimized:
    """Optimise all, or of a search at xTB's level as many as distinct ones hold the wanted share."""
    conformers = ensemble.conformers
    outcomes: dict[str, Outcome] = {}
    moved: tuple[Conformer, ...] = ()
    distinct, n_duplicates = conformers, 0
    wanted = _worth_ranking(conformers, ensemble, protocol) if ensemble.method else conformers
    while wanted:
        calculations = [ranking_calculation(ensemble.molecule, c, protocol) for c in wanted]
        outcomes |= {c.label: o for c, o in zip(wanted, run(calculations), strict=True)}
        moved = _moved(ensemble, outcomes)
        pool = (*moved, *(c for c in conformers if c.label not in outcomes))
        distinct = prune(replace(ensemble, conformers=pool)).conformers
        n_duplicates = len(pool) - len(distinct)
        worth = _worth_ranking(distinct, ensemble, protocol) if ensemble.method else ()
        wanted = tuple(c for c in worth if c.label not in outcomes)
    return _Optimized(outcomes=outcomes, moved=moved, distinct=distinct, n_duplicates=n_duplicates)


def _moved(ensemble: Ensemble, outcomes: Mapping[str, Outcome]) -> tuple[Conformer, ...]:
    """Return the conformers that xTB optimised and whose bonds and stereo it left alone."""
    found = ((c, outcomes.get(c.label)) for c in ensemble.conformers)
    return tuple(
        replace(c, geometry=o.geometry, energy_hartree=o.energy_hartree)
        for c, o in found
        if isinstance(o, CalculationResult) and structure_change(tautomer_of(ensemble.molecule, c), o.geometry) is None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The conformers that go on, and what that leaves out."""

    conformers: tuple[Conformer, ...]
    rare: int = 0  # left out beyond the wanted share of the population
    notes: tuple[str, ...] = ()
    missed_population: float | None = None


def _chosen(
    conformers: Sequence[Conformer], ensemble: Ensemble, protocol: Protocol, *, lost: Sequence[Conformer] = ()
) -> _Chosen:
    """Return of each tautomer the fewest conformers that hold the wanted share; of too many a sample by weight.

    What is `lost` to the ranking goes on as well, as far as the limit allows.
    """
    settings = protocol.ranking
    inside = _within_window(conformers, settings)
    limit = _limit(ensemble, protocol)
    if settings.population >= 1.0 or ensemble.molecule.other_geometries:
        kept = _limited((*inside, *lost), limit)
        window = f"{settings.energy_window_kcal_per_mol:g} kcal/mol"
        few = len(kept) < len(inside) + len(lost)
        return _Chosen(
            conformers=kept,
            notes=(_too_many((*inside, *lost), kept, limit, within=window),) if few else (),
            missed_population=None if few else ensemble.missed_population,
        )
    not_found = ensemble.missed_population
    kept_labels: dict[str, Conformer] = {}
    rare, missed, notes = 0, 0.0, []
    for members in by_tautomer(inside).values():
        holding = _holding(members, ensemble, protocol)
        drawn = drawn_by_weight(
            holding.conformers,
            count=limit,
            temperature_kelvin=protocol.temperature_kelvin,
            random_seed=protocol.search.random_seed,
        )
        rare += len(members) - len(holding.conformers)
        missed = max(missed, 1.0 - (1.0 - (not_found or 0.0)) * (1.0 - holding.left_out))
        if len(drawn) < len(holding.conformers):
            notes.append(
                f"{len(drawn)} of {len(holding.conformers)} conformers, drawn by their weights, stand for all: "
                f"{_reason(limit, settings)}; the error bars hold what the draw adds"
            )
        kept_labels |= {c.label: c for c in drawn}
    return _Chosen(
        conformers=(*(kept_labels[c.label] for c in inside if c.label in kept_labels), *_limited(lost, limit)),
        rare=rare,
        notes=tuple(notes),
        missed_population=None if not_found is None else missed,
    )


def _holding(members: Sequence[Conformer], ensemble: Ensemble, protocol: Protocol) -> Populated:
    """Return the fewest conformers of one tautomer that hold the wanted share, what was not found included."""
    found = 1.0 - min(ensemble.missed_population or 0.0, 0.5)
    share = min(_LARGEST_SHARE, protocol.ranking.population / found)
    return most_populated(members, share=share, temperature_kelvin=protocol.temperature_kelvin)


def _worth_ranking(conformers: Sequence[Conformer], ensemble: Ensemble, protocol: Protocol) -> tuple[Conformer, ...]:
    """Return what would go on by the energies that are known so far, limit and sample left out."""
    settings = protocol.ranking
    inside = _within_window(conformers, settings)
    if settings.population >= 1.0 or ensemble.molecule.other_geometries:
        return inside
    holding = (_holding(members, ensemble, protocol) for members in by_tautomer(inside).values())
    return tuple(conformer for found in holding for conformer in found.conformers)


def _limit(ensemble: Ensemble, protocol: Protocol) -> int:
    """Return how many conformers of each tautomer go on at most; conformers that were given are not counted."""
    if protocol.search.method == "none" or ensemble.molecule.other_geometries:
        return protocol.ranking.max_conformers
    return conformer_limit(ensemble.molecule.symbols, protocol)


def _run(calculations: Sequence[Calculation], *, engine: AnyEngine, run: Run) -> list[Outcome]:
    """Run all; where this build of xTB can't print its optimiser's steps, run again with its other optimiser."""
    outcomes = run(calculations, engine)
    if any(isinstance(o, CalculationFailure) and o.message == FORMAT_ERROR.message for o in outcomes):
        return run(calculations, XtbEngine(is_lbfgs=True))
    return outcomes


def _is_worth_it(ensemble: Ensemble, protocol: Protocol) -> bool:
    """Say whether there is something to optimise and to rank."""
    if protocol.geometry == BY_XTB:
        return True
    is_rigid = len(ensemble.conformers) < 2 and ensemble.starts <= RIGID_EMBEDDINGS and protocol.refinement is None
    return not (protocol.ranking.method == "none" or protocol.search.method == "none" or is_rigid)


def _unranked(ensemble: Ensemble, protocol: Protocol, *, why: str) -> Ranked:
    """Return the conformers as the search ranked them. Raises InputError where xTB's geometries were wanted."""
    if protocol.geometry == BY_XTB:
        raise InputError(f"{ensemble.molecule.name}: {why}", hint="leave --geometry xtb out")
    conformers, limit = ensemble.conformers, _limit(ensemble, protocol)
    kept = _limited(conformers, limit)
    notes = [f"{why}: conformers go to DFT from the search's geometries, in its order"] if why else []
    if len(kept) < len(conformers):
        notes.append(_too_many(conformers, kept, limit, within="the search's window"))
    missed = ensemble.missed_population if len(kept) == len(conformers) else None
    return Ranked(conformers=kept, notes=tuple(notes), missed_population=missed)


def _stand_in(protocol: Protocol) -> tuple[str, ...]:
    """Return the sentence for a solvent that xTB knows no parameters of."""
    solvent = protocol.optimization.solvent
    stands_in = "" if solvent is None else alpb_solvent(solvent).stands_in
    if solvent is None or not stands_in:
        return ()
    return (f"xTB has no parameters for {solvent.name}: it ranked the conformers in {stands_in}",)


def _within_window(conformers: Sequence[Conformer], settings: RankingSettings) -> tuple[Conformer, ...]:
    """Return those in the window above the lowest one: of each tautomer its own, or of all where there are many."""
    tautomers = by_tautomer(conformers)
    window = settings.energy_window_kcal_per_mol
    if len(tautomers) > settings.all_tautomers_up_to:
        return within_window(conformers, window)
    inside = {c.label for members in tautomers.values() for c in within_window(members, window)}
    return tuple(c for c in conformers if c.label in inside)


def _limited(conformers: Sequence[Conformer], limit: int) -> tuple[Conformer, ...]:
    """Return the first ones of each tautomer, as many as the limit allows."""
    first = {c.label for members in by_tautomer(conformers).values() for c in members[:limit]}
    return tuple(c for c in conformers if c.label in first)


def _reason(limit: int, settings: RankingSettings) -> str:
    if limit == settings.max_conformers:
        return f"the limit is {limit}"
    return f"the protocol's budget of {settings.budget_cpu_hours:g} CPU hours for a molecule pays for {limit}"


def _too_many(conformers: Sequence[Conformer], kept: Sequence[Conformer], limit: int, *, within: str) -> str:
    left_out = len(conformers) - len(kept)
    each = " for each tautomer" if len(by_tautomer(conformers)) > 1 else ""
    return f"{left_out} of {len(conformers)} conformers within {within} were left out: the limit is {limit}{each}"


def ranking_calculation(molecule: Molecule, conformer: Conformer, protocol: Protocol) -> Calculation:
    """Return the xTB optimisation of a conformer, in the protocol's medium, from a slightly displaced geometry."""
    start = replace(conformer, geometry=displaced(conformer.geometry))
    return at_level_here(protocol.ranking_step.of(start, molecule))
