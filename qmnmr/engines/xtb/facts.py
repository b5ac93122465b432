"""xTB beside its calculations."""

from __future__ import annotations

from qmnmr.engines.facts import EngineFacts

FACTS = EngineFacts(name="xtb", title="xTB", choice="xtb", programs=("xtb",), max_cores=1)
