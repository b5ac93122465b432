"""Threads of the own linear algebra."""

from __future__ import annotations

import pytest

from qmnmr.programs.blas_threads import blas_thread_counts, blas_threads


def test_a_run_has_one_thread_for_its_own_matrices_and_gives_them_back():
    if not blas_thread_counts():
        pytest.skip("NumPy has no OpenBLAS here")
    before = blas_thread_counts()
    with blas_threads(2):
        several = blas_thread_counts()
        assert 2 in several  # one that was built without threads stays at one
        with blas_threads(1):
            assert set(blas_thread_counts()) == {1}
        assert blas_thread_counts() == several
    assert blas_thread_counts() == before
