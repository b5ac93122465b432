"""The console blocks of the documentation, each with what its page says of it: run, run by a test, or why not.

The line above a block is a comment that readers don't see:

    <!-- run -->                       tests/system/test_docs_commands.py runs it, in its page's order
    <!-- run by tests/FILE.py -->      that test does
    <!-- not run: WHY -->              nobody does

A page that is run may ask for files (Write a file `NAME`, or: into a file `NAME`, then a text block), and may show what
a command prints in a text block that follows it: words are compared one by one, numbers within a tolerance.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(
    r"^(?:[ ]*<!-- (?P<mark>[^\n]*?) -->\n)?[ ]*```console\n(?P<text>.*?)^[ ]*```\n"
    r"(?=(?:(?![ ]*(?:```|#))[^\n]*\n)*```text\n(?P<shown>.*?)```)?",  # the next block, if it is a text
    re.DOTALL | re.MULTILINE,
)
_FILE = re.compile(r"(?:Write|into) a file `([^`]+)`[^\n]*\n(?:[^\n`]+\n)*\n```text\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"^[$] (?P<words>.*?)(?:\s{2,}#.*)?$", re.MULTILINE)
_SPAN = re.compile(r"`(qmnmr [^`\n]+)`")


@dataclass(frozen=True)
class ConsoleBlock:
    """One block."""

    page: Path
    line: int
    mark: str
    commands: tuple[str, ...]
    shown: str  # what the last command prints, as far as the page shows it

    @property
    def is_run(self) -> bool:
        return self.mark == "run"

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}, line {self.line}"


def console_blocks(page: Path) -> list[ConsoleBlock]:
    """Return the blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    files = set(files_to_write(page).values())
    return [
        ConsoleBlock(
            page=page,
            line=text.count("\n", 0, match.start("text")),
            mark=match["mark"] or "",
            commands=tuple(found["words"].strip() for found in _COMMAND.finditer(match["text"])),
            shown="" if match["shown"] in files else match["shown"] or "",
        )
        for match in _BLOCK.finditer(text)
    ]


def files_to_write(page: Path) -> dict[str, str]:
    """Return the files that a page asks its reader to write, by name."""
    return dict(_FILE.findall(page.read_text(encoding="utf-8")))


def qmnmr_command_lines(page: Path) -> list[list[str]]:
    """Return the words of all commands of qmnmr that a page names, in blocks and in its sentences."""
    lines = [command for block in console_blocks(page) for command in block.commands if command.startswith("qmnmr ")]
    spans = _SPAN.findall(page.read_text(encoding="utf-8"))
    return [_words(line) for line in (*lines, *spans)]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)[1:]
    except ValueError:  # a sentence's apostrophe
        return line.split()[1:]
