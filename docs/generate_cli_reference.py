"""Writes docs/reference/command-line.md from the commands' own help; a test keeps it fresh."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from qmnmr.cli.command_tree import command_paths
from qmnmr.cli.main import cli

PAGE = Path(__file__).parent / "reference" / "command-line.md"


def render_page() -> str:
    """Return the page: the help of qmnmr and of each command, 100 columns wide."""
    parts = ["# Command line\n\nWritten by `make docs` from the commands' own help.\n", _section([])]
    return "\n".join([*parts, *(_section(list(path)) for path in command_paths(cli))])


def _section(words: list[str]) -> str:
    result = CliRunner().invoke(cli, [*words, "--help"], prog_name="qmnmr", terminal_width=100, max_content_width=100)
    return f"## {' '.join(['qmnmr', *words])}\n\n```text\n{result.output}```\n"


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
    print(f"written: {PAGE.relative_to(PAGE.parents[2])}")
