"""NWChem outputs as they exist: other people's inputs, several tasks and jobs, other builds.

Values were copied by eye from the recorded outputs.
"""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from qmnmr.cli.main import cli
from qmnmr.datatypes.calculation import CalculationFailure, CalculationResult
from qmnmr.engines.facts import Ended
from qmnmr.engines.nwchem.engine import NwchemEngine
from qmnmr.engines.nwchem.output_file import NwchemOutput, parse_output
from qmnmr.errors import OutputFormatError
from tests.golden.nwchem.foreign_inputs import FOREIGN, read_foreign, with_blanks
from tests.golden.nwchem.nwchem_cases import CASES, read_golden

APPENDED = "selected-atoms", "hydrogen-energy"


def parse(name: str, *, selected: tuple[int, ...] = ()) -> NwchemOutput:
    return parse_output(read_foreign(name), source=name, selected=selected)


def outcome(data: bytes, source: str) -> NwchemOutput | str:
    """Return what is read, or the words of the refusal."""
    try:
        return parse_output(data, source=source)
    except OutputFormatError as error:
        return str(error)


def rows(output: NwchemOutput) -> list[tuple[str, float]]:
    return [(f"{s.symbol}{s.atom_index + 1}", s.isotropic_ppm) for s in output.shieldings]


@pytest.mark.parametrize("name", [*CASES, *FOREIGN])
def test_a_build_that_prints_a_blank_in_empty_lines_is_read_like_any_other(name: str) -> None:
    data = read_golden(name).stdout if name in CASES else read_foreign(name)
    expected = outcome(data, name)
    assert outcome(with_blanks(data), name) == expected
    assert outcome(data.replace(b"\n", b"\r\n"), name) == expected


def test_an_energy_with_blank_lines_is_that_of_the_output_without() -> None:
    output = parse_output(with_blanks(read_foreign("hydrogen-energy")), source="blanks.out")
    assert (output.functional, output.basis_by_tag, output.energy_hartree) == (
        "b3lyp",
        {"H": "sto-3g"},
        -1.165418256794,
    )


@pytest.mark.parametrize(
    "name", ["ethanol-2-ranks", "ethanol-gas", "methanol-energy", "ethanol-optimization", "acetate"]
)
def test_the_engine_accepts_a_build_with_blank_lines(name: str) -> None:
    golden = read_golden(name)
    plain = Ended(output=golden.output, files={}, exit_code=golden.exit_code)
    engine = NwchemEngine()
    result = engine.read_result(golden.calculation, plain)
    assert isinstance(result, CalculationResult)
    assert engine.read_result(golden.calculation, replace(plain, output=with_blanks(golden.output))) == result


def test_the_engine_names_the_same_failure_in_a_build_with_blank_lines() -> None:
    engine = NwchemEngine()
    for name in ("scf-unconverged", "cphf-residual", "optimization-unconverged", "memory-too-small", "odd-electrons"):
        golden = read_golden(name)
        plain = Ended(output=golden.output, files={}, exit_code=golden.exit_code)
        failure = engine.read_result(golden.calculation, plain)
        assert isinstance(failure, CalculationFailure)
        assert engine.read_result(golden.calculation, replace(plain, output=with_blanks(golden.output))) == failure


def test_selected_atoms_that_the_output_leaves_open_are_asked_for() -> None:
    with pytest.raises(OutputFormatError, match=r"4 selected atoms \(C H H H\) of 6") as caught:
        parse("selected-atoms")
    assert "--atoms" in caught.value.hint


def test_selected_atoms_get_their_own_numbers() -> None:
    output = parse("selected-atoms", selected=(2, 4, 5, 6))
    assert rows(output) == [("C2", 193.0225), ("H4", 32.0353), ("H5", 32.0353), ("H6", 31.0380)]


