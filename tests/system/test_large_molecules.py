"""Molecules of 21 heavy atoms and more at the memory of a cluster's job, against stored four-centre integrals."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("pyscf")

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(scope="module")
def large() -> Iterator[ModuleType]:
    sys.path.insert(0, str(BENCH))
    spec = importlib.util.spec_from_file_location("large_molecules", BENCH / "large_molecules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(BENCH))


def test_what_is_stored_agrees_at_every_memory_and_with_exact_integrals(large: ModuleType) -> None:
    found = large.stored_measures()
    assert found
    for measure in found:
        assert measure["value"] <= measure["goal"], measure


@pytest.mark.slow
@pytest.mark.parametrize("memory_mb", [2000, 16000])
def test_androstenedione_has_the_shieldings_of_four_centre_integrals(large: ModuleType, memory_mb: int) -> None:
    asked = large.calculation("androstenedione", "C")
    exact = large.load(large.RUNS)["androstenedione|C|exact"]
    found = large.run_fitted(asked, memory_mb=memory_mb)
    apart = large.largest_differences(found, exact, asked.geometry.symbols)
    assert apart["C"] <= large.LIMITS_PPM["C"]
    assert found["energy_hartree"] == pytest.approx(exact["energy_hartree"], abs=2e-3)
