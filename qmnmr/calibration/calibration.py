"""A calibration: a run over molecules with measured shifts, and the factors that it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from qmnmr.conformers.configuration import read_configuration, stereo_frame
from qmnmr.conformers.symmetry import find_permutation
from qmnmr.datatypes.calibration import (
    CalibrationPoint,
    CalibrationSet,
    FactorFile,
    MeasuredMolecule,
    MeasuredShift,
    ScalingFactors,
)
from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.rdkit_molecule import coordinates_of
from qmnmr.datatypes.shift import NUCLEI, Prediction, PredictionStatus
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.engines import get_engine
from qmnmr.engines.engine import Engine
from qmnmr.errors import CalculationsFailedError, InputError
from qmnmr.records import encode, write_atomically
from qmnmr.report.structure_file import geometry_of_sdf
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import RunPlan, plan_molecules
from qmnmr.runs.request import RunRequest
from qmnmr.runs.signal_list import signals_of
from qmnmr.runs.sources.shift_sources import all_factor_files, elements_of, run_level
from qmnmr.shifts.environments import environments
from qmnmr.shifts.fit.calibration_set import (
    DEFAULT_SOLVENT,
    SHIPPED_SETS,
    joined_sets,
    parse_set,
    shipped_set,
    without_doubt,
)
from qmnmr.shifts.fit.regression import FIT_HINT, fit_factors, what_a_fit_lacks
from qmnmr.shifts.scaling import SCHEMA, find_factors, in_chloroform
from qmnmr.shifts.sides import measured_atoms
from qmnmr.structures import molecules_from_smiles
from qmnmr.structures.files import read_text

SHIELDING_DECIMALS = 4
"""The digits of a shielding that are fitted and kept, so that a fit can be repeated from the factor file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPlan:
    """The set, and the run that computes it."""

    measured: CalibrationSet
    run: RunPlan
    not_fitted: tuple[str, ...] = ()  # a line for each nucleus with too few shifts
    left_out: tuple[str, ...] = ()  # compounds of later sets that an earlier one has
    doubted: tuple[str, ...] = ()  # a line for each molecule with signals that the set doubts, which are not fitted


def read_set(name_or_file: str, *, solvent: str = DEFAULT_SOLVENT) -> CalibrationSet:
    """Return a shipped set by its name, or the set of a CSV file, with the structures of an SDF beside it.

    Of a set that was measured in several solvents the shifts in this one. Raises InputError for an unknown name, a
    table that can't be used, or a solvent that such a set does not have.
    """
    path = Path(name_or_file)
    if path.suffix.lower() != ".csv":
        return shipped_set(name_or_file.lower(), solvent=solvent)
    beside = path.with_suffix(".sdf")
    structures = read_text(beside) if beside.is_file() else ""
    return parse_set(read_text(path), source=str(path), name=path.stem, solvent=solvent, structures=structures)


def plan_calibration(request: RunRequest, *, runs_here: bool = True) -> CalibrationPlan:
    """Return the plan of a calibration here or on a cluster, every atom of the set checked against its molecule.

    The inputs of the request are sets: their names, or CSV files. Raises InputError for what can't be used or
    computed.
    """
    sets = [read_set(name_or_file, solvent=request.solvent) for name_or_file in request.inputs]
    joined = joined_sets(sets)
    measured, doubted = without_doubt(joined)
    source = ", ".join(request.inputs)
    molecules = molecules_from_smiles([(m.name, m.smiles) for m in measured.molecules], source=source)
    for molecule, entry in zip(molecules, measured.molecules, strict=True):
        _check_assignment(molecule, entry)
    lacking = _lacking(measured)
    if set(lacking) == {shift.nucleus for entry in measured.molecules for shift in entry.shifts}:
        raise InputError(f"{source}: {'; '.join(_lines(lacking))}", hint=FIT_HINT)
    own = {
        entry.name
        for name, one in zip(request.inputs, sets, strict=True)
        if name.lower() not in SHIPPED_SETS
        for entry in one.molecules
    }
    for molecule, entry in zip(molecules, measured.molecules, strict=True):
        if entry.name in own:
            _check_equivalence(molecule, entry)
    return CalibrationPlan(
        measured=measured,
        run=_with_needed_levels(plan_molecules(molecules, request, runs_here=runs_here), measured),
        not_fitted=tuple(_lines(lacking)),
        left_out=tuple(
            f"{entry.name} of {one.name}" for one in sets for entry in one.molecules if entry not in joined.molecules
        ),
        doubted=doubted,
    )


