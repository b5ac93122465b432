import pytest

from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, CalculationResult
from qmnmr.engines import engine_names, get_engine
from qmnmr.engines.facts import Allotment, Ended
from qmnmr.engines.nwchem.output_file import find_end_marker
from qmnmr.errors import InputError
from tests.golden.nwchem.nwchem_cases import CASES, read_golden

RESULTS = [
    "ethanol-2-ranks",
    "ethanol-gas",
    "ethanol-gas-2-ranks",
    "ethanol-gas-turned",
    "ethanol-optimization",
    "methanol-energy",
    "methanol-effective-cores",
    "2-butyne-optimization",
    "pyridinium",
    "acetate",
    *[name for name in CASES if name.startswith("methane-")],
]
# Whole outputs are cut at this many places; a prime step, so that cuts fall anywhere in a line.
CUTS = 150


@pytest.fixture(scope="module")
def engine():
    return get_engine("nwchem")


def read(engine, golden):
    return engine.read_result(golden.calculation, Ended(output=golden.output, exit_code=golden.exit_code))


@pytest.mark.parametrize("name", RESULTS)
def test_a_good_run_of_what_was_asked_is_a_result(engine, name):
    golden = read_golden(name)
    result = read(engine, golden)
    assert isinstance(result, CalculationResult), result
    assert (result.label, result.kind, result.level) == (name, golden.calculation.kind, golden.calculation.level)
    assert (result.program, result.program_version) == ("nwchem", "7.0.2")
    assert result.geometry.symbols == golden.calculation.geometry.symbols
    assert bool(result.shieldings) == (result.kind is CalculationKind.SHIELDING)
    assert result.ranks == CASES[name].ranks


def test_cpu_time_is_summed_over_ranks(engine):
    result = read(engine, read_golden("ethanol-2-ranks"))
    assert (result.cpu_seconds, result.wall_seconds) == (34.0, 92.1)


def test_an_optimisation_gives_its_last_geometry_and_steps(engine):
    golden = read_golden("ethanol-optimization")
    result = read(engine, golden)
    assert result.optimization_steps == 5
    assert result.energy_hartree == -155.037854584777
    assert result.geometry.coordinates_angstrom != golden.calculation.geometry.coordinates_angstrom


@pytest.mark.long
@pytest.mark.parametrize("name", list(CASES))
def test_a_cut_output_never_gives_a_number(engine, name):
    golden = read_golden(name)
    end = golden.stdout.rfind(b" Total times  cpu:")
    last = len(golden.stdout) if end < 0 else golden.stdout.index(b"s", golden.stdout.index(b"wall:", end))
    step = max(last // CUTS, 1) | 1
    for cut in [*range(0, last, step), *range(max(last - 60, 0), last)]:
        for exit_code in (0, None, -9):
            outcome = engine.read_result(
                golden.calculation, Ended(output=golden.stdout[:cut] + golden.stderr, exit_code=exit_code)
            )
            assert isinstance(outcome, CalculationFailure), cut
            assert outcome.message


@pytest.mark.parametrize("name", RESULTS)
def test_a_line_that_is_lost_never_changes_a_number(engine, name):
    golden = read_golden(name)
    expected = read(engine, golden)
    lines = golden.stdout.splitlines(keepends=True)
    for index in range(0, len(lines), max(len(lines) // CUTS, 1)):
        damaged = b"".join(lines[:index] + lines[index + 1 :])
        outcome = engine.read_result(golden.calculation, Ended(output=damaged, exit_code=0))
        if isinstance(outcome, CalculationResult):
            assert outcome.energy_hartree == expected.energy_hartree
            assert outcome.shieldings == expected.shieldings
            assert outcome.geometry == expected.geometry


@pytest.mark.parametrize("data", [b"", b"\x00" * 10, b"mpirun: command not found\n", bytes(range(256))])
def test_garbage_is_a_failure_and_raises_nothing(engine, data):
    outcome = engine.read_result(read_golden("ethanol-gas").calculation, Ended(output=data, exit_code=127))
    assert isinstance(outcome, CalculationFailure)


def test_a_crash_on_the_way_out_of_a_finished_run_does_not_lose_its_result(engine):
    golden = read_golden("ethanol-gas")
    assert find_end_marker(golden.stdout)
    outcome = engine.read_result(golden.calculation, Ended(output=golden.output, exit_code=-11))
    assert isinstance(outcome, CalculationResult)


def test_the_digest_ignores_memory_and_nothing_else(engine):
    digests = {engine.input_digest(read_golden(name).calculation) for name in RESULTS}
    assert len(digests) == len(RESULTS) - 1  # one and two ranks of ethanol-gas are the same calculation
    calculation = read_golden("ethanol-gas").calculation
    small = engine.input_files(calculation, Allotment(cores=1, memory_mb=200))
    large = engine.input_files(calculation, Allotment(cores=1, memory_mb=4000))
    assert small != large
    assert engine.input_digest(calculation) == engine.input_digest(calculation)


def test_every_setting_changes_the_digest(engine, monkeypatch):
    calculation = read_golden("ethanol-gas").calculation
    before, settings = engine.input_digest(calculation), engine.settings()
    for name in settings:
        monkeypatch.setattr(engine, "settings", lambda name=name: settings | {name: "another"})
        assert engine.input_digest(calculation) != before, name


def test_the_engine_is_found_by_name_and_an_unknown_one_is_refused():
    assert "nwchem" in engine_names()
    calculation = read_golden("ethanol-gas").calculation
    command = get_engine("nwchem").command(calculation, Allotment(cores=2, memory_mb=500))
    assert command == ("mpirun", "-n", "2", "nwchem", "input.nw")
    with pytest.raises(InputError, match="there is no engine 'gaussian'") as caught:
        get_engine("gaussian")
    assert "nwchem" in caught.value.hint
