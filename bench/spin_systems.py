"""What exact spin systems cost, and what fragments of a large one miss."""

from __future__ import annotations

import time

import numpy as np

from qmnmr.programs.blas_threads import blas_threads
from qmnmr.spectra.exact import exact_transitions
from qmnmr.spectra.fragments import all_transitions
from qmnmr.spectra.line_shape import lorentzian_points
from qmnmr.spectra.spin_system import SpinSystem, Transitions


def measures() -> list[dict]:
    exact_transitions(_chain(6, seed=0))  # imports and first calls are not counted
    with blas_threads(1):  # as `qmnmr spectrum` has it
        started = time.process_time()
        twelve = exact_transitions(_chain(12, seed=0))
        cpu_seconds = time.process_time() - started
    missed = max(_missed(seed) for seed in range(3))
    return [
        {
            "name": "twelve different spins, exactly: CPU s",
            "value": round(cpu_seconds, 2),
            "goal": 1.0,
            "better": "lower",
            "against": f"{len(twelve.frequencies_hz)} lines with what each spin has in them",
        },
        {
            "name": "fragments of ten of eleven spins: area of the spectrum that they miss",
            "value": round(missed, 5),
            "goal": 0.002,
            "better": "lower",
            "against": "the exact spectrum, lines 1 Hz wide, worst of three chains",
        },
    ]


def _chain(spins: int, *, seed: int) -> SpinSystem:
    """Return so many spins between 0.5 and 4 ppm at 400 MHz, with 7 Hz to the next and 1 Hz to the one beyond."""
    couplings = np.zeros((spins, spins))
    for apart, hz in ((1, 7.0), (2, 1.0)):
        for first in range(spins - apart):
            couplings[first, first + apart] = couplings[first + apart, first] = hz
    frequencies = np.sort(np.random.default_rng(seed).uniform(200.0, 1600.0, spins))
    return SpinSystem(counts=(1,) * spins, frequencies_hz=frequencies, couplings_hz=couplings)


def _missed(seed: int) -> float:
    system = _chain(11, seed=seed)
    whole = _curve(all_transitions(system, cut_hz=0.2, within_hz=0.02))
    parts = _curve(all_transitions(system, cut_hz=0.2, within_hz=0.02, most_exact=1))
    return float(1.0 - np.minimum(whole, parts).sum() / whole.sum())


def _curve(lines: Transitions) -> np.ndarray:
    totals = lines.intensities.sum(axis=1)
    return lorentzian_points(lines.frequencies_hz, totals, first=100.0, step=0.1, points=16000, line_width=1.0)
