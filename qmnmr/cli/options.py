"""Options that several commands share; each has a QMNMR_* variable.

What belongs together comes to a command as one frozen dataclass, and is called as its fields are: --temperature is
`temperature_kelvin`, --memory-gb is `memory_mb`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from qmnmr.datatypes.protocol import DEFAULT_PROTOCOL, GEOMETRIES
from qmnmr.datatypes.solvents import SOLVENTS
from qmnmr.engines import engine_choices, engine_names
from qmnmr.runs.request import AUTO, DEFAULT_SOLVENT, ResourceRequest, RunRequest

F = TypeVar("F", bound=Callable[..., Any])


Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def completed(words: Callable[[], Iterable[str]], *, files: bool = False) -> Complete:
    """Return what a shell offers for a value: of these words those that go on as begun, and files if these will do."""

    def complete(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
        found = [CompletionItem(word) for word in words() if word.lower().startswith(begun.lower())]
        return found + ([CompletionItem(begun, type="file")] if files else [])

    return complete


def _protocols() -> tuple[str, ...]:
    from qmnmr.runs.protocols import protocol_names  # with it comes msgspec, which --help does not need

    return protocol_names()


def option(*names: str, **settings: Any) -> Callable[[F], F]:  # noqa: ANN401
    """Return a click option that can also be set by the variable QMNMR_<NAME>."""
    long_name = next(n for n in names if n.startswith("--")).split("/")[0]
    variable = "QMNMR_" + long_name.lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


def collected(kind: type, *, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a function its options called as the fields of a dataclass as one such value."""
    names = frozenset(field.name for field in fields(kind))

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def with_one_value(*context: click.Context, **options: Any) -> Any:  # noqa: ANN401
            said = {option_name: value for option_name, value in options.items() if option_name in names}
            rest = {option_name: value for option_name, value in options.items() if option_name not in names}
            return function(*context, **{name: kind(**said)}, **rest)

        return with_one_value

    return decorate


def memory_option(help_text: str, *, name: str = "memory_mb", default: float | None = None) -> Callable[[F], F]:
    """Return the option for memory: people give GB, the command gets MB."""

    def in_mb(_: click.Context, __: click.Parameter, memory_gb: float | None) -> int | None:
        return None if memory_gb is None else int(memory_gb * 1000)

    return option(
        "--memory-gb",
        name,
        type=click.FloatRange(min=0.5),
        default=default,
        show_default=default is not None,
        callback=in_mb,
        metavar="G",
        help=help_text,
    )


charge_option = option(
    "--charge", type=int, default=None, metavar="Q", help="Total charge of an XYZ file.  [default: 0]"
)

yes_option = option("-y", "--yes", is_flag=True, help="Do not ask.")

skip_bad_option = option(
    "--skip-bad",
    is_flag=True,
    default=False,
    help="Leave out entries that can't be computed, and list them; without it nothing is computed.",
)

_inputs = click.argument(
    "inputs", nargs=-1, required=True, metavar="INPUT...", shell_complete=completed(tuple, files=True)
)
_solvent_option = option(
    "--solvent",
    default=DEFAULT_SOLVENT,
    show_default=True,
    metavar="NAME",
    help="CDCl3, DMSO, water …, or gas.",
    shell_complete=completed(lambda: (*(solvent.name for solvent in SOLVENTS), "gas")),
)
_protocol_option = option(
    "--protocol",
    default=DEFAULT_PROTOCOL,
    show_default=True,
    metavar="NAME",
    help="Recipe; `qmnmr protocols` lists them. Or a TOML file with your own.",
    shell_complete=completed(_protocols, files=True),
)
_conformers_option = option(
    "--conformers",
    default=None,
    metavar="HOW",
    help="rdkit or crest (search), or none (keep the given 3D structures).",
    shell_complete=completed(lambda: ("rdkit", "crest", "none")),
)
_temperature_option = option(
    "--temperature",
    "temperature_kelvin",
    type=float,
    default=None,
    metavar="K",
    help="Of the Boltzmann weights.  [default: 298.15]",
)

