"""Any value of a type of ours: a hypothesis strategy from the fields of dataclasses and msgspec structures."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

import msgspec
from hypothesis import strategies as st

from qmnmr.datatypes.molecule import Geometry

FINITE = st.floats(allow_nan=False, allow_infinity=False)
_POSITIONS = st.tuples(FINITE, FINITE, FINITE)
_GEOMETRIES = st.lists(st.tuples(st.text(max_size=2), _POSITIONS), max_size=3).map(
    lambda atoms: Geometry(symbols=tuple(s for s, _ in atoms), coordinates_angstrom=tuple(p for _, p in atoms))
)

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    float: FINITE,
    int: st.integers(min_value=-(2**63), max_value=2**63 - 1),
    str: st.text(max_size=8),
    bool: st.booleans(),
    type(None): st.none(),
    Geometry: _GEOMETRIES,  # as many symbols as positions
}


def any_value(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for all values of a type that a record can hold."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if typing.get_origin(kind) is not None:
        return _any_of(typing.get_origin(kind), typing.get_args(kind))
    if issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    if is_dataclass(kind) or issubclass(kind, msgspec.Struct):
        return st.builds(kind, **{name: any_value(hint) for name, hint in typing.get_type_hints(kind).items()})
    raise TypeError(f"no record holds a {kind}")


def _any_of(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in (typing.Union, types.UnionType):
        return st.one_of([any_value(member) for member in arguments])
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(any_value(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(any_value, arguments))
    if origin in (dict, Mapping):
        return st.dictionaries(*map(any_value, arguments), max_size=3)
    raise TypeError(f"no record holds a {origin}")
