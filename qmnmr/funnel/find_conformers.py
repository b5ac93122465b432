"""The first two steps of the funnel: search and ranking, without any DFT."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

from qmnmr.datatypes.funnel import SEARCH, FunnelStep
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.funnel.chain import Chain
from qmnmr.funnel.minima.xtb_search import is_possible, search_minima
from qmnmr.funnel.progress import Report
from qmnmr.funnel.ranking import Ranked, rank
from qmnmr.funnel.searching.crest_search import search_with_crest
from qmnmr.funnel.searching.search import search_conformers
from qmnmr.funnel.searching.tautomers import search_tautomers
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.run_calculation import MoleculeStore, Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConformers:
    """What search and ranking gave for one molecule."""

    ensemble: Ensemble  # as searched
    ranked: Ranked  # what would go to DFT
    notes: tuple[str, ...]
    funnel: tuple[FunnelStep, ...]


def find_conformers(
    molecule: Molecule,
    protocol: Protocol,
    *,
    budget: CoreBudget,
    workplace: Workplace,
    store: MoleculeStore,
    report: Report,
) -> FoundConformers:
    """Return the conformers that would go to DFT; nothing is computed beyond search and ranking."""
    chain = Chain(molecule=molecule, protocol=protocol, budget=budget, workplace=workplace, store=store, report=report)
    found = searched(chain)
    return FoundConformers(
        ensemble=found, ranked=ranked(chain, found), notes=chain.all_notes(), funnel=tuple(chain.funnel)
    )


def searched(chain: Chain) -> Ensemble:
    """Return the conformers of a molecule's search, or those that the store holds of it."""
    ensemble = chain.store.load_ensemble()
    settings = chain.protocol.search
    if ensemble is None:
        chain.tell(SEARCH)
        before = time.thread_time()
        chain.budget.announce(1)
        cores = None if settings.method == "crest" and not chain.molecule.other_geometries else 1
        with chain.budget.lend(size=len(chain.molecule.symbols), max_cores=cores) as share:
            found = _new_ensemble(chain, share)
        ensemble = replace(found, cpu_seconds=round(found.cpu_seconds + time.thread_time() - before, 2))
        chain.store.save_ensemble(ensemble)
    chain.notes.extend(ensemble.notes)
    if ensemble.starts:
        chain.count(
            FunnelStep(
                name=SEARCH,
                method=settings.method if not ensemble.method else f"{settings.method}, {ensemble.method}",
                entered=ensemble.starts,
                left=len(ensemble.conformers),
                cpu_seconds=ensemble.cpu_seconds,
                remark=_words(ensemble, chain.protocol),
            )
        )
    return ensemble


def ranked(chain: Chain, ensemble: Ensemble) -> Ranked:
    """Return what of a search is worth DFT."""
    run = partial(chain.run_all, chain.protocol.ranking_step.title)
    found = rank(ensemble, chain.protocol, run=run, has_program=chain.workplace.has_program)
    chain.notes.extend(found.notes)
    chain.count(found.step)
    return found


def _words(ensemble: Ensemble, protocol: Protocol) -> str:
    if not ensemble.method:
        return f"distinct ones within {protocol.search.energy_window_kcal_per_mol:g} kcal/mol"
    window = f"within {protocol.ranking.energy_window_kcal_per_mol:g} kcal/mol"
    missed = 100 * (ensemble.missed_population or 0.0)
    return f"{window}; {missed:.1f} % of the population missed (estimate)"


def _new_ensemble(chain: Chain, share: Resources) -> Ensemble:
    """Search the conformers of all tautomers; of a molecule that was given with its conformers these are all."""
    settings = chain.protocol.search
    if settings.method == "none" or chain.molecule.other_geometries:
        return search_conformers(chain.molecule, chain.protocol)

    def search(tautomer: Molecule, prefix: str) -> Ensemble:
        if settings.method != "crest":
            return _of_tautomer(chain, tautomer)
        return search_with_crest(
            tautomer, chain.protocol, workplace=chain.workplace, store=chain.store, resources=share, prefix=prefix
        )

    return search_tautomers(chain.molecule, most=settings.max_tautomers, search=search)


def _of_tautomer(chain: Chain, tautomer: Molecule) -> Ensemble:
    """Search at the level of the ranking where that can be done, else with the force field."""
    found: Ensemble | None = None
    if is_possible(tautomer, chain.protocol):
        tell = partial(chain.tell, SEARCH, total=chain.protocol.search.max_starts)
        found = search_minima(tautomer, chain.protocol, check=chain.workplace.programs.check, tell=tell)
    return found or search_conformers(tautomer, chain.protocol)
