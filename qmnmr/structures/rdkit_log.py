"""RDKit speaks to stderr; here it is made to speak to us."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator

_TIME = re.compile(r"^\[\d\d:\d\d:\d\d\]\s*")
_PREFIX = re.compile(r"^SMILES Parse Error:\s*")
_NOISE = re.compile(r"^(Failed parsing SMILES|check for mistakes)|^[~^\s]*$")


class RdkitLog:
    """The lines that RDKit wrote while it was captured."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def reason(self) -> str:
        """Return RDKit's own reason in one line, empty if it gave none."""
        lines = [_PREFIX.sub("", _TIME.sub("", line)) for line in self.stream.getvalue().splitlines()]
        told = [line.split(" for input:")[0].strip() for line in lines if not _NOISE.search(line)]
        return told[0].rstrip(".") if told else ""


@contextlib.contextmanager
def captured_rdkit_log() -> Iterator[RdkitLog]:
    """Keep RDKit's log off the terminal and hand it over."""
    from rdkit import rdBase

    log = RdkitLog()
    rdBase.LogToPythonStderr()
    try:
        with contextlib.redirect_stderr(log.stream):
            yield log
    finally:
        rdBase.LogToCppStreams()
