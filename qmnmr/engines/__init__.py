"""Programs that yield energies, geometries and shieldings, one folder each."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from qmnmr.errors import InputError, choice_hint

if TYPE_CHECKING:
    from qmnmr.engines.engine import Engine

# Module and class of each engine; imported when asked for, since an engine may need a large library.
_ENGINES: dict[str, tuple[str, str]] = {
    "nwchem": ("qmnmr.engines.nwchem.engine", "NwchemEngine"),
    "pyscf": ("qmnmr.engines.pyscf.engine", "PyscfEngine"),
}


def engine_names() -> tuple[str, ...]:
    """Return the names that `get_engine` knows."""
    return tuple(_ENGINES)


def engines_by_preference() -> tuple[str, ...]:
    """Return all engines' names, the one first that is taken where nothing speaks against it."""
    return tuple(sorted(engine_names(), key=lambda name: get_engine(name).facts.preference))


def engine_choices() -> str:
    """Return what people can choose, as --help lists it: "pyscf (embedded), nwchem"."""
    return ", ".join(get_engine(name).facts.choice for name in engines_by_preference())


@cache
def _engine(module: str, class_name: str) -> Engine:
    engine: Engine = getattr(import_module(module), class_name)()
    return engine


def get_engine(name: str) -> Engine:
    """Return the engine of this name, which has no state. Raises InputError for an unknown one."""
    if name not in _ENGINES:
        raise InputError(f"there is no engine {name!r}", hint=choice_hint(name, (*engine_names(), "auto")))
    return _engine(*_ENGINES[name])
