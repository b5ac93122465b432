"""The factors that come with qmnmr: `data/<source>.toml`, measured against known couplings."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec

from qmnmr.datatypes.coupling import CouplingFactors, CouplingSource


@cache
def shipped_factors(source: CouplingSource) -> CouplingFactors:
    """Return the factors of a method."""
    text = resources.files("qmnmr.couplings").joinpath(f"data/{source}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), CouplingFactors)
