"""An experiment as it is given: a file, or the text itself."""

from __future__ import annotations

import os
from pathlib import Path

from qmnmr.datatypes.measured.experiment import Experiment
from qmnmr.errors import InputError
from qmnmr.experiments.nuclei import parse_nucleus
from qmnmr.experiments.reader import read_experiment as read_text_of_experiment
from qmnmr.structures.files import read_text

_EXTENSIONS = frozenset(
    [
        ".txt",
        ".csv",
        ".tsv",
        ".sdf",
        ".mol",
        ".jdx",
        ".dx",
        ".jcamp",
        ".xml",
        ".json",
        ".nmrium",
        ".dat",
        ".md",
        ".docx",
        ".xlsx",
        ".pdf",
    ]
)


def read_experiment(experiment: str | os.PathLike[str], *, nucleus: str | None = None) -> Experiment:
    """Return the spectra of a file or a text: paragraphs of a paper, lists, tables, files of programs.

    Args:
        experiment: Path of a file, or the text itself.
        nucleus: What a list is of that doesn't say it: "1H", "13C" …

    Raises:
        InputError: With the line, what was found and what to do, for what is not understood.
    """
    path = _as_file(experiment)
    if path is not None:
        return read_text_of_experiment(read_text(path), source=str(path), nucleus=_nucleus(nucleus))
    return read_pasted(str(experiment), nucleus=nucleus)


def read_pasted(text: str, *, nucleus: str | None = None) -> Experiment:
    """Return the spectra of a text. Raises InputError as `read_experiment` does."""
    return read_text_of_experiment(text, nucleus=_nucleus(nucleus))


def _nucleus(given: str | None) -> str | None:
    named = None if given is None else parse_nucleus(given)
    if given is not None and named is None:
        raise InputError(f"the nucleus {given[:40]!r} is none that is reported", hint="write 1H, 13C …")
    return named


def _as_file(experiment: str | os.PathLike[str]) -> Path | None:
    """Return the path of a file, None for a text. Raises InputError for what looks like a file that is not there."""
    if not isinstance(experiment, str | os.PathLike):
        raise InputError(f"an experiment can't be {experiment!r}", hint="give a file, or the text itself")
    text = os.fspath(experiment)
    if not isinstance(text, str) or "\0" in text:
        raise InputError("an experiment can't be such bytes", hint="give a file, or the text itself")
    if isinstance(experiment, os.PathLike):
        return Path(text)
    if not text.strip() or "\n" in text:
        return None
    path = Path(text)
    try:
        exists = path.exists()
    except OSError:  # too long for a name
        return None
    if exists:
        return path
    has_words = any(character.isspace() for character in text.strip())
    is_named_so = path.suffix.lower() in _EXTENSIONS or (not has_words and path.suffix[1:2].isalpha())
    if is_named_so or (not has_words and ("/" in text or text.strip().isidentifier())):
        raise InputError(
            f"{text[:80]}: there is no such file",
            hint="check the path; a text is put in quotes, or comes from - (stdin)",
        )
    return None
