"""Threads of the own linear algebra."""

from __future__ import annotations

import pytest

from qmnmr.programs.blas_threads import blas_thread_counts, blas_threads


def test_a_run_has_one_thread_for_its_own_matrices_and_gives_them_back():
    if not blas_thread_counts():
        pytest.skip("NumPy has no OpenBLAS here")
    before = blas_thread_counts()
    with blas_threads(2):
        with blas_threads(1):
            assert set(blas_thread_counts()) == {1}
        assert set(blas_thread_counts()) == {2}
    assert blas_thread_counts() == before
