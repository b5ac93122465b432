"""Options that several commands share; each has a QMNMR_* variable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from qmnmr.datatypes.protocol import DEFAULT_PROTOCOL

F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **settings: Any) -> Callable[[F], F]:  # noqa: ANN401
    """Return a click option that can also be set by the variable QMNMR_<NAME>."""
    long_name = next(n for n in names if n.startswith("--")).split("/")[0]
    variable = "QMNMR_" + long_name.lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


def run_options(function: F) -> F:
    """Add the options that decide a run's numbers."""
    for decorate in reversed(
        (
            click.argument("inputs", nargs=-1, required=True, metavar="INPUT..."),
            option(
                "--solvent",
                default="chloroform",
                show_default=True,
                metavar="NAME",
                help="CDCl3, DMSO, water …, or gas.",
            ),
            option(
                "--protocol",
                default=DEFAULT_PROTOCOL,
                show_default=True,
                metavar="NAME",
                help="Recipe; `qmnmr protocols` lists them.",
            ),
            option(
                "--engine",
                default="auto",
                show_default=True,
                metavar="NAME",
                help="Program that computes shieldings: pyscf (embedded), nwchem, or auto: the cheapest that can do "
                "the level and is where the run is.",
            ),
            option(
                "--conformers",
                default=None,
                metavar="HOW",
                help="rdkit or crest (search), or none (keep the given 3D structure).",
            ),
            option("--charge", type=int, default=None, metavar="Q", help="Total charge of an XYZ file.  [default: 0]"),
            option(
                "--temperature",
                type=float,
                default=None,
                metavar="K",
                help="Of the Boltzmann weights.  [default: 298.15]",
            ),
            option(
                "--free-energies/--energies",
                "free_energies",
                default=None,
                help="What conformers are weighed by: free energies need xTB.  [default: what the protocol says]",
            ),
        )
    ):
        function = decorate(function)
    return function


def resource_options(function: F) -> F:
    """Add the options that say what a run may use."""
    for decorate in reversed(
        (
            option(
                "--cores", type=click.IntRange(min=1), default=None, metavar="N", help="Cores to use.  [default: all]"
            ),
            option(
                "--memory-gb",
                type=click.FloatRange(min=0.5),
                default=None,
                metavar="G",
                help="Memory to use.  [default: 80 % of what is free]",
            ),
            option(
                "--scratch",
                type=click.Path(path_type=Path),
                default=None,
                metavar="DIR",
                help="Folder on a local disk for temporary files.",
            ),
        )
    ):
        function = decorate(function)
    return function


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
