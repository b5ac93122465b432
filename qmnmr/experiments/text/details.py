"""What stands behind a shift: "(q, J = 7.1 Hz, 2H, OCH2)", "(2 x CH)", "(C-3)", or the same without brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from qmnmr.datatypes.measured.experiment import KINDS
from qmnmr.experiments.nuclei import element_of
from qmnmr.experiments.passage import Passage
from qmnmr.experiments.text.couplings import coupling_without_value, read_couplings
from qmnmr.experiments.text.multiplicities import MULTIPLICITY, read_multiplicity
from qmnmr.experiments.text.numerals import Numerals

_SEPARATORS = re.compile(r"(?:[\s,;:/&|]|and\b|\.(?!\d))*")
_NUCLEI = re.compile(
    r"(?:(?P<times>\d)\s*x\s*)?(?P<number>\d{1,3}(?:[.,]\d{1,2})?)\s*(?P<element>[HCFPNB]|Si)(?:'s|s)?(?![A-Za-z0-9'\-=(])"
)
_NAMED_NUCLEI = re.compile(r"(?P<number>\d{1,2})\s*(?:x\s*)?(?P<name>Ar-?H|H-?Ar|Ph-?H|NH|OH|CH=)(?![A-Za-z0-9])")
_EACH = re.compile(r"each(?:\s+of)?\b")
_TIMES = re.compile(r"(?:x\s?(?P<number>[2-9])|(?P<number2>[2-9])\s?x)(?![\w])")
_KIND = re.compile(
    r"(?:(?P<times>\d{1,2})\s*(?:x\s*)?)?"
    r"(?:(?P<carrier>O|N|S|Ar|ar|Ph)?-?(?P<kind>CH3|CH2|CH|Me)(?P<behind>-?(?:Ar|ar|O|N|Ph))?(?P<place>-\d{1,3}[a-z]?'*)?"
    r"|(?P<quaternary>C[-_ ]?q(?:uat)?\.?|q-?C|quat(?:ernary)?\.?(?:\sC)?|C(?!\s\d)))(?![A-Za-z0-9\-='(])"
)
_OPEN_GAP = re.compile(r"[ \t]*(?:,\s*)?")
_IS_NEXT_LABEL = re.compile(r"\s*[:=]\s*[-+]?\d")  # "CH3: 21.0" is of the shift that follows
_IS_COUNTED = re.compile(r"\d [a-z]")  # "4.12 2 q": is 2 a shift?
_INNER = re.compile(r"\((?P<inside>\s*\d?J(?:[^()]|\([^()]*\))*)\)")
_PLACES = re.compile(r"[A-Za-z]{1,3}-?\d{1,2}[a-z]?'*(?:,\s?\d{1,2}[a-z]?'*)+(?![\d.]|\s*H)")  # "C-2,6"
_WIDTH = re.compile(r"(?:Δν\w*|[Ww]1/2|ν1/2)\s*=?\s*[\d.,]+\s*Hz")
_MANY_DIGITS = re.compile(r"\d{5}")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


@dataclass(slots=True)
class Details:
    """What is known of a signal beside its shift."""

    multiplicities: list[str] = field(default_factory=list)
    repeats: int = 1  # of "2 x s": how many signals they are said of
    couplings_hz: list[float] = field(default_factory=list)
    nuclei: float | None = None
    kinds: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    is_each: bool = False  # "3H each": they are said of all shifts in front
    exact_shift: str = ""  # "(44.48)" behind 44.5

    @property
    def hydrogens(self) -> int | None:
        """The number of hydrogens on the carbon, None where none or several are said."""
        kinds = set(self.kinds)
        return KINDS.index(kinds.pop()) if len(kinds) == 1 else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not (self.multiplicities or self.couplings_hz or self.nuclei or self.kinds or self.labels)


@dataclass(frozen=True, slots=True)
class DetailReader:
    """Reads details of signals of one nucleus."""

    passage: Passage
    nucleus: str
    numerals: Numerals

    def read_bracket(self, start: int, end: int, found: Details) -> None:
        """Add what a bracket says, from behind its beginning to its end.

        Raises InputError for a number that is not understood.
        """
        text = self.passage.text
        if self._is_numbers(start, end, found):
            return
        position = self._skip(start, end)
        while position < end:
            step = self._step(position, end, found) or self._inner_bracket(position, end, found)
            if step is None:
                step = self._label(position, end, found)
            position = self._skip(step, end)
        if text[start:end].strip() and found.is_empty:
            found.labels.append(" ".join(text[start:end].split()))

    def read_open(self, position: int, end: int, found: Details) -> int:
        """Add details without brackets and return where they end, the beginning where there are none."""
        text, stop = self.passage.text, position
        while True:
            gap = _OPEN_GAP.match(text, stop, end)
            place = gap.end() if gap else stop
            step = self._step(place, end, Details()) if place < end else None
            if step is None or _IS_NEXT_LABEL.match(text, step, end) or _IS_COUNTED.match(text, place, end):
                return stop
            self._step(place, end, found)
            stop = step

    def _inner_bracket(self, position: int, end: int, found: Details) -> int | None:
        """Read couplings in a bracket of their own and return where it ends."""
        bracket = _INNER.match(self.passage.text, position, end)
        if bracket is None:
            return None
        self.read_bracket(bracket.start("inside"), bracket.end("inside"), found)
        return bracket.end()

    def _skip(self, position: int, end: int) -> int:
        found = _SEPARATORS.match(self.passage.text, position, end)
        return found.end() if found else position

    def _step(self, position: int, end: int, found: Details) -> int | None:
        """Read one detail and return where it ends, None if none begins here."""
        text = self.passage.text
        stop = coupling_without_value(text, position, end, self.numerals)
        if stop is not None:
            found.labels.append(" ".join(text[position:stop].split()))
            return stop
        couplings = read_couplings(text, position, end, self.numerals)
        if couplings is not None:
            found.couplings_hz += couplings.values_hz
            return couplings.end
        if each := _EACH.match(text, position, end):
            found.is_each = True
            return each.end()
        for read in (self._nuclei, self._kind, self._multiplicity):
            stop = read(position, end, found)
            if stop is not None:
                return stop
        return None

    def _nuclei(self, position: int, end: int, found: Details) -> int | None:
        text, element = self.passage.text, element_of(self.nucleus)
        match = _NUCLEI.match(text, position, end)
        if match and match["element"] == element:
            self._set_nuclei(float(match["number"].replace(",", ".")) * int(match["times"] or 1), found)
            return match.end()
        if element == "H" and (match := _NAMED_NUCLEI.match(text, position, end)):
            self._set_nuclei(float(match["number"]), found)
            found.labels.append(match["name"])
            return match.end()
        if element != "H" and (match := _TIMES.match(text, position, end)):
            self._set_nuclei(float(match["number"] or match["number2"]), found)
            return match.end()
        return None

    @staticmethod
    def _set_nuclei(number: float, found: Details) -> None:
        found.nuclei = number if found.nuclei is None else found.nuclei

    def _kind(self, position: int, end: int, found: Details) -> int | None:
        match = _KIND.match(self.passage.text, position, end) if self.nucleus == "13C" else None
        if match is None:
            return None
        found.kinds.append("C" if match["quaternary"] else match["kind"].replace("Me", "CH3"))
        if match["times"]:
            self._set_nuclei(float(match["times"]), found)
        if match["carrier"] or match["behind"] or match["place"]:
            found.labels.append(match[0].removeprefix(match["times"] or "").lstrip("x "))
        return match.end()

    def _multiplicity(self, position: int, end: int, found: Details) -> int | None:
        match = MULTIPLICITY.match(self.passage.text, position, end)
        if match is None:
            return None
        multiplicity, found.repeats = read_multiplicity(match)
        if multiplicity == "br" and found.multiplicities:
            found.multiplicities[-1] = f"br {found.multiplicities[-1]}"
        elif found.multiplicities == ["br"]:
            found.multiplicities[0] = f"br {multiplicity}"
        else:
            found.multiplicities.append(multiplicity)
        return match.end()

    def _label(self, position: int, end: int, found: Details) -> int:
        """Take the words up to the next separator as an assignment; refuse decimals and many digits in it."""
        text, stop = self.passage.text, position
        closing: list[str] = []
        while stop < end and (closing or text[stop] not in ",;"):
            places = _PLACES.match(text, stop, end)
            if places and not text[stop - 1 : stop].isalnum():
                stop = places.end()
                continue
            if text[stop] in _BRACKETS:
                closing.append(_BRACKETS[text[stop]])
            elif closing and text[stop] == closing[-1]:
                closing.pop()
            stop += 1
        label = " ".join(text[position:stop].split())
        has_decimals = re.search(rf"\d{re.escape(self.numerals.mark)}\d", _PLACES.sub("", _WIDTH.sub("", label)))
        if has_decimals or "MHz" in label or _MANY_DIGITS.search(label):
            raise self.passage.refusal(
                position,
                f"{label!r} is not understood",
                hint='behind a shift are read: multiplicity, "J = 7.1 Hz", "2H", "2C", CH3 CH2 CH C, an assignment',
            )
        found.labels.append(label)
        return max(stop, position + 1)

    def _is_numbers(self, start: int, end: int, found: Details) -> bool:
        """Read a bracket of numbers alone: couplings behind a multiplicity, or the shift with another digit."""
        text = self.passage.text[start:end].strip()
        number = rf"[+-]?{self.numerals.pattern}"
        if not re.fullmatch(rf"{number}(?:\s*[,;/]\s*{number})*", text):
            return False
        if found.multiplicities:
            found.couplings_hz += [float(self.numerals.value(n)) for n in re.findall(number, text)]
            return True
        if re.fullmatch(number, text) and self.numerals.mark in text:
            found.exact_shift = self.numerals.value(text)
            return True
        if re.fullmatch(r"\d{1,3}(?:\s*[,;/]\s*\d{1,3})*", text):
            return False
        raise self.passage.refusal(
            start, f"({text}) is not understood", hint="write what it is: (J = 7.1 Hz), (2H), (C-3)"
        )
