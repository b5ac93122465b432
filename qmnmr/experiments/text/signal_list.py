"""A list of signals in running text: "170.7, 60.4 (2C), 21.0" or "7.35-7.28 (m, 5H), 4.12 (q, J = 7.1 Hz, 2H)"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from qmnmr.datatypes.measured.experiment import MeasuredSignal
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.experiments.passage import Passage
from qmnmr.experiments.text.details import DetailReader, Details
from qmnmr.experiments.text.numerals import Numerals

_WIDEST_PPM = {"1H": 5.0, "13C": 30.0}
_WIDEST_OTHER_PPM = 60.0
_ROUNDED_PPM = 0.06  # between 44.5 and 44.48

_SEPARATORS = re.compile(r"(?:[\s,;|/&]|\band\b|\bund\b|\bet\b(?!\s+al))*")
_APPROXIMATE = r"(?:(?:ca\.?|about|approx\.?|~|≈)\s*)?"
_PLACE = r"(?:[CHFPN]|NH|OH|CH|CH2|CH3|OMe|OCH3|CO|C=O)"
_LABEL = (
    rf"(?:[(\[]?(?P<label>{_PLACE}-?\d{{1,3}}[a-z]?'*(?:\s?[/,&]\s?(?:(?:[CH]-?)?\d{{1,3}}[a-z]?'*|[a-z]\b))*)[)\]]?"
    r"\s*[:=]?\s+"
    rf"|[(\[]?(?P<label2>{_PLACE}(?:-?\d{{1,3}}[a-z]?'*)?|\d{{1,3}}[a-z]?'*)[)\]]?\s*[:=]\s*)?"
)
_MARK = re.compile(r"\s?(?:[*†‡§¶#]+|\^\w{1,3}|[a-cefgikln](?![\w.]))")
_UNIT = re.compile(r"\s*ppm\b")
_OPENING = re.compile(r"\s*(?P<bracket>[(\[])")
_IS_OPEN_RANGE = re.compile(r"\d\s+-\d")
_JOINED = re.compile(r"\s*(?:,|/|&|and|\band\b)\s*")
_BLANKS = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class SignalList:
    """The signals of a list, and where it ends."""

    signals: tuple[MeasuredSignal, ...]
    end: int


@dataclass(slots=True)
class _Item:
    """A signal on its way: where it is written, its limits, its details."""

    start: int
    end: int
    limits: tuple[float, float]
    details: Details
    is_bare: bool = True
    has_open_details: bool = False
    label: str = ""
    marks: str = ""


@dataclass(frozen=True, slots=True)
class SignalListReader:
    """Reads lists of signals of one nucleus."""

    passage: Passage
    nucleus: str
    numerals: Numerals

    def read(self, start: int, end: int) -> SignalList:
        """Return the signals from a place on, as far as there are any.

        Raises InputError with the line for what is half a signal: an open bracket, a number in it that is not
        understood, a shift outside the range of its nucleus, a range too wide for one signal.
        """
        items: list[_Item] = []
        position = start
        while True:
            gap = _SEPARATORS.match(self.passage.text, position, end)
            place = gap.end() if gap else position
            found = self._item(place, end)
            if found is None:
                break
            if items and items[-1].has_open_details and _BLANKS.fullmatch(self.passage.text, items[-1].end, place):
                raise self.passage.refusal(
                    place,
                    f"{self.passage.shown(items[-1].start, found.end)!r}: is the last number a shift or a coupling?",
                    hint='put what belongs to a shift in brackets: "4.12 (q, J = 7.1 Hz, 2H)"',
                )
            items.append(found)
            self._share(items)
            position = found.end
        return SignalList(tuple(self._signal(item) for item in items), position)

    def _item(self, position: int, end: int) -> _Item | None:
        text = self.passage.text
        found = _shift(self.numerals, self.nucleus).match(text, position, end)
        if found is None:
            return None
        limits = self._limits(found)
        item = _Item(position, found.end(), limits, Details(), label=found["label"] or found["label2"] or "")
        while True:
            mark = _MARK.match(text, item.end, end)
            unit = _UNIT.match(text, item.end, end)
            opening = _OPENING.match(text, item.end, end)
            if mark or unit:
                item.marks += mark[0].strip() if mark else ""
                item.end = (mark or unit).end()  # type: ignore[union-attr]
            elif opening and not self._is_label_of_next(item.end, end):
                item.end = self._bracket(opening.start("bracket"), end, item)
                item.is_bare = False
            else:
                break
        if item.is_bare and _IS_OPEN_RANGE.search(found[0]):
            raise self.passage.refusal(
                position,
                f"{found[0].strip()!r}: a range, or two shifts of which one is negative?",
                hint='write "1.5-1.2" for a range, "1.2, -1.5" for two shifts',
            )
        stop = self._reader.read_open(item.end, end, item.details)
        if stop > item.end:
            item.end, item.is_bare, item.has_open_details = stop, False, True
            opening = _OPENING.match(text, item.end, end)
            if opening and not self._is_label_of_next(item.end, end):
                item.end = self._bracket(opening.start("bracket"), end, item)
                item.has_open_details = False
        return item

    @property
    def _reader(self) -> DetailReader:
        return DetailReader(self.passage, self.nucleus, self.numerals)

    def _is_label_of_next(self, position: int, end: int) -> bool:
        """Return whether a bracket is the assignment of the shift behind it: "(C-3) 45.2"."""
        found = _shift(self.numerals, self.nucleus).match(self.passage.text, self._after_blanks(position), end)
        return bool(found and found["label"])

    def _after_blanks(self, position: int) -> int:
        blanks = _BLANKS.match(self.passage.text, position)
        return blanks.end() if blanks else position

    def _bracket(self, position: int, end: int, item: _Item) -> int:
        """Read a bracket and return where it ends."""
        text, depth = self.passage.text, 0
        for place in range(position, end):
            depth += (text[place] in "([") - (text[place] in ")]")
            if depth == 0:
                self._reader.read_bracket(position + 1, place, item.details)
                return place + 1
        raise self.passage.refusal(
            position,
            f"the bracket {self.passage.shown(position, end)!r} is not closed",
            hint="close it, or take it out",
        )

    def _limits(self, found: re.Match[str]) -> tuple[float, float]:
        place = self.passage.place(found.start("first"))
        values = [
            measured_shift(self.numerals.value(number), nucleus=self.nucleus, place=place)
            for number in (found["first"], found["last"])
            if number
        ]
        if max(values) - min(values) > _WIDEST_PPM.get(self.nucleus, _WIDEST_OTHER_PPM):
            raise self.passage.refusal(
                found.start("first"),
                f"{found[0].strip()!r} is no range of one {self.nucleus} signal: {max(values) - min(values):g} ppm",
                hint="write both ends in full (7.35-7.28), and a minus before each negative one",
            )
        return min(values), max(values)

    def _share(self, items: list[_Item]) -> None:
        """Give what was said of several signals ("1.25, 1.28 (2 x s, 6H)", "(3H each)") to each of them."""
        details = items[-1].details
        before = len(items) - 1
        while before > 0 and items[before - 1].is_bare and self._is_joined(items[before - 1], items[before]):
            before -= 1
        group = items[before:]
        if details.is_each and len(group) > 1:
            shared = details
        elif 1 < details.repeats <= len(group):
            group = group[-details.repeats :]
            nuclei = None if details.nuclei is None else details.nuclei / details.repeats
            shared = replace(details, nuclei=nuclei, repeats=1)
        else:
            return
        for item in group:
            item.details, item.is_bare = replace(shared, labels=[*shared.labels]), False

    def _is_joined(self, item: _Item, other: _Item) -> bool:
        return _JOINED.fullmatch(self.passage.text, item.end, other.start) is not None

    def _signal(self, item: _Item) -> MeasuredSignal:
        low, high = item.limits
        details = item.details
        if details.exact_shift:
            exact = float(details.exact_shift)
            if low != high or abs(exact - low) > _ROUNDED_PPM:
                raise self.passage.refusal(
                    item.start,
                    f"{self.passage.shown(item.start, item.end)!r}: what is {details.exact_shift}?",
                    hint="write what it is: (J = 7.1 Hz), (2H), (C-3)",
                )
            low = high = exact
        words = " + ".join(details.multiplicities)
        return MeasuredSignal(
            low_ppm=low,
            high_ppm=high,
            nuclei=details.nuclei,
            multiplicity=f"{details.repeats} x {words}" if details.repeats > 1 else words,
            couplings_hz=tuple(details.couplings_hz),
            hydrogens=details.hydrogens
            if len(details.multiplicities) < 2
            else None,  # "d, C-3; q, OCH3" are two carbons
            label=_joined(item, details),
            text=self.passage.shown(item.start, item.end),
            line=self.passage.line_of(item.start),
        )


def _joined(item: _Item, details: Details) -> str:
    kinds = details.kinds if details.hydrogens is None else []
    return ", ".join(dict.fromkeys(word for word in (item.label, *kinds, *details.labels, item.marks) if word))


@lru_cache
def _shift(numerals: Numerals, nucleus: str) -> re.Pattern[str]:
    """Return the pattern of a shift or a range, with an assignment in front."""
    number = rf"[-+]?{numerals.pattern}"
    # No shift is what counts nuclei, or has another unit: 2H, 7.1 Hz, 98%, 25 °C, 1735 cm-1, 298 K.
    not_other = r"(?!\d|\s*(?:M?Hz\b|cps\b|%|°|º|cm\s?-1|mg\b|g\b|mmol|mL\b|mol\b|K\b)|\.\d|'|[A-Za-z]{2}|-[A-Za-z])"
    counted = r"(?!\d{1,2}\s?H(?![a-z\d=-]))" if nucleus == "1H" else ""
    return re.compile(
        rf"{_APPROXIMATE}{_LABEL}{_APPROXIMATE}(?:δ\s*=?\s*)?{counted}(?<![A-Za-z0-9_.])(?P<first>{number}){not_other}"
        rf"(?:\s*(?:-|to\b|\.{{2,3}}|~)\s*(?P<last>{number}){not_other})?"
    )
