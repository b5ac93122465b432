"""What a system lacks is named, and does not end a run."""

from __future__ import annotations

import sys

import pytest

from qmnmr.report.page.drawing import molecule_drawing, thumbnail
from qmnmr.shared_libraries import import_problem
from qmnmr.structures import read_molecules


def test_a_missing_library_is_named_with_its_package():
    error = ImportError("libXrender.so.1: cannot open shared object file: No such file or directory")
    assert import_problem(error).endswith("; Debian: apt-get install libxrender1 libxext6")
    assert import_problem(ImportError("libm.so.6: version `GLIBC_2.38' not found")).endswith("not found")


def test_the_reason_beneath_is_told():
    error = ImportError("C extension unimportable")
    error.__cause__ = ImportError("libgomp.so.1: cannot open shared object file")
    assert import_problem(error) == "libgomp.so.1: cannot open shared object file; Debian: apt-get install libgomp1"


def test_a_page_without_rdkits_drawing_says_so(monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.startswith("rdkit.Chem.Draw")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rdkit.Chem.Draw", None)
    (molecule,) = read_molecules(["CCO"])
    assert molecule_drawing(molecule).startswith("<p>No drawing: RDKit&#x27;s drawing can&#x27;t be loaded (")
    assert thumbnail(molecule).endswith(">no drawing</small>")
