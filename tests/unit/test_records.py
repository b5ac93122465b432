from __future__ import annotations

import json
import os
import re
from dataclasses import replace

import pytest

from qmnmr.cluster.job_records import JobRecord, RecordStatus, SubmitSettings, TaskDescription
from qmnmr.cluster.sites.site_profile import Container
from qmnmr.cluster.task_record import TaskRecord
from qmnmr.cost.machine_speed import MachineSpeed, SpeedFile
from qmnmr.datatypes.calculation import (
    CalculationFailure,
    CalculationKind,
    CalculationResult,
    FailureKind,
    Shielding,
)
from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.job import ArrayRequest, JobState, Resources
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule
from qmnmr.datatypes.remedy import AppliedRemedy, Remedy
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus, Provenance, WeightedConformer
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.errors import OutputFormatError
from qmnmr.image.image_file import StatedImage
from qmnmr.records import SCHEMA, decode, encode, encode_line, encode_sealed, seal_problem, write_atomically
from qmnmr.runs.folder.molecule_folder import FailureRecord, MoleculeFolder, RestartRecord, ResultRecord
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.sources.shift_sources import read_factor_file
from qmnmr.shifts.referencing import ReferenceFile, shipped_references
from qmnmr.shifts.scaling import SCHEMA as FACTOR_SCHEMA
from qmnmr.shifts.scaling import shipped_factor_files

RESULT = CalculationResult(
    label="c001-shielding",
    kind=CalculationKind.SHIELDING,
    level=LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=CHLOROFORM),
    energy_hartree=-1.1234567890123,
    geometry=Geometry(symbols=("H", "H"), coordinates_angstrom=((0.0, 0.0, 0.0), (0.0, 0.0, 0.74))),
    shieldings=tuple(
        Shielding(
            atom_index=i, symbol="H", isotropic_ppm=26.6, tensor_ppm=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
        )
        for i in range(2)
    ),
    program="nwchem",
    program_version="7.0.2",
    ranks=2,
    cpu_seconds=1.0,
    wall_seconds=1.0,
)