def _with_needed_levels(plan: RunPlan, measured: CalibrationSet) -> RunPlan:
    """Return the plan without shieldings at a level of its own of an element that the set has no shifts of."""
    fitted = {shift.nucleus for entry in measured.molecules for shift in entry.shifts}
    protocol = plan.settings.protocol
    levels = tuple((e, level) for e, level in protocol.shieldings if e == "*" or NUCLEI.get(e) in fitted)
    return replace(plan, settings=replace(plan.settings, protocol=replace(protocol, shieldings=levels)))


def _lacking(measured: CalibrationSet) -> dict[str, str]:
    """Return by nucleus why there will be no fit, of those for which there will be none."""
    shifts: dict[str, list[tuple[str, float]]] = {}
    for entry in measured.molecules:
        for shift in entry.shifts:
            shifts.setdefault(shift.nucleus, []).append((entry.name, shift.shift_ppm))
    return {nucleus: reason for nucleus in sorted(shifts) if (reason := what_a_fit_lacks(shifts[nucleus]))}


def _lines(lacking: dict[str, str]) -> list[str]:
    return [f"{nucleus}: {reason}" for nucleus, reason in lacking.items()]


def _check_equivalence(molecule: Molecule, entry: MeasuredMolecule) -> None:
    """Raise InputError for a shift that does not name all equivalent nuclei; sides wait for a geometry."""
    set_of = {atom: s.atom_indices for s in signals_of(molecule).signals for atom in s.atom_indices}
    for shift in entry.shifts:
        if not shift.side:
            _check_signal(entry, shift, measured_atoms(molecule, shift, None), set_of)


def _check_signal(
    entry: MeasuredMolecule, shift: MeasuredShift, atoms: Sequence[int], set_of: Mapping[int, Sequence[int]]
) -> None:
    for atom in atoms:
        outside = set(set_of[atom]) - set(atoms)
        if outside:
            raise InputError(
                f"{entry.name}: atom {atom + 1} is equivalent to atom {min(outside) + 1}, "
                f"which the shift {shift.shift_ppm:g} ppm does not name",
                hint="a signal belongs to all nuclei that are equivalent",
            )


def collect_points(run: RunFolder, measured: CalibrationSet) -> dict[str, tuple[CalibrationPoint, ...]]:
    """Return by nucleus what a finished run computed for every measured shift.

    Raises CalculationsFailedError if a molecule has no result or lacks conformers: a set is fitted whole or not at all.
    """
    found = {m.name: (m, run.load_prediction(m)) for m in run.molecules()}
    missing = [
        name for name, (_, p) in found.items() if p is None or p.status is not PredictionStatus.COMPLETED or p.failures
    ]
    if missing:
        raise CalculationsFailedError(
            f"{len(missing)} of {len(found)} molecules of the set lack results: {', '.join(missing[:5])}",
            hint="repeat the command: it computes what is missing; no molecule of a set is left out",
        )
    points: dict[str, list[CalibrationPoint]] = {}
    for entry in measured.molecules:
        molecule, prediction = found[entry.name]
        if prediction is None:
            continue
        structure = run.molecule_folder(molecule).path / "structure.sdf"
        geometry = geometry_of_sdf(structure.read_text(encoding="utf-8"), symbols=molecule.symbols)
        for nucleus, point in molecule_points(molecule, entry, prediction, geometry=geometry):
            points.setdefault(nucleus, []).append(point)
    return {nucleus: tuple(points[nucleus]) for nucleus in sorted(points)}


def molecule_points(
    molecule: Molecule, entry: MeasuredMolecule, prediction: Prediction, *, geometry: Geometry
) -> list[tuple[str, CalibrationPoint]]:
    """Return (nucleus, point) for each measured shift of a molecule; the geometry tells sides of bonds apart.

    Of two signals that were not told apart the larger shift goes to the smaller shielding. Raises InputError where
    nuclei that are computed as equivalent were assigned to two shifts, or the set's structure is another one.
    """
    by_atom = {atom: s.shielding_ppm for s in prediction.shifts for atom in s.atom_indices}
    set_of = {atom: s.atom_indices for s in prediction.shifts for atom in s.atom_indices}
    classes = environments(molecule)
    places = _places(molecule, entry, geometry)
    points: list[tuple[MeasuredShift, CalibrationPoint]] = []
    for shift in entry.shifts:
        atoms = tuple(places[atom] for atom in measured_atoms(molecule, shift, geometry))
        _check_signal(entry, shift, atoms, set_of)
        mean = sum(by_atom[a] for a in atoms) / len(atoms)
        point = CalibrationPoint(
            molecule=entry.name,
            atoms=tuple(a + 1 for a in atoms),
            environment=classes[atoms[0]],
            measured_ppm=shift.shift_ppm,
            shielding_ppm=round(mean, SHIELDING_DECIMALS),
        )
        points.append((shift, point))
    return [(shift.nucleus, point) for shift, point in _paired(points)]