@pytest.mark.parametrize("selected", [(4, 2, 5, 6), (2, 4, 5), (2, 4, 5, 7), (0, 4, 5, 6)])
def test_a_list_that_does_not_fit_the_printed_elements_is_refused(selected: tuple[int, ...]) -> None:
    with pytest.raises(OutputFormatError, match="shielding"):
        parse("selected-atoms", selected=selected)


def test_a_selection_is_read_from_the_input_that_an_output_begins_with() -> None:
    assert rows(parse("echoed-selection")) == [("O1", 340.2603), ("H3", 33.9627)]


def test_a_selection_of_one_atom_of_its_element_needs_no_list() -> None:
    """The shieldings of a run with the hydrogens taken out, as `shielding 1 1` prints them."""
    data = read_foreign("water-dft")
    start, end = data.index(b"      Atom:    2  H"), data.index(b"\n Task  times")
    assert rows(parse_output(data[:start] + data[end:], source="x")) == [("O1", 340.2603)]


def test_ghost_atoms_are_named_and_no_element() -> None:
    output = parse("ghost-atoms")
    assert rows(output)[3:] == [("bq4", -0.1480), ("bq5", 0.4025)]
    assert output.geometry is not None
    assert output.geometry.symbols == ("O", "H", "H", "bq", "bq")
    assert "bq4, bq5: ghost atoms" in " ".join(output.notes)


def test_tags_with_letters_behind_the_element_are_elements() -> None:
    output = parse("tagged-atoms")
    assert output.geometry is not None
    assert output.geometry.symbols == ("O", "H", "H")
    assert rows(output) == rows(parse("water-dft"))


def test_the_shieldings_of_a_second_task_have_its_level_and_energy() -> None:
    output = parse("hf-after-dft")
    assert output.functional == "hf"
    assert output.energy_hartree == pytest.approx(-74.963177227765, abs=1e-9)
    assert (output.charge, output.multiplicity, output.atom_count) == (0, 1, 3)
    assert output.tasks == ("energy", "shielding")
    assert "2 tasks in one job" in " ".join(output.notes)


def test_a_task_after_the_shieldings_lends_them_nothing() -> None:
    output = parse("cation-after-shieldings")
    assert (output.charge, output.multiplicity, output.energy_hartree) == (0, 1, -75.312788663607)
    assert rows(output) == rows(parse("water-dft"))


def test_shieldings_after_an_optimisation_are_of_the_optimised_geometry() -> None:
    output = parse("optimized-then-shieldings")
    assert output.tasks == ("optimization", "shielding")
    assert output.convergence_phrase == "Optimization converged"
    assert output.geometry is not None
    assert output.geometry.coordinates_angstrom[0][2] != 0.117


def test_of_appended_jobs_the_last_one_with_shieldings_is_read_by_name() -> None:
    first, second = map(read_foreign, APPENDED)
    with pytest.raises(OutputFormatError, match=r"two\.out \(job 1 of 2\)"):
        parse_output(first + second, source="two.out")
    output = parse_output(first + second, source="two.out", selected=(2, 4, 5, 6))
    assert output.energy_hartree == -114.148895795411
    assert output.notes == ("2 jobs in one file: read is job 1, the last one with shieldings",)
    other = parse_output(second + read_foreign("water-dft"), source="two.out")
    assert (rows(other), other.charge) == (rows(parse("water-dft")), 0)
    assert other.notes == ("2 jobs in one file: read is job 2, the last one",)


def test_a_damaged_line_of_a_second_job_is_numbered_as_in_the_file() -> None:
    first, second = read_foreign("hydrogen-energy"), read_foreign("water-dft")
    damaged = first + second.replace(b"isotropic =     340.2603", b"isotropic =          NaN")
    line = damaged[: damaged.index(b"Atom:    1  O")].count(b"\n") + 1
    with pytest.raises(OutputFormatError, match=f"line {line}: the shielding"):
        parse_output(damaged, source="x")


