"""The same bodies on every engine: numbers, physics, refusals, stops, provenance."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from rdkit.Chem import rdMolTransforms
from scipy.spatial.transform import Rotation

from qmnmr.conformers.rdkit_search import search
from qmnmr.datatypes.calculation import (
    Calculation,
    CalculationFailure,
    CalculationKind,
    CalculationResult,
    FailureKind,
    Refinement,
)
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.rdkit_molecule import coordinates_of, rdkit_mol, with_coordinates
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory, gfn2_xtb
from qmnmr.engines.facts import Allotment
from qmnmr.engines.start_hessian import start_hessian
from qmnmr.engines.surfaces.minimization import minimize
from qmnmr.engines.xtb.embedded import rounded_geometry
from qmnmr.engines.xtb.hessian import XtbHessianEngine
from qmnmr.engines.xtb.library import Gfn2Surface
from qmnmr.errors import InputError, InterruptedRunError
from qmnmr.programs import refinement
from qmnmr.programs.processes import Programs
from qmnmr.programs.refinement import can_refine, refine
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.programs.self_check import METHANE, WATER
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules
from qmnmr.units import BOHR_ANGSTROM
from tests.contract.conftest import run_in

LEVEL = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None)
METHANOL = Geometry(
    symbols=("C", "O", "H", "H", "H", "H"),
    coordinates_angstrom=(
        (-0.0467, 0.6603, 0.0),
        (-0.0467, -0.7577, 0.0),
        (-1.0916, 0.9790, 0.0),
        (0.4360, 1.0740, 0.8920),
        (0.4360, 1.0740, -0.8920),
        (0.8788, -1.0450, 0.0),
    ),
)

STRETCHED = Geometry(
    symbols=METHANOL.symbols,
    coordinates_angstrom=(
        (-0.0467, 0.7103, 0.03),
        (-0.0467, -0.7577, 0.0),
        (-1.1516, 0.9790, 0.0),
        (0.4360, 1.0940, 0.9320),
        (0.4860, 1.0740, -0.8520),
        (0.8588, -1.0950, 0.15),
    ),
)

STRETCHED_WATER = Geometry(
    symbols=("O", "H", "H"), coordinates_angstrom=((0.0, 0.0, 0.06), (0.0, 0.79, -0.48), (0.0, -0.74, -0.47))
)


def points_of(found: CalculationResult) -> np.ndarray:
    return np.array(found.geometry.coordinates_angstrom)


def ask(
    kind: CalculationKind, geometry: Geometry = WATER.geometry, *, level: LevelOfTheory = LEVEL, charge: int = 0
) -> Calculation:
    return Calculation(label="test", kind=kind, geometry=geometry, charge=charge, multiplicity=1, level=level)


FITTED = 1e-4
"""Hartree by which density fitting changes an energy; differences of conformers change by 0.02 kcal/mol."""


def turned(geometry: Geometry, rotation: np.ndarray) -> Geometry:
    positions = np.array(geometry.coordinates_angstrom) @ rotation.T + [1.0, -2.0, 0.5]
    return replace(geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions.tolist()))


def result(outcome) -> CalculationResult:
    assert isinstance(outcome, CalculationResult), outcome
    return outcome


def isotropic(found: CalculationResult) -> list[float]:
    return [shielding.isotropic_ppm for shielding in found.shieldings]


@pytest.mark.parametrize("known", [WATER, METHANE], ids=lambda known: known.name)
def test_energies_are_the_known_ones_within_the_error_of_density_fitting(run, known):
    found = result(run(ask(CalculationKind.ENERGY, known.geometry)))
    assert found.energy_hartree == pytest.approx(known.energy_hartree, abs=FITTED)
    assert found.shieldings == ()


@pytest.mark.parametrize("known", [WATER, METHANE], ids=lambda known: known.name)
def test_shieldings_are_the_known_ones(run, known):
    found = result(run(ask(CalculationKind.SHIELDING, known.geometry)))
    limits = {"H": 0.002, "C": 0.02, "O": 0.1}
    for shielding, value in zip(found.shieldings, known.shieldings_ppm, strict=True):
        assert shielding.isotropic_ppm == pytest.approx(value, abs=limits[shielding.symbol])
        assert shielding.isotropic_ppm == pytest.approx(np.trace(shielding.tensor_ppm) / 3, abs=2e-4)


def test_nearly_dependent_functions_are_left_out_alike(run):
    """Two combinations of diacetylene's diffuse functions; with one of them C would be 0.20, H 0.015 ppm lower."""
    along_z = zip("CCCCHH", (0.69, -0.69, 1.895, -1.895, 2.957, -2.957), strict=True)
    symbols, heights = zip(*along_z, strict=True)
    rod = Geometry(symbols=symbols, coordinates_angstrom=tuple((0.0, 0.0, z) for z in heights))
    level = replace(LEVEL, functional="hf", basis="6-31+g(d,p)")
    values = isotropic(result(run(ask(CalculationKind.SHIELDING, rod, level=level))))
    assert values[:4:2] == pytest.approx([135.313, 137.950], abs=0.02)  # NWChem 7.0.2
    assert values[4] == pytest.approx(30.3426, abs=0.002)