def _places(molecule: Molecule, entry: MeasuredMolecule, geometry: Geometry) -> Sequence[int]:
    """Return where each atom of the set's structure is in the computed one; the H of a CH2 may have changed places."""
    if entry.geometry is None:
        return range(len(molecule.symbols))
    frame = stereo_frame(molecule)
    given, found = (read_configuration(frame, coordinates_of(g)) for g in (entry.geometry, geometry))
    for elements in (frame.held, frame.drawn):
        for is_mirrored in (False, True):
            places = find_permutation(frame, given, found, mirror=is_mirrored, elements=elements)
            if places is not None:
                return places
    raise InputError(f"{entry.name}: the structure of the set is not the compound of its SMILES")


def _paired(points: Sequence[tuple[MeasuredShift, CalibrationPoint]]) -> list[tuple[MeasuredShift, CalibrationPoint]]:
    """Return the points with those of a pair in the order of their shieldings."""
    found = list(points)
    marks = {(shift.nucleus, shift.pair) for shift, _ in points if shift.pair}
    for mark in marks:
        first, second = (i for i, (shift, _) in enumerate(points) if (shift.nucleus, shift.pair) == mark)
        (one, low), (other, high) = points[first], points[second]
        if (low.measured_ppm - high.measured_ppm) * (low.shielding_ppm - high.shielding_ppm) > 0:
            found[first] = (one, replace(low, measured_ppm=high.measured_ppm))
            found[second] = (other, replace(high, measured_ppm=low.measured_ppm))
    return found


def fit_run(run: RunFolder, measured: CalibrationSet, *, command: str) -> FactorFile:
    """Return the factors of a finished run, of the nuclei that can be fitted.

    Raises CalculationsFailedError or InputError if they can't be had.
    """
    points = collect_points(run, measured)
    settings = run.settings()
    protocol, engine = settings.protocol, get_engine(settings.engine)
    predictions = [p for p in (run.load_prediction(m) for m in run.molecules()) if p is not None]
    sources = [p.provenance for p in predictions if p.provenance is not None]
    versions = sorted({v for s in sources for v in s.program_versions})
    if len(versions) > 1:
        raise InputError(
            f"{run.path} mixes program versions: {', '.join(versions)}",
            hint="calibrate in a new folder, with one version from beginning to end",
        )
    elements = {nucleus: element for element, nucleus in NUCLEI.items()}
    lacking = _lacking(measured)
    bases = _factors_in_chloroform(protocol, engine, elements_of(points))
    return FactorFile(
        schema=SCHEMA,
        protocol=protocol.name,
        engine=settings.engine,
        program_versions=tuple(versions),
        geometry_level=protocol.optimization,
        weights_level=protocol.optimization if protocol.energy is None else protocol.energy,
        settings=engine.settings(),
        conformer_search=sources[0].conformer_search,
        set_name=measured.name,
        set_source=measured.source,
        set_solvent=measured.solvent,
        qmnmr_version=metadata.version("qmnmr"),
        date=datetime.now(UTC).date().isoformat(),
        command=command,
        cpu_seconds=round(sum(s.cpu_seconds for s in sources), 1),
        nuclei={
            nucleus: fit_factors(
                found,
                nucleus=nucleus,
                shielding_level=protocol.shielding_level(elements[nucleus]),
                base=bases.get(nucleus),
            )
            for nucleus, found in points.items()
            if nucleus not in lacking
        },
        refinement=protocol.refinement,
    )


def _factors_in_chloroform(protocol: Protocol, engine: Engine, elements: frozenset[str]) -> dict[str, ScalingFactors]:
    """Return by nucleus the user's or the shipped factors of this recipe in chloroform, for another solvent's run."""
    if protocol.optimization.solvent in (None, CHLOROFORM):
        return {}
    level = in_chloroform(run_level(protocol, engine=engine, elements=elements))
    return {nucleus: found.factors for nucleus, found in find_factors(all_factor_files(), level).items()}


def save_factors(file: FactorFile, run: RunFolder) -> Path:
    """Write RUN/calibration/factors.json and return its path."""
    folder = run.path / "calibration"
    folder.mkdir(exist_ok=True)
    path = folder / "factors.json"
    write_atomically(path, encode(file))
    return path


def _check_assignment(molecule: Molecule, entry: MeasuredMolecule) -> None:
    """Raise InputError for atoms that the molecule does not have; sides wait for a geometry."""
    if entry.geometry is not None and entry.geometry.symbols != molecule.symbols:
        raise InputError(
            f"{entry.name}: the structure of the set has other atoms than its SMILES, or in another order",
            hint="heavy atoms in the order of the SMILES, then the hydrogens of each in that order",
        )
    for shift in entry.shifts:
        measured_atoms(molecule, replace(shift, side=""), None)
