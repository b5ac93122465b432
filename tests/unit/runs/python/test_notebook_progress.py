"""Progress for callers from Python."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

import qmnmr
from qmnmr.errors import InputError
from qmnmr.funnel.progress import Progress
from qmnmr.runs.python.notebook_progress import NotebookBars, chosen_progress

STEP = Progress(molecule="<b>menthol", step="shielding", done=1, total=4)
SEARCH = Progress(molecule="ethanol", step="search")
END = Progress(molecule="<b>menthol", step="finished", is_end=True)
FAILURE = Progress(molecule="ethanol", step="failed", detail="no conformer & no hope", is_end=True)


@dataclass
class Screen:
    """Keeps what IPython.display would show; its functions are called as IPython's are."""

    shown: list[str] = field(default_factory=list)

    def HTML(self, text: str) -> str:  # noqa: N802
        return text

    def display(self, text: str, *, display_id: bool) -> Any:
        assert display_id
        self.shown.append(text)
        return SimpleNamespace(update=self.shown.append)


def test_a_function_is_told_every_step():
    told: list[Progress] = []
    with chosen_progress(told.append, total=2) as report:
        report(STEP)
        report(END)
    assert told == [STEP, END]


@pytest.mark.parametrize(("choice", "told"), [(True, "<b>menthol: shielding 1/4\n"), (False, ""), (None, "")])
def test_outside_of_a_notebook_nothing_is_told_unless_it_is_wanted(capsys, choice, told):
    with chosen_progress(choice, total=1) as report:
        report(STEP)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", told)


def test_a_notebook_has_a_bar_for_all_and_one_for_each_that_is_under_way():
    screen = Screen()
    bars = NotebookBars(screen, total=2)
    with bars as report:
        report(STEP)
        report(SEARCH)
        found = ElementTree.fromstring(bars.html())  # noqa: S314
        assert [p.attrib for p in found.iter("progress")] == [
            {"value": "0", "max": "2"}, {"value": "1", "max": "4"}, {},
        ]  # fmt: skip
        assert "<b>menthol: shielding 1/4" in "".join(found.itertext())
        report(END)
        report(FAILURE)
    last = ElementTree.fromstring(screen.shown[-1])  # noqa: S314
    assert [p.attrib for p in last.iter("progress")] == [{"value": "2", "max": "2"}]
    assert "ethanol: failed: no conformer & no hope" in "".join(last.itertext())
    assert "0/2" in screen.shown[0]


def test_molecules_side_by_side_are_told_from_their_threads():
    screen = Screen()
    with NotebookBars(screen, total=8) as report:
        threads = [
            threading.Thread(target=report, args=(Progress(molecule=str(n), step="finished", is_end=True),))
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert "8/8" in screen.shown[-1]


def test_bars_are_chosen_where_ipython_has_a_kernel_alone(monkeypatch):
    ipython = pytest.importorskip("IPython", reason="IPython is not installed")
    assert "IPython" in sys.modules
    with chosen_progress(None, total=1) as silent:
        silent(STEP)
    monkeypatch.setattr(ipython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    assert isinstance(chosen_progress(None, total=1), NotebookBars)
    assert not isinstance(chosen_progress(False, total=1), NotebookBars)


def test_what_is_no_choice_of_progress_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(InputError, match="progress can't be 'yes'"):
        qmnmr.predict("C", protocol="draft", out=tmp_path / "run", progress="yes")  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()
