"""A level of theory in one word, as chemists write it: PBE0/def2-TZVP."""

from __future__ import annotations

import re
from dataclasses import replace

from qmnmr.datatypes.protocol import Protocol
from qmnmr.errors import InputError


def with_shielding_level(protocol: Protocol, word: str) -> Protocol:
    """Return a protocol whose shieldings are all computed at the level FUNCTIONAL/BASIS; its name says so.

    All else stays the protocol's: geometries, weights, the cavity of the shieldings. Engines say which functionals and
    basis sets they have. Raises InputError for what is no such word.
    """
    functional, slash, basis = (part.strip() for part in word.partition("/"))
    if not slash or not functional or not basis or "/" in basis:
        raise InputError(
            f"the level {word!r} is not FUNCTIONAL/BASIS",
            hint="write it like PBE0/def2-TZVP; geometries are those of the protocol",
        )
    level = replace(protocol.shielding_level("*"), functional=functional.lower(), basis=basis.lower())
    return replace(
        protocol,
        name=f"{protocol.name}-{re.sub(r'[^a-z0-9]+', '-', f'{level.functional}-{level.basis}').strip('-')}",
        description=f"{protocol.name}, with shieldings by {functional}/{basis}",
        shieldings=(("*", level),),
        is_tuned=False,
    )
