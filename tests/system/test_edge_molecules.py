"""Molecules at the edge on every engine: no heavy atom, one, none but heavy ones, linear, an anion of two atoms."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.engines import engine_names, get_engine
from tests.system.conftest import run_qmnmr

ENGINES = [
    pytest.param(name, marks=[getattr(pytest.mark, name)] if get_engine(name).facts.programs else [])
    for name in engine_names()
]


@pytest.mark.parametrize("engine", ENGINES)
def test_molecules_at_the_edge_get_their_shieldings(engine: str, tmp_path: Path) -> None:
    pytest.importorskip("pyscf")
    wanted = {"[H][H]": ["1H"], "F": ["1H", "19F"], "N#N": ["15N"], "C#C": ["13C", "1H"], "[OH-]": ["1H"]}
    words = ("--engine", engine, "--protocol", "draft", "--solvent", "gas", "--cores", "1", "--out", "run", "--json")
    done = run_qmnmr("predict", *wanted, *words, folder=tmp_path)
    assert done.code == 0, done.stderr
    rows = {name: {row["nucleus"]: row for row in molecule["shifts"]} for name, molecule in done.molecules.items()}
    assert {name: list(of_one) for name, of_one in rows.items()} == wanted
    # Absolute shieldings in the gas as textbooks have them, in ppm.
    measured = {("[H][H]", "1H"): 26.3, ("F", "1H"): 28.5, ("F", "19F"): 410.0, ("N#N", "15N"): -61.6}
    measured |= {("C#C", "13C"): 117.2, ("C#C", "1H"): 30.0}
    for (name, nucleus), shielding in measured.items():
        assert rows[name][nucleus]["shielding_ppm"] == pytest.approx(shielding, abs=2.0 if nucleus == "1H" else 15.0)
    flags = {name: set(of_one["1H"]["flags"]) for name, of_one in rows.items() if "1H" in of_one}
    assert flags == {"[H][H]": set(), "F": {"exchangeable"}, "C#C": set(), "[OH-]": {"exchangeable", "charged species"}}
