"""A spectrum as SVG: what a page shows where scripts are off, and what is printed.

The page's script draws the same anew for each zoom, field and line width (`page.js`): line shapes, error bars as
whiskers, and the spectrum blurred by them as a shade, so that a line never looks surer than it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from qmnmr.report.page.spectra import DrawnSignal, DrawnSpectrum

WIDTH = 960.0
LINE_WIDTH_HZ = 1.0
_LEFT, _RIGHT = 14.0, 14.0
_LABELS = 92.0  # height of the labels above the plot
_PLOT = 150.0
_WHISKERS = 26.0  # between the base line and the axis
_AXIS = 34.0
_GAP = 10.0  # between the axis and what was measured
_MEASURED = 118.0
_LABEL_WIDTH = 12.0
_SHADE = 0.5  # of the plot's height, at most
_TICKS = 12  # parts of an axis, at most
_WHISKER_ROWS = 4

_Values = NDArray[np.float64]


def spectrum_svg(spectrum: DrawnSpectrum) -> str:
    """Return the SVG of a spectrum over its whole view, WIDTH wide."""
    base = _LABELS + _PLOT
    axis = base + _WHISKERS
    height = axis + _AXIS + (_GAP + _MEASURED if spectrum.measured else 0.0)
    frame = _Frame(spectrum.view_ppm)
    parts = [
        *_shade(spectrum, frame, base),
        *_solvent(spectrum, frame, base),
        *_curve(spectrum, frame, base),
        *_signals(spectrum, frame, base),
        *_axis(frame, axis),
        *(_measured(spectrum, frame, axis + _AXIS + _GAP) if spectrum.measured else ()),
    ]
    title = f"{spectrum.nucleus} NMR spectrum, predicted"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="spectrum" viewBox="0 0 {WIDTH:g} {height:g}" '
        f'data-nucleus="{escape(spectrum.nucleus)}" role="img" tabindex="0" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


class _Frame:
    """Where a shift lies on the paper."""

    def __init__(self, view_ppm: tuple[float, float]) -> None:
        self.high, self.low = view_ppm

    def x(self, ppm: float) -> float:
        return _LEFT + (self.high - ppm) / (self.high - self.low) * (WIDTH - _LEFT - _RIGHT)

    @property
    def per_pixel(self) -> float:
        return (self.high - self.low) / (WIDTH - _LEFT - _RIGHT)


def spread(wanted: Sequence[float], *, width: float, low: float, high: float) -> list[float]:
    """Return places at least `width` apart within limits, each as near as can be to the wanted one, in their order.

    `wanted` is ascending. Neighbours that collide are moved together, so that a group stays about its middle.
    """
    groups: list[list[float]] = []  # sum of the wanted first places, members, first place
    for place in wanted:
        groups.append([place, 1.0, place])
        while True:
            total, count, _ = groups[-1]
            first = min(max(total / count, low), max(low, high - (count - 1) * width))
            groups[-1][2] = first
            if len(groups) < 2 or groups[-2][2] + groups[-2][1] * width <= first:
                break
            total, count, _ = groups.pop()
            before = groups[-1]
            before[0] += total - count * before[1] * width
            before[1] += count
    return [first + i * width for _, count, first in groups for i in range(int(count))]


def whisker_rows(ends: Sequence[tuple[float, float]]) -> list[int]:
    """Return a row for each whisker, ascending by its left end, so that those of one row do not touch."""
    free = [-math.inf] * _WHISKER_ROWS
    rows = []
    for left, right in ends:
        row = next((k for k, end in enumerate(free) if left > end + 2.0), min(range(len(free)), key=free.__getitem__))
        free[row] = max(free[row], right)
        rows.append(row)
    return rows


def _curve(spectrum: DrawnSpectrum, frame: _Frame, base: float) -> Iterator[str]:
    half = LINE_WIDTH_HZ / spectrum.frequency_mhz / 2
    steps = np.array([0.0, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 25.0]) * half
    lines = np.array([(s.ppm + hz / spectrum.frequency_mhz, size) for s in spectrum.signals for hz, size in s.lines])
    grid = np.linspace(frame.high, frame.low, 241)
    ppm = np.unique(np.concatenate([grid, *(lines[:, 0] + sign * step for step in steps for sign in (-1, 1))]))[::-1]
    ppm = ppm[(ppm <= frame.high) & (ppm >= frame.low)]
    heights = sum(size / (1.0 + ((ppm - place) / half) ** 2) for place, size in lines)
    y = base - heights / heights.max() * (_PLOT - 6)
    yield f'<path class="curve" d="{_path(frame, ppm, y)}"/>'


def _shade(spectrum: DrawnSpectrum, frame: _Frame, base: float) -> Iterator[str]:
    """Yield the spectrum blurred by the error bars: normal distributions of the signals, summed."""
    ppm = np.linspace(frame.high, frame.low, 321)
    errors = [max(s.error_ppm, frame.per_pixel) for s in spectrum.signals]
    parts = [
        s.nuclei / error * np.exp(-0.5 * ((ppm - s.ppm) / error) ** 2)
        for s, error in zip(spectrum.signals, errors, strict=True)
    ]
    heights = np.array(parts).sum(axis=0)
    y = base - heights / heights.max() * _PLOT * _SHADE
    path = _path(frame, ppm, y)
    yield f'<path class="shade" d="{path}L{frame.x(frame.low):.1f},{base:g}L{frame.x(frame.high):.1f},{base:g}Z"/>'


def _path(frame: _Frame, ppm: _Values, y: _Values) -> str:
    """Return a path of points to a tenth of a pixel, without those that lie on the line of their neighbours."""
    points = [(round(frame.x(float(p)), 1), round(float(h), 1)) for p, h in zip(ppm, y, strict=True)]
    kept = [points[0]]
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        if not before[1] == point[1] == after[1]:
            kept.append(point)
    kept.append(points[-1])
    return "M" + "L".join(f"{x:g},{h:g}" for x, h in kept)


def _solvent(spectrum: DrawnSpectrum, frame: _Frame, base: float) -> Iterator[str]:
    for ppm in spectrum.solvent_ppm:
        if frame.low <= ppm <= frame.high:
            x = frame.x(ppm)
            yield (
                f'<g class="solvent"><path d="M{x:.1f},{_LABELS + 8:g}V{base:g}"/>'
                f'<text x="{x + 4:.1f}" y="{_LABELS + 16:g}">{escape(spectrum.solvent)} {ppm:g}</text></g>'
            )


def _signals(spectrum: DrawnSpectrum, frame: _Frame, base: float) -> Iterator[str]:
    """Yield each signal's label with the line that leads to it, and its whisker."""
    ordered = sorted(spectrum.signals, key=lambda s: (-s.ppm, s.row))
    half = _LABEL_WIDTH / 2
    wanted = [frame.x(s.ppm) for s in ordered]
    places = spread(wanted, width=_LABEL_WIDTH, low=_LEFT + half, high=WIDTH - _RIGHT - half)
    ends = [(frame.x(s.ppm + s.error_ppm), frame.x(s.ppm - s.error_ppm)) for s in ordered]
    for signal, x, place, (left, right), row in zip(ordered, wanted, places, ends, whisker_rows(ends), strict=True):
        y = base + 5 + 5.5 * row
        yield (
            f'<g class="signal" data-row="{signal.row}"><title>{escape(signal_words(spectrum.nucleus, signal))}</title>'
            f'<path class="leader" d="M{place:.1f},{_LABELS - 22:g}V{_LABELS - 17:g}L{x:.1f},{_LABELS - 5:g}'
            f'V{_LABELS:g}"/>'
            f'<text class="label" transform="translate({place + 4:.1f},{_LABELS - 25:g})rotate(-90)">'
            f"{label_text(spectrum.nucleus, signal)}</text>"
            f'<path class="whisker" d="M{left:.1f},{y - 2:g}v4M{left:.1f},{y:g}H{right:.1f}M{right:.1f},{y - 2:g}v4"/>'
            f'<circle class="middle" cx="{x:.1f}" cy="{y:g}" r="1.6"/></g>'
        )


