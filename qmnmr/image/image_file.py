"""What an image file (SIF) is, read from the file itself: no program is started."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qmnmr.errors import SiteError

# SIF, version 1: launch script, magic, version, architecture, id, 2 times, 2 counts, 4 positions; then the descriptors.
_HEADER = struct.Struct("<32s10s3s3s16s8q")
_DESCRIPTOR_BYTES = 585
_MAGIC = b"SIF_MAGIC"
_SIGNATURE = 0x4005
_MAX_DESCRIPTORS = 1000  # Apptainer writes room for 48

_ARCHITECTURES = {"02": "x86_64", "04": "aarch64", "06": "ppc64le", "01": "i386", "03": "arm"}
_SPELLINGS = {"amd64": "x86_64", "x86-64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """A SIF as its header describes it."""

    path: Path
    size_bytes: int
    architecture: str  # as uname -m says it: x86_64, aarch64
    is_signed: bool  # whether it carries a signature; not whether that is valid


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedImage:
    """An image that a site's profile states, as it was found there."""

    architecture: str
    path: str
    sha256: str
    size_bytes: int


def architecture_name(text: str) -> str:
    """Return an architecture as `uname -m` spells it, from that or from Go's and Debian's spelling (amd64, arm64)."""
    name = text.strip().lower()
    return _SPELLINGS.get(name, name)


def read_image_file(path: Path) -> ImageFile:
    """Return what the header of a SIF says. Raises SiteError if the file can't be read or is no SIF."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER.size)
            size = path.stat().st_size
            if len(header) < _HEADER.size or _HEADER.unpack(header)[1].rstrip(b"\0") != _MAGIC:
                raise SiteError(f"{path} is not an Apptainer image (SIF)", hint="build one with `qmnmr image build`")
            _, _, _, code, _, *numbers = _HEADER.unpack(header)
            file.seek(numbers[4])
            table = file.read(min(numbers[3], _MAX_DESCRIPTORS) * _DESCRIPTOR_BYTES)
    except OSError as error:
        raise SiteError(
            f"the image {path} can't be read: {error.strerror or error}", hint="check the path and its permissions"
        ) from None
    code_text = code.rstrip(b"\0").decode("ascii", "replace")
    return ImageFile(
        path=path,
        size_bytes=size,
        architecture=_ARCHITECTURES.get(code_text, f"unknown architecture {code_text!r}"),
        is_signed=_SIGNATURE in _data_types(table),
    )


def image_sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of an image, which names it in site profiles and provenance. Raises SiteError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SiteError(
            f"the image {path} can't be read: {error.strerror or error}", hint="check the path and its permissions"
        ) from None


def check_image(path: Path, *, architecture: str, sha256: str | None) -> ImageFile:
    """Return the facts of an image that is for this architecture and, where one is stated, has this digest.

    Raises SiteError, which says what was wanted and what was found.
    """
    image = read_image_file(path)
    wanted = architecture_name(architecture)
    if image.architecture != wanted:
        raise SiteError(
            f"the image {path} is for {image.architecture}, {wanted} is needed",
            hint="others don't run here, or only under slow emulation: use the one built for this machine",
        )
    if sha256 is not None:
        _check_digest(path, found=image_sha256(path), stated=sha256)
    return image


def stated_images(paths: Mapping[str, str], digests: Mapping[str, str]) -> tuple[StatedImage, ...]:
    """Return a profile's images, each with its digest. Arguments: path and SHA-256 by architecture.

    Raises SiteError if there is none, if one can't be read, is for another architecture or has another digest than the
    profile states, and for a digest of no image.
    """
    stated = {architecture_name(name): digest for name, digest in digests.items()}
    lonely = set(stated) - {architecture_name(name) for name in paths}
    if lonely or not paths:
        what = f"a digest for {', '.join(sorted(lonely))}, but no image" if lonely else "a container without an image"
        raise SiteError(
            f"the site's profile states {what}", hint='write images.x86_64 = "/path/to/image.sif" under [container]'
        )
    images = []
    for name, path in paths.items():
        image = check_image(Path(path), architecture=name, sha256=None)
        found = image_sha256(image.path)
        _check_digest(image.path, found=found, stated=stated.get(image.architecture))
        images.append(
            StatedImage(architecture=image.architecture, path=path, sha256=found, size_bytes=image.size_bytes)
        )
    return tuple(images)


def _check_digest(path: Path, *, found: str, stated: str | None) -> None:
    if stated is not None and found != stated.lower().removeprefix("sha256:"):
        raise SiteError(
            f"the image {path} is not the stated one: its SHA-256 is {found}, stated is {stated}",
            hint="restore the stated image, or state the new digest after `qmnmr image test` and `image verify`",
        )


def _data_types(table: bytes) -> set[int]:
    """Return the kinds of data objects that the descriptors in use name."""
    starts = range(0, len(table) - _DESCRIPTOR_BYTES + 1, _DESCRIPTOR_BYTES)
    return {struct.unpack_from("<i", table, s)[0] for s in starts if table[s + 4]}
