"""`python -m qmnmr` and the `qmnmr` command."""

from __future__ import annotations

from qmnmr.cli.main import cli


def main() -> None:
    """Run the command line and exit with its code."""
    cli(prog_name="qmnmr")


if __name__ == "__main__":
    main()
