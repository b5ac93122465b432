"""Names as the user wrote them, and the ids that name folders."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from qmnmr.errors import InputError

MAX_NAME_LENGTH = 200
MAX_ID_LENGTH = 48
_DIGEST_LENGTH = 8

_NOT_IN_ID = re.compile(r"[^A-Za-z0-9._-]+")
_SHELL_CHARACTERS = re.compile(r"""[;|&`$<>*?"]""")


def check_name(name: str, *, source: str) -> None:
    """Raise InputError for a name that could be mistaken for a path or a command, or can't be printed."""
    found = _name_fault(name)
    if found:
        shown = name if len(name) <= 60 else name[:57] + "..."
        raise InputError(
            f"{source}: the name {shown!r} {found}",
            hint="Names hold letters, digits, spaces and chemical punctuation (,.'()[]+-_), at most 200 characters.",
        )


def _name_fault(name: str) -> str:
    """Return what is wrong with a name; empty if nothing is."""
    if not name.strip():
        return "is empty"
    if len(name) > MAX_NAME_LENGTH:
        return f"has {len(name)} characters, more than {MAX_NAME_LENGTH}"
    hidden = [character for character in name if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    if hidden:
        return f"holds a control character (U+{ord(hidden[0]):04X})"
    if name.startswith(("/", "~", "\\")) or ".." in re.split(r"[/\\]", name):
        return "looks like a path"
    shell = _SHELL_CHARACTERS.search(name)
    if shell:
        return f"holds {shell.group()}, which a shell would act on"
    return ""


def check_unique(names_and_sources: Iterable[tuple[str, str]]) -> None:
    """Raise InputError if two molecules carry the same name."""
    seen: dict[str, str] = {}
    for name, source in names_and_sources:
        if name in seen:
            raise InputError(
                f"{source}: the name {name!r} was already used ({seen[name]})",
                hint="Give each molecule its own name: results are filed under it.",
            )
        seen[name] = source


def make_ids(names: Sequence[str]) -> tuple[str, ...]:
    """Return one id for each name, in order.

    An id holds [A-Za-z0-9._-] only, at most 48 characters, starts with neither '.' nor '-', and no two are
    the same on a file system that ignores case. A name that had to be changed gets a piece of its SHA-256.
    """
    plain = [_NOT_IN_ID.sub("_", name).lstrip(".-_")[:MAX_ID_LENGTH] for name in names]
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