MOLECULE = Molecule(
    id="H2",
    name="hydrogen, \u201cH\u2082\u201d",
    smiles="[H][H]",
    mapped_smiles="[H:1][H:2]",
    charge=0,
    multiplicity=1,
    symbols=("H", "H"),
    geometry=None,
    source="a.smi, line 1",
    notes=("a choice",),
)
FAILURE = CalculationFailure(
    label="c001-optimization",
    kind=CalculationKind.OPTIMIZATION,
    failure=FailureKind.GEOMETRY_NOT_CONVERGED,
    message="It ran out of steps.",
    evidence="line 7",
    geometry=RESULT.geometry,
    remedies=(AppliedRemedy(remedy=Remedy.SMALLER_STEPS, failure="It ran out of steps.", evidence="line 6"),),
)
SHIFT = ChemicalShift(
    atom_indices=(0, 1),
    element="H",
    nucleus="1H",
    shielding_ppm=26.6,
    shift_ppm=4.6,
    uncertainty_ppm=0.1,
    flags=("outside",),
    reference="TMS",
    reference_shift_ppm=5.0,
)
REQUEST = ArrayRequest(
    name="qmnmr-0-001",
    task_count=1,
    resources=Resources(cores=2, memory_mb=100),
    minutes=5,
    warning_seconds=20,
    partition="short",
)
IMAGE = StatedImage(architecture="x86_64", path="/q.sif", sha256="0" * 64, size_bytes=1)
RECORDS = {
    "molecules.jsonl": MOLECULE,
    "conformers.json": Ensemble(
        molecule=replace(MOLECULE, geometry=RESULT.geometry),
        conformers=(
            Conformer(label="c001", geometry=RESULT.geometry, energy_hartree=None, degeneracy=0.5),
            Conformer(label="c002", geometry=RESULT.geometry, energy_hartree=-1.1, free_energy_correction_hartree=0.01),
        ),
        notes=("a note",),
        starts=3,
        cpu_seconds=0.25,
    ),
    "result.json": ResultRecord(digest="abc", result=RESULT),
    "failure.json": FailureRecord(digest="abc", failure=FAILURE),
    "restart.json": RestartRecord(digest="abc", geometry=RESULT.geometry, files=("steps.jsonl",)),
    "prediction.json": Prediction(
        molecule=MOLECULE,
        status=PredictionStatus.COMPLETED,
        messages=("a message",),
        shifts=(SHIFT, replace(SHIFT, shift_ppm=None, uncertainty_ppm=None)),
        conformers=(WeightedConformer(label="c001", energy_hartree=-1.1, degeneracy=0.5, population=1.0),),
        failures=(FAILURE,),
        funnel=(FunnelStep(name="search", method="rdkit", entered=3, left=1, cpu_seconds=0.25),),
        provenance=Provenance(
            qmnmr_version="0.1.0",
            engine="pyscf",
            program_versions=("pyscf 2.14.0",),
            protocol="draft",
            steps=get_protocol("standard", solvent=CHLOROFORM).decisive_steps,
            solvent="gas phase",
            dielectric_constant=None,
            temperature_kelvin=298.15,
            conformer_search="rdkit",
            toolkit_versions={"rdkit": "2025.09"},
            referencing={"1H": "factors"},
            host="n1",
            date_utc="2026-01-01T00:00:00+00:00",
            cpu_seconds=1.5,
            image=None,
        ),
    ),
    "settings.json": SubmitSettings(site="generic", minutes=60),
    "001.json": JobRecord(
        number="001",
        status=RecordStatus.SUBMITTED,
        site="generic",
        size_class="small",
        request=REQUEST,
        molecules=("H2",),
        submitted_utc="2026-01-01T00:00:00+00:00",
        job="7",
    ),
    "jobs/001/task.json": TaskDescription(
        run_folder="/run",
        number="001",
        molecules=("H2",),
        cores=2,
        memory_mb=100,
        minutes=5,
        warning_seconds=20,
        max_requeues=2,
        container=Container(images={"x86_64": "/q.sif"}, runs="programs"),
        images=(IMAGE,),
    ),
    "molecules/H2/task.json": TaskRecord(
        number="001",
        start=1,
        job="7",
        index=0,
        node="n1",
        state=JobState.REQUEUED,
        started_utc="2026-01-01T00:00:00+00:00",
        updated_utc="2026-01-01T00:00:01+00:00",
        message="goes on",
        cpu_seconds=1.5,
    ),
    "speed.json": SpeedFile(
        speeds={
            "pyscf": MachineSpeed(
                engine="pyscf",
                cpu_seconds=2.0,
                program_version="2.14.0",
                processor="x",
                host="n1",
                date_utc="2026-01-01T00:00:00+00:00",
            )
        }
    ),
    "references.json": ReferenceFile(references=shipped_references()[:2]),
}
"""One record of each kind that is read back, by the file that holds it; run.toml has its own tests."""


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_says_its_schema_and_comes_back_exactly(name):
    record = RECORDS[name]
    for data in (encode(record), encode_line(record)):
        assert json.loads(data)["schema"] == SCHEMA
        assert decode(data, type(record), source=name) == record


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_without_a_number_is_of_the_first_version(name):
    numbered = json.loads(encode(RECORDS[name]))
    del numbered["schema"]
    assert decode(json.dumps(numbered).encode(), type(RECORDS[name]), source=name) == RECORDS[name]


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_a_newer_qmnmr_is_refused_in_words_whatever_else_is_in_it(name):
    for newer in (json.loads(encode(RECORDS[name])) | {"schema": SCHEMA + 1}, {"schema": SCHEMA + 1, "new": []}):
        with pytest.raises(OutputFormatError) as raised:
            decode(json.dumps(newer).encode(), type(RECORDS[name]), source=f"/run/{name}")
        told = f"{raised.value} {raised.value.hint}"
        assert f"/run/{name} has schema {SCHEMA + 1}" in told
        assert f"reads schemas up to {SCHEMA}" in told
        assert "upgrade qmnmr" in told
        assert "move" not in told


