"""The levels of the weights, B3LYP-D4 and wB97X-D3 in vDZP: both engines' differences of conformers are the same."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory, Solvent
from qmnmr.engines import engine_names, get_engine
from qmnmr.engines.dispersion import with_dispersion, without_dispersion
from qmnmr.engines.engine import Engine
from qmnmr.engines.facts import Ended
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.units import HARTREE_KCAL_PER_MOL
from tests.contract.conftest import run_in

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "nwchem" / "7.3.1"

# Conformers of formic acid, Z and E, and of ethane-1,2-diol with and without its hydrogen bond.
FORMIC_ACID = (
    (
        ("O", (0.7232, -0.6255, -0.2761)),
        ("C", (-0.4110, 0.0535, -0.2513)),
        ("O", (-0.5187, 1.2162, -0.0081)),
        ("H", (1.4774, -0.0480, -0.0669)),
        ("H", (-1.2484, -0.6195, -0.4906)),
    ),
    (
        ("O", (0.7232, -0.6255, -0.2761)),
        ("C", (-0.4110, 0.0535, -0.2513)),
        ("O", (-0.5187, 1.2162, -0.0081)),
        ("H", (0.5620, -1.5620, -0.4740)),
        ("H", (-1.2984, -0.5595, -0.4806)),
    ),
)
ETHANEDIOL = (
    (
        ("O", (1.2604, 0.9255, -0.1187)),
        ("C", (0.6964, -0.2868, 0.3305)),
        ("C", (-0.7518, -0.4238, -0.1481)),
        ("O", (-1.5439, 0.6349, 0.3232)),
        ("H", (1.3147, 0.9079, -1.0815)),
        ("H", (0.7219, -0.2335, 1.4210)),
        ("H", (1.2875, -1.1498, -0.0013)),
        ("H", (-0.7690, -0.4483, -1.2512)),
        ("H", (-1.1925, -1.3492, 0.2280)),
        ("H", (-1.0006, 1.4346, 0.2946)),
    ),
    (
        ("O", (-1.2122, 0.8117, -1.1147)),
        ("C", (-0.7626, -0.2520, -0.3062)),
        ("C", (0.7644, -0.2596, -0.3134)),
        ("O", (1.2246, 0.5516, 0.7437)),
        ("H", (-2.1519, 0.9513, -0.9622)),
        ("H", (-1.1379, -1.2095, -0.6961)),
        ("H", (-1.0957, -0.1319, 0.7313)),
        ("H", (1.1286, -1.2897, -0.1870)),
        ("H", (1.1002, 0.1231, -1.2842)),
        ("H", (2.1658, 0.7168, 0.6307)),
    ),
)
Rows = tuple[tuple[str, tuple[float, float, float]], ...]


def ask(rows: Rows, solvent: Solvent | None, kind: CalculationKind = CalculationKind.ENERGY) -> Calculation:
    symbols, positions = zip(*rows, strict=True)
    level = LevelOfTheory(functional="b3lyp", basis="vdzp", spherical=True, solvent=solvent, dispersion="d4")
    geometry = Geometry(symbols=symbols, coordinates_angstrom=positions)
    return Calculation(label="test", kind=kind, geometry=geometry, charge=0, multiplicity=1, level=level)


def result(folder: Path, asked: Calculation, engine: Engine) -> CalculationResult:
    folder.mkdir(exist_ok=True)
    outcome, _ = run_in(folder, asked, engine=engine, store=MoleculeFolder(folder / "store"))
    assert isinstance(outcome, CalculationResult), outcome
    return outcome


def difference(folder: Path, pair: tuple[Rows, Rows], solvent: Solvent | None, engine: Engine) -> float:
    """The second conformer above the first, kcal/mol."""
    first, second = (
        result(folder / f"{engine.facts.name}{number}", ask(rows, solvent), engine) for number, rows in enumerate(pair)
    )
    return (second.energy_hartree - first.energy_hartree) * HARTREE_KCAL_PER_MOL


@pytest.mark.nwchem
@pytest.mark.parametrize(
    ("pair", "solvent"),
    [
        pytest.param(FORMIC_ACID, None, id="gas phase", marks=pytest.mark.slow),
        pytest.param(FORMIC_ACID, CHLOROFORM, id="continuum"),
        pytest.param(ETHANEDIOL, CHLOROFORM, id="hydrogen bond", marks=pytest.mark.slow),
    ],
)
def test_engines_agree_on_the_differences_of_conformers(tmp_path, pair, solvent) -> None:
    found = [difference(tmp_path, pair, solvent, get_engine(name)) for name in sorted(engine_names())]
    assert found[0] == pytest.approx(found[1], abs=0.05)
    assert found[0] > 1.0


def test_energies_of_a_functional_that_nwchem_gives_its_dispersion_are_those_of_the_other_engine(tmp_path) -> None:
    """wB97X-D3, the weights of `standard`: recorded outputs of NWChem 7.3.1, since 7.0.2 lacks it."""
    found: dict[str, list[float]] = {"nwchem": [], "pyscf": []}
    for number, rows in enumerate(FORMIC_ACID, start=1):
        asked = ask(rows, None)
        asked = replace(asked, level=replace(asked.level, functional="wb97x-d3", dispersion="d3(0)"))
        recorded = GOLDEN / f"formic-acid-{number}-wb97x-d3-vdzp" / "output.out.gz"
        ended = Ended(output=gzip.decompress(recorded.read_bytes()), exit_code=0)
        electronic = get_engine("nwchem").read_result(without_dispersion(asked), ended)
        assert isinstance(electronic, CalculationResult), electronic
        theirs = with_dispersion(electronic, asked.level, charge=0)
        ours = result(tmp_path / str(number), asked, get_engine("pyscf"))
        assert theirs.energy_hartree == pytest.approx(ours.energy_hartree, abs=5e-5)
        found["nwchem"].append(theirs.energy_hartree)
        found["pyscf"].append(ours.energy_hartree)
    first, second = ((b - a) * HARTREE_KCAL_PER_MOL for a, b in found.values())
    assert first == pytest.approx(second, abs=0.01)


def test_the_dispersion_is_apart_and_part_of_the_energy_and_of_the_gradient(tmp_path) -> None:
    """Its gradient is its energy's slope; a record that is read again is the same."""
    engine, step = get_engine("pyscf"), 0.01
    rows = FORMIC_ACID[0]
    moved = (("O", (0.7232 + step, -0.6255, -0.2761)), *rows[1:])
    here, there = (
        result(tmp_path / name, ask(r, None, CalculationKind.GRADIENT), engine)
        for name, r in (("here", rows), ("there", moved))
    )
    assert here.dispersion_hartree is not None
    assert there.dispersion_hartree is not None
    assert -0.01 < here.dispersion_hartree < -0.0001
    rise = there.energy_hartree - here.energy_hartree
    assert here.gradient is not None
    assert there.gradient is not None
    mean = (here.gradient[0][0] + there.gradient[0][0]) / 2
    assert rise == pytest.approx(mean * step / 0.529177, abs=2e-6)
    assert result(tmp_path / "here", ask(rows, None, CalculationKind.GRADIENT), engine) == here
