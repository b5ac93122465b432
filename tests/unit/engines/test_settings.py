from __future__ import annotations

from dataclasses import asdict

import pytest

from qmnmr.engines import engine_names, get_engine


def test_the_embedded_engines_settings_are_all_of_its_accuracy():
    scf = pytest.importorskip("qmnmr.engines.pyscf.field.scf")
    assert set(get_engine("pyscf").settings()) == set(asdict(scf.Accuracy()))


@pytest.mark.parametrize("name", engine_names())
def test_settings_are_words(name):
    assert all(isinstance(v, str) for pair in get_engine(name).settings().items() for v in pair)
