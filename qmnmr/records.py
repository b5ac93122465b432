"""Our frozen data as JSON and TOML on disk and back: numbered, checked against the types, written atomically.

Every record that is read back says the schema it was written in. The number grows when a program that does not know
the change would misread a record: a field that it must not overlook, another name, another meaning, a new word of an
enumeration. It does not grow for a field with a default that an older program may ignore. A schema that was in a
release is read for ever (tests/golden/runs has run folders of each), one from the future is refused.

A record of what was computed is sealed: its second line is a digest of all that follows, so that a number that was
changed afterwards is seen. What people may edit is not.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import tomli_w
from msgspec import Meta, inspect

from qmnmr.errors import InputError, NewerRecordError, OutputFormatError

T = TypeVar("T")

SCHEMA = 2
"""What this program writes. 1: qmnmr 0.1.0, no number in the record, "none" for nothing in run.toml. 2: this."""


_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Python's stand-in for a byte of a file name that is not UTF-8."""


_START_BYTES = 200
_FIRST_SEALED = 2  # schema
_START = re.compile(rb'\s*\{\s*"schema":\s*(?P<schema>[1-9][0-9]{0,8})\s*[,}]')
_SEAL = re.compile(rb'\s*\{\s*"schema": (?P<schema>\d{1,9}),\s*"seal": "(?P<seal>[0-9a-f]{64})",\n')


class _Numbered(msgspec.Struct):
    """What is read of a record before anything else."""

    schema: Annotated[int, Meta(ge=1)] = 1


def encode(value: object) -> bytes:
    """Return a record as indented JSON with a final newline.

    Raises ValueError for a number that is not finite, which JSON has none of, and InputError for text that is not
    Unicode: the name of a file that is not UTF-8.
    """
    return msgspec.json.format(_json(value), indent=1) + b"\n"


def encode_sealed(value: object) -> bytes:
    """Return what `encode` returns, with a digest of its content. Raises what `encode` raises."""
    start, _, content = encode(value).partition(b",\n")
    return b'%b,\n "seal": "%b",\n%b' % (start, hashlib.sha256(content).hexdigest().encode(), content)


def seal_problem(data: bytes, *, wants_seal: bool = True) -> str | None:
    """Return in words that a record is not as it was written, None if it is.

    One of schema 1 bears no seal, and no other whose kind wants none.
    """
    found = _SEAL.match(data)
    if found is None:  # another program has laid out a sealed record anew, and may have changed it
        if b'"seal"' in data[:_START_BYTES]:
            return "its layout was changed after it was written"
        with suppress(ValueError):
            schema = msgspec.json.decode(data, type=_Numbered).schema
            if wants_seal and _FIRST_SEALED <= schema <= SCHEMA:
                return "its seal was taken out after it was written"
        return None
    if hashlib.sha256(data[found.end() :]).hexdigest().encode() == found["seal"]:
        return None
    return "it was changed after it was written, or cut"


def is_sealed(data: bytes) -> bool:
    """Say whether a record that can be read here bears a seal, broken or not."""
    found = _SEAL.match(data)
    return found is not None and int(found["schema"]) <= SCHEMA


def encode_line(value: object) -> bytes:
    """Return a record as one line of JSON. Raises what `encode` raises."""
    return _json(value) + b"\n"


def decode(
    data: bytes,
    kind: type[T],
    *,
    source: Path | str,
    newest: int = SCHEMA,
    upgrade: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    wants_seal: bool = False,
    cure: str = "move it away and run the same command again",
) -> T:
    """Return JSON as a value of this type; `upgrade` makes today's plain data of those of an older schema.

    `wants_seal`: records of this kind are sealed, and one without is refused. `cure`: what to do about one that can't
    be read.

    Raises OutputFormatError that names the file and the field which does not fit, or its schema if that is newer than
    the newest that is understood.
    """
    try:
        _refuse_changed(data, wants_seal=wants_seal)
        number = _schema(data)
        _refuse_newer(number, source=source, newest=newest)
        if upgrade is not None and number < newest:
            return msgspec.convert(_upgraded(data, upgrade), kind)
        return msgspec.json.decode(data, type=kind)
    except ValueError as error:  # of msgspec and of UTF-8
        raise OutputFormatError(
            f"{source} is not a {kind.__name__} record: {error}",
            hint=f"it was changed by hand, or cut; {cure}",
        ) from None


def encode_toml(value: object, *, heading: str) -> bytes:
    """Return a record as TOML below a line of comment. TOML has no null: what is None is left out.

    Raises what `encode` raises.
    """
    said = _numbered(value)
    _refuse_unwritable(said, type(value).__name__)
    return f"# {heading}\n{tomli_w.dumps(_without_nothing(said))}".encode()


