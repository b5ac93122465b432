"""What is said of this machine."""

from __future__ import annotations

import pytest

from qmnmr.errors import SiteError
from qmnmr.programs.machine import MIN_SHARED_MEMORY_MB, require_shared_memory, shared_memory_problem


def test_shared_memory_is_counted_for_each_calculation_at_a_time() -> None:
    assert shared_memory_problem(1) is None
    problem = shared_memory_problem(10**6)
    assert problem is not None
    assert f"MPI needs {MIN_SHARED_MEMORY_MB * 10**6} MB" in problem
    with pytest.raises(SiteError, match=r"^/dev/shm has "):
        require_shared_memory(10**6)
