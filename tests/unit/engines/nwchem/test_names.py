"""qmnmr's names of solvents, basis sets and functionals against the installed NWChem."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from qmnmr.datatypes.solvents import SOLVENTS
from qmnmr.engines.elements import ATOMIC_NUMBERS, COVALENT_RADII_ANGSTROM, SYMBOLS
from qmnmr.engines.nwchem.basis_sets import BASIS_SETS
from qmnmr.engines.nwchem.functionals import FUNCTIONALS
from qmnmr.engines.nwchem.output_file import parse_output
from qmnmr.engines.nwchem.solvents import NWCHEM_SOLVENTS

LIBRARY = Path(os.environ.get("NWCHEM_BASIS_LIBRARY", "/usr/share/nwchem/libraries/"))

HELIUM = """start calc
geometry
 He 0 0 0
end
basis spherical
 He library 6-31G*
end
dft
 xc b3lyp
end
cosmo
 solvent {solvent}
 do_gasphase false
end
task dft energy
"""


def test_every_solvent_of_qmnmr_has_a_name_in_nwchem():
    assert set(NWCHEM_SOLVENTS) == {solvent.name for solvent in SOLVENTS}
    assert all(len(name) <= 8 for name in NWCHEM_SOLVENTS.values())


@pytest.mark.nwchem
@pytest.mark.parametrize("solvent", SOLVENTS, ids=lambda solvent: solvent.name)
def test_nwchem_prints_exactly_the_dielectric_constant_of_each_solvent(solvent, tmp_path):
    (tmp_path / "input.nw").write_text(HELIUM.format(solvent=NWCHEM_SOLVENTS[solvent.name]))
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["nwchem", "input.nw"], cwd=tmp_path, env=environment, capture_output=True, check=True, timeout=120
    )
    assert b"solvname_long:  unknown" not in done.stdout
    assert parse_output(done.stdout, source="output.out").dielectric_constant == solvent.dielectric_constant


@pytest.mark.nwchem
@pytest.mark.parametrize("basis", [b for b in BASIS_SETS.values() if b.library], ids=lambda basis: basis.name)
def test_the_elements_of_each_basis_are_those_of_the_installed_library(basis):
    # NWChem's file names: lower case, * is s, no parentheses, comma is underscore.
    name = basis.library.lower().replace("*", "s").replace("(", "").replace(")", "").replace(",", "_")
    entry = re.compile(rf'^\s*basis\s+"([A-Za-z]+)_{re.escape(basis.library)}"', re.IGNORECASE | re.MULTILINE)
    found = set(entry.findall((LIBRARY / name).read_text(errors="replace")))
    assert found & set(SYMBOLS) == basis.elements


def test_no_two_functionals_print_the_same_terms():
    prints = [(tuple(sorted(one.terms.items())), one.range_separation) for one in FUNCTIONALS.values()]
    assert len(set(prints)) == len(prints)


def test_elements_are_numbered_from_hydrogen_to_krypton():
    assert (ATOMIC_NUMBERS["H"], ATOMIC_NUMBERS["C"], ATOMIC_NUMBERS["Br"], len(SYMBOLS)) == (1, 6, 35, 36)
    assert set(COVALENT_RADII_ANGSTROM) == set(SYMBOLS)
