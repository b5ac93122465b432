from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from qmnmr.engines import engine_names, get_engine

TEMPLATES = Path(__file__).parents[3] / "qmnmr" / "engines" / "nwchem" / "templates"


def test_nwchems_settings_are_the_lines_of_its_templates():
    settings = get_engine("nwchem").settings()
    text = {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.iterdir()}
    for name in ("energy.nw.j2", "shielding.nw.j2"):
        assert f" {settings['grid of energies and shieldings']}\n" in text[name]
        assert f" {settings['convergence of energies and shieldings']}\n" in text[name]
    assert f" {settings['convergence of optimisations']}\n" in text["optimization.nw.j2"]
    assert f" {settings['surface of the continuum']}\n" in text["input.nw.j2"]


def test_the_embedded_engines_settings_are_all_of_its_accuracy():
    scf = pytest.importorskip("qmnmr.engines.pyscf.scf")
    assert set(get_engine("pyscf").settings()) == set(asdict(scf.Accuracy()))


@pytest.mark.parametrize("name", engine_names())
def test_settings_are_words(name):
    assert all(isinstance(v, str) for pair in get_engine(name).settings().items() for v in pair)