def test_the_engine_refuses_an_output_of_two_jobs() -> None:
    golden = read_golden("ethanol-gas")
    doubled = Ended(output=golden.stdout * 2, files={}, exit_code=0)
    outcome = NwchemEngine().read_result(golden.calculation, doubled)
    assert isinstance(outcome, CalculationFailure)
    assert outcome.evidence == "number of jobs in the output: asked 1, found 2"


@pytest.mark.parametrize(
    ("name", "task", "energy"),
    [
        ("tddft", "TDDFT", -75.312788636901),
        ("mp2", "MP2", -74.963177227843),
        ("ccsd", "coupled cluster", -74.963177227843),
        ("tce", "many-electron theory (TCE)", -74.963177227526),
    ],
)
def test_what_goes_beyond_the_scf_is_named_and_not_taken_for_it(name: str, task: str, energy: float) -> None:
    output = parse(name)
    assert output.tasks == (task,)
    assert output.energy_hartree == energy
    assert output.notes == (f"{task}: its own energies are not read; level and energy are its reference's",)


@pytest.mark.parametrize(("name", "hamiltonian"), [("zora", "ZORA"), ("douglas-kroll", "Douglas-Kroll")])
def test_a_relativistic_hamiltonian_is_named(name: str, hamiltonian: str) -> None:
    assert parse(name).hamiltonian == hamiltonian
    assert parse("water-dft").hamiltonian is None


def test_other_runs_are_read_for_what_they_hold() -> None:
    assert parse("frequencies").tasks == ("frequencies",)
    assert (parse("uhf").charge, parse("uhf").multiplicity) == (1, 2)
    assert parse("named-basis").basis_by_tag == {"O": "sto-3g", "H": "sto-3g"}
    assert parse("many-properties").dielectric_constant == 4.7113
    assert parse("scf-energy").functional == "hf"
    assert rows(parse("hydrogen-dft")) == [("H1", 27.7694), ("H2", 27.7694)]


def test_shieldings_without_a_geometry_are_printed_with_a_word_about_it() -> None:
    data = read_foreign("water-dft")
    start, end = data.index(b" Output coordinates"), data.index(b"      Atomic Mass")
    output = parse_output(data[:start] + data[end:], source="x")
    assert len(output.shieldings) == 3
    assert "no geometry" in " ".join(output.notes)


@pytest.mark.parametrize("name", FOREIGN)
@given(data=st.data())
def test_an_output_that_is_cut_or_lacks_lines_is_read_or_refused_in_words(name: str, data: st.DataObject) -> None:
    lines = read_foreign(name).split(b"\n")
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(lines)))
        length = data.draw(st.sampled_from([1, 2, 10, len(lines)]))
        del lines[start : start + length]
    found = outcome(b"\n".join(lines), name)
    assert isinstance(found, NwchemOutput) or name in found


@pytest.mark.parametrize("name", FOREIGN)
def test_parse_prints_each(name: str, tmp_path) -> None:
    path = tmp_path / "a.out"
    path.write_bytes(with_blanks(read_foreign(name)))
    atoms = ["--atoms", "2,4 5,6"] if name == "selected-atoms" else []
    for form in ([], ["--json"]):
        result = CliRunner().invoke(cli, ["parse", str(path), *atoms, *form])
        assert result.exit_code == 0, result.output


def test_a_damaged_archive_and_a_wrong_list_are_refused_in_words(tmp_path) -> None:
    whole = gzip.compress(read_foreign("water-dft"))
    for number, content in enumerate((whole[:100], b"no gzip", whole[:50] + b"\xff" * 50 + whole[100:])):
        path = tmp_path / f"{number}.gz"
        path.write_bytes(content)
        result = CliRunner().invoke(cli, ["parse", str(path)])
        assert (result.exit_code, str(path) in result.output) == (7, True), result.exception
    result = CliRunner().invoke(cli, ["parse", "--atoms", "C1", str(path)])
    assert (result.exit_code, "no list of atoms" in result.output) == (2, True)
