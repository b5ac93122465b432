"""Input files: checked before they are read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from qmnmr.errors import InputError

MAX_FILE_BYTES = 64 * 1024 * 1024


def read_text(path: Path) -> str:
    """Return the text of an input file, with Unix line ends.

    Raises InputError for a file that is missing, no regular file, unreadable, empty, above 64 MB, or not text. The
    size is looked up before anything is read.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(
            f"{path}: can't be read: {_reason(error)}", hint="Check the path and its permissions."
        ) from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path} is a folder, not a file", hint=f"Name the files in it: {path}/*.sdf")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path} is not a regular file", hint="Copy its content to a file first.")
    if status.st_size == 0:
        raise InputError(f"{path} is empty (0 bytes)", hint="Was it written completely? Write it again.")
    if status.st_size > MAX_FILE_BYTES:
        raise InputError(
            f"{path} has {status.st_size / 1e6:.0f} MB, more than {MAX_FILE_BYTES // 1024**2} MB",
            hint="Split it, or check that it is a structure file at all.",
        )
    return _decode(path, _read_bytes(path))


def _read_bytes(path: Path) -> bytes:
    """Return the content, never more than the limit and one byte (the file may grow meanwhile)."""
    try:
        with path.open("rb") as handle:
            return handle.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: can't be read: {_reason(error)}", hint="Check its permissions.") from error


def _decode(path: Path, content: bytes) -> str:
    """Return UTF-8 text, or raise InputError with the place of the first byte that is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: not UTF-8 text (byte 0x{content[error.start]:02x})",
            hint="A binary or compressed file? Unpack it; convert other encodings with iconv -t UTF-8.",
        ) from error
    if "\0" in text:
        raise InputError(f"{path} holds NUL bytes: a binary file", hint="Give a text file (.smi .csv .sdf .mol .xyz).")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _reason(error: OSError) -> str:
    """Return the operating system's words for an error."""
    return os.strerror(error.errno) if error.errno else str(error)
