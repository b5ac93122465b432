"""Our frozen data as JSON on disk and back: checked against the types, written atomically."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from qmnmr.errors import OutputFormatError

T = TypeVar("T")


def encode(value: object) -> bytes:
    """Return a value as indented JSON with a final newline."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def encode_line(value: object) -> bytes:
    """Return a value as one line of JSON."""
    return msgspec.json.encode(value) + b"\n"


def decode(data: bytes, kind: type[T], *, source: Path | str) -> T:
    """Return JSON as a value of this type.

    Raises OutputFormatError that names the file and the field which does not fit.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise OutputFormatError(
            f"{source} is not a {kind.__name__} record: {error}",
            hint="it was changed by hand or by another version of qmnmr; move it away and run the same command again",
        ) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that readers see the old content or the whole new one, whatever happens meanwhile."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
