"""The contact term beside NWChem's spin-spin couplings, which have all four terms."""

from __future__ import annotations

import os
import re
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.programs.command_line import program_environment
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from tests.contract.conftest import run_in

LEVEL = LevelOfTheory(functional="b3lyp", basis="6-31g(d,p)", spherical=True, solvent=None)
WATER = "O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692"
ETHENE = "C 0 0 0.6652; C 0 0 -0.6652; H 0 0.9235 1.2377; H 0 -0.9235 1.2377; H 0 0.9235 -1.2377; H 0 -0.9235 -1.2377"
_INPUT = """start spins
memory 800 mb
geometry units angstrom noautosym noautoz nocenter
{geometry}
end
basis spherical
* library 6-31g**
end
dft
 xc b3lyp
 grid fine
 convergence energy 1e-9 density 1e-7 gradient 1e-6
 odft
 direct
 mult 1
end
property
 spinspin {pairs}
end
task dft property
"""
_PAIR = re.compile(
    r"Atom\s+(?P<first>\d+):\s+1-H\s+and Atom\s+(?P<second>\d+):\s+1-H\b.*?"
    r"Fermi Contact \(FC\) Term \(Hz\):.*?Isotropic =\s+(?P<contact>-?\d+\.\d+)",
    re.DOTALL,
)


@pytest.mark.nwchem
@pytest.mark.parametrize(
    "text", [pytest.param(WATER, id="water"), pytest.param(ETHENE, id="ethene", marks=pytest.mark.slow)]
)
def test_the_contact_term_is_that_of_nwchem(text: str, tmp_path: Path) -> None:
    rows = [row.split() for row in text.split(";")]
    geometry = Geometry(
        symbols=tuple(row[0] for row in rows),
        coordinates_angstrom=tuple((float(x), float(y), float(z)) for _, x, y, z in rows),
    )
    asked = Calculation(
        label="contact", kind=CalculationKind.COUPLINGS, geometry=geometry, charge=0, multiplicity=1, level=LEVEL
    )
    found, _ = run_in(tmp_path, asked, engine=get_engine("pyscf"), store=MoleculeFolder(tmp_path / "store"))
    assert isinstance(found, CalculationResult), found
    expected = _nwchem_contact_terms(geometry, tmp_path)
    assert {pair.atom_indices for pair in found.couplings} == expected.keys()
    for pair in found.couplings:
        assert pair.coupling_hz == pytest.approx(expected[pair.atom_indices], abs=0.1)


def _nwchem_contact_terms(geometry: Geometry, folder: Path) -> dict[tuple[int, int], float]:
    """Return the contact term in Hz of every pair of hydrogens."""
    hydrogens = [index for index, symbol in enumerate(geometry.symbols) if symbol == "H"]
    pairs = list(combinations(hydrogens, 2))
    atoms = zip(geometry.symbols, geometry.coordinates_angstrom, strict=True)
    lines = "\n".join(f"{symbol} {x} {y} {z}" for symbol, (x, y, z) in atoms)
    listed = " ".join(f"{a + 1} {b + 1}" for a, b in pairs)
    (folder / "spins.nw").write_text(_INPUT.format(geometry=lines, pairs=f"{len(pairs)} {listed}"))
    environment = program_environment(os.environ, scratch=str(folder))
    done = subprocess.run(
        ["nwchem", "spins.nw"], cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=3000
    )
    found = {(int(m["first"]) - 1, int(m["second"]) - 1): float(m["contact"]) for m in _PAIR.finditer(done.stdout)}
    assert found, done.stdout[-2000:]
    return found
