"""`python -m qmnmr` and the `qmnmr` command."""

from __future__ import annotations

from qmnmr.cli.interrupts import leave, listen


def main() -> None:
    """Run the command line and exit with its code."""
    listen()
    from qmnmr.cli.main import cli  # after listen(): libraries that are loaded with it start threads

    try:
        cli(prog_name="qmnmr")
    finally:
        leave()


if __name__ == "__main__":
    main()
