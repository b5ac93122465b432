"""Density-fitting factors that do not fit into memory: rows in a file without a name, read block by block."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class DiskTooSmallError(Exception):
    """The temporary folder has no room for the factors."""


class FactorsOnDisk:
    """A matrix of which only the rows in use are in memory.

    Not a memory map: its pages would count as memory of the process.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        needed, folder = 8 * shape[0] * shape[1], tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise DiskTooSmallError(
                f"density fitting needs {needed * 1e-9:.1f} GB of disk in {folder}, where {free * 1e-9:.1f} GB are free"
            )
        self._descriptor, name = tempfile.mkstemp(prefix="qmnmr-factors-")
        weakref.finalize(self, os.close, self._descriptor)
        Path(name).unlink()  # nothing is left behind, however the process ends
        os.truncate(self._descriptor, needed)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> Array:
        """Return a block of whole rows."""
        start, stop, _ = rows.indices(len(self))
        block = np.empty((stop - start, self.shape[1]))
        view, offset = block.reshape(-1).view(np.uint8).data, 8 * start * self.shape[1]
        done = 0
        while done < len(view):
            done += os.preadv(self._descriptor, [view[done : done + 2**30]], offset + done)
        return block

    def write_columns(self, columns: slice, block: Array) -> None:
        """Store a block of columns, (n_rows, n_columns)."""
        for row, values in enumerate(np.ascontiguousarray(block)):
            os.pwrite(self._descriptor, values.tobytes(), 8 * (row * self.shape[1] + columns.start))