@pytest.mark.parametrize("schema", ["2", True, 0, -1, 1.5, None])
def test_a_schema_that_is_no_number_is_a_damaged_record(schema):
    damaged = json.loads(encode(MOLECULE)) | {"schema": schema}
    with pytest.raises(OutputFormatError, match=r"x\.json is not a Molecule record: .*schema"):
        decode(json.dumps(damaged).encode(), Molecule, source="x.json")


def test_a_factor_file_keeps_its_own_number(tmp_path):
    (file, *_) = shipped_factor_files()
    path = tmp_path / "factors.json"
    path.write_bytes(encode(file))
    assert json.loads(path.read_bytes())["schema"] == file.schema == FACTOR_SCHEMA
    assert read_factor_file(path) == file
    path.write_text(json.dumps({"schema": FACTOR_SCHEMA + 1}))
    with pytest.raises(OutputFormatError, match=f"reads schemas up to {FACTOR_SCHEMA}"):
        read_factor_file(path)


@pytest.mark.parametrize(
    "change", [lambda d: d[:-20], lambda d: d.replace(b'"ranks": 2', b'"ranks": "two"'), lambda _: b""]
)
def test_a_damaged_record_is_refused_with_its_file_name(change):
    with pytest.raises(OutputFormatError, match=r"result\.json"):
        decode(change(encode(RESULT)), CalculationResult, source="result.json")


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_atomically(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_result_is_found_loose_and_packed_and_only_for_its_own_input(tmp_path):
    folder = MoleculeFolder(tmp_path / "m")
    (tmp_path / "output.out").write_text("text")
    folder.save_outcome(RESULT, digest="abc", files={"output.out": tmp_path / "output.out"})
    assert folder.load_result("c001-shielding", digest="abc") == RESULT
    folder.pack()
    assert not (folder.path / "calculations").exists()
    assert folder.load_result("c001-shielding", digest="abc") == RESULT
    assert folder.load_result("c001-shielding", digest="other") is None
    assert folder.load_result("c002-shielding", digest="abc") is None


def test_packing_again_keeps_what_was_packed_and_replaces_what_was_redone(tmp_path):
    folder = MoleculeFolder(tmp_path / "m")
    folder.save_outcome(RESULT, digest="a", files={})
    folder.pack()
    second = replace(RESULT, label="c002-shielding")
    redone = replace(RESULT, energy_hartree=-2.0)
    folder.save_outcome(second, digest="b", files={})
    folder.save_outcome(redone, digest="c", files={})
    assert folder.load_result("c001-shielding", digest="a") is None
    folder.pack()
    assert folder.load_result("c001-shielding", digest="c") == redone
    assert folder.load_result("c002-shielding", digest="b") == second
    folder.pack()
    assert [p.name for p in folder.path.iterdir()] == ["calculations.zip"]


def packed(path, *digests):
    folder = MoleculeFolder(path)
    for number, digest in enumerate(digests, 1):
        label = f"c00{number}-shielding"
        folder.save_outcome(replace(RESULT, label=label), digest=digest, files={})
    folder.pack()
    return folder


def test_an_archive_that_is_cut_is_named_kept_and_its_calculations_are_none(tmp_path, caplog):
    folder = packed(tmp_path / "m", "a")
    archive = folder.path / "calculations.zip"
    archive.write_bytes(archive.read_bytes()[:-30])
    assert folder.load_result("c001-shielding", digest="a") is None
    assert "calculations.zip is not a whole zip archive" in caplog.text
    folder.save_outcome(RESULT, digest="a", files={})
    folder.pack()
    assert folder.load_result(RESULT.label, digest="a") == RESULT
    assert (folder.path / "calculations.zip.damaged").exists()


def test_one_damaged_byte_of_an_archive_costs_one_calculation(tmp_path, caplog):
    folder = packed(tmp_path / "m", "a", "b")
    archive = folder.path / "calculations.zip"
    data = bytearray(archive.read_bytes())
    place = data.index(b"c001-shielding/result.json") + 60
    data[place] ^= 0xFF
    archive.write_bytes(bytes(data))
    assert folder.load_result("c001-shielding", digest="a") is None
    assert "c001-shielding/result.json in" in caplog.text
    assert folder.load_result("c002-shielding", digest="b") is not None
    assert [r.label for r in folder.results()] == ["c002-shielding"]
    folder.save_outcome(replace(RESULT, label="c001-shielding"), digest="a", files={})
    folder.pack()
    assert folder.load_result("c001-shielding", digest="a") is not None
    assert folder.load_result("c002-shielding", digest="b") is not None


def relaid(data):
    """As a program that edits JSON writes it."""
    return json.dumps(json.loads(data)).encode()


@pytest.mark.parametrize(
    "change",
    [lambda data: data[:-20], lambda data: data.replace(b"1", b"2", 5), lambda _: b"", lambda _: b"\xff{", relaid],
)
@pytest.mark.parametrize("name", ["result.json", "conformers.json", "prediction.json"])
def test_what_was_changed_after_it_was_written_is_seen(tmp_path, change, name):
    folder = MoleculeFolder(tmp_path / "m")
    prediction, ensemble = RECORDS["prediction.json"], RECORDS["conformers.json"]
    assert isinstance(prediction, Prediction)
    assert isinstance(ensemble, Ensemble)
    folder.save_prediction(prediction, structure_sdf=None)
    folder.save_ensemble(ensemble)
    folder.save_outcome(RESULT, digest="a", files={})
    (path,) = folder.path.rglob(name)
    assert folder.prediction_problem(prediction.molecule.id) is None
    path.write_bytes(change(path.read_bytes()))
    if name == "result.json":
        assert folder.load_result(RESULT.label, digest="a") is None
    elif name == "conformers.json":
        assert folder.load_ensemble() is None
    else:
        assert "prediction.json" in (folder.prediction_problem(prediction.molecule.id) or "")
        with pytest.raises(OutputFormatError, match=r"prediction\.json"):
            folder.load_prediction()


def test_a_prediction_of_another_molecule_is_none(tmp_path):
    folder = MoleculeFolder(tmp_path / "m")
    prediction = RECORDS["prediction.json"]
    assert isinstance(prediction, Prediction)
    folder.save_prediction(prediction, structure_sdf=None)
    assert "is of another molecule" in (folder.prediction_problem("another") or "")
    (folder.path / "prediction.json").unlink()
    assert "is gone" in (folder.prediction_problem("another") or "")


def test_a_status_is_the_word_that_it_always_was():
    assert list(PredictionStatus) == ["completed", "failed", "unfinished"]
    record = encode(RECORDS["prediction.json"])
    assert json.loads(record)["status"] == "completed"
    first_schema = json.dumps({k: v for k, v in json.loads(record).items() if k != "schema"}).encode()
    assert decode(first_schema, Prediction, source="x").status is PredictionStatus.COMPLETED
    with pytest.raises(OutputFormatError, match=r"'done'.*status"):
        decode(record.replace(b'"status": "completed"', b'"status": "done"'), Prediction, source="x")


_SEALED = encode_sealed(SubmitSettings(site="generic", minutes=60))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (_SEALED, None),
        (_SEALED.replace(b"60", b"61"), "it was changed after it was written, or cut"),
        (_SEALED[:-5], "it was changed after it was written, or cut"),
        (json.dumps(json.loads(_SEALED)).encode(), "its layout was changed after it was written"),
        (re.sub(rb' "seal": .*\n', b"", _SEALED), "its seal was taken out after it was written"),
        (encode(SubmitSettings(site="generic")), "its seal was taken out after it was written"),
        (b'{"site": "generic"}', None),  # as qmnmr 0.1.0 wrote records
        (b'{"schema": 99, "site": "generic"}', None),  # refused as a newer one
        (b"cut", None),  # refused as no JSON
    ],
)
def test_a_record_that_was_changed_after_it_was_written_is_told_by_its_seal(data: bytes, problem: str | None) -> None:
    assert seal_problem(data) == problem


def test_kinds_that_are_not_sealed_are_read_without() -> None:
    settings = SubmitSettings(site="generic")
    assert decode(encode(settings), SubmitSettings, source="it") == settings
    with pytest.raises(OutputFormatError, match="its seal was taken out"):
        decode(encode(settings), SubmitSettings, source="it", wants_seal=True)
