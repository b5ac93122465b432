"""What holds for any experiment: it comes back from any usual writing, garbage is refused, no number is lost."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qmnmr.datatypes.measured.experiment import KINDS, MeasuredSignal, Spectrum
from qmnmr.errors import InputError
from qmnmr.experiments.reader import read_experiment
from qmnmr.experiments.text.characters import clean
from tests.unit.experiments.test_texts import TEXTS

MARKS = {".": ("; ", ", "), ",": ("; ", ", ")}
HEADINGS = (
    "{n} NMR ({f:g} MHz, {s}) δ ",
    "{n}-NMR ({s}, {f:g} MHz): δ = ",
    "{n}{{1H}} NMR ({s}; {f:g} MHz) δ ppm ",
    "NMR {n} ({f:g} MHz, {s}): ",
    "{n} ({f:g} MHz, {s})\n",
)


def hundredths(low, high):
    return st.integers(low, high).map(lambda number: number / 100)


@st.composite
def signals(draw, nucleus):
    high = draw(hundredths(-50, 1200) if nucleus == "1H" else hundredths(-500, 22000))
    low = round(high - draw(st.integers(0, 40)) / 100, 2) if draw(st.booleans()) else high
    couplings = draw(st.lists(hundredths(10, 2000), max_size=3))
    shape = {0: draw(st.sampled_from(["s", "m", "br s"])), 1: draw(st.sampled_from("dtq")), 2: "dd", 3: "ddt"}[
        len(couplings)
    ]
    if nucleus == "13C" and not couplings:
        shape = ""
    return MeasuredSignal(
        low_ppm=low,
        high_ppm=high,
        nuclei=draw(st.none() | st.integers(1, 18).map(float)),
        multiplicity=shape,
        couplings_hz=tuple(couplings),
        hydrogens=draw(st.none() | st.integers(0, 3)) if nucleus == "13C" else None,
        label=draw(st.sampled_from(["", "", "OCH3", "H-3a", "C-2,6", "NH, exch. D2O", "2'-H"]))
        if nucleus == "1H"
        else "",
    )


@st.composite
def spectra(draw):
    nucleus = draw(st.sampled_from(["1H", "13C"]))
    found = draw(st.lists(signals(nucleus), min_size=1, max_size=12))
    solvent = draw(st.sampled_from(["CDCl3", "DMSO-d6", "CD3OD", "D2O", "acetone-d6"]))
    return Spectrum(
        nucleus=nucleus,
        signals=tuple(found),
        frequency_mhz=draw(st.sampled_from([75.0, 100.6, 400.0, 400.13])),
        solvent=solvent,
    )


def written(spectrum, draw):
    """Return a spectrum as somebody may write it: heading, decimal sign, dashes, order and line breaks of "
    "their choice."""
    mark = draw(st.sampled_from([".", ","]))
    between = draw(st.sampled_from(MARKS[mark]))
    dash, minus = draw(st.sampled_from(["-", "–", " – ", " to "])), draw(st.sampled_from(["-", "−"]))
    blank = draw(st.sampled_from([" ", " ", "\n"]))

    def number(value, decimals=2):
        return f"{value:.{decimals}f}".replace("-", minus).replace(".", mark)

    def signal(s):
        shift = number(s.high_ppm) if not s.is_range else f"{number(s.high_ppm)}{dash}{number(s.low_ppm)}"
        details = [s.multiplicity] if s.multiplicity else []
        if s.couplings_hz:
            details.append(f"J ={blank}{', '.join(number(j) for j in s.couplings_hz)} Hz")
        if s.nuclei is not None:
            details.append(f"{s.nuclei:g}{blank if blank == ' ' else ''}{spectrum.nucleus.lstrip('0123456789')}")
        if s.hydrogens is not None:
            details.append(KINDS[s.hydrogens])
        details += [s.label] if s.label else []
        return f"{shift}{blank}({f',{blank}'.join(details)})" if details else shift

    heading = draw(st.sampled_from(HEADINGS)).format(n=spectrum.nucleus, f=spectrum.frequency_mhz, s=spectrum.solvent)
    return heading + between.join(signal(s) for s in spectrum.signals) + draw(st.sampled_from(["", ".", " ppm", ";\n"]))


