"""What a caller from Python gave, as a value of the type that is wanted: what click does for the command line.

Each function takes the parameter's name and its value, and raises InputError with both for a value of another kind.
NumPy's numbers become Python's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path

from qmnmr.errors import InputError
from qmnmr.structures import GivenMol

_INPUT = "a SMILES, a file, or an RDKit molecule"


def input_texts(value: object) -> tuple[str, ...]:
    """Return one input or several as texts; RDKit's molecules are GivenMol."""
    if isinstance(value, str | os.PathLike) or _is_mol(value):
        return (_input_text(value),)
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray):
        return tuple(_input_text(entry) for entry in value)
    raise _refusal("inputs", value, f"{_INPUT}, or several of them")


def _input_text(value: object) -> str:
    if _is_mol(value):
        return GivenMol.of(value)
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if isinstance(text, str):
        return text
    why = "; None is what RDKit returns for a structure that it can't read" if value is None else ""
    raise _refusal("an input", value, f"{_INPUT}{why}")


def _is_mol(value: object) -> bool:
    """Return whether a value is RDKit's molecule; who has one has loaded RDKit."""
    chem = sys.modules.get("rdkit.Chem")
    return chem is not None and isinstance(value, chem.Mol)


def text(name: str, value: object) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise _refusal(name, value, "a text")
    return value


def optional_text(name: str, value: object) -> str | None:
    """Return a text, or None."""
    return None if value is None else text(name, value)


def optional_integer(name: str, value: object, *, at_least: int | None = None) -> int | None:
    """Return a whole number, or None."""
    if value is None:
        return None
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise _refusal(name, value, "a whole number")
    if at_least is not None and value < at_least:
        raise _refusal(name, value, f"{at_least} or more")
    return int(value)


def optional_number(name: str, value: object) -> float | None:
    """Return a number, or None."""
    if value is None:
        return None
    if not isinstance(value, Real) or isinstance(value, bool):
        raise _refusal(name, value, "a number")
    return float(value)


def optional_choice(name: str, value: object) -> bool | None:
    """Return True or False, or None."""
    if value is not None and not isinstance(value, bool):
        raise _refusal(name, value, "True, False or None")
    return value


def optional_path(name: str, value: object) -> Path | None:
    """Return a path, or None."""
    if value is None:
        return None
    found = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(found, str) or "\0" in found:
        raise _refusal(name, value, "a path")
    return Path(found)


def paths(name: str, value: object) -> tuple[Path, ...]:
    """Return one path or several."""
    several = (value,) if isinstance(value, str | os.PathLike) else value
    if not isinstance(several, Iterable) or isinstance(several, bytes | bytearray):
        raise _refusal(name, value, "a path, or a list of them")
    found = [optional_path(name, entry) for entry in several]
    if None in found:
        raise _refusal(name, value, "a path, or a list of them")
    return tuple(path for path in found if path is not None)


def _refusal(name: str, value: object, wanted: str) -> InputError:
    shown = repr(value)
    return InputError(f"{name} can't be {shown if len(shown) <= 80 else shown[:77] + '...'}", hint=f"give {wanted}")