_RUN_OPTIONS = (
    _inputs,
    _solvent_option,
    _protocol_option,
    option(
        "--engine",
        default=AUTO,
        show_default=True,
        metavar="NAME",
        help=f"Program that computes shieldings: {engine_choices()}, or auto: the cheapest that can do "
        "the level and is where the run is.",
        shell_complete=completed(lambda: (AUTO, *engine_names())),
    ),
    _conformers_option,
    skip_bad_option,
    charge_option,
    _temperature_option,
    option(
        "--optimization",
        default=None,
        metavar="HOW",
        help="few-gradients (minima from one or two DFT gradients each) or converged (until DFT's gradient is "
        "zero).  [default: what the protocol says]",
        shell_complete=completed(lambda: ("few-gradients", "converged")),
    ),
    option(
        "--geometry",
        default=None,
        metavar="HOW",
        shell_complete=completed(lambda: GEOMETRIES),
        help="dft, xtb (GFN2-xTB alone) or keep (the given 3D structures as they are). Factors are for dft: shifts on "
        "others are flagged.  [default: dft]",
    ),
    option(
        "--level",
        default=None,
        metavar="LEVEL",
        help="Of all shieldings: PBE0/def2-TZVP, or another functional and basis.  [default: what the protocol says]",
    ),
    option(
        "--free-energies/--energies",
        "free_energies",
        default=None,
        help="What conformers are weighed by; without xTB --free-energies is an error.  [default: what the protocol"
        " says]",
    ),
    option(
        "--couplings",
        default=None,
        metavar="HOW",
        help="Between hydrogens: karplus (rules from the geometries, at no cost), fc (contact term by DFT) or none."
        "  [default: what the protocol says]",
    ),
)

_SEARCH_OPTIONS = (
    _inputs,
    _solvent_option,
    _protocol_option,
    _conformers_option,
    skip_bad_option,
    charge_option,
    _temperature_option,
)

scratch_option = option(
    "--scratch",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="Folder on a local disk for temporary files.",
)

_RESOURCE_OPTIONS = (
    option("--cores", type=click.IntRange(min=1), default=None, metavar="N", help="Cores to use.  [default: all]"),
    memory_option("Memory to use.  [default: 80 % of what is free]"),
    scratch_option,
)


def with_options(function: Callable[..., Any], options: Sequence[Callable[[Any], Any]]) -> Callable[..., Any]:
    """Return a function with these options; help shows them in this order."""
    for decorate in reversed(options):
        function = decorate(function)
    return function


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that decide a run's numbers; the function gets them, --out and --factors as `request`."""
    return with_options(collected(RunRequest, name="request")(function), _RUN_OPTIONS)


def search_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that decide a conformer search; the function gets them as `request`."""
    return with_options(collected(RunRequest, name="request")(function), _SEARCH_OPTIONS)


def resource_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what a run may use; the function gets them as `wanted`."""
    return with_options(collected(ResourceRequest, name="wanted")(function), _RESOURCE_OPTIONS)


def reuse_option(function: F) -> F:
    """Add the option for runs whose results are taken over."""
    return option(
        "--reuse",
        type=click.Path(path_type=Path),
        multiple=True,
        default=(),
        metavar="RUN",
        help="Run folder whose results are taken over where the very same would be computed; may be repeated.",
    )(function)


def out_option(help_text: str) -> Callable[[F], F]:
    """Return the option for the folder that a command writes to."""
    return option("--out", type=click.Path(path_type=Path), default=None, metavar="DIR", help=help_text)


def factors_option(function: F) -> F:
    """Add the option for factors of the user's own."""
    return option(
        "--factors",
        type=click.Path(path_type=Path),
        default=None,
        metavar="FILE",
        help="Factors that `qmnmr calibrate` wrote.  [default: yours, then the shipped ones]",
    )(function)
