"""Solvents of NMR in a text."""

from __future__ import annotations

import re

from qmnmr.datatypes.measured.nmr_solvents import NMR_SOLVENTS, nmr_solvent


def _any_spelling() -> str:
    """Return a pattern for all spellings, long ones first; blanks (PDF: "CDCl 3") and hyphens are free."""
    spellings = sorted(
        (s for solvent in NMR_SOLVENTS for s in (solvent.name, *solvent.spellings)), key=len, reverse=True
    )
    patterns = (r"[\s-]*".join(re.escape(part) for part in re.split(r"[\s-]+", spelling)) for spelling in spellings)
    return "|".join(re.sub(r"(?<=[A-Za-z)])(?=\d)|(?<=\d)(?=[A-Z])", r"\\s*", pattern) for pattern in patterns)


SOLVENT_PATTERN = rf"(?<![A-Za-z0-9])(?:{_any_spelling()})(?![A-Za-z0-9])"
"""A regular expression, for any case, for a solvent in a text."""
_SOLVENT = re.compile(SOLVENT_PATTERN, re.IGNORECASE)


def find_solvents(text: str) -> tuple[str, str]:
    """Return the solvents that a text names, joined by "/" ("CDCl3", "CDCl3/CD3OD", ""), and the text without them."""
    names = [solvent.name for found in _SOLVENT.finditer(text) if (solvent := nmr_solvent(found[0])) is not None]
    return "/".join(dict.fromkeys(names)), _SOLVENT.sub(" ", text)
