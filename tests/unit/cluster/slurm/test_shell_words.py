"""Folders of a profile as shell words: bash gives them back, and nothing in them is run."""

from __future__ import annotations

import subprocess

from hypothesis import example, given
from hypothesis import strategies as st

from qmnmr.cluster.slurm.job_script import shell_words

VALUE = "a 'b' \"c\" $d *"
ENVIRONMENT = {"SET": VALUE, "PATH": "/usr/bin:/bin"}
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0$"), max_size=12)
PARTS = st.one_of(
    PLAIN,
    st.sampled_from(
        ["$(touch x)", "`touch x`", "; touch x", "$", "$$", "$1", "${", "'", '"', "\\", "*", "~", "\n", "-n"]
    ),
)


def bash_reads(words: tuple[str, ...]) -> list[str]:
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {' '.join(words)}"],
        capture_output=True,
        check=True,
        env=ENVIRONMENT | {"LC_ALL": "C.UTF-8"},
        timeout=60,
    )
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]


@given(st.lists(PLAIN.filter(bool), min_size=1, max_size=5))
@example(["a b", "it's", "-n", "~", "*", "`id`", "a\nb"])
def test_folders_without_variables_come_back_exactly(folders: list[str]) -> None:
    assert bash_reads(shell_words(tuple(folders))) == folders


@given(PARTS, PARTS, st.sampled_from(["$SET", "${SET}"]))
@example("", "", "$SET")
def test_a_variable_is_replaced_by_its_value_and_by_nothing_else(before: str, after: str, variable: str) -> None:
    # What touches the variable's name would be part of it, or makes a variable of its own.
    before, after = before.rstrip("$"), f"/{after}"
    words = shell_words((f"{before}{variable}{after}",))
    (read,) = bash_reads(words)
    assert read == f"{before}{VALUE}{after}"


@given(PLAIN, st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True).map(lambda name: f"QMNMR_NOT_SET_{name}"))
def test_a_variable_that_is_not_set_is_nothing(before: str, name: str) -> None:
    (read,) = bash_reads(shell_words((f"{before}${{{name}}}/x",)))
    assert read == f"{before}/x"
