"""Shifts: from shieldings of many nuclei in many conformers to what a spectrum shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from qmnmr.datatypes.calculation import CalculationFailure
from qmnmr.datatypes.coupling import Coupling
from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import Step
from qmnmr.datatypes.theory import LevelOfTheory

NUCLEI: dict[str, str] = {
    "H": "1H",
    "B": "11B",
    "C": "13C",
    "N": "15N",
    "F": "19F",
    "Si": "29Si",
    "P": "31P",
}
"""The nuclei that are reported, by element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AveragedShielding:
    """Isotropic shielding of one set of equivalent nuclei, averaged over nuclei and conformers."""

    atom_indices: tuple[int, ...]  # 0-based, ascending
    element: str
    shielding_ppm: float
    weight_sensitivity_ppm: float = 0.0  # how far it moves with the error of conformer energies and what was missed
    weight_moves_ppm: tuple[float, ...] = ()  # how far with each independent error of them; none: one conformer


@dataclass(frozen=True, slots=True, kw_only=True)
class ChemicalShift:
    """Shift of one set of equivalent nuclei; None where a value is not known.

    `shift_ppm` rests on calibrated factors and always has an uncertainty. `reference_shift_ppm` is the plain
    difference to one computed reference compound: it is not calibrated and has no error bar.
    """

    atom_indices: tuple[int, ...]  # 0-based, ascending
    element: str
    nucleus: str  # "13C"
    shielding_ppm: float
    shift_ppm: float | None
    uncertainty_ppm: float | None
    flags: tuple[str, ...] = ()  # short reasons not to trust shift and error bar as they stand
    reference_shift_ppm: float | None = None
    reference: str = ""  # the compound: "TMS"
    label: str = ""  # which of several signals of one constitution: "pro-R", "cis to O4"
    # How far the shift moves with each independent error of the conformers' energies, the same for all shifts of a
    # molecule in the same order; none: one conformer, or no calibrated shift.
    weight_moves_ppm: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceShielding:
    """Shielding of a reference compound's nucleus (shift 0), computed at one exact level with one program version."""

    compound: str
    nucleus: str
    shielding_ppm: float
    engine: str
    program_version: str
    shielding_level: LevelOfTheory
    geometry_level: LevelOfTheory
    provenance: str  # command and date that gave it


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedConformer:
    """A conformer of the final ensemble with its population."""

    label: str
    energy_hartree: float
    degeneracy: float
    population: float
    # With free energies: what was added to the energy, and the population that the energy alone would give.
    free_energy_correction_hartree: float | None = None
    energy_population: float | None = None
    tautomer: str = ""  # its SMILES where the conformers are of several tautomers
    inclusion: float = 1.0  # the probability with which a sample took it; below 1 it stands for others of its like


@dataclass(frozen=True, slots=True, kw_only=True)
class ReusedResults:
    """Results of a prediction that were computed in another run."""

    folder: str  # of the molecule there
    results: int
    cpu_seconds: float  # that they took there


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a prediction rests on; enough to do it again."""

    qmnmr_version: str
    engine: str
    program_versions: tuple[str, ...]  # of the engine, as printed by the outputs
    protocol: str
    steps: tuple[Step, ...]  # of the protocol: what was computed at which level
    solvent: str
    dielectric_constant: float | None
    temperature_kelvin: float
    conformer_search: str
    toolkit_versions: dict[str, str]
    referencing: dict[str, str]  # by nucleus: how a shielding became a shift, or why it did not
    host: str
    date_utc: str
    cpu_seconds: float  # of all that the numbers rest on, in whichever run it was computed
    image: str | None = None  # "sha256:…" of the image that the programs ran in; None: the machine's own programs
    reused: tuple[ReusedResults, ...] = ()  # of the engine's results


class PredictionStatus(StrEnum):
    """How far one molecule came."""

    COMPLETED = "completed"  # shieldings of it are there; where calculations failed, conformers were left out
    FAILED = "failed"  # no result; the messages say why
    UNFINISHED = "unfinished"  # no result yet; never in a prediction.json, which is written last


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The outcome of one molecule."""

    molecule: Molecule
    status: PredictionStatus
    messages: tuple[str, ...]
    shifts: tuple[ChemicalShift, ...] = ()
    conformers: tuple[WeightedConformer, ...] = ()
    failures: tuple[CalculationFailure, ...] = ()
    funnel: tuple[FunnelStep, ...] = ()
    provenance: Provenance | None = field(default=None)
    missed_population: float | None = None  # estimated share in conformers that are not in the average; None: unknown
    couplings: tuple[Coupling, ...] = ()  # between hydrogens, ascending by first pair; none where none were asked for
