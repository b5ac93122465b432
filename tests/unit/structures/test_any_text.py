"""No text that somebody gives as a structure ends in a traceback: it is read, or refused in words."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qmnmr.errors import InputError
from qmnmr.structures.reader import EXTENSIONS, read_molecules

WATER = "3\nwater\nO 0 0 0.117\nH 0 0.757 -0.468\nH 0 -0.757 -0.468\n"
METHANOL = """\
methanol
  tool  3D

  2  1  0  0  0  0  0  0  0  0999 V2000
   -0.0470    0.6640    0.0000 C   0  0  0  0  0  0
   -0.0470   -0.7600    0.0000 O   0  0  0  0  0  0
  1  2  1  0
M  END
>  <Name>
methanol

$$$$
"""
V3000 = """\
ammonium
  tool  3D

  0  0  0     0  0            999 V3000
M  V30 BEGIN CTAB
M  V30 COUNTS 1 0 0 0 0
M  V30 BEGIN ATOM
M  V30 1 N 0 0 0 0 CHG=1
M  V30 END ATOM
M  V30 END CTAB
M  END
"""
VALID = {
    ".xyz": [WATER, WATER * 2],
    ".sdf": [METHANOL, METHANOL + METHANOL.replace("methanol", "another"), V3000],
    ".mol": [METHANOL, V3000],
    ".smi": ["CCO ethanol\n# a comment\nC[C@H](O)F a\n", "smiles name\n[NH4+] ammonium\n"],
    ".csv": ["smiles,name,charge\nCCO,ethanol,0\n[NH4+],ammonium,1\n"],
}
PIECES = ("-1", "0", "1", "99", "9" * 5000, "1e999", "nan", "²", "\t", "\n", "\r", "\0", "$$$$\n", "M  END\n", ",", '"')
HUGE = "9" * 5000


@st.composite
def spoiled(draw: st.DrawFn, extension: str) -> bytes:
    """A good file with some places overwritten, left out, or said twice."""
    text = draw(st.sampled_from(VALID[extension]))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(st.one_of(st.sampled_from(PIECES), st.text(max_size=4))) + text[end:]
    return text.encode()


def read(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        found = read_molecules([str(path)])
    except InputError:
        return
    assert found
    for molecule in found:
        assert molecule.id
        assert len(molecule.symbols) == molecule.mapped_smiles.count(":")


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_files_that_are_spoiled_here_are_good(extension: str, tmp_path: Path) -> None:
    for number, text in enumerate(VALID[extension]):
        path = tmp_path / f"{number}{extension}"
        path.write_text(text)
        assert read_molecules([str(path)])


@pytest.mark.parametrize("extension", EXTENSIONS)
@given(content=st.one_of(st.binary(), st.text().map(str.encode)))
@example(content=HUGE.encode())
@example(content=f"{HUGE}\n\nH 0 0 0\n".encode())
@example(content=f"1\n\n{HUGE} 0 0 0\n".encode())
@example(content=f"smiles,name,charge\nC,a,{HUGE}\n".encode())
def test_any_bytes_are_read_or_refused_in_words(extension: str, content: bytes, tmp_path: Path) -> None:
    read(tmp_path / f"a{extension}", content)


@pytest.mark.parametrize("extension", EXTENSIONS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_spoiled_file_is_read_or_refused_in_words(extension: str, data: st.DataObject, tmp_path: Path) -> None:
    read(tmp_path / f"a{extension}", data.draw(spoiled(extension)))


@given(st.one_of(st.text(), st.text("CNOclBr[]()=#@+-1%.:*/\\H", max_size=15)))
def test_any_text_as_an_argument_is_read_or_refused_in_words(text: str) -> None:
    with suppress(InputError):
        assert read_molecules([text])
