"""JCAMP-DX 5.01: a predicted spectrum as NMR programs open it.

Format: A. N. Davies and P. Lampen, Appl. Spectrosc. 1993, 47, 1093. The x axis is in Hz from 0 ppm, and $OFFSET tells
the same to programs that go by Bruker's parameters. The data type has to be NMR SPECTRUM: readers know no other word,
so that the title, the origin and a record of its own say that it is predicted.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np

from qmnmr.datatypes.measured.larmor import larmor_mhz
from qmnmr.report.export.spectrum import SampledSpectrum
from qmnmr.report.export.statement import Statement

_LARGEST = 1_000_000  # of the integers that stand for the intensities
_WIDTH = 78  # characters of a line


def jcamp_text(
    spectrum: SampledSpectrum, *, nucleus: str, name: str, statement: Statement, nmr_solvent: str, proton_mhz: float
) -> str:
    """Return the text of a JCAMP-DX file with this spectrum; it is ASCII, other characters of a name are escaped."""
    mhz = larmor_mhz(nucleus, proton_mhz=proton_mhz)
    values = np.rint(spectrum.intensity * _LARGEST).astype(int)
    first, last = float(spectrum.ppm[0]), float(spectrum.ppm[-1])
    records = [
        ("TITLE", f"{name} {nucleus} predicted"),
        ("JCAMP-DX", f"5.01 $$ {statement.program}"),
        ("DATA TYPE", "NMR SPECTRUM"),
        ("DATA CLASS", "XYDATA"),
        ("ORIGIN", f"{statement.program}, predicted"),
        ("OWNER", "not stated"),
        ("$PREDICTED", f"{statement.predicted}, by {statement.program} ({statement.protocol})"),
        ("$LEVEL", statement.level),
        ("$ERROR", statement.error),
        ("TEMPERATURE", f"{statement.temperature_kelvin - 273.15:.2f}"),
        (".OBSERVE FREQUENCY", f"{mhz:.6f}"),
        (".OBSERVE NUCLEUS", f"^{nucleus}"),
        *([(".SOLVENT NAME", nmr_solvent)] if nmr_solvent else []),
        ("$OFFSET", f"{first:.6f}"),
        ("$SW", f"{first - last:.6f}"),
        ("$BF1", f"{mhz:.6f}"),
        ("$SFO1", f"{mhz:.6f}"),
        ("XUNITS", "HZ"),
        ("YUNITS", "ARBITRARY UNITS"),
        ("XFACTOR", "1.0"),
        ("YFACTOR", f"{1 / _LARGEST:g}"),
        ("FIRSTX", f"{first * mhz:.6f}"),
        ("LASTX", f"{last * mhz:.6f}"),
        ("DELTAX", f"{(last - first) * mhz / (len(values) - 1):.10g}"),
        ("MAXY", f"{values.max() / _LARGEST:g}"),
        ("MINY", f"{values.min() / _LARGEST:g}"),
        ("NPOINTS", str(len(values))),
        ("FIRSTY", f"{values[0] / _LARGEST:g}"),
        ("XYDATA", "(X++(Y..Y))"),
    ]
    heads = [line for label, value in records for line in _record(label, value)]
    return "\n".join([*heads, *_points(spectrum.ppm * mhz, values.tolist()), "##END=", ""])


def _record(label: str, value: str) -> list[str]:
    """Return a record's lines; a long text goes on in further ones."""
    whole = f"##{label}={_plain(value)}"
    return textwrap.wrap(whole, _WIDTH, break_on_hyphens=False) if label.startswith("$") else [whole]


def _plain(value: str) -> str:
    """Return a value in ASCII that begins neither a record nor, but where we say so, a comment."""
    text = value.encode("ascii", "backslashreplace").decode()
    return text if text.startswith("5.01 $$ ") else text.replace("$$", "$ $").replace("##", "# #")


def _points(x_hz: np.ndarray, values: list[int]) -> Iterator[str]:
    """Yield lines of a first x and the integers from there on, as long as a line may be."""
    start, line = 0, f"{x_hz[0]:.6f}"
    for place, value in enumerate(values):
        word = f" {value}"
        if len(line) + len(word) > _WIDTH and place > start:
            yield line
            start, line = place, f"{x_hz[place]:.6f}"
        line += word
    yield line
