"""peaklist.xml of TopSpin: the lines that it picked in a 1D spectrum."""

from __future__ import annotations

import re
from xml.parsers import expat

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.errors import InputError
from qmnmr.experiments.text.paragraphs import Reading


def is_topspin(text: str) -> bool:
    """Return whether a text is XML with a list of peaks."""
    return text.lstrip().startswith("<") and re.search(r"<PeakList(?:[12]D)?[\s>]", text[:4000]) is not None


def read_topspin(text: str, *, source: str, nucleus: str | None) -> Reading:
    """Return the peaks; the file does not say of which nucleus they are.

    Raises InputError with the line for XML that is cut, a 2D list, no peaks, and if the nucleus is not given.
    """
    if nucleus is None:
        raise InputError(
            f"{source}: a peak list of TopSpin does not say of which nucleus it is", hint="give --nucleus 1H or 13C"
        )
    signals: list[MeasuredSignal] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        place = f"{source}, line {parser.CurrentLineNumber}"
        if name == "Peak2D":
            raise InputError(f"{place}: a list of 2D peaks", hint="give the peaks of the 1D spectra")
        if name != "Peak1D":
            return
        shift = measured_shift(attributes.get("F1", ""), nucleus=nucleus, place=place)
        signals.append(
            MeasuredSignal(
                low_ppm=shift,
                high_ppm=shift,
                label=attributes.get("annotation", "").strip(),
                text=f"F1={attributes.get('F1', '')}",
                line=parser.CurrentLineNumber,
            )
        )

    def refuse_entity(*_: object) -> None:
        raise InputError(f"{source}: entities are declared in it", hint="a peak list of TopSpin declares none")

    parser.StartElementHandler = start
    parser.EntityDeclHandler = refuse_entity
    try:
        parser.Parse(text.lstrip().encode(), True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise InputError(
            f"{source}, line {error.lineno}: no XML: {expat.errors.messages.get(error.code, 'broken')}",
            hint="was the file written completely? Copy it again",
        ) from None
    if not signals:
        return Reading(())
    spectrum = Spectrum(
        nucleus=nucleus, signals=tuple(signals), is_peak_list=True, notes=("heights not used",), line=signals[0].line
    )
    return Reading((spectrum,))
