"""300 records with the oddities of public files: none ends in a traceback, each gets the right kind of answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.errors import InputError
from qmnmr.structures import read_inputs, read_molecules
from tests.support.odd_records import OddRecord, odd_records

RECORDS = odd_records(300)


def write(record: OddRecord, folder: Path, *, name: str = "x") -> str:
    path = folder / f"{name}{record.extension}"
    path.write_bytes(record.text.encode())
    return str(path)


@pytest.mark.parametrize("label", dict.fromkeys(record.label for record in RECORDS))
def test_each_record_gets_the_right_answer(label: str, tmp_path: Path) -> None:
    for record in (r for r in RECORDS if r.label == label):
        path = write(record, tmp_path)
        if record.refused:
            with pytest.raises(InputError) as caught:
                read_molecules([path], charge=record.charge)
            assert record.refused in f"{caught.value} {caught.value.hint}", record.text
            assert caught.value.hint
            continue
        (molecule,) = read_molecules([path], charge=record.charge)
        assert molecule.smiles == record.smiles, record.text
        assert molecule.name == (record.name or "x")
        if record.conformers:
            given = [g for g in (molecule.geometry, *molecule.other_geometries) if g is not None]
            assert len(given) == record.conformers


def test_a_batch_of_them_all_is_read_for_what_is_good(tmp_path: Path) -> None:
    neutral = [record for record in RECORDS if record.charge is None]
    paths = [write(record, tmp_path, name=f"r{number}") for number, record in enumerate(neutral)]
    with pytest.raises(InputError) as caught:
        read_molecules(paths)
    reading = read_inputs(paths, skip_bad=True)
    bad = [path for path, record in zip(paths, neutral, strict=True) if record.refused]
    named_twice = len(neutral) - len(bad) - len(reading.molecules)  # a title stands in several files
    assert len(reading.skipped) == len(bad) + named_twice
    assert all(any(path in line for line in reading.skipped) for path in bad)
    assert all(path in str(caught.value) for path in bad)
    assert len({molecule.id.lower() for molecule in reading.molecules}) == len(reading.molecules)
