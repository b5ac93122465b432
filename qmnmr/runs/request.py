"""What a run can be asked: made once at each door (a command, the Python function), and handed on as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qmnmr.datatypes.protocol import DEFAULT_PROTOCOL

AUTO = "auto"
"""The engine of a run that names none; `choose_engine` finds it."""

DEFAULT_SOLVENT = "chloroform"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What is to be computed and where it is kept, as it was asked for: nothing of it is checked yet.

    None: not asked for, so that the protocol, the input or the machine decides.
    """

    inputs: tuple[str, ...]  # SMILES and structure files
    solvent: str = DEFAULT_SOLVENT  # any spelling, or "gas"
    protocol: str = DEFAULT_PROTOCOL  # its name, or a file with one of the user's own
    engine: str = AUTO
    conformers: str | None = None  # the search: one of qmnmr.runs.plan.SEARCH_METHODS
    charge: int | None = None  # of XYZ files
    temperature_kelvin: float | None = None  # of the Boltzmann weights
    optimization: str | None = None  # how minima are found: one of qmnmr.runs.protocols.OPTIMIZATIONS
    geometry: str | None = None  # where it comes from: one of qmnmr.datatypes.protocol.GEOMETRIES
    level: str | None = None  # of all shieldings: FUNCTIONAL/BASIS
    free_energies: bool | None = None  # weigh conformers by free energies, not energies
    couplings: str | None = None  # between hydrogens: one of qmnmr.runs.protocols.COUPLINGS
    skip_bad: bool = False  # leave out what can't be computed, and list it, instead of refusing all
    factors: Path | None = None  # a factor file of the user's own
    reuse: tuple[Path, ...] = ()  # run folders whose results are taken over instead of being computed again
    out: Path | None = None  # the run folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequest:
    """What a run on this machine may use; None: all that is free."""

    cores: int | None = None
    memory_mb: int | None = None
    scratch: Path | None = None  # a folder on a local disk
