"""Progress for callers from Python: to a function of theirs, as bars in a notebook, as lines, or not at all."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from html import escape
from types import TracebackType
from typing import Any

from qmnmr.errors import InputError
from qmnmr.funnel.progress import Progress, Report

ProgressChoice = bool | Report | None
"""A function that is called with each Progress; True: bars or lines; False: nothing; None: bars in a notebook alone."""

_SECONDS_BETWEEN = 0.2


def chosen_progress(choice: ProgressChoice, *, total: int) -> AbstractContextManager[Report]:
    """Return a context that gives what is to be told of each step; `total` molecules are to come.

    Raises InputError for what is no choice.
    """
    check_progress(choice)
    if callable(choice):
        return nullcontext(choice)
    display = None if choice is False else _notebook_display()
    if display is not None:
        return NotebookBars(display, total=total)
    return nullcontext(_line if choice else _nothing)


def check_progress(choice: object) -> None:
    """Raise InputError for what is no choice of progress."""
    if choice is not None and not isinstance(choice, bool) and not callable(choice):
        raise InputError(f"progress can't be {choice!r}", hint="give a function, True, False or None")


def _nothing(_: Progress) -> None:
    pass


def _line(event: Progress) -> None:
    sys.stderr.write(f"{event.text}\n")


def _notebook_display() -> Any | None:  # noqa: ANN401
    """Return IPython's module of displays in a notebook, None elsewhere; in a notebook IPython is loaded."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if getattr(shell, "kernel", None) is None:
        return None
    import importlib

    return importlib.import_module("IPython.display")


class NotebookBars:
    """Bars below a notebook's cell: one for all molecules, one for the step of each that is under way."""

    def __init__(self, display: Any, *, total: int) -> None:  # noqa: ANN401
        self._display = display
        self._total = total
        self._ended: list[Progress] = []
        self._running: dict[str, Progress] = {}
        self._lock = threading.Lock()  # molecules are computed side by side
        self._shown = 0.0
        self._handle: Any = None

    def __enter__(self) -> Report:
        self._handle = self._display.display(self._display.HTML(self.html()), display_id=True)
        return self._report

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._running.clear()
            self._show()

    def _report(self, event: Progress) -> None:
        with self._lock:
            if event.is_end:
                self._running.pop(event.molecule, None)
                self._ended.append(event)
            else:
                self._running[event.molecule] = event
            if event.is_end or time.monotonic() - self._shown > _SECONDS_BETWEEN:
                self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        self._handle.update(self._display.HTML(self.html()))

    def html(self) -> str:
        """Return the bars as they stand."""
        bars = [_bar("molecules", len(self._ended), self._total)]
        bars += [_bar(f"{e.molecule}: {e.step}", e.done, e.total) for e in self._running.values()]
        failures = [f"<p>{escape(event.text)}</p>" for event in self._ended if event.detail]
        return f'<div class="qmnmr-progress">{"".join((*bars, *failures))}</div>'


def _bar(title: str, done: int, total: int) -> str:
    amount = f' value="{done}" max="{total}"' if total else ""  # without them a bar that only moves
    count = f" {done}/{total}" if total else ""
    return f"<div><progress{amount}></progress> {escape(title)}{count}</div>"