def label_text(nucleus: str, signal: DrawnSignal) -> str:
    """Return what stands above a signal: its shift and its atoms."""
    return f'{signal.ppm:.{decimals(nucleus)}f} <tspan class="atoms">{escape(signal.label)}</tspan>'


def decimals(nucleus: str) -> int:
    """Return with how many decimals chemists give a shift: two of 1H, one of the others."""
    return 2 if nucleus == "1H" else 1


def signal_words(nucleus: str, signal: DrawnSignal) -> str:
    """Return a signal in words, for a pointer that rests on it."""
    element = nucleus.lstrip("0123456789")
    flags = "".join(f"; {flag}" for flag in signal.flags)
    return f"{signal.ppm:.2f} ± {signal.error_ppm:.2f} ppm, {signal.nuclei} {element}, atoms {signal.label}{flags}"


def _axis(frame: _Frame, y: float) -> Iterator[str]:
    yield f'<path class="axis" d="M{_LEFT:g},{y:g}H{WIDTH - _RIGHT:g}"/>'
    step = tick_step(frame.high - frame.low)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    for k in range(math.ceil(frame.low / step - 1e-9), math.floor(frame.high / step + 1e-9) + 1):
        x = frame.x(k * step)
        yield f'<path class="axis" d="M{x:.1f},{y:g}v5"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{y + 17:g}">{k * step:.{places}f}</text>'
    yield f'<text class="unit" x="{WIDTH - _RIGHT:g}" y="{y + 30:g}">δ / ppm</text>'


