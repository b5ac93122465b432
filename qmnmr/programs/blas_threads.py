"""Threads of this process's own linear algebra: one, since calculations of a run go side by side.

The matrices of the cheap surface are small: OpenBLAS's threads wait for each other longer than they compute, and where
other work runs they take its time. One GFN2-xTB optimisation of menthol (31 atoms) took 2.8 CPU s with two of them on
a busy machine, 0.25 with one. Variables bound them only before NumPy is loaded; so the libraries themselves are told.
"""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOADED = Path("/proc/self/maps")
_NAMES = tuple(
    (f"{prefix}openblas_get_num_threads{suffix}", f"{prefix}openblas_set_num_threads{suffix}")
    for prefix in ("scipy_", "")  # that of the wheels, and the library's own
    for suffix in ("64_", "")
)


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Give every OpenBLAS of this process that many threads, and afterwards as many as before."""
    before = [(library, library.threads()) for library in _libraries()]
    for library, _ in before:
        library.set_threads(count)
    try:
        yield
    finally:
        for library, threads in before:
            library.set_threads(threads)


def blas_thread_counts() -> tuple[int, ...]:
    """Return how many threads each OpenBLAS of this process has."""
    return tuple(library.threads() for library in _libraries())


class _OpenBlas:
    def __init__(self, library: ctypes.CDLL, get_name: str, set_name: str) -> None:
        self._get, self._set = getattr(library, get_name), getattr(library, set_name)
        self._get.restype, self._set.restype = ctypes.c_int, None
        self._set.argtypes = (ctypes.c_int,)

    def threads(self) -> int:
        return int(self._get())

    def set_threads(self, count: int) -> None:
        self._set(count)


def _libraries() -> list[_OpenBlas]:
    """Return the OpenBLAS of NumPy and that of SciPy, which are two in their wheels; none on systems without /proc."""
    for package in ("numpy", "scipy.linalg"):
        importlib.import_module(package)
    if not _LOADED.exists():
        return []
    lines = _LOADED.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    paths = {line.split(maxsplit=5)[5] for line in lines if "openblas" in line}
    libraries = [ctypes.CDLL(path) for path in sorted(paths)]
    return [
        _OpenBlas(library, get_name, set_name)
        for library in libraries
        for get_name, set_name in _NAMES
        if hasattr(library, get_name) and hasattr(library, set_name)
    ]
