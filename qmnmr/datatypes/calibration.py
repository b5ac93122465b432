"""Calibration: measured shifts, what was computed for them, and the factors that a fit of the two gives."""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.datatypes.calculation import Refinement
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredShift:
    """One signal of a spectrum and the atoms it belongs to."""

    nucleus: str  # "13C"
    atoms: tuple[int, ...]  # 1-based: heavy atoms in the order of the SMILES, then the hydrogens of each in that order
    shift_ppm: float
    side: str = ""  # "cis 2-4-5": those of `atoms` whose group on atom 2 lies cis to atom 5 across the bond 2-4
    pair: str = ""  # two signals of a molecule and nucleus with the same mark were not told apart
    doubt: str = ""  # why it looks like an error of the data: it is not fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredMolecule:
    """A compound with its assigned shifts."""

    name: str
    smiles: str
    shifts: tuple[MeasuredShift, ...]
    geometry: Geometry | None = None  # that tells which of the H of a CH2 an atom is; None: any of them


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationSet:
    """Compounds whose measured shifts a level is fitted to."""

    name: str
    source: str
    solvent: str  # of the measurement, as qmnmr names it
    molecules: tuple[MeasuredMolecule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPoint:
    """A measured shift beside the shielding computed for the same nuclei."""

    molecule: str
    atoms: tuple[int, ...]  # 1-based
    environment: str  # see shifts.environments
    measured_ppm: float
    shielding_ppm: float  # averaged over conformers and over the atoms

    def described(self, nucleus: str) -> str:
        """Return the nucleus as people write it: "oxetane 13C 2 4"."""
        return f"{self.molecule} {nucleus} {' '.join(str(a) for a in self.atoms)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """How far the fit is from a measured shift: predicted minus measured."""

    point: CalibrationPoint
    residual_ppm: float  # of the fit to all molecules
    left_out_ppm: float  # of the fit that has not seen this molecule


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFactors:
    """What a calibration says of one kind of nucleus."""

    n: int  # measured shifts
    offset_ppm: float  # of its shifts beside the line of all
    error_ppm: float  # the error bar of a shift, without the part of conformer weights
    loo_rmsd_ppm: float  # of its own shifts


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingFactors:
    """The regression of shielding on measured shift of one nucleus: sigma = intercept + slope * (delta - offset).

    So delta = (sigma - intercept) / slope + offset, and the slope is near -1; the offset is that of the nucleus'
    environment, 0 for one that the set lacks. All errors are predicted minus measured shifts.
    """

    nucleus: str
    shielding_level: LevelOfTheory
    slope: float
    intercept_ppm: float
    slope_interval_95: tuple[float, float]
    intercept_interval_95_ppm: tuple[float, float]
    n: int  # measured shifts
    n_molecules: int
    measured_range_ppm: tuple[float, float]
    rmsd_ppm: float
    mae_ppm: float
    largest_residual_ppm: float
    largest_residual_atom: str
    loo_rmsd_ppm: float  # leave one molecule out: predicted by fits that have not seen the molecule
    loo_mae_ppm: float
    dp4_sigma_ppm: float  # scale of Student's t for the leave-one-molecule-out errors, centred at 0
    dp4_nu: float  # its degrees of freedom, at most 100 (a normal distribution)
    bar_nu: float  # degrees of freedom of Student's t of these errors over their error bars
    environments: dict[str, EnvironmentFactors]
    unseen_error_ppm: float  # the error bar of a shift whose environment the set lacks
    residuals: tuple[Residual, ...]
    moved_from: str = ""  # the solvent whose line and offsets these are, moved; "": a line of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAgreement:
    """Proof that another engine gives the same shieldings at these levels, so that the factors serve it too."""

    engine: str
    program_version: str
    n_molecules: int
    largest_shift_difference_ppm: dict[str, float]  # by nucleus, over all measured nuclei of these molecules
    rmsd_ppm: dict[str, float]
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorFile:
    """Everything that a calibration gave, and everything that decides whether it fits a run."""

    schema: int
    protocol: str
    engine: str
    program_versions: tuple[str, ...]
    geometry_level: LevelOfTheory
    weights_level: LevelOfTheory
    settings: dict[str, str]  # of the engine: grid, fitting, continuum, thresholds
    conformer_search: str
    set_name: str
    set_source: str
    set_solvent: str  # of the measurement
    qmnmr_version: str
    date: str
    command: str
    cpu_seconds: float  # of all calculations
    nuclei: dict[str, ScalingFactors]
    agreements: tuple[EngineAgreement, ...] = ()
    refinement: Refinement | None = None  # of the geometries; None: converged


@dataclass(frozen=True, slots=True, kw_only=True)
class SolventMove:
    """By how much measured shifts of a nucleus move from chloroform to another solvent, root mean square."""

    solvent: str
    ppm: float
    is_measured: bool  # False: nothing was measured in it, and this is the largest of all other solvents


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFactors:
    """The factors of one nucleus and the file they are from."""

    file: FactorFile
    factors: ScalingFactors
    move: SolventMove | None = None  # of chloroform's factors that serve another solvent
