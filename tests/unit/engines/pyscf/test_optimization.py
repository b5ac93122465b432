from __future__ import annotations

import gc

import numpy as np
import pytest

from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.pyscf.optimization import optimize_geometry
from qmnmr.engines.pyscf.scf import Accuracy

pytest.importorskip("pyscf")
pytest.importorskip("geometric")


def test_an_optimisation_keeps_one_steps_grid_and_integrals_at_a_time():
    from pyscf import gto
    from pyscf.dft.numint import NumInt

    water = gto.M(atom="O 0 0 0; H 0 0.9 0.5; H 0 -0.9 0.6", basis="3-21g", verbose=0)
    level = LevelOfTheory(functional="b3lyp", basis="3-21g", spherical=True, solvent=None)
    alive: list[int] = []

    def count(_: str) -> None:
        alive.append(sum(isinstance(thing, NumInt) for thing in gc.get_objects()))

    gc.collect()  # what other tests left would be counted at the start and collected on the way
    before = sum(isinstance(thing, NumInt) for thing in gc.get_objects())
    minimum = optimize_geometry(water, level, accuracy=Accuracy(), report=count)
    assert minimum.steps == len(alive) >= 4
    assert np.isfinite(minimum.energy_hartree)
    assert max(alive[1:]) <= alive[0]
    assert alive[0] > before