def test_equal_nuclei_have_equal_shieldings(run):
    _, *hydrogens = isotropic(result(run(ask(CalculationKind.SHIELDING, METHANE.geometry))))
    assert np.ptp(hydrogens) < 5e-4
    values = isotropic(result(run(ask(CalculationKind.SHIELDING, METHANOL))))
    assert values[3] == pytest.approx(values[4], abs=1e-3)


def test_a_turned_and_moved_molecule_has_the_same_shieldings_and_turned_tensors(run):
    rotation = Rotation.from_euler("xyz", [20, 50, 70], degrees=True).as_matrix()
    before = result(run(ask(CalculationKind.SHIELDING, METHANOL)))
    after = result(run(ask(CalculationKind.SHIELDING, turned(METHANOL, rotation))))
    assert isotropic(after) == pytest.approx(isotropic(before), abs=1e-2)
    for old, new in zip(before.shieldings, after.shieldings, strict=True):
        expected = rotation @ _symmetric(old) @ rotation.T
        assert np.abs(_symmetric(new) - expected).max() < (0.1 if old.symbol == "O" else 0.02)


def test_turning_a_molecule_in_solution_moves_its_shieldings_by_no_more_than_the_surface_allows(run):
    # The surface of the continuum is made of patches that do not turn with the molecule.
    level = replace(LEVEL, solvent=CHLOROFORM)
    rotation = Rotation.from_rotvec(1.1 * np.array([1.0, 2.0, -0.5]) / np.linalg.norm([1.0, 2.0, -0.5])).as_matrix()
    upright = result(run(ask(CalculationKind.SHIELDING, METHANOL, level=level)))
    moved = result(run(ask(CalculationKind.SHIELDING, turned(METHANOL, rotation), level=level)))
    for before, after in zip(upright.shieldings, moved.shieldings, strict=True):
        limit = {"C": 0.01, "H": 0.01, "O": 0.15}[before.symbol]
        assert after.isotropic_ppm == pytest.approx(before.isotropic_ppm, abs=limit)


def _symmetric(shielding) -> np.ndarray:
    # NWChem prints the symmetric part alone.
    tensor = np.array(shielding.tensor_ppm)
    return (tensor + tensor.T) / 2


@pytest.mark.parametrize(
    ("of", "share"),
    [
        pytest.param(("b3lyp", WATER.geometry), (2, 1000), id="water, 2 cores, 1000 MB"),
        pytest.param(("cam-b3lyp", WATER.geometry), (1, 300), id="water, 1 core, 300 MB"),
        pytest.param(("b3lyp", METHANOL), (1, 300), id="methanol, 1 core, 300 MB", marks=pytest.mark.slow),
        pytest.param(("cam-b3lyp", METHANOL), (2, 1000), id="methanol, 2 cores, 1000 MB", marks=pytest.mark.slow),
    ],
)
def test_cores_and_memory_change_no_number(engine, run, tmp_path, of, share):
    (functional, geometry), (cores, memory_mb) = of, share
    asked = ask(CalculationKind.SHIELDING, geometry, level=replace(LEVEL, functional=functional, solvent=CHLOROFORM))
    store = MoleculeFolder(tmp_path / "store")
    found = result(run_in(tmp_path, asked, engine=engine, store=store, cores=cores, memory_mb=memory_mb)[0])
    assert found.energy_hartree == pytest.approx(result(run(asked)).energy_hartree, abs=1e-7)
    assert isotropic(found) == pytest.approx(isotropic(result(run(asked))), abs=1e-3)
    assert found.memory_mb == memory_mb


def test_the_order_of_atoms_changes_no_number(run):
    order = (3, 1, 5, 0, 2, 4)
    reordered = Geometry(
        symbols=tuple(METHANOL.symbols[k] for k in order),
        coordinates_angstrom=tuple(METHANOL.coordinates_angstrom[k] for k in order),
    )
    before = result(run(ask(CalculationKind.SHIELDING, METHANOL)))
    after = result(run(ask(CalculationKind.SHIELDING, reordered)))
    assert after.energy_hartree == pytest.approx(before.energy_hartree, abs=1e-6)
    assert isotropic(after) == pytest.approx([isotropic(before)[k] for k in order], abs=5e-3)


