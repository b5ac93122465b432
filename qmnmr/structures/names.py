"""Names as the user wrote them, and the ids that name folders."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from qmnmr.errors import InputError

MAX_ID_LENGTH = 48
_DIGEST_LENGTH = 8

_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")
_GREEK = re.compile(r"GREEK (?P<case>SMALL|CAPITAL) LETTER (?P<name>[A-Z]+)")
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode categories


def printable(name: str) -> str:
    """Return a name without what can't be seen: control characters, and marks that turn or join letters.

    All else is data: a title may be a path, or hold quotes and semicolons, since ids name folders.
    """
    kept = "".join(" " if unicodedata.category(c) in _HIDDEN else c for c in name)
    return " ".join(kept.split(" ")).strip()


def told_apart(names_and_sources: Sequence[tuple[str, str]]) -> dict[int, InputError]:
    """Return by place the error of each name that an earlier molecule has already."""
    seen: dict[str, str] = {}
    found = {}
    for place, (name, source) in enumerate(names_and_sources):
        if name in seen:
            found[place] = InputError(
                f"{source}: the name {_shown(name)} was already used ({seen[name]})",
                hint="Give each molecule its own name: results are filed under it.",
            )
        seen.setdefault(name, source)
    return found


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "...")


def in_plain_letters(name: str) -> str:
    """Return a name with Greek letters spelled out ("alpha-pinene") and letters without their accents."""
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFKD", name))


def _plain(letter: str) -> str:
    found = _GREEK.match("" if letter.isascii() else unicodedata.name(letter, ""))
    if found is not None:
        return found["name"].capitalize() if found["case"] == "CAPITAL" else found["name"].lower()
    return "" if unicodedata.combining(letter) else letter


def make_ids(names: Sequence[str]) -> tuple[str, ...]:
    """Return one id for each name, in order.

    An id holds [A-Za-z0-9._-] only, at most 48 characters, starts with neither '.' nor '-', and no two are
    the same on a file system that ignores case. Greek letters are spelled out. A name that had to be changed gets a
    piece of its SHA-256.
    """
    plain = [_NOT_IN_ID.sub("_", in_plain_letters(name)).lstrip(".-_")[:MAX_ID_LENGTH] for name in names]
    taken = {proposal.lower() for name, proposal in zip(names, plain, strict=True) if proposal == name}
    ids = []
    given: set[str] = set()
    for name, proposal in zip(names, plain, strict=True):
        chosen = proposal
        if proposal != name or proposal.lower() in given:
            chosen = _with_digest(name, proposal, taken | given)
        given.add(chosen.lower())
        ids.append(chosen)
    return tuple(ids)


def _with_digest(name: str, proposal: str, taken: set[str]) -> str:
    """Return the proposal with a piece of the name's SHA-256, long enough to be unique."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    for length in range(_DIGEST_LENGTH, MAX_ID_LENGTH - 8):
        stem = proposal[: MAX_ID_LENGTH - length - 1].rstrip("._-") or "molecule"
        chosen = f"{stem}-{digest[:length]}"
        if chosen.lower() not in taken:
            return chosen
    raise InputError(f"no unique folder name could be made for {name!r}", hint="Rename this molecule.")
