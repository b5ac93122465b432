"""What a run is going to do, checked before anything is touched."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from qmnmr.datatypes.calibration import FactorFile
from qmnmr.datatypes.measured.nmr_solvents import nmr_solvent
from qmnmr.datatypes.molecule import Conformer, Geometry, Molecule
from qmnmr.datatypes.protocol import AS_GIVEN, BY_DFT, Protocol
from qmnmr.datatypes.solvents import SOLVENTS, find_solvent
from qmnmr.datatypes.theory import Solvent
from qmnmr.engines import engines_by_preference, get_engine
from qmnmr.engines.dispersion import refuse_dispersion, without_dispersion
from qmnmr.engines.engine import Engine
from qmnmr.errors import InputError, choice_hint
from qmnmr.runs.engine_choice import EngineChoice, choose_engine, wanted_engine
from qmnmr.runs.folder.earlier_runs import runs_to_reuse
from qmnmr.runs.folder.run_folder import RunFolder, RunSettings, asked_of
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.request import AUTO, RunRequest
from qmnmr.runs.sources.references import all_references
from qmnmr.runs.sources.shift_sources import all_factor_files, chosen_factors
from qmnmr.structures import read_inputs
from qmnmr.structures.mol_file import WITHOUT_HYDROGENS
from qmnmr.structures.names import in_plain_letters

_NEW_SEARCHES = ("rdkit", "crest")
SEARCH_METHODS = (*_NEW_SEARCHES, "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """Molecules, settings and the engine of a run."""

    molecules: tuple[Molecule, ...]
    settings: RunSettings
    engine: Engine
    engine_reason: str = ""  # why it is this engine, where none was named
    recipe_of: str = ""  # the version that began the run, where its recipe of this name is another than today's
    factors: FactorFile | None = None  # of the user's own, where a file was named; they fit the run
    skipped: tuple[str, ...] = ()  # a line for each bad entry that was left out, as was asked
    reuse: tuple[Path, ...] = ()  # run folders whose results are taken over


def plan_run(request: RunRequest, *, runs_here: bool = True, report: Callable[[int], None] | None = None) -> RunPlan:
    """Read and check everything a run needs, without writing a file or starting a calculation.

    The engine "auto" is that of the factor file if one was named, else that of the run that the folder `request.out`
    (by default the one named after the settings) already holds, else what `choose_engine` finds, on this machine or,
    unless `runs_here`, on the nodes of a cluster. `report` is told how many molecules are read.
    Raises InputError with what, where, what was found and what to do next.
    """
    reading = read_inputs(request.inputs, charge=request.charge, skip_bad=request.skip_bad, report=report)
    molecules = reading.molecules
    if request.conformers in _NEW_SEARCHES:
        molecules = tuple(replace(m, other_geometries=()) if m.other_geometries else m for m in molecules)
    plan = plan_molecules(molecules, request, runs_here=runs_here)
    return replace(plan, skipped=reading.skipped + plan.skipped)


def plan_molecules(molecules: tuple[Molecule, ...], request: RunRequest, *, runs_here: bool = True) -> RunPlan:
    """Return the plan for molecules that are read already; the request's inputs say where they come from.

    Raises InputError as plan_run does.
    """
    protocol = _protocol(request)
    name = wanted_engine(request.engine, request.factors)
    if name != AUTO:
        get_engine(name)
    folder = RunFolder(request.out or _folder_name(request.inputs, protocol))
    today, protocol = protocol, _begun_recipe(folder, protocol, request)
    bad = _bad_everywhere(molecules, protocol, name) if request.skip_bad else {}
    if 0 < len(bad) < len(molecules):
        molecules = tuple(molecule for molecule in molecules if molecule.id not in bad)
    else:
        bad = {}
    chosen = _engine(name, molecules, protocol, folder=folder, runs_here=runs_here)
    settings = RunSettings(
        qmnmr_version=metadata.version("qmnmr"),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        inputs=tuple(map(str, request.inputs)),
        engine=chosen.engine.facts.name,
        protocol=protocol,
        molecule_count=len(molecules),
    )
    return RunPlan(
        molecules=molecules,
        settings=settings,
        engine=chosen.engine,
        engine_reason=chosen.reason,
        recipe_of=folder.settings().qmnmr_version if protocol != today else "",
        factors=chosen_factors(request.factors, protocol, engine=chosen.engine),
        skipped=tuple(bad.values()),
        reuse=runs_to_reuse(request.reuse, own=folder.path),
    )


def _protocol(request: RunRequest) -> Protocol:
    """Return the recipe with all that the request changes in it. Raises InputError for what there is not."""
    method, temperature_kelvin = request.conformers, request.temperature_kelvin
    if method is not None and method not in SEARCH_METHODS:
        raise InputError(f"there is no conformer search {method!r}", hint=choice_hint(method, SEARCH_METHODS))
    if temperature_kelvin is not None and not 50 <= temperature_kelvin <= 1000:
        raise InputError(
            f"a temperature of {temperature_kelvin:g} K is not one of a solution", hint="give kelvin, 298.15 is 25 °C"
        )
    return get_protocol(
        request.protocol,
        solvent=_solvent(request.solvent),
        search_method=method,
        temperature_kelvin=temperature_kelvin,
        optimization=request.optimization,
        free_energies=request.free_energies,
        geometry=request.geometry,
        level=request.level,
        couplings=request.couplings,
    )


def run_folder_of(request: RunRequest, plan: RunPlan) -> RunFolder:
    """Return the folder that was asked for, else the one named after the settings."""
    return RunFolder(request.out or default_run_folder(plan))


def default_run_folder(plan: RunPlan) -> Path:
    """Return the folder of a run for which none was named; the same command names the same folder again."""
    return _folder_name(plan.settings.inputs, plan.settings.protocol)


def _folder_name(inputs: Sequence[str], protocol: Protocol) -> Path:
    solvent = protocol.optimization.solvent
    medium = "gas" if solvent is None else solvent.name.lower()
    first = inputs[0]
    single = len(inputs) == 1
    stem = Path(first).stem if Path(first).suffix and not first.endswith(")") else first
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", in_plain_letters(stem)).strip("-.")[:40] or "run"
    if not single or stem != first:
        digest = hashlib.sha256("\n".join(inputs).encode()).hexdigest()[:6]
        stem = f"{stem}-{digest}"
    geometry = "" if protocol.geometry == BY_DFT else f"-{protocol.geometry}"
    return Path(f"{stem}-{protocol.name}{geometry}-{medium}")


def _begun_recipe(folder: RunFolder, protocol: Protocol, request: RunRequest) -> Protocol:
    """Return the recipe of the run that the folder holds, if it was begun in these words; else the one of today.

    Another version's recipe of the same name may differ; a run keeps to one from beginning to end.
    """
    if not folder.exists():
        return protocol
    begun = folder.settings().protocol
    is_same_way = request.optimization is None or (begun.refinement is None) == (protocol.refinement is None)
    is_same_way &= request.couplings is None or begun.couplings == protocol.couplings
    is_same_way &= request.free_energies is None or begun.has_free_energies == protocol.has_free_energies
    return begun if is_same_way and asked_of(begun) == asked_of(protocol) else protocol


def _engine(
    name: str, molecules: Sequence[Molecule], protocol: Protocol, *, folder: RunFolder, runs_here: bool
) -> EngineChoice:
    """Return the engine of this name, or for "auto" the one that the run has or gets; it can do all molecules."""
    _check_geometries(molecules, protocol)
    reason = ""
    if name == AUTO and folder.exists():
        name, reason = folder.settings().engine, "that of the run which is continued"
    if name == AUTO:
        return choose_engine(
            protocol,
            factor_files=all_factor_files(),
            references=all_references(),
            refusals=lambda engine: list(_refusals(molecules, protocol, engine).values()),
            runs_here=runs_here,
        )
    engine = get_engine(name)
    _refuse(
        _refusals(molecules, protocol, engine),
        molecules,
        hint="take them out of the input, or leave them out with --skip-bad, or choose another protocol or engine",
    )
    return EngineChoice(engine=engine, reason=reason)


def _bad_everywhere(molecules: Sequence[Molecule], protocol: Protocol, engine: str) -> dict[str, str]:
    """Return by id the molecules that no engine that may be chosen can do, each with a reason."""
    flat = _without_geometry(molecules, protocol)
    rest = [molecule for molecule in molecules if molecule.id not in flat]
    names = engines_by_preference() if engine == AUTO else (engine,)
    found = [_refusals(rest, protocol, get_engine(name)) for name in names]
    return flat | {id_: reason for id_, reason in found[0].items() if all(id_ in other for other in found)}


def _solvent(text: str) -> Solvent | None:
    try:
        return find_solvent(text)
    except KeyError:
        other = nmr_solvent(text)
        known = (*(solvent.name for solvent in SOLVENTS), "gas")
        if other is not None:
            words = f"there is no continuum of {other.name} here"
            raise InputError(words, hint=f"there is one of {', '.join(known)}: take the one most like it") from None
        hint = choice_hint(text, known, more="; every usual spelling will do")
        raise InputError(f"the solvent {text!r} is not known", hint=hint) from None


def _check_geometries(molecules: Sequence[Molecule], protocol: Protocol) -> None:
    otherwise = (
        "leave --geometry keep out"
        if protocol.geometry == AS_GIVEN
        else "let conformers be searched (--conformers rdkit)"
    )
    _refuse(
        _without_geometry(molecules, protocol),
        molecules,
        hint=f"give an XYZ file or a 3D SDF with all hydrogens, or {otherwise}",
    )


def _without_geometry(molecules: Sequence[Molecule], protocol: Protocol) -> dict[str, str]:
    """Return by id the molecules whose structure was to be kept and that have none."""
    if protocol.search.method != "none":
        return {}
    flat = [molecule for molecule in molecules if molecule.geometry is None]
    return {
        m.id: f"{m.name} ({m.source}): "
        + ("its 3D structure lacks hydrogens" if WITHOUT_HYDROGENS in m.notes else "has no 3D structure to keep")
        for m in flat
    }


def _refusals(molecules: Sequence[Molecule], protocol: Protocol, engine: Engine) -> dict[str, str]:
    """Return by id each molecule that the engine can't do, with its name and the reason."""
    known: dict[tuple[object, ...], str | None] = {}  # of molecules without coordinates, isomers are alike
    found = {}
    for molecule in molecules:
        elements = tuple(dict.fromkeys(molecule.symbols))
        alike = (elements, tuple(sorted(molecule.symbols)), molecule.charge, molecule.multiplicity)
        if molecule.geometry is not None:
            reason = _refusal(molecule, molecule.geometry, protocol, engine)
        elif alike in known:
            reason = known[alike]
        else:
            reason = known[alike] = _refusal(molecule, _line(molecule.symbols), protocol, engine)
        if reason is not None:
            found[molecule.id] = f"{molecule.name} ({molecule.source}): {reason}"
    return found


def _refusal(molecule: Molecule, geometry: Geometry, protocol: Protocol, engine: Engine) -> str | None:
    """Return why the engine can't do one of a molecule's calculations, None if it can do all."""
    trial = Conformer(label="trial", geometry=geometry, energy_hartree=None)
    asked = [step.of(trial, molecule) for step in protocol.steps(molecule.symbols)]
    reasons = (refuse_dispersion(c) or engine.refusal(without_dispersion(c)) for c in asked)
    return next((reason for reason in reasons if reason is not None), None)


def _refuse(refusals: Mapping[str, str], molecules: Sequence[Molecule], *, hint: str) -> None:
    if refusals:
        listed = "; ".join(refusals.values())
        raise InputError(f"{len(refusals)} of {len(molecules)} molecules can't be computed: {listed}", hint=hint)


def _line(symbols: Sequence[str]) -> Geometry:
    """Return stand-in coordinates: what an engine refuses depends on elements, charge and level."""
    return Geometry(
        symbols=tuple(symbols), coordinates_angstrom=tuple((2.0 * i, 0.0, 0.0) for i in range(len(symbols)))
    )