def test_the_charge_reaches_the_program(run):
    ammonium = replace(METHANE.geometry, symbols=("N", "H", "H", "H", "H"))
    found = result(run(ask(CalculationKind.ENERGY, ammonium, charge=1)))
    assert found.energy_hartree == pytest.approx(-56.882379, abs=FITTED)


@pytest.mark.parametrize(("cavity", "lowered_by"), [("klamt", 0.009161), ("uff", 0.005820)])
def test_a_continuum_lowers_the_energy_by_as_much(run, cavity, lowered_by):
    gas = result(run(ask(CalculationKind.ENERGY)))
    level = replace(LEVEL, solvent=CHLOROFORM, cavity=cavity)
    solution = result(run(ask(CalculationKind.ENERGY, level=level)))
    assert gas.energy_hartree - solution.energy_hartree == pytest.approx(lowered_by, abs=2 * FITTED)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"level": replace(LEVEL, functional="x-42")}, "no functional 'x-42'"),
        ({"level": replace(LEVEL, basis="x-42g")}, "no basis set 'x-42g'"),
        ({"level": replace(LEVEL, cavity="x-42")}, "no cavity 'x-42'"),
        ({"charge": 1}, "closed shell"),
        ({"charge": 10}, "electrons"),
        ({"multiplicity": 3}, "Multiplicity 3"),
        ({"geometry": replace(WATER.geometry, symbols=("U", "H", "H"))}, "'U'"),
        ({"geometry": Geometry(symbols=(), coordinates_angstrom=())}, "no atoms"),
        ({"geometry": Geometry(symbols=("He", "He"), coordinates_angstrom=((0, 0, 0), (0, 0, 0.1)))}, "closer than"),
        ({"geometry": Geometry(symbols=("He",), coordinates_angstrom=((0, 0, float("nan")),))}, "not a number"),
    ],
)
def test_bad_input_is_refused_by_name_before_anything_runs(engine, changes, words):
    asked = replace(ask(CalculationKind.SHIELDING), **changes)
    assert words in (engine.refusal(asked) or "")
    with pytest.raises(InputError, match="test: "):
        engine.input_files(asked, Allotment(cores=1, memory_mb=500))


def test_a_field_that_does_not_converge_is_a_named_failure(run):
    # Two oxygen atoms far apart: a closed shell can't describe them.
    apart = Geometry(symbols=("O", "O"), coordinates_angstrom=((0.0, 0.0, 0.0), (0.0, 0.0, 8.0)))
    outcome = run(ask(CalculationKind.ENERGY, apart, level=replace(LEVEL, functional="pbe")))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.failure is FailureKind.SCF_NOT_CONVERGED
    assert outcome.evidence


def test_an_optimisation_ends_in_a_minimum_with_its_energy(run):
    found = result(run(ask(CalculationKind.OPTIMIZATION)))
    oxygen, first, second = np.array(found.geometry.coordinates_angstrom)
    bonds = [np.linalg.norm(oxygen - hydrogen) for hydrogen in (first, second)]
    assert bonds == pytest.approx([0.9687, 0.9687], abs=0.001)
    assert found.energy_hartree == pytest.approx(-76.407025, abs=FITTED)
    assert found.optimization_steps is not None
    assert found.optimization_steps > 0


@pytest.mark.parametrize("solvent", [None, CHLOROFORM], ids=["gas", "continuum"])
def test_a_gradient_is_the_derivative_of_the_energies(run, solvent):
    level = replace(LEVEL, solvent=solvent)
    found = result(run(ask(CalculationKind.GRADIENT, STRETCHED_WATER, level=level)))
    gradient, step = np.array(found.gradient), 0.005  # angstrom
    assert gradient.shape == (3, 3)
    assert np.abs(gradient.sum(axis=0)).max() < 2e-4
    points = np.array(STRETCHED_WATER.coordinates_angstrom)
    along = points[1] - points[0]
    along /= np.linalg.norm(along)
    energies = []
    for sign in (1, -1):
        moved = points.copy()
        moved[1] += sign * step * along
        there = replace(STRETCHED_WATER, coordinates_angstrom=tuple((x, y, z) for x, y, z in moved.round(8).tolist()))
        energies.append(result(run(ask(CalculationKind.ENERGY, there, level=level))).energy_hartree)
    slope = (energies[0] - energies[1]) / (2 * step / BOHR_ANGSTROM)
    assert gradient[1] @ along == pytest.approx(slope, abs=3e-4)
    assert found.energy_hartree == pytest.approx(sum(energies) / 2, abs=2e-4)


