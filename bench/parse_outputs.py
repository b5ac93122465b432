"""CPU time of reading shielding outputs, against cclib from PyPI on the same bytes."""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Callable
from pathlib import Path

from qmnmr.engines.nwchem.output_file import parse_output

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "nwchem" / "7.0.2"
CASES = ("ethanol-2-ranks", "ethanol-gas", "acetate", "pyridinium")
OUTPUTS = 1000


def measures() -> list[dict[str, object]]:
    """Return CPU milliseconds per output, and how many times faster than cclib that is."""
    outputs = [gzip.decompress((GOLDEN / case / "output.out.gz").read_bytes()) for case in CASES]
    ours = cpu_ms(lambda data: parse_output(data, source="bench"), outputs, repeats=OUTPUTS // len(outputs))
    theirs = cpu_ms(parse_with_cclib, outputs, repeats=3)
    size_kb = sum(map(len, outputs)) / len(outputs) / 1000
    return [
        {
            "name": f"parse one shielding output of {size_kb:.0f} kB, CPU ms (mean of {OUTPUTS})",
            "value": round(ours, 4),
            "goal": 0.15,
            "better": "lower",
            "against": "goal of 0.15 ms",
        },
        {
            "name": "parse one shielding output, times faster than cclib",
            "value": round(theirs / ours, 1),
            "goal": 10.0,
            "better": "higher",
            "against": f"cclib {cclib_version()}: {theirs:.2f} ms, which does not read the shieldings",
        },
    ]


def cpu_ms(parse: Callable[[bytes], object], outputs: list[bytes], *, repeats: int) -> float:
    """Return the CPU milliseconds per output."""
    for data in outputs:
        parse(data)
    start = time.process_time()
    for _ in range(repeats):
        for data in outputs:
            parse(data)
    return 1000 * (time.process_time() - start) / (repeats * len(outputs))


def parse_with_cclib(data: bytes) -> object:
    """Return what cclib reads; it takes text, so decoding is part of its work."""
    import logging

    from cclib.parser.nwchemparser import NWChem

    return NWChem(io.StringIO(data.decode()), loglevel=logging.ERROR).parse()


def cclib_version() -> str:
    """Return the version of the installed cclib."""
    from importlib.metadata import version

    return version("cclib")


if __name__ == "__main__":
    for measure in measures():
        print(measure)
