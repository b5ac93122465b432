from __future__ import annotations

import gc

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.pyscf.field.scf import Accuracy
from qmnmr.engines.pyscf.optimization import LAST_STEP_ANGSTROM, Minimum, optimize_geometry
from qmnmr.engines.pyscf.step_file import Step, read_steps, write_steps
from qmnmr.engines.start_hessian import start_hessian
from qmnmr.units import BOHR_ANGSTROM

pytestmark = pytest.mark.long

pytest.importorskip("pyscf")
pytest.importorskip("geometric")


def test_an_optimisation_keeps_one_steps_grid_and_integrals_at_a_time(tmp_path):
    from pyscf import gto
    from pyscf.dft.numint import NumInt

    water = gto.M(atom="O 0 0 0; H 0 0.9 0.5; H 0 -0.9 0.6", basis="3-21g", verbose=0)
    level = LevelOfTheory(functional="b3lyp", basis="3-21g", spherical=True, solvent=None)
    alive: list[int] = []

    def count(line: str) -> None:
        if not line.startswith("step"):
            return
        alive.append(sum(isinstance(thing, NumInt) for thing in gc.get_objects()))

    gc.collect()  # what other tests left would be counted at the start and collected on the way
    before = sum(isinstance(thing, NumInt) for thing in gc.get_objects())
    minimum = optimize_geometry(water, level, accuracy=Accuracy(), report=count, step_file=tmp_path / "steps")
    assert minimum.steps == len(alive) >= 4
    assert np.isfinite(minimum.energy_hartree)
    assert max(alive[1:]) <= alive[0]
    assert alive[0] > before


def test_an_optimisation_goes_on_along_the_very_same_path(tmp_path):
    from pyscf import gto

    level = LevelOfTheory(functional="hf", basis="sto-3g", spherical=True, solvent=None)

    def optimize(name: str) -> tuple[Minimum, list[str]]:
        lines: list[str] = []
        water = gto.M(atom="O 0 0 0; H 0 0.9 0.5; H 0 -0.9 0.6", basis="sto-3g", verbose=0)
        path = tmp_path / name
        return optimize_geometry(water, level, accuracy=Accuracy(), report=lines.append, step_file=path), lines

    whole, lines = optimize("whole")
    steps = read_steps(tmp_path / "whole")
    assert len(steps) == whole.steps >= 4

    # Killed while it wrote the third step.
    text = (tmp_path / "whole").read_text().splitlines(keepends=True)
    (tmp_path / "cut").write_text("".join(text[:2]) + text[2][:50])
    assert len(read_steps(tmp_path / "cut")) == 2
    further, lines_further = optimize("cut")
    assert further.steps == whole.steps
    assert np.abs(further.coordinates_angstrom - whole.coordinates_angstrom).max() < 1e-5
    assert further.energy_hartree == pytest.approx(whole.energy_hartree, abs=1e-8)
    assert lines_further[:4] == lines[:4]
    assert (tmp_path / "cut").read_text().splitlines(keepends=True)[:2] == text[:2]
    assert len(read_steps(tmp_path / "cut")) == whole.steps

    # Killed after the last step: nothing but the energy is computed.
    again, lines_again = optimize("cut")
    assert (again.steps, lines_again) == (further.steps, lines_further)
    assert again.energy_hartree == pytest.approx(further.energy_hartree, abs=1e-8)


def _methanol():
    from pyscf import gto

    return gto.M(
        atom="""C -0.0467 0.6603 0.05; O -0.0467 -0.7377 0; H -1.0916 0.9790 0; H 0.4360 1.0740 0.8920;
        H 0.4360 1.1740 -0.8920; H 0.8788 -1.0450 0.2""",
        basis="sto-3g",
        verbose=0,
    )


def _minimum(tmp_path, *, solvent=None, hessian=None) -> Minimum:
    level = LevelOfTheory(functional="hf", basis="sto-3g", spherical=True, solvent=solvent)
    path = tmp_path / f"{solvent is None}{hessian is None}"
    return optimize_geometry(
        _methanol(), level, accuracy=Accuracy(), report=lambda _: None, step_file=path, hessian=hessian
    )


def test_a_good_hessian_saves_steps_and_leads_to_the_same_minimum(tmp_path):
    from pyscf import scf
    from pyscf.hessian import rhf

    mol = _methanol()
    exact = rhf.Hessian(scf.RHF(mol).run()).kernel().transpose(0, 2, 1, 3).reshape(18, 18)
    geometry = Geometry(symbols=tuple("COHHHH"), coordinates_angstrom=tuple(map(tuple, mol.atom_coords(unit="Ang"))))
    hessian = start_hessian(tuple(map(tuple, exact)), geometry)
    guessed, begun = _minimum(tmp_path), _minimum(tmp_path, hessian=[list(row) for row in hessian])
    assert begun.steps <= guessed.steps - 2
    assert begun.energy_hartree == pytest.approx(guessed.energy_hartree, abs=2e-6)


def test_a_molecule_is_not_turned_on_its_way_though_the_continuum_would_turn_it(tmp_path):
    found = _minimum(tmp_path, solvent=CHLOROFORM).coordinates_angstrom
    start = _methanol().atom_coords(unit="Ang")
    rotation, _ = Rotation.align_vectors(found - found.mean(axis=0), start - start.mean(axis=0))
    assert np.degrees(rotation.magnitude()) < 1.0


def test_the_last_step_is_taken_unseen_and_its_energy_is_right(tmp_path):
    from pyscf import gto, scf

    found = _minimum(tmp_path)
    last = read_steps(tmp_path / "TrueTrue")[-1]
    moved = np.abs(found.coordinates_angstrom - last.positions_bohr * BOHR_ANGSTROM).max()
    assert 0 < moved < LAST_STEP_ANGSTROM
    atoms = list(zip("COHHHH", found.coordinates_angstrom.tolist(), strict=True))
    exact = scf.RHF(gto.M(atom=atoms, basis="sto-3g", verbose=0)).run(conv_tol=1e-11)
    assert found.energy_hartree == pytest.approx(exact.e_tot, abs=1e-4)  # density fitting
    assert np.abs(exact.nuc_grad_method().kernel()).max() < 3e-4


def test_steps_of_another_geometry_are_not_used(tmp_path):
    from pyscf import gto

    level = LevelOfTheory(functional="hf", basis="sto-3g", spherical=True, solvent=None)
    path = tmp_path / "steps"
    other = Step(positions_bohr=np.ones((3, 3)), energy_hartree=-1000.0, gradient=np.zeros((3, 3)))
    write_steps(path, [other])
    water = gto.M(atom="O 0 0 0; H 0 0.9 0.5; H 0 -0.9 0.6", basis="sto-3g", verbose=0)
    minimum = optimize_geometry(water, level, accuracy=Accuracy(), report=lambda _: None, step_file=path)
    assert minimum.energy_hartree == pytest.approx(-74.966, abs=1e-3)
    assert [step.energy_hartree for step in read_steps(path)][-1] > -75


@pytest.mark.parametrize(
    "line", ["", "{", "[]", '{"positions_bohr": [[NaN, 0, 0]], "energy_hartree": 1, "gradient": []}']
)
def test_a_damaged_line_ends_the_steps(line: str, tmp_path):
    step = Step(positions_bohr=np.ones((1, 3)), energy_hartree=-1.0, gradient=np.zeros((1, 3)))
    path = tmp_path / "steps"
    write_steps(path, [step])
    good = path.read_text()
    path.write_text(good + line + "\n" + good)
    assert len(read_steps(path)) == 1
