"""Molecules of 11 heavy atoms and more at the memory of a cluster's job, against stored runs with plenty."""

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


def test_what_is_stored_agrees_at_every_memory(large: ModuleType) -> None:
    found = large.stored_measures()
    assert found
    for measure in found:
        assert measure["value"] <= measure["goal"], measure


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "element", "memory_mb"),
    [
        ("menthol", "C", 1000),
        ("menthol", "C", 2000),
        ("ibuprofen", "C", 1000),
        ("ibuprofen", "C", 2000),
        ("indigo", "C", 2000),
        ("indigo", "H", 2000),
        ("diphenyloctadecanonayne", "C", 2000),
        ("diphenyloctadecanonayne", "H", 2000),
    ],
)
def test_a_jobs_memory_gives_the_shieldings_of_plenty(
    large: ModuleType, name: str, element: str, memory_mb: int
) -> None:
    asked, runs = large.calculation(name, element), large.load(large.RUNS)
    plenty = runs[f"{name}|{element}|{large.plenty_mb(runs, name, element)} MB"]
    found = large.run_fitted(asked, memory_mb=memory_mb)
    apart = large.largest_differences(found, plenty, asked.geometry.symbols)
    assert max(apart.values()) <= 0.001
    assert found["energy_hartree"] == pytest.approx(plenty["energy_hartree"], abs=1e-7)
