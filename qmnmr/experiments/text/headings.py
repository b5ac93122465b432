"""Where a spectrum begins in running text, and what its heading says: nucleus, frequency, solvent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qmnmr.experiments.nuclei import IN_WORDS, MASS_FIRST, MASS_LAST, nucleus_of
from qmnmr.experiments.passage import Passage
from qmnmr.experiments.solvents import SOLVENT_PATTERN, find_solvents

_NMR = r"(?:N\.?M\.?R\b\.?|RMN\b)"
_DECOUPLED = r"(?:\s*-?\s*[{\[(]\s*\d{1,2}\s?[A-Z]\s*[}\])])"
_BEGIN = r"(?<![A-Za-z0-9])"
_METHOD = r"(?:APT|DEPTQ?(?:-?\s?\d{2,3})?|UDEFT)"

_STARTS = (
    re.compile(
        rf"{_BEGIN}(?:{MASS_FIRST}|{MASS_LAST}|{IN_WORDS}){_DECOUPLED}?[\s-]*(?:{_METHOD}[\s-]*)?{_NMR}", re.IGNORECASE
    ),
    re.compile(
        rf"{_BEGIN}{_NMR}\s*-?\s*[:(]?\s*(?:{MASS_FIRST}|{MASS_LAST}){_DECOUPLED}?(?![A-Za-z0-9])", re.IGNORECASE
    ),
    re.compile(rf"{_BEGIN}(?P<letter>[HCFP])[\s-]?{_NMR}"),
    re.compile(rf"{_BEGIN}δ\s*\(?\s*(?:\d{{1,2}})?(?P<letter>[HCFPN])\s*\)?(?=[\s:=(\[]|$)"),
    re.compile(
        rf"^[ \t]*[#*>=\[(]*[ \t]*(?:{MASS_FIRST}|{IN_WORDS})(?:{_DECOUPLED}|[ \t]+(?:spectrum|data|shifts|peaks))?"
        r"[ \t]*[\])*=]*[ \t]*(?=$|:|\(|δ|[,;\t ][ \t]*[-+]?\d+[.,]\d"
        rf"|,?[ \t]*\d{{2,4}}(?:\.\d+)?[ \t]*MHz|,?[ \t]*(?:{SOLVENT_PATTERN}))",
        re.IGNORECASE | re.MULTILINE,
    ),
)
_LETTERS = {"H": "1H", "C": "13C", "F": "19F", "P": "31P", "N": "15N"}

_FREQUENCY = re.compile(r"(?P<mhz>\d{2,4}(?:[.,]\d+)?)\s*-?\s*MHz", re.IGNORECASE)
_DELTA = r"(?:δ|\bdelta\b)"
_PPM = r"[\[(]?\s*/?\s*(?:in\s+)?ppm\s*[\])]?"
_BETWEEN = re.compile(
    rf"[\s:;,.=*\-–]+|{_DELTA}\s*(?:[\[(]?\s*\d{{0,2}}[HCFPN]\s*[\])]?(?=[\s:=(,/]))?\s*(?:{_PPM})?|{_PPM}"
    r"|d(?=\s+[-+]?\d)|d(?=\s*(?:\(ppm\)|ppm|=))"
    r"|\d{2,4}(?:[.,]\d+)?\s*-?\s*MHz|\d{2,3}(?:\.\d+)?\s*(?:K\b|°\s?C|º\s?C|oC\b)"
    r"|\b(?:NMR|spectrum|spectra|data|shifts?|peaks|chemical|in|at|with|vs\.?|and|TMS|Me4Si|rt|r\.t\."
    r"|room temp(?:erature)?|APT|DEPT(?:Q|-?\d+)?|UDEFT|decoupled|proton|internal|standard|as|ref(?:erence)?)\b(?!\s*=)"
    rf"|{SOLVENT_PATTERN}",
    re.IGNORECASE,
)
_IS_CONDITION = re.compile(
    rf"MHz|\bK\b|°|ppm|δ|TMS|Me4Si|decoupl|{SOLVENT_PATTERN}|[{{]|\brt\b|neat|DEPT|APT|\bJ\b|Hz", re.IGNORECASE
)
_WORDS_TO_DELTA = re.compile(rf"(?:(?!\d[.,]\d|\d\s*,\s*\d|\n|\(|;).){{1,100}}?(?:{_DELTA}|:)")
_NUMBER_NEXT = re.compile(r"[-+~≈]?\s*\.?\d|ca\.?\s*\d|[(\[]?[CHFPN]-?\d{1,3}[a-z]?'*[)\]]?\s*[:=]?\s*-?\d")
_EMPTY_WORDS = re.compile(r"δ\s*[HCFPN]?\b|\b(?:d|ppm|in|NMR|spectr(?:um|a)|data|shifts?|peaks)\b|δ", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The heading of a spectrum."""

    nucleus: str
    start: int
    end: int  # where the signals begin
    frequency_mhz: float | None = None
    solvent: str = ""
    conditions: str = ""


