"""CREST's command line, and its recorded outputs (tests/golden/crest/README.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.conformers.crest import (
    CrestEnsemble,
    CrestFailure,
    crest_arguments,
    next_option,
    read_ensemble,
    read_structures,
)
from qmnmr.datatypes.calculation import FailureKind

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "crest"
BUTANOL = GOLDEN / "2-butanol"
STDOUT = (BUTANOL / "stdout.txt").read_bytes()
ENSEMBLE = (BUTANOL / "crest_conformers.xyz").read_bytes()
ARGUMENTS = ("butanol.xyz", "--legacy", "--gfn2", "--alpb", "chcl3", "--quick", "-T", "1")
SYMBOLS = ("C",) * 4 + ("O",) + ("H",) * 10


def read(output=STDOUT, ensemble=ENSEMBLE, arguments=ARGUMENTS, symbols=SYMBOLS, exit_code=0):
    return read_ensemble(output, ensemble, arguments=arguments, symbols=symbols, exit_code=exit_code)


def test_a_whole_search_gives_its_conformers():
    found = read()
    assert isinstance(found, CrestEnsemble), found
    assert found.version == "3.0.2"
    assert len(found.geometries) == 9
    assert found.energies_hartree[:2] == (-17.73675611, -17.73625646)
    assert list(found.energies_hartree) == sorted(found.energies_hartree)
    assert found.geometries[0].coordinates_angstrom[0] == (-2.068309, -0.03155633, -0.12326931)
    assert found.wall_seconds == pytest.approx(81.625)


def test_an_ensemble_of_a_search_that_died_is_no_result():
    folder = GOLDEN / "1-2-dichloroethane-nmr"
    ensemble = (folder / "crest_conformers.xyz").read_bytes()
    assert len(read_structures(ensemble)) == 2
    for exit_code in (1, 0):
        outcome = read((folder / "stdout.txt").read_bytes(), ensemble, exit_code=exit_code)
        assert isinstance(outcome, CrestFailure)
        assert outcome.evidence == f"exit code {exit_code}: ERROR STOP"


def test_a_build_without_tblite_is_named_and_legacy_is_its_remedy():
    outcome = read((GOLDEN / "failed-no-tblite" / "stdout.txt").read_bytes(), None, exit_code=1)
    assert isinstance(outcome, CrestFailure)
    assert outcome.failure is FailureKind.NOT_IMPLEMENTED
    assert outcome.evidence == "exit code 1: Error: Compiled without tblite support!"
    assert next_option(outcome, tried=(), has_xtb=True) == "--legacy"
    assert next_option(outcome, tried=(), has_xtb=False) == "--noreftopo"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"arguments": (*ARGUMENTS, "--chrg", "1")}, "not butanol.xyz --legacy"),
        ({"symbols": ("C",) * 15}, "other atoms"),
        ({"ensemble": None}, "0 structures, not 9"),
        ({"ensemble": ENSEMBLE[:-1001]}, "structures, not 9"),
        ({"ensemble": ENSEMBLE[:-300]}, "structure 9 is cut"),
        ({"ensemble": ENSEMBLE.replace(b"-2.0683090046", b"-2.06830900x6")}, "could not convert"),
        ({"ensemble": b"no structure\n"}, "structure 1 has no count"),
    ],
)
def test_files_that_do_not_fit_the_search_are_refused(changes, words):
    outcome = read(**changes)
    assert isinstance(outcome, CrestFailure)
    assert outcome.failure is FailureKind.MISMATCH
    assert words in outcome.evidence


def test_an_output_that_is_cut_anywhere_is_no_result():
    for length in range(0, len(STDOUT) - 30, 997):
        assert isinstance(read(STDOUT[:length]), CrestFailure)


@pytest.mark.parametrize(
    ("exit_code", "message"),
    [
        (20, "CREST ended with a wrong configuration."),
        (156, "CREST ended with a safety stop."),
        (-9, "CREST was ended by signal 9."),
        (77, "CREST's output ends before its closing line."),
    ],
)
def test_an_end_without_words_is_named_by_its_exit_code(exit_code, message):
    outcome = read(b"\n something\n", None, exit_code=exit_code)
    assert isinstance(outcome, CrestFailure)
    assert outcome.message == message
    assert str(exit_code) in outcome.evidence


@pytest.mark.parametrize("phrase", ["Change in topology detected!", "Initial geometry optimization failed!"])
def test_the_ladder_ends_after_each_option_was_tried_once(phrase):
    failure = read(f"\n {phrase}\n".encode(), None, exit_code=1)
    assert isinstance(failure, CrestFailure)
    assert phrase in failure.evidence
    tried: tuple[str, ...] = ()
    while (option := next_option(failure, tried=tried, has_xtb=True)) is not None:
        tried = (*tried, option)
    assert sorted(tried) == ["--legacy", "--noreftopo"]


def test_charge_solvent_window_and_threads_are_on_the_command_line():
    arguments = crest_arguments(
        charge=-1, multiplicity=1, alpb="water", window_kcal_per_mol=6.0, threads=4, extra=("--noreftopo",)
    )
    assert " ".join(arguments) == "input.xyz --gfn2 --alpb water --chrg -1 --uhf 0 --ewin 6 -T 4 --noreftopo"
    gas = crest_arguments(charge=0, multiplicity=1, alpb=None, window_kcal_per_mol=6.0, threads=1, extra=())
    assert "--alpb" not in gas
