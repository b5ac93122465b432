"""How far shifts can be trusted, by kind of environment: the figures of docs/explanation/trust.md.

    python bench/study/trust.py            prints them
    python bench/study/trust.py --write    puts them into the page

From the shipped factor file of `standard` and from bench/external.json; nothing is computed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import external

from qmnmr.datatypes.calibration import ScalingFactors
from qmnmr.shifts.apply_factors import level_error_ppm
from qmnmr.shifts.fit.regression import root_mean_square

PROTOCOL = "standard"
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "trust.md"
BEGIN, END = "<!-- figures: python bench/study/trust.py --write -->", "<!-- end of figures -->"
DIGITS = {"13C": 2, "1H": 3}
LARGEST = 8


def shares(errors: Sequence[float], bars: Sequence[float]) -> list[str]:
    """Return the shares within one and two error bars, in percent."""
    return [f"{100 * external.within(errors, bars, number):.0f}" for number in external.WITHIN]


def left_out(factors: ScalingFactors, nucleus: str) -> list[str]:
    """Return a table of the calibration set by environment, each molecule left out."""
    digits = DIGITS[nucleus]
    lines = [
        f"| {nucleus} | n | offset | error bar | leave-one-out | within 1 bar, % | 2 bars, % |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in sorted(factors.environments.items(), key=lambda item: (-item[1].n, item[0])):
        errors = [r.left_out_ppm for r in factors.residuals if r.point.environment == name]
        lines.append(
            f"| {name} | {found.n} | {found.offset_ppm:+.{digits}f} | {found.error_ppm:.{digits}f} | "
            f"{found.loo_rmsd_ppm:.{digits}f} | {' | '.join(shares(errors, [found.error_ppm] * len(errors)))} |"
        )
    errors = [r.left_out_ppm for r in factors.residuals]
    bars = [level_error_ppm(factors, r.point.environment) for r in factors.residuals]
    lines.append(
        f"| all | {factors.n} | | | {root_mean_square(errors):.{digits}f} | {' | '.join(shares(errors, bars))} |"
    )
    lines.append(f"| any other | 0 | | {factors.unseen_error_ppm:.{digits}f} | | | |")
    return lines


def not_seen(nucleus: str) -> list[str]:
    """Return a table of molecules that the fit has not seen, by environment."""
    digits, factors = DIGITS[nucleus], external.of_delta50(PROTOCOL, nucleus)
    points = external.points_of(PROTOCOL, nucleus)
    lines = [f"| {nucleus} | n | mean error | RMSD | within 1 bar, % | 2 bars, % |", "|---|---|---|---|---|---|"]
    kinds = sorted({p.environment for p, _ in points})
    groups = [(kind, [(p, w) for p, w in points if p.environment == kind]) for kind in kinds]
    for kind, own in [*sorted(groups, key=lambda group: (-len(group[1]), group[0])), ("all", points)]:
        errors, bars = external.errors(factors, [p for p, _ in own]), external.bars(factors, own)
        lines.append(
            f"| {kind} | {len(own)} | {sum(errors) / len(errors):+.{digits}f} | "
            f"{root_mean_square(errors):.{digits}f} | {' | '.join(shares(errors, bars))} |"
        )
    return lines


def furthest_off(nucleus: str) -> list[str]:
    """Return the largest errors of molecules that the fit has not seen, as a list."""
    factors, points = external.of_delta50(PROTOCOL, nucleus), external.points_of(PROTOCOL, nucleus)
    errors = external.errors(factors, [p for p, _ in points])
    worst = sorted(zip(errors, points, strict=True), key=lambda row: -abs(row[0]))[:LARGEST]
    return [
        f"- {p.described(nucleus)} ({external.smiles_of(p.molecule)}), {p.environment}: measured {p.measured_ppm:g}, "
        f"off by {error:+.{DIGITS[nucleus]}f}"
        for error, (p, _) in worst
    ]


def figures() -> str:
    """Return the part of the page that is made of data."""
    parts = [f"## The calibration, {external.shipped_file(PROTOCOL).set_name}: each molecule left out"]
    shipped = external.shipped_file(PROTOCOL).nuclei
    for nucleus in external.NUCLEI:
        parts.append(f"![Errors of {nucleus} by kind of nucleus, in error bars](../gallery/environments-{nucleus}.svg)")
        parts.append("\n".join(left_out(shipped[nucleus], nucleus)))
    done, of = external.progress(PROTOCOL)
    parts.append(f"## Molecules that a fit has not seen: {done} of the {of} of STX100, by factors of DELTA50 alone")
    parts += ["\n".join(not_seen(nucleus)) for nucleus in external.NUCLEI]
    parts.append("### Furthest off")
    parts += ["\n".join(furthest_off(nucleus)) for nucleus in external.NUCLEI]
    return "\n\n".join(parts) + "\n"


def with_figures(page: str) -> str:
    """Return the page with its figures made anew."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n\n" + figures() + "\n" + END + rest.partition(END)[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/explanation/trust.md")
    if parser.parse_args().write:
        PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(figures())


if __name__ == "__main__":
    main()