def find_headings(passage: Passage) -> tuple[Heading, ...]:
    """Return the headings of a text, in order.

    What only looks like one ("1H and 13C NMR spectra were recorded") is none: neither conditions nor numbers follow it.
    """
    starts = _starts(passage.text)
    found: list[Heading] = []
    for number, (start, end, nucleus) in enumerate(starts):
        if found and start < found[-1].end:
            continue
        others = (later for later, _, other in starts[number + 1 :] if other != nucleus)
        heading = _heading(passage.text, start, end, nucleus, next(others, len(passage.text)))
        if heading is not None:
            found.append(heading)
    return tuple(found)


def heading_without_nucleus(passage: Passage, nucleus: str) -> Heading | None:
    """Return what stands before the signals of a text that names no nucleus; None if it has no signals."""
    return _heading(passage.text, 0, 0, nucleus, len(passage.text))


def _starts(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and nucleus of everything that looks like a heading, outside brackets."""
    depth = _depths(text)
    found: dict[int, tuple[int, int, str]] = {}
    for pattern in _STARTS:
        for match in pattern.finditer(text):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            if depth[start] == 0 and not any(s <= start < e for s, e, _ in found.values()):
                letter = match.groupdict().get("letter")
                found[start] = (start, match.end(), _LETTERS[letter.upper()] if letter else nucleus_of(match))
    return [found[start] for start in sorted(found)]


def _depths(text: str) -> list[int]:
    """Return for each character in how many brackets it is; a blank line closes what was left open."""
    depths, depth = [], 0
    for position, character in enumerate(text):
        if character == "\n" and text[position + 1 : position + 2] == "\n":
            depth = 0
        depths.append(depth)
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(depth - 1, 0)
    return depths


def _heading(text: str, start: int, end: int, nucleus: str, limit: int) -> Heading | None:
    """Return the heading with what it says up to the first signal, None if no signal follows."""
    position = end
    while position < limit:
        stop = _condition_end(text, position, limit)
        if stop is None:
            if _NUMBER_NEXT.match(text, position) or not text[text.rfind("\n", 0, position) + 1 : position].strip():
                break  # signals, or a table on lines of its own
            words = _WORDS_TO_DELTA.match(text, position, limit)
            if words is None and not _IS_CONDITION.search(text, end, position):
                return None
            if words is None:
                break  # a heading it is; what follows is for the reader of signals to refuse
            stop = words.end()
        position = stop
    if position >= limit:
        return None
    said = text[end:position]
    frequency = _FREQUENCY.search(said)
    solvent, rest = find_solvents(_FREQUENCY.sub(" ", said))
    return Heading(
        nucleus=nucleus,
        start=start,
        end=position,
        frequency_mhz=float(frequency["mhz"].replace(",", ".")) if frequency else None,
        solvent=solvent,
        conditions=_plain(rest),
    )


def _condition_end(text: str, position: int, limit: int) -> int | None:
    """Return where a piece of the conditions ends, None if there is none here."""
    if text[position] in "([":
        closing = _closing(text, position, limit)
        if closing is not None and _IS_CONDITION.search(text, position, closing) and closing - position < 200:
            return closing + 1
        return None
    found = _BETWEEN.match(text, position, limit)
    if found is None or not found[0]:
        return None
    is_sign = found[0].rstrip()[-1:] == "-" and text[found.end() : found.end() + 1].isdigit()
    return found.end() - 1 if is_sign and found.end() - 1 > position else (None if is_sign else found.end())


def _closing(text: str, position: int, limit: int) -> int | None:
    depth = 0
    for place in range(position, limit):
        depth += (text[place] in "([") - (text[place] in ")]")
        if depth == 0:
            return place
    return None


def _plain(text: str) -> str:
    """Return what is left of the conditions beside frequency, solvent and delta, as a short line."""
    words = _EMPTY_WORDS.sub(" ", re.sub(r"[()\[\]=]|(?<!\d):|:(?!\d)", " ", text))
    return re.sub(r"\s*[,;]\s*(?:[,;/]\s*)*", ", ", " ".join(words.split())).strip(" ,;/.-")