@given(st.lists(spectra(), min_size=1, max_size=2), st.data())
def test_what_is_written_in_a_usual_way_comes_back(experiment, data):
    text = "\n".join(written(spectrum, data.draw) for spectrum in experiment)
    found = read_experiment(text)
    assert found.notes == ()
    assert [bare(spectrum) for spectrum in found.spectra] == [bare(spectrum) for spectrum in experiment]


def bare(spectrum):
    """Return a spectrum without places and pieces of text."""
    return replace(spectrum, line=0, signals=tuple(replace(s, line=0, text="") for s in spectrum.signals))


@given(st.lists(spectra(), min_size=1, max_size=3, unique_by=lambda s: s.nucleus), st.data())
def test_a_table_comes_back(experiment, data):
    delimiter = data.draw(st.sampled_from([";", "\t", ","]))
    mark = data.draw(st.sampled_from([".", ","] if delimiter != "," else ["."]))
    lines = [delimiter.join(["nucleus", "shift", "nH", "mult", "J (Hz)", "DEPT", "label"])]
    for spectrum in experiment:
        for s in spectrum.signals:
            cells = [
                spectrum.nucleus,
                f"{s.high_ppm:.2f}" if not s.is_range else f"{s.high_ppm:.2f} .. {s.low_ppm:.2f}",
                "" if s.nuclei is None else f"{s.nuclei:g}",
                s.multiplicity,
                "/".join(f"{j:.2f}" for j in s.couplings_hz),
                s.kind,
            ]
            label = f'"{s.label}"' if s.label else ""
            lines.append(
                delimiter.join([*(cell.replace(".", mark) if ".." not in cell else cell for cell in cells), label])
            )
    found = read_experiment("\n".join(lines))
    assert [bare(s) for s in found.spectra] == [bare(replace(s, frequency_mhz=None, solvent="")) for s in experiment]


PIECES = st.sampled_from(
    [
        *"0123456789.,;:()[]{}-–−+/|=^'\"δJHCstdqm \n\t",
        "1H NMR ",
        "13C NMR (",
        "MHz, CDCl3) δ ",
        "J = ",
        "Hz",
        "2H",
        "ppm",
        "nucleus,shift_ppm\n",
        "\t",
        "##PEAK TABLE=(XY..XY)\n",
        "##TITLE=",
        "<PeakList>",
        "<NMREDATA_1D_1H>\n",
        "$$$$",
        "nan",
    ]
)


@given(st.text() | st.lists(PIECES, max_size=60).map("".join), st.none() | st.sampled_from(["1H", "13C"]))
def test_garbage_is_read_or_refused_in_a_sentence(text, nucleus):
    try:
        found = read_experiment(text, nucleus=nucleus)
    except InputError as error:
        words = (str(error), error.hint)
    else:
        words = (found.source, found.spectra[0].nucleus)
    assert all(words)


@st.composite
def damaged(draw):
    """Return a text of the collection with a few characters lost, changed or put in."""
    text = TEXTS[draw(st.sampled_from(sorted(TEXTS)))][0]
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        piece = draw(st.sampled_from([*"0123456789.,;:()-–= \n\tJHCsdq", ""]))
        text = text[:place] + piece + text[place + draw(st.integers(0, 2)) :]
    return text


@given(damaged())
def test_no_decimal_number_of_a_damaged_text_is_lost_in_silence(text):
    try:
        found = read_experiment(text)
    except InputError:
        return
    values, words = kept(found)
    lines = {int(number) for number in re.findall(r"^line (\d+)", "\n".join(found.notes), re.MULTILINE)}
    for place, line in enumerate(clean(text).split("\n"), start=1):
        for number in re.findall(r"(?<![\w.,])\d{1,3}\.\d+(?![\w.,]*\d)", line):
            assert float(number) in values or number in words or place >= min(lines, default=10**6), (number, line)


def kept(experiment):
    """Return the absolute numbers of an experiment, and all its words."""
    values, words = set(), [*experiment.notes]
    for spectrum in experiment.spectra:
        values.add(spectrum.frequency_mhz)
        words += [spectrum.conditions, *spectrum.notes]
        for s in spectrum.signals:
            values |= {abs(s.low_ppm), abs(s.high_ppm), s.nuclei, *(abs(j) for j in s.couplings_hz)}
            values.add(round(s.low_ppm, 1))  # "44.5 (44.48)"
            words += [s.label, s.multiplicity]
    return values, " ".join(words)
