"""`qmnmr rank` from SMILES and a pasted line to probabilities, on the embedded engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

pytest.importorskip("pyscf")

import qmnmr
from qmnmr.cli.main import cli

FORMATE = "13C NMR (101 MHz, CDCl3) δ 161.1, 50.9. 1H NMR (400 MHz, CDCl3) δ 8.08 (s, 1H), 3.75 (s, 3H)."
CANDIDATES = ("COC=O", "CC(=O)O")


def rank(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["rank", *(str(a) for a in arguments)])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both candidates, computed by the command itself."""
    out = tmp_path_factory.mktemp("rank") / "run"
    found = rank(FORMATE, *CANDIDATES, "--protocol", "draft", "--engine", "pyscf", "--cores", "1", "--out", out)
    assert found.exit_code == 0, found.stderr
    assert found.stdout.splitlines()[1].split()[1] == "COC=O"
    return out


def ranked(run: Path, spectrum: str = FORMATE, *options: str) -> dict:
    found = rank(spectrum, run, "--json", *options)
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout)


def test_the_right_one_comes_first_and_probabilities_add_up(run: Path) -> None:
    found = ranked(run)
    names = [candidate["name"] for candidate in found["candidates"]]
    assert names == list(CANDIDATES)
    first, second = (candidate["probability"] for candidate in found["candidates"])
    assert first > 0.9
    assert second < 0.05
    assert first + second + found["none_probability"] == pytest.approx(1.0, abs=1e-5)
    assert found["candidates"][0]["fit"] > 0.05


def test_what_is_exchangeable_in_one_candidate_counts_for_none(run: Path) -> None:
    found = ranked(run)
    assert [entry["signal"] for entry in found["left_out"]] == ["1H 8.08 ppm"]
    assert "exchangeable" in found["left_out"][0]["why"]
    measured = [[s["measured_ppm"] for s in candidate["signals"]] for candidate in found["candidates"]]
    assert measured[0] == measured[1] == [161.1, 50.9, 3.75]


def test_a_spectrum_of_another_compound_is_of_none_of_them(run: Path) -> None:
    found = ranked(run, "13C NMR (CDCl3) δ 200.3, 31.2")  # acetaldehyde's
    assert found["none_probability"] > 0.5
    assert all(candidate["fit"] < 0.05 for candidate in found["candidates"])


def test_the_prior_of_none_can_be_said(run: Path) -> None:
    assert ranked(run, FORMATE, "--none-prior", "0")["none_probability"] == 0.0
    assert rank(FORMATE, run, "--none-prior", "1").exit_code == 2


def test_a_candidate_with_too_few_signals_is_named_and_has_no_share(run: Path) -> None:
    found = rank("13C NMR (CDCl3) δ 161.1, 60.2, 50.9", run)
    assert found.exit_code == 2
    assert "fits none of the candidates" in found.stderr


def test_the_table_names_what_decides_and_never_says_certain(run: Path) -> None:
    found = rank(FORMATE, run)
    assert "none of these" in found.stdout
    assert "What decides between COC=O and CC(=O)O:" in found.stdout
    assert "100.0" not in found.stdout


def test_python_gives_the_same(run: Path) -> None:
    found = qmnmr.rank(run, FORMATE)
    assert [c.probability for c in found.candidates] == pytest.approx(
        [c["probability"] for c in ranked(run)["candidates"]], abs=1e-5
    )


def test_one_candidate_has_a_fit_and_no_probability(run: Path, tmp_path: Path) -> None:
    found = rank(
        FORMATE, "COC=O", "--protocol", "draft", "--engine", "pyscf", "--reuse", run, "--out", tmp_path / "one"
    )
    assert found.exit_code == 0, found.stderr
    assert "One candidate has no probability" in found.stdout
    assert "none of these" not in found.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("C[C@H](O)CC", "C[C@@H](O)CC"), "are mirror images: no spectrum tells them apart"),
        (("CCO", "OCC"), "the same compound"),
        (("CCO", "CCC", "--stereo", "relative"), "takes one SMILES, 2 were given"),
    ],
)
def test_what_no_spectrum_tells_apart_is_refused_before_anything_is_computed(arguments, words, tmp_path) -> None:
    found = rank("13C NMR δ 60.1, 18.2", *arguments, "--out", tmp_path / "run")
    assert found.exit_code == 2
    assert words in found.stderr
    assert not (tmp_path / "run").exists()


def test_a_spectrum_that_is_not_understood_is_refused_before_anything_is_computed(tmp_path) -> None:
    found = rank("nothing measured", "CCO", "CCC", "--out", tmp_path / "run")
    assert found.exit_code == 2
    assert not (tmp_path / "run").exists()
