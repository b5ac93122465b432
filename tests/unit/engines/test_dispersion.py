"""The dispersion term, and basis sets with effective cores: one home for all engines."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines import dispersion, engine_names, get_engine
from qmnmr.engines.effective_cores import electrons_of, element_basis
from qmnmr.engines.elements import ATOMIC_NUMBERS, SYMBOLS
from qmnmr.engines.facts import Allotment, Ended
from qmnmr.engines.nwchem.output_file import parse_output
from qmnmr.engines.plausibility import doubt_energy
from qmnmr.errors import InputError, MissingProgramError
from tests.contract.test_weights import ETHANEDIOL, ask
from tests.golden.nwchem.nwchem_cases import RECORDS, read_golden

ASKED = ask(ETHANEDIOL[0], None)
PLAIN = dispersion.without_dispersion(ASKED)


def electronic(energy_hartree: float = -1.0) -> CalculationResult:
    return CalculationResult(
        label="test", kind=PLAIN.kind, level=PLAIN.level, energy_hartree=energy_hartree, geometry=PLAIN.geometry,
        shieldings=(), program="", program_version="", ranks=1, cpu_seconds=1.0, wall_seconds=1.0,
    )  # fmt: skip


def at(asked: Calculation, **changes: Any) -> Calculation:
    return replace(asked, level=replace(asked.level, **changes))


def test_the_term_is_that_of_its_authors_program() -> None:
    """-0.007810351675 hartree by dftd4 4.3.1 with the parameters of B3LYP."""
    found = dispersion.with_dispersion(electronic(), ASKED.level, charge=0)
    assert found.dispersion_hartree == pytest.approx(-0.007810351675, abs=1e-10)
    assert found.energy_hartree == pytest.approx(-1.007810351675, abs=1e-10)
    assert (found.level, str(found.level)) == (ASKED.level, "B3LYP-D4/VDZP spherical, gas phase")
    assert dispersion.with_dispersion(electronic(), PLAIN.level, charge=0) == electronic()


def test_the_term_of_a_functional_that_was_fitted_with_it_is_the_one_that_nwchem_adds() -> None:
    """-0.000024734642 hartree for methane in the output of NWChem 7.3.1, which is taken out of its energy."""
    recorded = RECORDS.parent / "7.3.1" / "methane-wb97x-d3" / "output.out.gz"
    output = parse_output(gzip.decompress(recorded.read_bytes()), source="7.3.1")
    assert output.dispersion_hartree == -0.000024734642
    asked = at(PLAIN, functional="wb97x-d3", dispersion="d3(0)")
    assert output.geometry is not None
    methane = replace(electronic(), geometry=output.geometry)
    found = dispersion.with_dispersion(methane, asked.level, charge=0)
    assert found.dispersion_hartree == pytest.approx(output.dispersion_hartree, abs=1e-11)
    assert str(found.level) == "WB97X-D3-D3(0)/VDZP spherical, gas phase"


def test_only_levels_with_dispersion_have_another_digest() -> None:
    assert dispersion.digest_with_dispersion("abc", PLAIN.level) == "abc"
    assert dispersion.digest_with_dispersion("abc", ASKED.level) != "abc"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (at(ASKED, dispersion="d3"), "There is no dispersion 'd3' here"),
        (at(ASKED, functional="wp04"), "There is no D4 of 'wp04' here"),
        (at(PLAIN, functional="wb97x-d3"), "The energy of wb97x-d3 needs its dispersion: d3(0)."),
        (at(PLAIN, functional="wb97x-d3", dispersion="d3(0)"), None),
        (at(ASKED, dispersion="d3(0)"), "There is no D3(0) of 'b3lyp' here"),
        (replace(ASKED, kind=CalculationKind.OPTIMIZATION), "not to the optimization of B3LYP-D4/VDZP"),
        (ASKED, None),
        (PLAIN, None),
    ],
)
def test_what_has_no_dispersion_is_refused_in_words(asked: Calculation, words: str | None) -> None:
    found = dispersion.refuse_dispersion(asked)
    assert (found is None) == (words is None)
    assert (words or "") in (found or "")


@pytest.mark.parametrize("name", engine_names())
def test_no_engine_takes_the_dispersion_or_shieldings_without_inner_electrons(name: str) -> None:
    """Numbers of a level that only half of was computed would go on without a word."""
    engine = get_engine(name)
    assert "no engine's part" in (engine.refusal(ASKED) or "")
    assert engine.refusal(PLAIN) is None
    shielding = engine.refusal(replace(PLAIN, kind=CalculationKind.SHIELDING))
    assert shielding == "The basis set vdzp has potentials for inner electrons, which shieldings need."


def test_a_missing_library_is_named_before_anything_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispersion, "is_installed", lambda: False)
    dispersion.require_dispersion([PLAIN.level])
    with pytest.raises(MissingProgramError, match="pyscf-dispersion is not installed"):
        dispersion.require_dispersion([PLAIN.level, ASKED.level])


def test_the_basis_has_every_element_with_whole_cores() -> None:
    for symbol in SYMBOLS:
        element = element_basis("vdzp", symbol)
        assert element.types[0].isdigit()
        assert element.core_electrons in {0, 2, 10, 28}
        assert (element.core_electrons == 0) == (ATOMIC_NUMBERS[symbol] < ATOMIC_NUMBERS["B"])
        assert bool(element.core) == bool(element.core_electrons)
    assert (element_basis("vdzp", "C").types, element_basis("vdzp", "H").types) == ("2s2p1d", "2s1p")
    assert (electrons_of("CHHHH", basis="vdzp"), electrons_of("CHHHH", basis="6-31g*")) == (8, 10)


def test_an_energy_is_judged_by_the_electrons_that_are_there() -> None:
    """Methanol by NWChem 7.0.2: -24.14 hartree with effective cores, -115.7 with all electrons."""
    level = PLAIN.level
    methanol = ("C", "O", "H", "H", "H", "H")
    assert doubt_energy(-24.1378, symbols=methanol, level=level) is None
    assert doubt_energy(-115.7, symbols=methanol, level=level) is not None
    assert doubt_energy(-24.1378, symbols=methanol, level=replace(level, basis="6-31g*")) is not None


GOLDEN = read_golden("methanol-effective-cores")


@pytest.mark.parametrize(
    ("old", "new", "evidence"),
    [
        (b"5       13   2s2p1d", b"4       12   1s2p1d", "basis set: asked"),
        (b"Numeric. integr. density =       13.9999", b"Numeric. integr. density =       18.0000", "18.0000"),
    ],
)
def test_an_output_with_another_basis_or_without_the_cores_is_refused(old: bytes, new: bytes, evidence: str) -> None:
    engine = get_engine("nwchem")
    good = engine.read_result(GOLDEN.calculation, Ended(output=GOLDEN.output, exit_code=0))
    assert isinstance(good, CalculationResult), good
    assert old in GOLDEN.output
    wrong = engine.read_result(GOLDEN.calculation, Ended(output=GOLDEN.output.replace(old, new), exit_code=0))
    assert not isinstance(wrong, CalculationResult)
    assert evidence in wrong.evidence


def test_a_basis_without_an_element_is_named() -> None:
    gold = replace(PLAIN, geometry=Geometry(symbols=("Au", "H"), coordinates_angstrom=((0.0,) * 3, (0.0, 0.0, 1.5))))
    for name in engine_names():
        assert "'Au'" in (get_engine(name).refusal(gold) or "")
    with pytest.raises(InputError, match="no engine's part"):
        get_engine("pyscf").input_files(ASKED, Allotment(cores=1, memory_mb=100))
