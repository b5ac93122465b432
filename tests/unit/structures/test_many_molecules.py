"""Reading thousands of molecules: the same records as ever, one molecule at a time, told while it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.datatypes.molecule import Molecule
from qmnmr.errors import InputError
from qmnmr.records import decode
from qmnmr.structures import build, read_molecules

GOLDEN = Path(__file__).parents[2] / "golden" / "planning"


def test_a_run_s_molecules_are_those_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    lines = Path("molecules.jsonl").read_bytes().splitlines()
    recorded = [decode(line, Molecule, source="molecules.jsonl") for line in lines]
    assert list(read_molecules(["molecules.smi"])) == recorded


def test_of_all_records_one_is_held_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[int] = []
    read_when_built = []
    real = build._molecule

    def noted(record: object) -> Molecule:
        read_when_built.append(len(told))
        return real(record)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "_molecule", noted)
    path = tmp_path / "a.smi"
    path.write_text("C\nCC\nCCC\n")
    read_molecules([str(path), "CCCC"], report=told.append)
    assert read_when_built == [0, 1, 2, 3]
    assert told == [1, 2, 3, 4]


def test_bad_lines_and_repeated_names_are_told_together(tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_text("C ../x\nC1 y\nC[Fe] z\nCC ../x\n")
    with pytest.raises(InputError, match=r"(?s)3 of 4 lines can't be used:.*line 2: .*line 3: .*line 4: the name"):
        read_molecules([str(path)])
