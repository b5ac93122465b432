"""What a release promised is still there: commands, options, names, arguments, columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden.interface.record import interface

RECORDED = sorted((Path(__file__).parents[1] / "golden" / "interface").glob("*.json"))


@pytest.mark.parametrize("release", RECORDED, ids=lambda path: path.stem)
def test_what_a_release_promised_is_still_there(release):
    promised, today = json.loads(release.read_text(encoding="utf-8")), interface()
    for kind in ("commands", "python"):
        gone = {name: sorted(set(parts) - set(today[kind].get(name, []))) for name, parts in promised[kind].items()}
        assert promised[kind].keys() <= today[kind].keys(), f"{kind} are gone: docs/reference/versions.md says how"
        assert not {name: parts for name, parts in gone.items() if parts}, "docs/reference/versions.md says how"
    columns = promised["columns of shifts.csv"]
    assert today["columns of shifts.csv"][: len(columns)] == columns, "new columns come at the end"