def tick_step(span: float, *, most: int = _TICKS) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that divides an axis into at most so many parts."""
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))


def _measured(spectrum: DrawnSpectrum, frame: _Frame, top: float) -> Iterator[str]:
    """Yield the measured list, downwards from its own base line."""
    yield f'<path class="axis" d="M{_LEFT:g},{top:g}H{WIDTH - _RIGHT:g}"/>'
    heading = f"measured{', ' if spectrum.measured_heading else ''}{spectrum.measured_heading}"
    yield f'<text class="heading" x="{_LEFT:g}" y="{top - 5:g}">{escape(heading)}</text>'
    shown = sorted(spectrum.measured, key=lambda m: -(m.low_ppm + m.high_ppm))
    middles = [frame.x((m.low_ppm + m.high_ppm) / 2) for m in shown]
    half = _LABEL_WIDTH / 2
    places = spread(middles, width=_LABEL_WIDTH, low=_LEFT + half, high=WIDTH - _RIGHT - half)
    most = max([m.nuclei or 1.0 for m in shown])
    for m, x, place in zip(shown, middles, places, strict=True):
        depth = 14 + 34 * (m.nuclei or 1.0) / most
        left, right = frame.x(m.high_ppm), frame.x(m.low_ppm)
        block = (
            f'<rect class="range" x="{left:.1f}" y="{top:g}" width="{right - left:.1f}" height="{depth:.1f}"/>'
            if right > left
            else ""
        )
        rows = " ".join(map(str, m.rows))
        words = escape(measured_words(m.low_ppm, m.high_ppm, m.text))
        yield (
            f'<g class="measured" data-rows="{rows}"><title>{words}</title>'
            f'{block}<path d="M{x:.1f},{top:g}v{depth:.1f}"/>'
            f'<path class="leader" d="M{x:.1f},{top + depth:.1f}L{x:.1f},{top + 52:g}L{place:.1f},{top + 62:g}"/>'
            f'<text class="label" transform="translate({place + 4:.1f},{top + 66:g})rotate(-90)" text-anchor="end">'
            f"{(m.low_ppm + m.high_ppm) / 2:.{decimals(spectrum.nucleus)}f}</text></g>"
        )


def measured_words(low: float, high: float, text: str) -> str:
    """Return a measured signal in words."""
    where = f"{low:g} ppm" if low == high else f"{high:g} to {low:g} ppm"
    return f"measured {where}{', ' if text else ''}{text}"
