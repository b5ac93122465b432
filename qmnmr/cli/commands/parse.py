"""`qmnmr parse`."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import asdict
from pathlib import Path

import click

from qmnmr.cli.options import option
from qmnmr.engines.nwchem.output_file import NwchemOutput, parse_output
from qmnmr.errors import InputError, OutputFormatError


@click.command()
@click.argument("outputs", nargs=-1, required=True, metavar="OUTPUT...", type=click.Path(path_type=Path))
@option(
    "--atoms",
    "selected",
    default="",
    metavar="'I J ...'",
    help="Atoms of the input's `shielding N i j ...`, in its order; needed where NWChem's output leaves them open.",
)
@option("--json", "as_json", is_flag=True, help="Print one JSON object per output, tensors included.")
def parse(*, outputs: tuple[Path, ...], selected: str, as_json: bool) -> None:
    """Print what is read from NWChem outputs (also .gz): version, level, energy, geometry, shieldings.

    Of several jobs or tasks in one file the last one with shieldings is read, and a note says so.
    """
    atoms = _numbers(selected)
    for path in outputs:
        found = parse_output(_read(path), source=str(path), selected=atoms)
        if as_json:
            click.echo(json.dumps({"file": str(path), **_plain(found)}))
        else:
            click.echo(f"{path}\n{_text(found)}")


def _numbers(text: str) -> tuple[int, ...]:
    """Return the atoms of a list with blanks or commas."""
    fields = text.replace(",", " ").split()
    if not all(field.isdecimal() and len(field) < 7 for field in fields):
        raise InputError(f"--atoms {text!r} is no list of atoms", hint="Write numbers from 1: --atoms '2 4 5'.")
    return tuple(int(field) for field in fields)


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, zlib.error) as error:
        raise OutputFormatError(
            f"{path} can't be read: {getattr(error, 'strerror', None) or error}",
            hint="give the file that received NWChem's standard output",
        ) from None


def _plain(found: NwchemOutput) -> dict[str, object]:
    data = asdict(found)
    data["functional"] = found.functional
    del data["xc"]
    data["shieldings"] = [
        {"atom": s.atom_index + 1, "symbol": s.symbol, "isotropic_ppm": s.isotropic_ppm, "tensor_ppm": s.tensor_ppm}
        for s in found.shieldings
    ]
    return data


def _text(found: NwchemOutput) -> str:
    basis = ", ".join(dict.fromkeys(found.basis_by_tag.values())) or "unknown"
    shells = {True: "spherical", False: "cartesian", None: ""}[found.is_spherical]
    medium = (
        "gas phase"
        if found.dielectric_constant is None
        else f"COSMO, dielectric constant {found.dielectric_constant:g}"
    )
    relativity = f", {found.hamiltonian} Hamiltonian" if found.hamiltonian else ""
    rows = [
        ("program", f"NWChem {found.version}, {found.ranks} ranks"),
        ("tasks", ", ".join(found.tasks) or "none"),
        ("complete", "yes" if found.is_complete else "NO: the end marker is missing"),
        ("level", f"{(found.functional or 'unknown functional').upper()}/{basis} {shells}, {medium}{relativity}"),
        ("charge", _state(found)),
        ("energy", "none" if found.energy_hartree is None else f"{found.energy_hartree:.10f} hartree"),
    ]
    if found.convergence_phrase is not None or found.optimization_steps is not None:
        rows.append(
            ("optimisation", f"{found.convergence_phrase or 'not converged'}, {found.optimization_steps} steps")
        )
    if found.cpu_seconds is not None:
        rows.append(("time", f"{found.cpu_seconds:.1f} s CPU of the first rank, {found.wall_seconds:.1f} s wall"))
    lines = [f"  {name:<13}{text}" for name, text in rows]
    lines[1:1] = [f"  {'note':<13}{note}" for note in found.notes]
    if found.shieldings:
        lines.append(f"  {'atom':<8}{'shielding/ppm':>14}{'x':>13}{'y':>11}{'z':>11}  (angstrom)")
        positions = found.geometry.coordinates_angstrom if found.geometry else ()
        lines += [
            f"  {s.symbol + str(s.atom_index + 1):<8}{s.isotropic_ppm:>14.4f}  "
            + "".join(f"{x:>11.5f}" for x in (positions[s.atom_index] if positions else ()))
            for s in found.shieldings
        ]
    return "\n".join(lines)


def _state(found: NwchemOutput) -> str:
    """Return charge, multiplicity and number of atoms, or that the output does not say them."""
    if found.charge is None:
        return "not said in the output"
    return f"{found.charge}, multiplicity {found.multiplicity}, {found.atom_count} atoms"
