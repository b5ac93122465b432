"""Lorentzian lines as points of a spectrum."""

from __future__ import annotations

import numpy as np

from qmnmr.spectra.spin_system import Floats


def lorentzian_points(
    positions: Floats, intensities: Floats, *, first: float, step: float, points: int, line_width: float
) -> Floats:
    """Return the intensity at `first`, `first` + `step` ..., (points,), such that the area is the sum of intensities.

    Positions, step and width (at half height) are of one unit. A line between two points is shared by them; one outside
    is left out.
    """
    places = (np.asarray(positions) - first) / step
    left = np.floor(places).astype(np.int64)
    share = places - left
    sticks = np.zeros(points)
    for index, weight in ((left, 1.0 - share), (left + 1, share)):
        inside = (index >= 0) & (index < points)
        np.add.at(sticks, index[inside], (np.asarray(intensities) * weight)[inside])
    offsets = np.arange(-(points - 1), points) * step
    half = line_width / 2.0
    profile = half / np.pi / (offsets**2 + half**2)
    from scipy.signal import fftconvolve  # takes a second of CPU time to load

    return np.asarray(fftconvolve(sticks, profile, mode="valid"))
