"""What is read from the header of an image, and which images are refused."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from qmnmr.errors import SiteError
from qmnmr.image.image_file import architecture_name, check_image, image_sha256, read_image_file, stated_images

FILE_SYSTEM, SIGNATURE = 0x4004, 0x4005


def write_sif(path: Path, *, architecture: str = "02", data_types: tuple[int, ...] = (FILE_SYSTEM,)) -> Path:
    """Write the header and descriptors of a SIF; the real ones are in tests/system/test_image.py."""
    table = b"".join(struct.pack("<i?", kind, True) + bytes(580) for kind in data_types) + bytes(585)
    numbers = (0, 0, 0, len(data_types), 128, len(data_types) + 1, 0, 0)
    header = struct.pack(
        "<32s10s3s3s16s8q",
        b"#!/usr/bin/env run-singularity\n",
        b"SIF_MAGIC",
        b"01",
        architecture.encode(),
        b"",
        *numbers,
    )
    path.write_bytes(header + table)
    return path


@pytest.mark.parametrize(("code", "name"), [("02", "x86_64"), ("04", "aarch64")])
def test_the_architecture_is_read_as_uname_spells_it(tmp_path: Path, code: str, name: str) -> None:
    assert read_image_file(write_sif(tmp_path / "a.sif", architecture=code)).architecture == name


def test_a_signature_is_seen(tmp_path: Path) -> None:
    assert not read_image_file(write_sif(tmp_path / "a.sif")).is_signed
    assert read_image_file(write_sif(tmp_path / "b.sif", data_types=(FILE_SYSTEM, SIGNATURE))).is_signed


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"x" * 500])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.sif"
    path.write_bytes(content)
    with pytest.raises(SiteError, match="is not an Apptainer image"):
        read_image_file(path)


def test_a_missing_image_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"none\.sif can't be read: No such file"):
        read_image_file(tmp_path / "none.sif")


def test_an_image_for_another_architecture_is_refused(tmp_path: Path) -> None:
    path = write_sif(tmp_path / "a.sif", architecture="04")
    with pytest.raises(SiteError, match="is for aarch64, x86_64 is needed"):
        check_image(path, architecture="amd64", sha256=None)


def test_an_image_with_another_digest_is_refused(tmp_path: Path) -> None:
    path = write_sif(tmp_path / "a.sif")
    with pytest.raises(SiteError, match="is not the stated one"):
        check_image(path, architecture="x86_64", sha256="0" * 64)


@pytest.mark.parametrize("prefix", ["", "sha256:"])
def test_an_image_with_the_stated_digest_is_accepted(tmp_path: Path, prefix: str) -> None:
    path = write_sif(tmp_path / "a.sif")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert image_sha256(path) == digest
    assert check_image(path, architecture="x86_64", sha256=prefix + digest).path == path


@pytest.mark.parametrize(("text", "name"), [("amd64", "x86_64"), ("ARM64", "aarch64"), ("aarch64", "aarch64")])
def test_all_spellings_of_an_architecture_mean_one(text: str, name: str) -> None:
    assert architecture_name(text) == name


def test_the_images_of_a_profile_are_found_with_their_digests(tmp_path: Path) -> None:
    paths = {
        name: write_sif(tmp_path / name, architecture=code) for name, code in (("x86_64", "02"), ("aarch64", "04"))
    }
    found = stated_images({k: str(v) for k, v in paths.items()}, {"x86_64": image_sha256(paths["x86_64"])})
    assert [(i.architecture, i.sha256) for i in found] == [(k, image_sha256(v)) for k, v in paths.items()]


def test_an_image_that_is_not_what_the_profile_states_is_refused(tmp_path: Path) -> None:
    path = str(write_sif(tmp_path / "a.sif"))
    with pytest.raises(SiteError, match="is for x86_64, aarch64 is needed"):
        stated_images({"aarch64": path}, {})
    with pytest.raises(SiteError, match="is not the stated one"):
        stated_images({"x86_64": path}, {"x86_64": "0" * 64})


def test_a_digest_counts_however_its_architecture_is_spelled(tmp_path: Path) -> None:
    path = str(write_sif(tmp_path / "a.sif"))
    with pytest.raises(SiteError, match="is not the stated one"):
        stated_images({"amd64": path}, {"x86_64": "0" * 64})


def test_a_container_without_an_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="a container without an image"):
        stated_images({}, {})
    with pytest.raises(SiteError, match="a digest for aarch64, but no image"):
        stated_images({"x86_64": str(write_sif(tmp_path / "a.sif"))}, {"aarch64": "0" * 64})
