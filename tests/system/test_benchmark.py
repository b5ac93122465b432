"""The benchmark of this machine, with the engine that is always here."""

from __future__ import annotations

import pytest

from qmnmr.cost.machine_speed import (
    MachineSpeed,
    measure_speed,
    measured_speeds,
)
from qmnmr.engines import get_engine


def test_a_measured_machine_is_remembered(tmp_path, monkeypatch):
    pytest.importorskip("pyscf")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert measured_speeds() == {}
    measured = measure_speed("pyscf", tmp_path)
    assert isinstance(measured, MachineSpeed)
    assert measured_speeds() == {"pyscf": measured}
    assert measured.factor == measured.cpu_seconds / get_engine("pyscf").facts.benchmark_cpu_seconds
