"""What a run can be asked is the same at every door."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from qmnmr import errors
from qmnmr.cli.main import cli
from qmnmr.cluster.job_records import SubmitSettings
from qmnmr.runs.python import api
from qmnmr.runs.python.api import predict
from qmnmr.runs.request import ResourceRequest, RunRequest


def names_of(*kinds: type) -> set[str]:
    return {field.name for kind in kinds for field in fields(kind)}


def parameters_of(command: str) -> dict[str, click.Parameter]:
    loaded = cli.get_command(click.Context(cli), command)
    assert loaded is not None
    return {str(parameter.name): parameter for parameter in loaded.params}


@pytest.mark.parametrize(
    ("command", "kinds", "lacks", "own"),
    [
        ("predict", (RunRequest, ResourceRequest), set(), {"as_json", "yes"}),
        ("submit", (RunRequest, SubmitSettings), set(), {"dry_run", "yes"}),
        ("render", (RunRequest,), {"factors", "reuse"}, {"memory_mb_per_rank"}),  # they change no input
        ("resume", (SubmitSettings,), set(), {"run", "dry_run", "yes"}),
    ],
)
def test_a_command_has_an_option_for_all_that_can_be_asked_and_no_other(
    command: str, kinds: tuple[type, ...], lacks: set[str], own: set[str]
) -> None:
    assert set(parameters_of(command)) == (names_of(*kinds) - lacks) | own


def test_the_python_function_takes_what_the_command_takes() -> None:
    given = inspect.signature(predict).parameters
    assert set(given) - {"progress"} == names_of(RunRequest, ResourceRequest)
    assert set(given) - {"progress"} == set(parameters_of("predict")) - {"as_json", "yes"}
    assert all(f"\n    {name}: " in str(inspect.getdoc(predict)) for name in given)


def test_what_is_not_said_is_the_same_at_every_door() -> None:
    function, command = inspect.signature(predict).parameters, parameters_of("predict")
    for field in (*fields(RunRequest), *fields(ResourceRequest)):
        if field.default is not MISSING:
            assert (function[field.name].default, command[field.name].default) == (field.default, field.default)


WORDS = (
    "predict C x.xyz --solvent dmso --protocol draft --engine nwchem --conformers none --charge 1 --temperature 310 "
    "--optimization converged --geometry keep --level PBE0/def2-SVP --free-energies --couplings none --skip-bad "
    "--factors f.json --reuse a --reuse b --out run --cores 2 --memory-gb 1.5 --scratch s"
)
VALUES: dict[str, Any] = {
    "inputs": ("C", Path("x.xyz")),
    "solvent": "dmso",
    "protocol": "draft",
    "engine": "nwchem",
    "conformers": "none",
    "charge": np.int64(1),
    "temperature_kelvin": 310,
    "optimization": "converged",
    "geometry": "keep",
    "level": "PBE0/def2-SVP",
    "free_energies": True,
    "couplings": "none",
    "skip_bad": True,
    "factors": "f.json",
    "reuse": ("a", Path("b")),
    "out": "run",
    "cores": 2,
    "memory_mb": 1500,
    "scratch": Path("s"),
}


class AskedError(Exception):
    """Carries what a run was asked."""


def test_command_and_function_ask_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: object, **_: object) -> None:
        raise AskedError(*asked)

    monkeypatch.setattr("qmnmr.cli.commands.predict.start_local_run", refuse)
    monkeypatch.setattr(api, "start_local_run", refuse)
    by_command = CliRunner().invoke(cli, WORDS.split()).exception
    with pytest.raises(AskedError) as by_function:
        predict(**VALUES)
    assert isinstance(by_command, AskedError)
    assert by_command.args == by_function.value.args
    request, wanted = by_command.args
    for asked in (request, wanted):
        assert all(getattr(asked, f.name) != f.default for f in fields(asked)), "the test leaves a field out"
    assert type(request.charge) is int


@pytest.fixture
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (("C1CC",), {"inputs": "C1CC"}),
        (("nosuch.sdf",), {"inputs": "nosuch.sdf"}),
        (("",), {"inputs": [""]}),
        (("C", "--solvent", "beer"), {"inputs": "C", "solvent": "beer"}),
        (("C", "--protocol", "x"), {"inputs": "C", "protocol": "x"}),
        (("C", "--engine", "x"), {"inputs": "C", "engine": "x"}),
        (("C", "--conformers", "x"), {"inputs": "C", "conformers": "x"}),
        (("C", "--charge", "1"), {"inputs": "C", "charge": 1}),
        (("C", "--temperature", "5"), {"inputs": "C", "temperature_kelvin": 5}),
        (("C", "--temperature", "nan"), {"inputs": "C", "temperature_kelvin": float("nan")}),
        (("C", "--factors", "no.json"), {"inputs": "C", "factors": "no.json"}),
        (("C", "--reuse", "nowhere"), {"inputs": "C", "reuse": "nowhere"}),
        (
            ("CC(C)Cc1ccc(cc1)C(C)C(=O)O", "--memory-gb", "0.5"),
            {"inputs": "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "memory_mb": 500},
        ),
        (("C", "--scratch", "nowhere"), {"inputs": "C", "scratch": "nowhere"}),
        (("C", "--out", "/dev/null/run"), {"inputs": "C", "out": "/dev/null/run"}),
        (("C", "--out", "/dev/null"), {"inputs": "C", "out": "/dev/null"}),
    ],
)
def test_a_bad_value_is_refused_in_the_same_words_at_both_doors(
    in_a_folder: Path, words: tuple[str, ...], arguments: dict[str, Any]
) -> None:
    common: dict[str, Any] = {"protocol": "draft", "engine": "pyscf", "cores": 1}
    done = CliRunner().invoke(cli, ["predict", "--protocol=draft", "--engine=pyscf", "--cores=1", *words])
    with pytest.raises(errors.QmnmrError) as refused:
        predict(**(common | arguments))
    assert done.exit_code == refused.value.exit_code
    assert done.exit_code in (2, 3)
    assert str(refused.value).rstrip(".") in done.stderr
    assert refused.value.hint
    assert refused.value.hint[1:].rstrip(".") in done.stderr
    assert not list(in_a_folder.iterdir())


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("inputs", None, "a SMILES, a file"),
        ("inputs", b"C", "a SMILES, a file"),
        ("inputs", [1], "a SMILES, a file, or an RDKit molecule"),
        ("inputs", [b"C"], "a SMILES, a file, or an RDKit molecule"),
        ("inputs", (), "SMILES"),
        ("solvent", None, "a text"),
        ("protocol", ["draft"], "a text"),
        ("engine", 3, "a text"),
        ("conformers", False, "a text"),
        ("charge", "1", "a whole number"),
        ("charge", 1.0, "a whole number"),
        ("charge", True, "a whole number"),
        ("temperature_kelvin", "hot", "a number"),
        ("free_energies", "no", "True, False or None"),
        ("factors", 3, "a path"),
        ("out", b"run", "a path"),
        ("out", "a\0b", "a path"),
        ("cores", 0, "1 or more"),
        ("cores", 1.5, "a whole number"),
        ("memory_mb", -1, "1 or more"),
        ("scratch", 1, "a path"),
    ],
)
def test_a_value_of_another_kind_is_an_input_error_that_names_it(
    in_a_folder: Path, name: str, value: object, hint: str
) -> None:
    arguments: dict[str, Any] = {"inputs": "C", "engine": "pyscf", "protocol": "draft", name: value}
    with pytest.raises(errors.InputError) as refused:
        predict(**arguments)
    assert hint in refused.value.hint
    assert value == () or name in str(refused.value) or "an input" in str(refused.value)
    assert not list(in_a_folder.iterdir())


def test_the_temperature_of_the_function_reaches_the_run(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"protocol": "draft", "engine": "pyscf", "solvent": "gas", "cores": 1, "memory_mb": 500}
    (found,) = predict("[H][H]", temperature_kelvin=310, out=tmp_path / "run", **asked)
    assert found.provenance is not None
    assert found.provenance.temperature_kelvin == 310.0
