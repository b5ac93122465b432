"""Lines of Markdown at sentences: `python tools/sentence_lines.py [--write]`, for all files that git knows.

A change of one sentence is one line of a diff then. Code, tables, headings and comments stay as they are; nothing is
split within brackets or code, and a bold word or two at the beginning stay with what follows.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

_ABBREVIATIONS = re.compile(
    r"\b(?:[A-Z]|e\.g|i\.e|et al|vs|cf|ca|No|Fig|Chem|Phys|Rev|Am|Soc|Org|Magn|Reson|Theory|Comput|Lett|Acc|Res|Sci|"
    r"Int|Ed|Math|Stat|Assoc|Commun|Mol|Inorg|Anal|Adv|Process|Dev|Univ|Press)\.$"
)
_END = re.compile(r"[.!?][*_\"'”)]*$")
_LEAD = re.compile(r"^(?:\*\*[^*]+\*\*|\*[^*]+\*|_[^_]+_)$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_VERBATIM = re.compile(r"^\s*(?:#|\||<!--|:::|\[\^?[^\]]+\]:|---|===|\$\$)")
_BEGINS_A_BLOCK = re.compile(r"^(?:[-*+]|\d+[.)]|#+|>)(?:\s|$)|^[|]")
_FENCE = re.compile(r"^\s*(```+|~~~+)")
_QUOTE = re.compile(r"^\s*>\s?")
_LEAD_IN = re.compile(r"^\s*(?:>\s?)?")


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a paragraph that stands in one line."""
    words = text.split(" ")
    line: list[str] = []
    depth, is_code = 0, False
    for k, word in enumerate(words):
        line.append(word)
        for letter in word:
            if letter == "`":
                is_code = not is_code
            elif not is_code:
                depth = max(0, depth + (letter in "([") - (letter in ")]"))
        rest = words[k + 1] if k + 1 < len(words) else ""
        if not rest or depth or is_code or not _END.search(word):
            continue
        bare = word.rstrip("*_\"'”)")
        whole = " ".join(line)
        if _ABBREVIATIONS.search(bare) or _LEAD.match(whole) or _BEGINS_A_BLOCK.match(rest) or rest[0].islower():
            continue
        yield whole
        line = []
    if line:
        yield " ".join(line)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._block: list[str] = []
        self._fence = ""

    def read(self, line: str) -> None:
        """Take the next line of a file."""
        opened = _FENCE.match(line)
        if self._fence or opened:
            self._keep(line)
            if opened and not self._fence:
                self._fence = opened[1]
            elif line.strip() == self._fence:
                self._fence = ""
        elif not line.strip() or _VERBATIM.match(line) or line.startswith("    "):
            self._keep(line)
        else:
            self._continue(line)

    def _keep(self, line: str) -> None:
        self.flush()
        self.lines.append(line)

    def _continue(self, line: str) -> None:
        if _ITEM.match(line):
            self.flush()
        self._block.append(line)
        if line.endswith(("  ", "\\", " ·")):
            self.flush()
            self.lines[-1] += "  " * line.endswith("  ")

    def flush(self) -> None:
        """Write the paragraph that was read so far."""
        if not self._block:
            return
        head, *rest = self._block
        item, quote = _ITEM.match(head), _LEAD_IN.match(head)
        first = item[0] if item else quote[0] if quote else ""
        indent = " " * len(first) if item else first
        text = " ".join([head[len(first) :].strip(), *(_QUOTE.sub("", line).strip() for line in rest)])
        self.lines += [(indent if number else first) + sentence for number, sentence in enumerate(sentences(text))]
        self._block = []


def at_sentences(text: str) -> str:
    """Return Markdown whose prose has one sentence in a line."""
    writer = _Writer()
    for line in text.split("\n"):
        writer.read(line)
    writer.flush()
    return "\n".join(writer.lines)


def main() -> int:
    """Write the files anew, or name those that are not at sentences."""
    named = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, check=True, text=True)
    wrong = 0
    for name in named.stdout.split():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        new = at_sentences(text)
        if new == text:
            continue
        if new.split() != text.split():
            raise SystemExit(f"{name}: words would change")
        wrong += 1
        if "--write" in sys.argv[1:]:
            path.write_text(new, encoding="utf-8")
        else:
            old, lines = text.split("\n"), new.split("\n")
            number = next(k for k, (a, b) in enumerate(zip(old, lines, strict=False), start=1) if a != b)
            sys.stdout.write(f"{name}, line {number}: one sentence in a line (tools/sentence_lines.py --write)\n")
    return 0 if "--write" in sys.argv[1:] else min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
