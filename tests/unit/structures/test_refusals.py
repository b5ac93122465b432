"""What can't be computed is refused: what, where, what was found, what to do."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from qmnmr.errors import InputError
from qmnmr.structures import files, read_molecules

EMPTY_V3000 = (
    "t\n\n\n  0  0  0  0  0  0            999 V3000\nM  V30 BEGIN CTAB\nM  V30 COUNTS 0 0 0 0 0\n"
    "M  V30 END CTAB\nM  END\n"
)
CUT = "t\n\n\n  2  1  0  0  0  0            999 V2000\n    0.0       0.0       0.0    C   0  0\n"


def refused(*inputs: str, charge: int | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_molecules(inputs, charge=charge)
    assert caught.value.hint
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize(
    ("smiles", "words"),
    [
        ("C1CC(", "syntax error"),
        ("C1CC", "unclosed ring"),
        ("CC)", "extra close parentheses"),
        ("c1cccc1", "Can't kekulize"),
        ("CC(C)(C)(C)C", "valence"),
        ("[CH3]", "1 unpaired electron"),
        ("[CH2]", "2 unpaired electrons"),
        ("[N]=O", "unpaired"),
        ("[H+]", "no electrons"),
        ("CC(=O)[O-].[NH4+]", "2 separate fragments"),
        ("[2H]C", "isotope 2H"),
        ("[13CH4]", "isotope 13C"),
        ("*C", "dummy or query"),
        ("[Fe]", "iron (Fe), a metal"),
        ("C[Hg]C", "mercury (Hg), a metal"),
        ("[Na]", "sodium"),
        ("[Xe]", "xenon (Xe), an element"),
        ("CCO ethanol", "holds a space"),
        ("", "empty"),
        ("   ", "empty"),
        ("foo.xyz", "no such file"),
        ("./missing.sdf", "no such file"),
        ("/no/such/path", "neither an existing file nor a SMILES"),
        ("C\udcff", r"'C\udcff' is neither Unicode text nor a file"),
        ("../x; rm -rf ~", "neither an existing file nor a SMILES"),
        ("C" * 334, "1004 atoms or more, at most 1000"),
        ("C" * 6000, "6000 atoms or more, at most 1000"),
        ("C" * 25_000, "25000 characters, at most 20000"),
    ],
)
def test_inputs_that_are_refused(smiles: str, words: str) -> None:
    assert words in str(refused(smiles))


def test_nothing_given_is_refused() -> None:
    assert "no molecules" in str(refused())


def test_rdkit_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    for smiles in ("C1CC(", "c1cccc1", "[H+]", "[H][H]", "xyz"):
        try:
            read_molecules([smiles])
        except InputError:
            continue
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def write(tmp_path: Path, name: str, text: str | bytes) -> str:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_one_bad_line_of_many_is_named_and_counted(tmp_path: Path) -> None:
    lines = [f"CCO name{number}" for number in range(1000)]
    lines[499] = "C1CC( broken"
    assert "a.smi, line 500" in str(refused(write(tmp_path, "a.smi", "\n".join(lines))))
    lines[700] = "[CH3] radical"
    message = str(refused(write(tmp_path, "a.smi", "\n".join(lines))))
    assert message.startswith("2 of 1000 lines can't be used")
    assert all(f"a.smi, line {number}: " in message for number in (500, 701))


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../b", "/etc/passwd", "~root", "x; rm -rf ~", "a&b", "a`b`", "a$b", "a<b", "a>b", "a*b", "a?b", 'a"b',
     "x" * 2000, "N,N'-dimethyl [2.2.1]", "(R)-2-butanol", "Ölsäure (cis)", "a..b", "x/y", "3\"-hydroxy; 4'-methoxy"],
)  # fmt: skip
def test_names_are_data_and_ids_are_safe(tmp_path: Path, name: str) -> None:
    (molecule,) = read_molecules([write(tmp_path, "a.smi", f"CCO {name}\n")])
    assert molecule.name == name
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,47}", molecule.id)


@pytest.mark.parametrize(
    ("name", "kept"), [("bell\a", "bell"), ("zero\u200bwidth", "zero width"), ("esc\x1b[31m", "esc [31m")]
)
def test_what_can_not_be_seen_is_left_out_of_names(tmp_path: Path, name: str, kept: str) -> None:
    assert read_molecules([write(tmp_path, "a.smi", f"CCO {name}\n")])[0].name == kept


def test_a_name_used_twice_is_refused_across_files(tmp_path: Path) -> None:
    first = write(tmp_path, "a.smi", "CCO x\n")
    second = write(tmp_path, "b.smi", "CCN x\n")
    message = str(refused(first, second))
    assert "b.smi, line 1" in message
    assert "a.smi, line 1" in message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.smi", "", "0 bytes"),
        ("a.sdf", "", "0 bytes"),
        ("a.xyz", "\n\n", "blank lines"),
        ("a.smi", "# only a comment\n", "no molecules"),
        ("a.smi", b"CCO \xff\xfe\n", "not UTF-8 text (byte 0xff)"),
        ("a.smi", b"CCO x\0y\n", "NUL"),
        ("a.csv", "name,formula\nx,CCO\n", "no column 'smiles'"),
        ("a.csv", "CCO,ethanol\n", "no column"),
        ("a.csv", "smiles,name\n", "no molecules"),
        ("a.csv", "smiles,name\nCCO,a,b\n", "more cells than columns"),
        ("a.csv", "smiles,name,charge\nCCO,a,x\n", "no integer"),
        ("a.csv", "smiles,name,charge\nCC(=O)[O-],a,0\n", "charge -1"),
        ("a.csv", 'smiles,name\n"CCO,a\n', "not CSV"),
        ("a.xyz", "2\n\nH 0 0 0\n", "2 atoms announced"),
        ("a.xyz", "two\n\nH 0 0 0\n", "expected a number of atoms"),
        ("a.xyz", "0\n\n", "no atoms"),
        ("a.xyz", "9" * 5000 + "\n\nH 0 0 0\n", "is no number of atoms"),
        ("a.xyz", "1\n\n" + "9" * 5000 + " 0 0 0\n", "no element"),
        ("a.xyz", "2\n\nH 0 0 0\nH 0 0\n", "only two coordinates"),
        ("a.xyz", "2\n\nH 0 0 0\nH 0 0 zero\n", "not a number"),
        ("a.xyz", "2\n\nH 0 0 0\nH 0 0 nan\n", "finite"),
        ("a.xyz", "2\n\nH 0 0 0\nH 0 0 inf\n", "finite"),
        ("a.xyz", "2\n\nH 0 0 0\nQq 0 0 1\n", "no element"),
        ("a.xyz", "2\n\nH 0 0 0\nD 0 0 .74\n", "isotope"),
        ("a.xyz", "2\n\nH 0 0 0\nH 0 0 .1\n", "0.10 Å apart"),
        ("a.xyz", "2\n\nH 0 0 0\nO 0 0 .97\n", "radical"),
        ("a.xyz", "2\n\nNa 0 0 0\nCl 0 0 2.36\n", "sodium"),
        ("a.xyz", "4\n\nH 0 0 0\nH 0 0 .74\nH 0 0 9\nH 0 0 9.74\n", "fragments"),
        ("a.xyz", "5\n\nC 0 0 0\nH 1.09 0 0\nH -1.09 0 0\nH 0 1.09 0\nH 0 -1.09 0\n", "2D drawing"),
        ("a.xyz", "4\n\nN 0 0 0\nH 1.0 0 0\nH -.5 .87 0\nH -.5 -.87 0\n", "2D drawing"),
        ("a.mol", "title\n", "no counts line"),
        ("a.mol", "t\n\n\n  0  0  0  0  0  0            999 V2000\nM  END\n", "no atoms"),
        ("a.mol", EMPTY_V3000, "no atoms"),
        ("a.mol", CUT, "truncated"),
        ("a.sdf", "$$$$\n\n", "no molecules"),
        ("a.pdb", "ATOM\n", "not read"),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    error = refused(write(tmp_path, name, content))
    assert words in f"{error} {error.hint}"
    assert name in str(error)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.sdf"
    with path.open("wb") as handle:
        handle.truncate(100 * 1024 * 1024)
    assert "105 MB" in str(refused(str(path)))
    assert path.stat().st_size > files.MAX_FILE_BYTES


def test_folders_and_devices_are_refused(tmp_path: Path) -> None:
    assert "folder" in str(refused(str(tmp_path)))
    (tmp_path / "d.sdf").mkdir()
    assert "folder" in str(refused(str(tmp_path / "d.sdf")))
    os.mkfifo(tmp_path / "pipe.smi")
    assert "not a regular file" in str(refused(str(tmp_path / "pipe.smi")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_text("CCO x\n")
    path.chmod(0)
    assert "can't be read" in str(refused(str(path)))


def test_a_charge_that_contradicts_the_structure_is_refused() -> None:
    assert "--charge says +1" in str(refused("CCO", charge=1))
    assert read_molecules(["CC(=O)[O-]"], charge=-1)[0].charge == -1


def test_an_xyz_with_a_wrong_charge_asks_for_it(tmp_path: Path) -> None:
    path = write(tmp_path, "oh.xyz", "2\n\nO 0 0 0\nH 0 0 .97\n")
    assert "--charge" in refused(path).hint
    assert read_molecules([path], charge=-1)[0].smiles == "[OH-]"


def test_query_atoms_and_r_groups_of_mol_files_are_refused(tmp_path: Path) -> None:
    atoms = "    0.0000    0.0000    0.0000 {0:<3} 0  0\n    1.5000    0.0000    0.0000 C   0  0\n"
    for symbol in ("A", "Q", "R#", "*", "L"):
        block = f"t\n\n\n  2  1  0  0  0  0            999 V2000\n{atoms.format(symbol)}  1  2  1  0\nM  END\n"
        assert refused(write(tmp_path, "a.mol", block))


def test_racemate_and_diastereomer_groups_of_v3000(tmp_path: Path) -> None:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    def block(cxsmiles: str) -> str:
        mol = Chem.MolFromSmiles(cxsmiles)
        AllChem.Compute2DCoords(mol)
        return Chem.MolToMolBlock(mol, forceV3000=True)

    racemate = write(tmp_path, "a.mol", block("C[C@H](O)[C@@H](C)F |&1:1,3|"))
    assert "@" in read_molecules([racemate])[0].smiles
    mixture = write(tmp_path, "b.mol", block("C[C@H](O)[C@@H](C)F |&1:1,&2:3|"))
    assert "diastereomers" in str(refused(mixture))
