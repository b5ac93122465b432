"""The factors that come with qmnmr: `data/<source>.toml`, measured against known couplings."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec

from qmnmr.datatypes.coupling import CouplingFactors, CouplingSource


@cache
def shipped_factors(source: CouplingSource) -> CouplingFactors:
    """Return the factors of a method; without any, its couplings stay as calculated and have no error bar."""
    file = resources.files("qmnmr.couplings").joinpath(f"data/{source}.toml")
    if not file.is_file():
        return CouplingFactors(source=source, level="", factors=(), provenance="")
    return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), CouplingFactors)