def decode_toml(data: bytes, kind: type[T], *, source: Path | str) -> T:
    """Return TOML as a value of this type; a field that may be None and is not there is None.

    Raises OutputFormatError as `decode` does.
    """
    try:
        table = tomllib.loads(data.decode("utf-8"))
        _refuse_unwritable(table, "the record")
        _refuse_newer(msgspec.convert(table, _Numbered).schema, source=source, newest=SCHEMA)
        return msgspec.convert(_with_nothing(table, inspect.type_info(kind)), kind)
    except ValueError as error:  # of msgspec, of tomllib, of int() for thousands of digits
        raise OutputFormatError(
            f"{source} is not a {kind.__name__} record: {error}",
            hint="it was changed by hand, or cut; restore it, or begin the run anew in another folder (--out)",
        ) from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that readers see the old content or the whole new one, whatever happens meanwhile."""
    write_parts_atomically(path, (data,))


def write_parts_atomically(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file of parts that need not be in memory together, as `write_atomically` does."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            for part in parts:
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException as error:
        with suppress(OSError):
            Path(name).unlink()
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # of a full disk the system names no file
        raise


def _numbered(value: object) -> dict[str, Any]:
    """Return a record as plain data with its number; one that has a number of its own keeps it, as factor files do."""
    said: dict[str, Any] = msgspec.to_builtins(value)
    return {"schema": SCHEMA} | said


def _json(value: object) -> bytes:
    """Return a record as JSON in one line. Raises what `encode` raises."""
    said = _numbered(value)
    try:
        data = msgspec.json.encode(said)
    except UnicodeEncodeError:
        _refuse_unwritable(said, type(value).__name__)
        raise
    if _has_odd_number(said):
        _refuse_unwritable(said, type(value).__name__)
    return data


def _has_odd_number(value: dict[str, Any]) -> bool:
    """Say whether plain data has a number that is not finite."""
    left: list[Any] = [value]
    while left:
        entry = left.pop()
        if isinstance(entry, dict):
            left.extend(entry.values())
        elif isinstance(entry, list | tuple):
            left.extend(member for member in entry if not isinstance(member, str))
        elif isinstance(entry, float) and not math.isfinite(entry):
            return True
    return False


def _refuse_unwritable(value: Any, place: str) -> None:  # noqa: ANN401
    """Refuse plain data that would not come back: msgspec writes NaN and infinities as null, which reads as "none"."""
    if isinstance(value, dict):
        for key, entry in value.items():
            _refuse_unwritable(key, place)
            _refuse_unwritable(entry, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        if all(isinstance(entry, str) for entry in value) and not _SURROGATE.search("".join(value)):
            return  # a molecule's symbols, at one look
        for entry in value:
            _refuse_unwritable(entry, place)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{place} is {value}, not a finite number")
    elif isinstance(value, str) and _SURROGATE.search(value):
        raise InputError(
            f"{value!r} is not Unicode text, so no record can hold it", hint="rename the file or folder to a UTF-8 name"
        )


def _refuse_changed(data: bytes, *, wants_seal: bool) -> None:
    if problem := seal_problem(data, wants_seal=wants_seal):
        raise ValueError(problem)


def _upgraded(data: bytes, upgrade: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    try:
        return upgrade(msgspec.json.decode(data, type=dict[str, Any]))
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"not as its schema has it: {error!r}") from None


def _schema(data: bytes) -> int:
    """Return the schema of a record; where it comes first, as it does in what is written here, at one look."""
    found = _START.match(data)
    return msgspec.json.decode(data, type=_Numbered).schema if found is None else int(found["schema"])


def _refuse_newer(schema: int, *, source: Path | str, newest: int) -> None:
    if schema > newest:
        raise NewerRecordError(
            f"{source} has schema {schema}, and qmnmr {metadata.version('qmnmr')} reads schemas up to {newest}",
            hint="a newer qmnmr wrote it: upgrade qmnmr (pip install --upgrade qmnmr); nothing was changed",
        )


def _without_nothing(value: Any) -> Any:  # noqa: ANN401
    """Return plain data with no key whose value is None; one in a list is left for tomli_w to refuse."""
    if isinstance(value, dict):
        return {key: _without_nothing(entry) for key, entry in value.items() if entry is not None}
    return [_without_nothing(entry) for entry in value] if isinstance(value, list | tuple) else value


def _with_nothing(value: Any, kind: inspect.Type) -> Any:  # noqa: ANN401
    """Return plain data with None where its type has a field that may be None and must be said, and the data has none.

    Where nothing or a table is expected, the word "none" is nothing: so schema 1 says it.
    """
    match kind:
        case inspect.UnionType():
            if value == "none" and not any(isinstance(member, inspect.StrType) for member in kind.types):
                return None
            some = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
            return _with_nothing(value, some[0]) if len(some) == 1 else value
        case inspect.DataclassType() if isinstance(value, dict):
            types = {field.encode_name: field.type for field in kind.fields}
            said = {key: _with_nothing(entry, types.get(key, inspect.AnyType())) for key, entry in value.items()}
            return {
                field.encode_name: None for field in kind.fields if field.required and _may_be_nothing(field)
            } | said
        case inspect.TupleType() if isinstance(value, list) and len(value) == len(kind.item_types):
            return [_with_nothing(entry, member) for entry, member in zip(value, kind.item_types, strict=True)]
        case inspect.VarTupleType() if isinstance(value, list):
            return [_with_nothing(entry, kind.item_type) for entry in value]
    return value


def _may_be_nothing(field: inspect.Field) -> bool:
    return isinstance(field.type, inspect.UnionType) and field.type.includes_none
