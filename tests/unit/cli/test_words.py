"""Words: what is near, what a shell completes, what their page says, and what is said of the time that is left."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from qmnmr.cli.console import time_left
from qmnmr.cli.main import cli
from qmnmr.datatypes.solvents import SOLVENTS, find_solvent, solvent_spellings
from qmnmr.engines import engine_names
from qmnmr.errors import choice_hint, ended, shortened
from qmnmr.runs.protocols import protocol_names

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "words.md"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("DMSOd6", "DMSO"),
        ("MeOD-d4", "methanol"),
        ("acetone d6", "acetone"),
        ("d4-MeOH", "methanol"),
        ("cdcl3", "chloroform"),
        ("[D6]DMSO", "DMSO"),
        ("methylene chloride", "dichloromethane"),
        ("Deuterium Oxide", "water"),
    ],
)
def test_people_write_solvents_so(given: str, name: str) -> None:
    found = find_solvent(given)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("solvent", SOLVENTS, ids=lambda s: s.name)
def test_the_page_lists_all_spellings(solvent) -> None:
    (row,) = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {solvent.name} |")]
    listed = [word for word in row.split("|")[3].strip().strip("`").split("`, `") if word]
    assert listed == [word for word in solvent_spellings(solvent.name) if word != solvent.name]
    assert all(find_solvent(word) == solvent for word in (*listed, solvent.name.upper()))


def completed(*words: str) -> list[str]:
    found = BashComplete(cli, {}, "qmnmr", "_QMNMR_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [item.type if item.type == "file" else item.value for item in found]


def test_a_shell_completes_values_and_files() -> None:
    assert completed("predict", "CCO", "--solvent", "D") == ["DMSO", "dichloromethane", "DMF"]
    assert completed("predict", "CCO", "--protocol", "") == [*protocol_names(), "file"]
    assert completed("predict", "CCO", "--engine", "") == ["auto", *engine_names()]
    assert completed("predict", "CCO", "--geometry", "") == ["dft", "xtb", "keep"]
    assert completed("predict", "mol") == ["file"]
    assert completed("pre") == ["predict"]
    assert "--level" in completed("predict", "CCO", "--le")


def test_the_nearest_word_is_offered_if_it_is_near() -> None:
    assert choice_hint("Drft", ["draft", "peer"]) == "did you mean draft? Choose one of: draft, peer"
    assert choice_hint("zzz", ["draft", "peer"], more="; or a file") == "choose one of: draft, peer; or a file"
    assert choice_hint("x", []) == "choose one of: "


def test_sentences_end_once_and_long_words_are_cut() -> None:
    assert [ended(words) for words in ("Was it cut?", "It was cut.", "It was cut")] == [
        "Was it cut?",
        "It was cut.",
        "It was cut.",
    ]
    assert shortened("CCO") == "CCO"
    assert len(shortened("C" * 5000)) < 100
    assert shortened("C" * 5000).endswith("(5000 characters)")


@pytest.mark.parametrize(
    ("expected", "elapsed", "share", "words"),
    [
        (600.0, 60.0, 0.0, "about 9 min left"),
        (100.0, 300.0, 0.0, "longer than predicted"),
        (100.0, 300.0, 0.5, "about 5 min left"),  # half of the molecules: they know better than the forecast
        (36000.0, 0.0, 0.0, "about 10.0 h left"),
        (100.0, 50.0, 1.0, ""),
    ],
)
def test_what_is_left_of_a_run(expected: float, elapsed: float, share: float, words: str) -> None:
    assert time_left(expected, elapsed=elapsed, share=share) == words


def test_every_option_with_a_list_of_words_completes_them() -> None:
    predict = cli.get_command(click.Context(cli), "predict")
    assert predict is not None
    named = {"--solvent", "--protocol", "--engine", "--conformers", "--geometry", "--optimization"}
    for name in named:
        assert completed("predict", "CCO", name, ""), name
