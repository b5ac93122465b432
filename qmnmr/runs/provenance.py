"""Where a number comes from."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata

from qmnmr.datatypes.calculation import CalculationResult
from qmnmr.datatypes.protocol import Protocol, SearchSettings
from qmnmr.datatypes.shift import Provenance, ReusedResults
from qmnmr.engines.xtb.choice import level_here
from qmnmr.programs.installation import read_installation

_TOOLKITS = ("rdkit", "numpy", "scipy")


def toolkit_versions() -> dict[str, str]:
    """Return the versions of the Python packages that take part in the numbers."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in _TOOLKITS}}


def _describe_search(settings: SearchSettings) -> str:
    if settings.method == "none":
        return "none: the geometry of the input"
    said = f"{settings.method}, seed {settings.random_seed}, {settings.energy_window_kcal_per_mol:g} kcal/mol window"
    if settings.missed_population is None or settings.method != "rdkit":
        return said
    return f"{said} of the force field, or with GFN2-xTB until {100 * settings.missed_population:g} % are missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedOn:
    """The machine that numbers were computed on."""

    host: str  # as the scheduler calls it, else by its own name
    image: str | None = None  # "sha256:…" of the image that computed


def this_machine() -> ComputedOn:
    """Return what this process runs on."""
    return ComputedOn(host=platform.node(), image=_installed_image())


def _installed_image() -> str | None:
    """Return what is known of the image that this process runs in; None outside of one.

    An image can't know its own digest: who started it does.
    """
    installation = read_installation()
    if not installation.is_image:
        return None
    made = installation.label("org.opencontainers.image.created") or "on an unknown day"
    recipe = installation.label("qmnmr.recipe") or "unknown"
    commit = installation.label("org.opencontainers.image.revision") or "unknown"
    return f"recipe {recipe}, built {made} from {commit}; digest not known inside"


def build_provenance(
    protocol: Protocol,
    *,
    engine: str,
    results: Sequence[CalculationResult],
    has_free_energies: bool,
    cpu_seconds: float,
    referencing: dict[str, str],
    machine: ComputedOn,
) -> Provenance:
    """Return the provenance of one molecule's shifts; `has_free_energies` says what its conformers were weighed by."""
    solvent = protocol.optimization.solvent
    computed = {(result.kind, result.level) for result in results}
    if has_free_energies:
        computed.add((protocol.free_energy_step.kind, protocol.free_energy_step.level))
    steps = (s for s in protocol.decisive_steps if not s.is_comparison or (s.kind, s.level) in computed)
    return Provenance(
        qmnmr_version=metadata.version("qmnmr"),
        engine=engine,
        program_versions=tuple(sorted({f"{r.program} {r.program_version}" for r in results})),
        protocol=protocol.name,
        steps=tuple(replace(step, level=level_here(step.level)) for step in steps),
        solvent="gas phase" if solvent is None else solvent.name,
        dielectric_constant=None if solvent is None else solvent.dielectric_constant,
        temperature_kelvin=protocol.temperature_kelvin,
        conformer_search=_describe_search(protocol.search),
        toolkit_versions=toolkit_versions(),
        referencing=referencing,
        host=machine.host,
        date_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        cpu_seconds=round(cpu_seconds, 1),
        image=machine.image,
        reused=_reused(results),
    )


def _reused(results: Sequence[CalculationResult]) -> tuple[ReusedResults, ...]:
    folders = sorted({result.reused_from for result in results} - {""})
    taken = {folder: [result for result in results if result.reused_from == folder] for folder in folders}
    return tuple(
        ReusedResults(
            folder=folder, results=len(found), cpu_seconds=round(sum(result.cpu_seconds for result in found), 1)
        )
        for folder, found in taken.items()
    )
