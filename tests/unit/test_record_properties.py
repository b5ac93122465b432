"""Whatever a record holds comes back from disk, and whatever lies on disk is a record or is refused in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmnmr.cluster.job_records import JobRecord, SubmitSettings, TaskDescription
from qmnmr.cluster.task_record import TaskRecord
from qmnmr.cost.machine_speed import SpeedFile
from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.calibration import FactorFile
from qmnmr.datatypes.molecule import Ensemble, Geometry, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.datatypes.shift import ChemicalShift, Prediction
from qmnmr.datatypes.solvents import SOLVENTS
from qmnmr.errors import InputError, OutputFormatError
from qmnmr.records import decode, decode_toml, encode, encode_line, encode_toml
from qmnmr.runs.folder.molecule_folder import FailureRecord, RestartRecord, ResultRecord
from qmnmr.runs.folder.run_folder import RunSettings
from qmnmr.runs.protocols import get_protocol, protocol_names
from qmnmr.shifts.referencing import ReferenceFile
from qmnmr.shifts.scaling import SCHEMA
from tests.support.any_value import any_value

KEPT = (
    Molecule,
    Ensemble,
    CalculationResult,
    CalculationFailure,
    ResultRecord,
    FailureRecord,
    RestartRecord,
    Prediction,
    SubmitSettings,
    JobRecord,
    TaskDescription,
    TaskRecord,
    SpeedFile,
    ReferenceFile,
)
FACTORS = any_value(FactorFile).map(lambda file: replace(file, schema=SCHEMA))
SETTINGS = RunSettings(
    qmnmr_version="1",
    created_utc="",
    inputs=(),
    engine="pyscf",
    protocol=get_protocol("draft", solvent=None, temperature_kelvin=300.0),
)
SHIFT = ChemicalShift(
    atom_indices=(0,), element="H", nucleus="1H", shielding_ppm=30.0, shift_ppm=1.0, uncertainty_ppm=0.1
)


@pytest.mark.parametrize("kind", KEPT)
@given(data=st.data())
def test_any_record_comes_back_from_json(kind: type, data: st.DataObject) -> None:
    record = data.draw(any_value(kind))
    for written in (encode(record), encode_line(record)):
        assert decode(written, kind, source="x.json") == record
    assert len(encode_line(record).splitlines()) == 1


@given(FACTORS)
def test_any_factor_file_comes_back(file: FactorFile) -> None:
    assert decode(encode(file), FactorFile, source="factors.json", newest=SCHEMA) == file


@given(any_value(RunSettings), st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20))
def test_any_settings_of_a_run_come_back_from_toml(settings: RunSettings, heading: str) -> None:
    assert decode_toml(encode_toml(settings, heading=heading), RunSettings, source="run.toml") == settings


@pytest.mark.parametrize("name", protocol_names())
@given(data=st.data())
def test_a_shipped_protocol_comes_back_however_one_of_its_settings_is_changed(name: str, data: st.DataObject) -> None:
    protocol = get_protocol(name, solvent=data.draw(st.sampled_from([None, *SOLVENTS])))
    changed = data.draw(st.sampled_from([field.name for field in fields(Protocol)]))
    protocol = replace(protocol, **{changed: data.draw(any_value(get_type_hints(Protocol)[changed]))})
    settings = replace(SETTINGS, protocol=protocol)
    assert decode_toml(encode_toml(settings, heading="h"), RunSettings, source="run.toml") == settings


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_before_anything_is_written(number: float) -> None:
    for record in (replace(SHIFT, shielding_ppm=number), replace(SHIFT, shift_ppm=number)):
        for write in (encode, encode_line, lambda value: encode_toml(value, heading="h")):
            with pytest.raises(ValueError, match=r"ChemicalShift\.shi\w+_ppm is -?(nan|inf), not a finite number"):
                write(record)
    geometry = Geometry(symbols=("H",), coordinates_angstrom=((0.0, number, 0.0),))
    with pytest.raises(ValueError, match=r"RestartRecord\.geometry\.coordinates_angstrom"):
        encode(RestartRecord(digest="a", geometry=geometry, files=()))


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "+nan"])
def test_a_setting_that_is_not_finite_is_refused_by_name(number: str) -> None:
    written = encode_toml(SETTINGS, heading="h").replace(b"temperature_kelvin = 300.0", b"temperature_kelvin = NUMBER")
    damaged = written.replace(b"NUMBER", number.encode())
    assert damaged != written
    with pytest.raises(OutputFormatError, match=r"run\.toml is not a RunSettings record: .*temperature_kelvin"):
        decode_toml(damaged, RunSettings, source="run.toml")


def test_a_name_that_is_not_utf_8_is_told_and_not_a_traceback() -> None:
    failure = CalculationFailure(
        label="a",
        kind=CalculationKind.ENERGY,
        failure=FailureKind.UNKNOWN,
        message="in the folder d\udcff",
        evidence="",
    )
    for write in (encode, encode_line, lambda value: encode_toml(value, heading="h")):
        with pytest.raises(InputError, match=r"'in the folder d\\udcff' is not Unicode text") as raised:
            write(failure)
        assert "UTF-8" in raised.value.hint
    with pytest.raises(InputError, match="not Unicode"):
        encode(SpeedFile(speeds={"\udcff": None}))  # type: ignore[dict-item]


def test_a_number_of_thousands_of_digits_is_a_damaged_record() -> None:
    for text in (b"schema = " + b"1" * 5000, b"minutes = " + b"1" * 5000):
        with pytest.raises(OutputFormatError, match=r"run\.toml"):
            decode_toml(text, RunSettings, source="run.toml")
        with pytest.raises(OutputFormatError, match=r"a\.json"):
            decode(b'{"minutes": ' + b"1" * 5000 + b"}", SubmitSettings, source="a.json")


@pytest.mark.parametrize("write", [encode, encode_line])
def test_bytes_within_text_that_are_not_utf_8_are_a_damaged_record(write: Callable[[object], bytes]) -> None:
    written = write(SubmitSettings(site="here")).replace(b"here", b"her\x80")
    with pytest.raises(OutputFormatError, match=r"settings\.json is not a SubmitSettings record"):
        decode(written, SubmitSettings, source="settings.json")


@given(st.sampled_from([*KEPT, FactorFile, RunSettings]), st.one_of(st.binary(), st.text().map(str.encode)))
def test_any_bytes_are_a_record_or_refused_in_words(kind: type, data: bytes) -> None:
    for read in (decode, decode_toml):
        _read_or_refuse(read, data, kind)


@given(data=st.data())
def test_a_record_with_a_byte_changed_or_cut_is_a_record_or_refused_in_words(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*KEPT, RunSettings]))
    is_toml = kind is RunSettings
    value = data.draw(any_value(kind))
    written = bytearray(encode_toml(value, heading="h") if is_toml else encode(value))
    place = data.draw(st.integers(min_value=0, max_value=len(written) - 1))
    if data.draw(st.booleans()):
        written[place] = data.draw(st.integers(min_value=0, max_value=255))
    else:
        del written[place:]
    _read_or_refuse(decode_toml if is_toml else decode, bytes(written), kind)


def _read_or_refuse(read: Any, data: bytes, kind: type) -> None:
    try:
        found = read(data, kind, source="file")
    except OutputFormatError:
        return
    assert is_dataclass(found)
    assert isinstance(found, kind)
