"""The guards let through what was ever computed, and refuse what no molecule has."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.datatypes.calculation import CalculationKind, CalculationResult, Shielding
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.elements import SYMBOLS
from qmnmr.engines.plausibility import (
    ATOM_ENERGIES_HARTREE,
    doubt_electrons,
    doubt_energy,
    doubt_integrated_electrons,
    doubt_levels,
    doubt_operator,
    doubt_parts,
    doubt_shieldings,
    doubt_virial_ratio,
)

BENCH = Path(__file__).parents[3] / "bench"
ZERO = ((0.0, 0.0, 0.0),) * 3


def result(
    symbols: str, energy: float, *, functional: str = "b3lyp", shieldings: tuple[tuple[str, float], ...] = ()
) -> CalculationResult:
    atoms = tuple(symbols.split())
    return CalculationResult(
        label="c001-shielding",
        kind=CalculationKind.SHIELDING,
        level=LevelOfTheory(functional=functional, basis="6-31g*", spherical=True, solvent=None),
        energy_hartree=energy,
        geometry=Geometry(symbols=atoms, coordinates_angstrom=((0.0, 0.0, 0.0),) * len(atoms)),
        shieldings=tuple(
            Shielding(atom_index=i, symbol=s, isotropic_ppm=v, tensor_ppm=ZERO) for i, (s, v) in enumerate(shieldings)
        ),
        program="pyscf",
        program_version="2.14.0",
        ranks=1,
        cpu_seconds=1.0,
        wall_seconds=1.0,
    )


def at(functional: str, basis: str = "6-31g*") -> LevelOfTheory:
    return LevelOfTheory(functional=functional, basis=basis, spherical=True, solvent=None)


@pytest.mark.parametrize("engine", ["pyscf", "nwchem"])
def test_no_energy_of_the_engines_agreement_is_refused(engine: str) -> None:
    geometries = {
        name: " ".join(row[0] for row in rows)
        for file in ("geometries.json", "larger.json")
        for name, rows in json.loads((BENCH / "agreement" / file).read_text()).items()
    }
    runs = json.loads((BENCH / "agreement" / f"{engine}.json").read_text())
    assert len(runs) > 100
    for title, run in runs.items():
        name, level = title.split(" ")[:2]
        symbols = geometries[name]
        shieldings = tuple(zip(symbols.split(), run["shieldings_ppm"], strict=True))
        energy = run["energy_hartree"]  # early runs kept shieldings alone
        found = result(symbols, energy or 0.0, functional=level.split("/")[0], shieldings=shieldings)
        assert doubt_shieldings(found) is None, title
        assert energy is None or doubt_energy(energy, symbols=symbols.split(), level=at(level.split("/")[0])) is None, (
            title
        )


def test_no_shielding_of_the_calibrations_is_refused() -> None:
    study = json.loads((BENCH / "study" / "shieldings.json").read_text())
    elements = {"1H": "H", "13C": "C"}
    points = [
        (elements[point[0]], point[4])
        for level in study.values()
        for molecule in level["molecules"].values()
        for point in molecule["points"]
    ]
    runs = json.loads((BENCH / "study" / "peer_cost.json").read_text())
    points += [(s[0], s[2]) for run in runs.values() for s in run["shieldings"]]
    assert len(points) > 4000
    for symbol, value in points:
        assert doubt_shieldings(result("H", -0.5, shieldings=((symbol, value),))) is None


def test_energies_of_right_and_of_wrong_ground_states() -> None:
    """The first pairs are B3LYP, WP04 and HF; the wrong ones had the long-range exchange of another operator."""
    for symbols, functional, energy in (
        ("H H", "b3lyp", -1.1755),
        ("H H", "wp04", -1.3344),
        ("C H H H H", "wp04", -41.7335),
        ("C O H H H H", "wb97x-d3", -115.5952),
        ("O H", "hf", -74.06),  # hydroxide in STO-3G
        ("S H H", "hf", -394.31),  # STO-3G
        ("C Br Br Br Br", "hf", -10218.0),  # STO-3G, 109 hartree above the atoms' limit
    ):
        assert doubt_energy(energy, symbols=symbols.split(), level=at(functional)) is None, symbols
    for symbols, functional, energy in (
        ("C O H H H H", "wb97x-d3", -125.8577),
        ("H H", "cam-b3lyp", -1.3284),
        ("C H H H H", "cam-b3lyp", -42.8076),
        ("C O H H H H", "wb97x-d3", -100.0),
    ):
        assert doubt_energy(energy, symbols=symbols.split(), level=at(functional)) is not None, symbols


@pytest.mark.long
def test_the_energies_of_atoms_are_those_of_hartree_fock() -> None:
    scf = pytest.importorskip("pyscf.scf")
    gto = pytest.importorskip("pyscf.gto")
    spins = {"H": 1, "C": 2, "N": 3, "O": 2, "F": 1, "S": 2, "Cl": 1, "P": 3, "Si": 2}
    for symbol, spin in spins.items():
        atom = gto.M(atom=symbol, basis="def2-qzvpp", spin=spin, verbose=0)
        assert scf.UHF(atom).kernel() == pytest.approx(ATOM_ENERGIES_HARTREE[symbol], abs=0.02)
    for symbol in ("He", "Be", "Ne", "Mg", "Ar", "Ca", "Zn", "Kr"):
        atom = gto.M(atom=symbol, basis="def2-qzvpp", verbose=0)
        assert scf.RHF(atom).kernel() == pytest.approx(ATOM_ENERGIES_HARTREE[symbol], abs=0.02)
    energies = [ATOM_ENERGIES_HARTREE[symbol] for symbol in SYMBOLS]
    assert energies == sorted(energies, reverse=True)


def test_a_shielding_far_outside_its_elements_range_is_named() -> None:
    doubt = doubt_shieldings(result("C H", -38.4, shieldings=(("C", 459.0), ("H", 30.0))))
    assert doubt is not None
    assert doubt.message == "The shielding of C1 lies far outside what its element has."
    assert doubt.evidence == "459.00 ppm, possible are -400 to 330"


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_every_element_has_a_range(symbol: str) -> None:
    assert doubt_shieldings(result(symbol, -1.0, shieldings=((symbol, float("inf")),))) is not None
    assert doubt_shieldings(result(symbol, -1.0, shieldings=((symbol, float("nan")),))) is not None


def test_electrons_virials_operators_and_parts() -> None:
    assert doubt_electrons(18.0000000001, expected=18) is None
    assert doubt_electrons(18.001, expected=18) is not None
    assert doubt_integrated_electrons(17.9995, expected=18) is None
    assert doubt_integrated_electrons(17.9, expected=18) is not None
    assert doubt_virial_ratio(2.1282, symbols=("H", "H"), functional="wp04") is None
    assert doubt_virial_ratio(2.0304, symbols=("B", "H", "H", "H"), functional="wp04") is None
    assert doubt_virial_ratio(2.0495, symbols=("C", "O", *"HHHH"), functional="wb97x-d3") is not None
    assert doubt_virial_ratio(float("nan"), symbols=("C",), functional="hf") is not None
    assert doubt_operator("x", used_hartree=1.0001, exact_hartree=1.0) is None
    assert doubt_operator("x", used_hartree=1.01, exact_hartree=1.0) is not None
    assert doubt_parts((-548.807419, 231.277163, -29.490789, 111.776660, 6.635925), total_hartree=-228.608461) is None
    assert doubt_parts((-548.807419, 231.277163), total_hartree=-228.608461) is not None


def test_levels_of_a_molecule_differ_by_the_same_energy_in_all_conformers() -> None:
    low = [result("C O H H H H", energy) for energy in (-115.70, -115.69, -115.695)]
    high = [result("C O H H H H", energy, functional="wb97x-d3") for energy in (-115.60, -115.59, -115.593)]
    assert doubt_levels(low, high) == (None, None, None)
    wrong = [high[0], replace(high[1], energy_hartree=-115.69), high[2]]
    first, second, third = doubt_levels(low, wrong)
    assert (first, third) == (None, None)
    assert second is not None
    assert second.message == "Two levels disagree about this conformer's energy."


def test_levels_of_one_conformer_differ_by_little_for_each_electron() -> None:
    right = result("C O H H H H", -115.60, functional="wb97x-d3")
    assert doubt_levels([right], [result("C O H H H H", -118.31, functional="wp04")]) == (None,)
    (doubt,) = doubt_levels([replace(right, energy_hartree=-125.86)], [result("C O H H H H", -115.69)])
    assert doubt is not None
    assert "belong to one molecule" in doubt.message
    assert doubt_levels([], []) == ()
