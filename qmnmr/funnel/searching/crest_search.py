"""A conformer search by CREST, with its ladder of tries, and RDKit's search where all of them fail."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.conformers.alignment import align_slow_rotamers
from qmnmr.conformers.crest import (
    ENSEMBLE_FILE,
    MAX_TRIES,
    PROGRAM,
    ROTAMER_FILE,
    STRUCTURE_FILE,
    CrestEnsemble,
    CrestFailure,
    crest_arguments,
    next_option,
    read_ensemble,
    read_rotamers,
)
from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.pruning import prune
from qmnmr.conformers.rdkit_search import search, within_settings
from qmnmr.conformers.rotamers import unexpected_exchanges
from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, CalculationResult
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.engines.facts import thread_variables
from qmnmr.engines.xtb.choice import has_xtb, xtb_engine
from qmnmr.engines.xtb.engine import PROGRAM as XTB
from qmnmr.engines.xtb.input_file import xyz_text
from qmnmr.engines.xtb.solvents import alpb_solvent
from qmnmr.errors import MissingProgramError
from qmnmr.funnel.ranking import ranking_calculation
from qmnmr.funnel.side_by_side import run_one
from qmnmr.programs.processes import Ended
from qmnmr.programs.run_calculation import MoleculeStore, Workplace

# As for xTB: the shell raises the limit of the stack and becomes CREST.
_SHELL = ("sh", "-c", 'ulimit -S -s "$(ulimit -H -s)"; exec "$0" "$@"', PROGRAM)


def require_crest(has_program: Callable[[str], object]) -> None:
    """Raise MissingProgramError if CREST is not where programs run."""
    if not has_program(PROGRAM):
        raise MissingProgramError(
            "CREST is not installed, and --conformers crest was asked for",
            hint="install it (conda install -c conda-forge crest; the image from conda-forge has it, that from Debian "
            "packages has not), or search with RDKit: --conformers rdkit",
        )


def search_with_crest(
    molecule: Molecule,
    protocol: Protocol,
    *,
    workplace: Workplace,
    store: MoleculeStore,
    resources: Resources,
    prefix: str = "",
) -> Ensemble:
    """Return CREST's conformers: bonds and stereo checked, pruned, cut to the search's window, labelled c001 on.

    It starts from RDKit's lowest conformer, optimised by xTB where that is installed. After a failure it tries again
    with the option that may help, three times at most; then RDKit's conformers are returned with a note. What failed
    lasts in the store, its label behind `prefix`. Raises MissingProgramError without CREST, InputError as RDKit's
    search does.
    """
    require_crest(workplace.has_program)
    rdkit = search(molecule, protocol.search)
    attempt = _Attempt(
        molecule=molecule,
        protocol=protocol,
        start=_start(molecule, rdkit, protocol, workplace=workplace, store=store, resources=resources, prefix=prefix),
        workplace=workplace,
        store=store,
        threads=resources.cores,
        prefix=prefix,
    )
    options: tuple[str, ...] = ()
    reasons: list[str] = []
    for number in range(1, MAX_TRIES + 1):
        outcome, cpu_seconds = attempt.run(options, number)
        if isinstance(outcome, CrestEnsemble):
            found = _accepted(molecule, outcome, protocol, notes=_notes(options, reasons))
            if found is not None:
                return replace(found, cpu_seconds=cpu_seconds)
            reasons.append("no structure of CREST's ensemble has the molecule's bonds and stereo")
            break
        reasons.append(f"{outcome.message.rstrip('.')} ({outcome.evidence})")
        option = next_option(outcome, tried=options, has_xtb=workplace.has_program(XTB))
        if option is None:
            break
        options = (*options, option)
    note = f"CREST gave nothing, so the conformers are RDKit's: {'; '.join(dict.fromkeys(reasons))}"
    return replace(rdkit, notes=(*rdkit.notes, note))


def _start(
    molecule: Molecule,
    found: Ensemble,
    protocol: Protocol,
    *,
    workplace: Workplace,
    store: MoleculeStore,
    resources: Resources,
    prefix: str,
) -> Geometry:
    lowest = found.conformers[0]
    calculation = replace(ranking_calculation(molecule, lowest, protocol), label=f"{prefix}crest-start")
    engine = xtb_engine(calculation.kind)
    if not has_xtb(workplace.has_program) or engine.refusal(calculation) is not None:
        return lowest.geometry
    outcome = run_one(calculation, engine, workplace=workplace, store=store, share=resources)
    is_good = isinstance(outcome, CalculationResult) and structure_change(molecule, outcome.geometry) is None
    return outcome.geometry if isinstance(outcome, CalculationResult) and is_good else lowest.geometry


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    molecule: Molecule
    protocol: Protocol
    start: Geometry
    workplace: Workplace
    store: MoleculeStore
    threads: int
    prefix: str

    def run(self, options: tuple[str, ...], number: int) -> tuple[CrestEnsemble | CrestFailure, float]:
        """Run CREST once in a scratch folder of its own, keep what it printed if it failed; CPU seconds come second."""
        solvent = self.protocol.optimization.solvent
        arguments = crest_arguments(
            charge=self.molecule.charge,
            multiplicity=self.molecule.multiplicity,
            alpb=None if solvent is None else alpb_solvent(solvent).name,
            window_kcal_per_mol=self.protocol.search.energy_window_kcal_per_mol,
            threads=self.threads,
            extra=options,
        )
        folder = self.workplace.scratch.subfolder("crest")
        try:
            text = xyz_text(self.start)
            (folder / STRUCTURE_FILE).write_text(text, encoding="utf-8")
            output, errors = folder / "output.out", folder / "stderr.txt"
            ended = self._start_program(arguments, folder=folder, output=output, errors=errors)
            ensemble = folder / ENSEMBLE_FILE
            outcome = read_ensemble(
                output.read_bytes() + errors.read_bytes(),
                ensemble.read_bytes() if ensemble.exists() else None,
                arguments=arguments,
                symbols=self.molecule.symbols,
                exit_code=ended.exit_code,
            )
            if isinstance(outcome, CrestEnsemble):
                rotamers = folder / ROTAMER_FILE
                data = rotamers.read_bytes() if rotamers.exists() else b""
                rotamer_list = read_rotamers(data, symbols=self.molecule.symbols)
                return replace(outcome, rotamers=rotamer_list), ended.cpu_seconds
            digest = hashlib.sha256((text + " ".join(arguments)).encode()).hexdigest()
            files = {path.name: path for path in (folder / STRUCTURE_FILE, output, errors)}
            self.store.save_outcome(_as_failure(outcome, f"{self.prefix}crest-try{number}"), digest=digest, files=files)
            return outcome, ended.cpu_seconds
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _start_program(self, arguments: tuple[str, ...], *, folder: Path, output: Path, errors: Path) -> Ended:
        variables = thread_variables(self.threads)
        argv, environment = self.workplace.program_command([*_SHELL, *arguments], folder=folder, variables=variables)
        return self.workplace.programs.run(argv, folder=folder, environment=environment, stdout=output, stderr=errors)


def _as_failure(failure: CrestFailure, label: str) -> CalculationFailure:
    return CalculationFailure(
        label=label,
        kind=CalculationKind.OPTIMIZATION,
        failure=failure.failure,
        message=failure.message,
        evidence=failure.evidence,
    )


def _accepted(
    molecule: Molecule, found: CrestEnsemble, protocol: Protocol, *, notes: tuple[str, ...]
) -> Ensemble | None:
    """Return the conformers that still are the molecule, None if there is none."""
    pairs = zip(found.geometries, found.energies_hartree, strict=True)
    whole = tuple(
        Conformer(label=f"e{number}", geometry=geometry, energy_hartree=energy)
        for number, (geometry, energy) in enumerate(pairs, start=1)
        if structure_change(molecule, geometry) is None
    )
    if not whole:
        return None
    lost = len(found.geometries) - len(whole)
    if lost:
        words = "structures of CREST were rejected: bonds or stereo were not the molecule's"
        notes += (f"{lost} of {len(found.geometries)} {words}",)
    notes += _exchange_notes(molecule, whole[0], found)
    ensemble = Ensemble(molecule=molecule, conformers=whole, notes=notes, starts=len(found.geometries))
    return align_slow_rotamers(molecule, within_settings(prune(ensemble), protocol.search))


def _notes(options: tuple[str, ...], reasons: list[str]) -> tuple[str, ...]:
    if not options:
        return ()
    return (f"CREST was run with {' '.join(options)}, since without: {'; '.join(dict.fromkeys(reasons))}",)


def _exchange_notes(molecule: Molecule, lowest: Conformer, found: CrestEnsemble) -> tuple[str, ...]:
    """Return the note about nuclei that CREST saw exchange and that are reported apart."""
    sets = unexpected_exchanges(molecule, lowest, found.rotamers)
    if not sets:
        return ()
    words = "; ".join(", ".join(f"{molecule.symbols[a]}{a + 1}" for a in members) for members in sets)
    note = (
        f"CREST's rotamers exchange {words}, which are reported apart: a slow bond, or a centre that inverts; the "
        "molecule's graph decides"
    )
    return (note,)
