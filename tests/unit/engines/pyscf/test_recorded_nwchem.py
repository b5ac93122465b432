"""Methane at every functional that NWChem was recorded with: the embedded engine gives the same shieldings."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

pytest.importorskip("pyscf")

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.nwchem.output_file import NwchemOutput, parse_output
from qmnmr.engines.pyscf.field.scf import Accuracy
from tests.unit.engines.pyscf.molecules import shieldings

RECORDS = Path(__file__).parents[3] / "golden" / "nwchem"
CASES = sorted(RECORDS.glob("*/methane-*/output.out.gz"))
METHANE = Geometry(
    symbols=("C", "H", "H", "H", "H"),
    coordinates_angstrom=tuple(
        (0.629118 * x, 0.629118 * y, 0.629118 * z)
        for x, y, z in ((0, 0, 0), (1, 1, 1), (-1, -1, 1), (-1, 1, -1), (1, -1, -1))
    ),
)


def _read(path: Path) -> tuple[NwchemOutput, LevelOfTheory]:
    output = parse_output(gzip.decompress(path.read_bytes()), source=path.name)
    basis = re.search(r"^ C library (\S+)", (path.parent / "input.nw").read_text(), re.MULTILINE)
    assert basis is not None
    assert output.functional is not None
    return output, LevelOfTheory(
        functional=output.functional,
        basis=basis[1].lower(),
        spherical=bool(output.is_spherical),
        solvent=CHLOROFORM if output.dielectric_constant == CHLOROFORM.dielectric_constant else None,
        cavity="uff" if output.cavity_radii_angstrom[:1] == (2.118,) else "klamt",
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}, NWChem {path.parts[-3]}")
def test_methane_has_the_shieldings_that_nwchem_gave(path: Path) -> None:
    output, level = _read(path)
    asked = Calculation(
        label="methane",
        kind=CalculationKind.SHIELDING,
        geometry=METHANE,
        charge=0,
        multiplicity=1,
        level=level,
    )
    found = shieldings(asked, accuracy=Accuracy()).isotropic
    assert len(output.shieldings) == 5
    for shielding, value in zip(output.shieldings, found, strict=True):
        # The continuum reaches the electrons through the auxiliary basis: a little further off.
        limit = (0.02 if shielding.symbol == "C" else 0.002) * (1 if level.solvent is None else 2)
        assert value == pytest.approx(shielding.isotropic_ppm, abs=limit)


def test_the_functionals_for_both_nuclei_are_among_them() -> None:
    functionals = {_read(path)[1].functional for path in CASES}
    assert {"hf", "pbe", "b3lyp", "pbe0", "mpw1pw91", "cam-b3lyp", "wp04", "wb97x-d3"} <= functionals