@pytest.mark.skipif(not can_refine(), reason="tblite is not installed")
def test_few_gradients_on_the_shifted_surface_end_in_the_optimisations_minimum(engine, run, tmp_path):
    limits = Refinement(
        max_gradients=5, bond_angstrom=0.005, angle_degrees=1.0, torsion_degrees=2.0, free_turn_kcal_per_mol=0.0
    )
    asked = replace(ask(CalculationKind.OPTIMIZATION, STRETCHED_WATER), conformer="c001", refinement=limits)
    with ScratchFolder.create(tmp_path) as scratch:
        place = Workplace(engine=engine, scratch=scratch, programs=Programs(scratch))
        store = MoleculeFolder(tmp_path / "store")
        found = result(refine(asked, limits, workplace=place, store=store, cores=1, memory_mb=1000))
        started = place.programs.started
        assert refine(asked, limits, workplace=place, store=store, cores=1, memory_mb=1000) == found
        assert place.programs.started == started == found.optimization_steps
    right = result(run(ask(CalculationKind.OPTIMIZATION, STRETCHED_WATER)))
    assert found.optimization_steps is not None
    assert 2 <= found.optimization_steps <= 4
    assert found.energy_hartree == pytest.approx(right.energy_hartree, abs=3e-5)
    apart = [np.linalg.norm(a[:, None] - a[None], axis=2) for a in map(points_of, (found, right))]
    assert np.abs(apart[0] - apart[1]).max() < 0.004
    assert store.load_result("c001-gradient1", digest=engine.input_digest(asked)) is None


@pytest.mark.skipif(not can_refine(), reason="tblite is not installed")
def test_a_step_that_went_uphill_is_taken_back(engine, tmp_path, monkeypatch):
    limits = Refinement(
        max_gradients=4, bond_angstrom=0.005, angle_degrees=1.0, torsion_degrees=2.0, free_turn_kcal_per_mol=0.0
    )
    asked = replace(ask(CalculationKind.OPTIMIZATION, STRETCHED_WATER), conformer="c001", refinement=limits)
    walk, begun = refinement._walk, []

    def too_far(here, gradient, **how):
        step = walk(here, gradient, **how)
        assert step is not None
        return replace(step, positions=1.2 * step.positions, bond_angstrom=0.2)

    def noted(calculation, **how):
        begun.append(calculation)
        return run_calculation(calculation, **how)

    monkeypatch.setattr(refinement, "_walk", too_far)
    monkeypatch.setattr(refinement, "run_calculation", noted)
    with ScratchFolder.create(tmp_path) as scratch:
        place = Workplace(engine=engine, scratch=scratch, programs=Programs(scratch))
        store = MoleculeFolder(tmp_path / "store")
        found = result(refine(asked, limits, workplace=place, store=store, cores=1, memory_mb=1000))
    assert [c.label for c in begun] == ["c001-gradient1", "c001-gradient2", "test"]
    assert begun[2].geometry == begun[0].geometry != begun[1].geometry
    assert found.energy_hartree == pytest.approx(-76.407025, abs=FITTED)


@pytest.mark.skipif(not can_refine(), reason="tblite is not installed")
def test_a_methyl_group_that_xtb_lets_turn_takes_one_gradient(engine, tmp_path):
    """GFN2-xTB has no barrier for the methyl group of methyl formate; B3LYP staggers it."""
    (molecule,) = read_molecules(["COC=O"])
    protocol = get_protocol("draft", solvent=None)
    (conformer,) = search(molecule, protocol.search).conformers[:1]
    mol = with_coordinates(rdkit_mol(molecule), coordinates_of(conformer.geometry)).GetConformer()
    rdMolTransforms.SetDihedralDeg(mol, 2, 1, 0, 4, rdMolTransforms.GetDihedralDeg(mol, 2, 1, 0, 4) + 40.0)
    points = tuple((x, y, z) for x, y, z in mol.GetPositions().tolist())
    turned = replace(conformer, geometry=replace(conformer.geometry, coordinates_angstrom=points))
    xtb = Gfn2Surface(protocol.ranking_step.of(turned, molecule), accuracy=0.2)
    start = rounded_geometry(xtb.symbols, minimize(xtb.symbols, xtb.positions, xtb).positions)
    assert methyl_torsions(start) == pytest.approx([0.0, 120.0, 120.0], abs=25.0)

    step = protocol.optimization_step.of(replace(conformer, geometry=start), molecule)
    asked = replace(step, level=LEVEL)
    assert asked.refinement is not None
    with ScratchFolder.create(tmp_path) as scratch:
        place = Workplace(engine=engine, scratch=scratch, programs=Programs(scratch))
        store = MoleculeFolder(tmp_path / "store")
        found = result(refine(asked, asked.refinement, workplace=place, store=store, cores=1, memory_mb=1000))
    assert methyl_torsions(found.geometry) == pytest.approx([60.0, 60.0, 180.0], abs=6.0)
    assert found.optimization_steps == 1


