"""The conformers that would go to DFT, from search and ranking alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from qmnmr.datatypes.funnel import MoleculeConformers
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.errors import InputError
from qmnmr.funnel.find_conformers import FoundConformers, find_conformers
from qmnmr.funnel.molecules_side_by_side import run_side_by_side
from qmnmr.funnel.progress import Progress, Report
from qmnmr.funnel.searching.crest_search import require_crest
from qmnmr.funnel.selection import energy_of
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder, choose_scratch
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.local_run import resources_of
from qmnmr.runs.plan import plan_run
from qmnmr.runs.predict import MIN_SCRATCH_MB
from qmnmr.runs.request import ResourceRequest, RunRequest
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.structures import refusal_line, refusal_of_all


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformerList:
    """The molecules of all inputs with their conformers, and what was left out."""

    molecules: tuple[MoleculeConformers, ...]
    skipped: tuple[str, ...] = ()  # a line for each entry that can't be used


def list_conformers(
    request: RunRequest, wanted: ResourceRequest, *, report: Report, reading: Callable[[int], None] | None = None
) -> ConformerList:
    """Return the conformers of all molecules of a request that would go to DFT, in order; nothing is kept on disk.

    With `request.skip_bad` what can't be used is left out and listed. Raises InputError as plan_run does, and one that
    lists all molecules that can't be searched, MissingProgramError for a search without its program, SiteError without
    a scratch folder.
    """
    plan = plan_run(request, report=reading)
    protocol = plan.settings.protocol
    if protocol.search.method == "crest":
        require_crest(shutil.which)
    resources = resources_of(wanted)
    found: dict[str, MoleculeConformers] = {}
    refused: dict[str, InputError] = {}
    with ScratchFolder.create(choose_scratch(wanted.scratch, os.environ, needed_mb=MIN_SCRATCH_MB)) as scratch:
        programs = Programs(scratch)
        workplace = Workplace(engine=XtbEngine(), scratch=scratch, programs=programs)

        def work(molecule: Molecule, budget: CoreBudget) -> str:
            store = MoleculeFolder(scratch.subfolder(molecule.id))
            try:
                conformers = find_conformers(
                    molecule, protocol, budget=budget, workplace=workplace, store=store, report=report
                )
                found[molecule.id] = _listed(molecule, conformers, protocol)
            except InputError as error:
                refused[molecule.id] = error
            return molecule.id

        for id_ in run_side_by_side(plan.molecules, work, resources=resources, programs=programs):
            name = next(m.name for m in plan.molecules if m.id == id_)
            report(Progress(molecule=name, step="finished" if id_ in found else "failed", is_end=True))
    errors = [refused[m.id] for m in plan.molecules if m.id in refused]
    if errors and not (request.skip_bad and found):
        raise refusal_of_all(errors, entries=len(plan.molecules), unit="molecule")
    return ConformerList(
        molecules=tuple(found[m.id] for m in plan.molecules if m.id in found),
        skipped=plan.skipped + tuple(map(refusal_line, errors)),
    )


def _listed(molecule: Molecule, found: FoundConformers, protocol: Protocol) -> MoleculeConformers:
    conformers = found.ranked.conformers
    populations: tuple[float, ...] = ()
    if all(c.energy_hartree is not None for c in conformers):
        populations = boltzmann_populations(
            [energy_of(c) for c in conformers],
            degeneracies=[c.weight for c in conformers],
            temperature_kelvin=protocol.temperature_kelvin,
        )
    return MoleculeConformers(
        ensemble=Ensemble(molecule=molecule, conformers=conformers),
        populations=populations,
        missed_population=found.ranked.missed_population,
        not_found=found.ensemble.missed_population,
        funnel=found.funnel,
        notes=found.notes,
    )
