"""What `import qmnmr` promises."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import qmnmr
from qmnmr import errors

RECORDED = Path(__file__).parents[1] / "golden" / "runs" / "0.1.0"


@pytest.mark.parametrize("name", qmnmr.__all__)
def test_every_public_name_is_there(name):
    assert getattr(qmnmr, name) is not None
    assert name in dir(qmnmr)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'predcit'"):
        _ = qmnmr.predcit  # type: ignore[attr-defined]


def test_errors_are_one_family_in_one_module():
    assert qmnmr.QmnmrError is errors.QmnmrError
    raised = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    others = {kind.__name__ for kind in raised if not issubclass(kind, qmnmr.QmnmrError)}
    assert others == {"InterruptedRunError", "SupersededError"}  # signals within a task: no user sees them


def test_importing_the_package_loads_nothing_else():
    code = "import sys, qmnmr; print([m for m in sys.modules if m.startswith('qmnmr.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("finished", ["completed", "failed"]),
        ("peer", ["completed"]),
        ("killed", ["failed"]),
        ("stopped", ["unfinished"]),
        ("mixed-factors", ["failed"]),
    ],
)
def test_a_run_folder_is_loaded_and_not_touched(tmp_path, name, states):
    run = shutil.copytree(RECORDED / name, tmp_path / name)
    before = {p: p.stat().st_mtime_ns for p in run.rglob("*")}
    found = qmnmr.load_run(run)
    assert [p.status for p in found] == states
    assert all(p.messages for p in found if p.status is not qmnmr.PredictionStatus.COMPLETED)
    assert all(bool(p.shifts) == (p.status is qmnmr.PredictionStatus.COMPLETED) for p in found)
    assert qmnmr.load_run(str(run)) == found
    assert {p: p.stat().st_mtime_ns for p in run.rglob("*")} == before


def test_a_withdrawn_result_says_why_it_is_none():
    (found,) = qmnmr.load_run(RECORDED / "mixed-factors")
    assert "wrong ground state" in found.messages[0]


@pytest.mark.parametrize("content", ["", "{", '{"status": "completed"}', '{"schema": 999}'])
def test_a_damaged_record_does_not_hide_the_other_molecules(tmp_path, content):
    run = shutil.copytree(RECORDED / "finished", tmp_path / "run")
    (run / "molecules" / "C" / "prediction.json").write_text(content)
    damaged, other = qmnmr.load_run(run)
    assert (damaged.status, other.status) == ("unfinished", "failed")
    assert "molecules/C/prediction.json" in damaged.messages[0]


@pytest.mark.parametrize("value", [None, 3, b"run"])
def test_what_is_no_folder_is_an_input_error(value):
    with pytest.raises(errors.InputError, match="folder"):
        qmnmr.load_run(value)


def test_a_folder_that_is_no_run_or_a_damaged_one_is_refused(tmp_path):
    with pytest.raises(errors.InputError, match="is not a run folder"):
        qmnmr.load_run(tmp_path / "nowhere")
    run = shutil.copytree(RECORDED / "finished", tmp_path / "run")
    (run / "run.toml").write_text("schema = ")
    with pytest.raises(errors.OutputFormatError, match=r"run\.toml"):
        qmnmr.load_run(run)
