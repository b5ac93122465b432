from __future__ import annotations

import os
from dataclasses import replace

import pytest

from qmnmr.datatypes.calculation import CalculationKind, CalculationResult, Shielding
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.errors import OutputFormatError
from qmnmr.workflow.molecule_folder import MoleculeFolder
from qmnmr.workflow.records import decode, encode, write_atomically

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


def test_a_record_comes_back_exactly():
    assert decode(encode(RESULT), CalculationResult, source="x") == RESULT


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


def test_an_archive_that_is_cut_is_named(tmp_path):
    folder = MoleculeFolder(tmp_path / "m")
    folder.save_outcome(RESULT, digest="a", files={})
    folder.pack()
    archive = folder.path / "calculations.zip"
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(OutputFormatError, match=r"calculations\.zip"):
        folder.load_result("c001-shielding", digest="a")