def methyl_torsions(geometry: Geometry) -> list[float]:
    """Return the sizes of methyl formate's torsions H-C-O-C in degrees, ascending."""
    points = np.array(geometry.coordinates_angstrom)
    found = []
    for hydrogen in (4, 5, 6):
        first, axis, last = (points[j] - points[i] for i, j in ((hydrogen, 0), (0, 1), (1, 2)))
        one, other = np.cross(first, axis), np.cross(axis, last)
        found.append(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), one @ other)))
    return sorted(found)


@pytest.mark.xtb
def test_xtbs_hessian_saves_steps_and_ends_in_the_same_minimum_and_is_not_kept(engine, run, tmp_path):
    plain = ask(CalculationKind.OPTIMIZATION, STRETCHED)
    asked = ask(CalculationKind.HESSIAN, STRETCHED, level=gfn2_xtb(None))
    hessian = result(run_in(tmp_path, asked, engine=XtbHessianEngine(), store=MoleculeFolder(tmp_path / "xtb"))[0])
    assert hessian.hessian is not None
    begun = replace(plain, start_hessian=start_hessian(hessian.hessian, STRETCHED))
    assert engine.input_digest(begun) == engine.input_digest(plain)
    store = MoleculeFolder(tmp_path / "store")
    found, guessed = result(run_in(tmp_path, begun, engine=engine, store=store)[0]), result(run(plain))
    assert found.optimization_steps is not None
    assert guessed.optimization_steps is not None
    assert found.optimization_steps < guessed.optimization_steps
    assert found.energy_hartree == pytest.approx(guessed.energy_hartree, abs=3e-6)
    names = {path.name for path in (tmp_path / "store").rglob("*") if path.is_file()}
    assert names <= {"input.json", "input.nw", "output.out", "stderr.txt", "result.json"}
    again = MoleculeFolder(tmp_path / "xtb").load_result("test", digest=XtbHessianEngine().input_digest(asked))
    assert again == replace(hessian, hessian=None)


def test_a_result_says_who_computed_what(engine, run):
    asked = ask(CalculationKind.SHIELDING, METHANE.geometry)
    found = result(run(asked))
    assert (found.program, found.label, found.kind, found.level) == (engine.facts.name, "test", asked.kind, LEVEL)
    assert found.program_version[0].isdigit()
    assert (found.ranks, found.cpu_seconds > 0, found.wall_seconds > 0) == (1, True, True)
    assert found.geometry.symbols == asked.geometry.symbols


def test_a_finished_calculation_is_not_run_again(engine, tmp_path):
    asked = ask(CalculationKind.ENERGY)
    first, started = run_in(tmp_path, asked, engine=engine, store=MoleculeFolder(tmp_path / "store"))
    again, started_again = run_in(tmp_path, asked, engine=engine, store=MoleculeFolder(tmp_path / "store"))
    assert (started, started_again) == (1, 0)
    assert again == first


def test_a_stopped_optimisation_leaves_no_result_and_can_be_done_afterwards(engine, run, tmp_path):
    asked = ask(CalculationKind.OPTIMIZATION)
    store = MoleculeFolder(tmp_path / "store")
    with ScratchFolder.create(tmp_path) as scratch:
        programs = Programs(scratch)
        workplace = Workplace(engine=engine, scratch=scratch, programs=programs)
        stopper = threading.Thread(target=_stop_when_started, args=(programs,))
        stopper.start()
        with pytest.raises(InterruptedRunError):
            run_calculation(asked, workplace=workplace, store=store, cores=1, memory_mb=1000)
        stopper.join()
    assert store.load_result("test", digest=engine.input_digest(asked)) is None
    assert not [path for path in tmp_path.iterdir() if path.name != "store"], "scratch is left"
    afterwards = result(run_in(tmp_path, asked, engine=engine, store=store)[0])
    assert afterwards.energy_hartree == pytest.approx(result(run(asked)).energy_hartree, abs=1e-6)


def _stop_when_started(programs: Programs) -> None:
    while not programs.started:
        time.sleep(0.01)
    time.sleep(0.5)
    programs.stop()
