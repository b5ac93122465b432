"""What people type by mistake: one sentence, what to do next, the documented exit code, and nothing left behind."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qmnmr.cli.main import cli

MOL = "\n  drawn\n\n  2  1  0  0  0  0  0  0  0  0999 V2000\n"
ATOMS = "    0.0000    0.0000    0.3000 C   0  0\n    1.5000    0.0000    0.0000 O   0  0\n  1  2  1  0\nM  END\n$$$$\n"
WATER = "3\nwater\nO 0.0 0.0 0.0\nH 0.96 0.0 0.0\nH -0.24 0.93 0.0\n"

SMILES = {
    "": "an empty input was given",
    "   ": "an empty input was given",
    "C1CC": "unclosed ring",
    "CCO)": "is not a SMILES",
    "C(C": "is not a SMILES",
    "CC[N": "is not a SMILES",
    "CC=": "is not a SMILES",
    "c1cccc1": "RDKit can't make sense",
    "C(C)(C)(C)(C)C": "valence",
    "Xx": "is not a SMILES",
    "C*": "is a dummy or query atom",
    "[R1]C": "is not a SMILES",
    "[CH3]": "closed shells",
    "CC[O]": "closed shells",
    "[Fe]": "iron (Fe), a metal",
    "C[Hg]C": "mercury (Hg), a metal",
    "[Na+].[Cl-]": "sodium (Na), a metal",
    "[Na+].CC([O-])=O": "sodium (Na), a metal",
    "CCO.O": "2 separate fragments",
    "C[NH3+].[Cl-]": "a salt or a mixture",
    "[2H]C": "isotope 2H",
    "[13CH4]": "isotope 13C",
    "CC=CC": "leaves the configuration",
    "CC(O)C(F)Cl": "leaves the configuration",
    "CC O": "holds a space",
    "ethanol": "is not a SMILES",
    "C2H6O": "is not a SMILES",
    "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3": "is not a SMILES",
    "64-17-5": "is not a SMILES",
    "CC\N{CYRILLIC CAPITAL LETTER O}": "character 3 is CYRILLIC CAPITAL LETTER O",
    "\N{CYRILLIC CAPITAL LETTER ES}CO": "character 1 is CYRILLIC CAPITAL LETTER ES",
    "CCO\N{EN DASH}": "character 4 is EN DASH",
    "CCO\N{ZERO WIDTH SPACE}": "character 4 is ZERO WIDTH SPACE",
    "[He]": "helium (He)",
    "[F-]": "one atom",
    "C" * 6000: "6000 atoms or more, at most 1000 are read",
}
"""A SMILES, and what is said of it."""

FILES: dict[str, tuple[bytes | str, str]] = {
    "empty.smi": ("", "empty"),
    "blank.smi": ("\n \n\n", "nothing but blank lines"),
    "bad.smi": ("CCO ethanol\nC1CC ring\n", "bad.smi, line 2"),
    "binary.smi": (b"\x00\x01\x02\xff", "binary.smi"),
    "sixteen.smi": ("CCO ethanol\n".encode("utf-16"), "sixteen.smi"),
    "latin.smi": ("CCO \N{LATIN SMALL LETTER A WITH DIAERESIS}thanol\n".encode("latin-1") + b"C1C x\n", "latin.smi"),
    "noheader.csv": ("CCO,ethanol\n", "noheader.csv"),
    "nosmiles.csv": ("name,formula\nethanol,C2H6O\n", "nosmiles.csv"),
    "charge.csv": ("smiles,name,charge\nCCO,ethanol,one\n", "charge.csv, line 2"),
    "wrongcharge.csv": ("smiles,name,charge\nCCO,ethanol,1\n", "wrongcharge.csv, line 2"),
    "nothing.csv": ("smiles,name\n,ethanol\n", "nothing.csv, line 2"),
    "only.csv": ("smiles,name\n", "only.csv"),
    "cut.sdf": (MOL + "    0.0000    0.0000    0.3000 C   0  0\n", "cut.sdf"),
    "noatoms.mol": (MOL.replace("  2  1", "  0  0") + "M  END\n", "the record has no atoms"),
    "nocounts.mol": ("\n\n\nCCO\n", "no counts line"),
    "metal.sdf": (MOL + ATOMS.replace(" O ", " Fe"), "metal.sdf"),
    "radical.sdf": (MOL + ATOMS.replace("M  END", "M  RAD  1   1   2\nM  END"), "radical.sdf"),
    "count.xyz": (WATER.replace("3\n", "4\n", 1), "count.xyz"),
    "words.xyz": (WATER.replace("0.96", "zero"), "words.xyz, line 4"),
    "nan.xyz": (WATER.replace("0.96", "nan"), "nan.xyz, line 4"),
    "far.xyz": (WATER.replace("0.96", "99999"), "far.xyz"),
    "near.xyz": (WATER.replace("0.96", "0.01"), "near.xyz"),
    "apart.xyz": (WATER.replace("0.96", "30.0"), "apart.xyz"),
    "atoms.xyz": (WATER.replace("O 0.0", "Q 0.0"), "atoms.xyz, line 3"),
    "odd.xyz": ("2\n\nO 0 0 0\nH 0.96 0 0\n", "odd.xyz"),
    "text.xyz": ("this is not a structure\n", "text.xyz"),
    "protein.pdb": ("ATOM      1  N   ALA A   1\n", "protein.pdb"),
    "letter.docx": (b"PK\x03\x04", "letter.docx"),
    "table.xlsx": (b"PK\x03\x04", "table.xlsx"),
}
"""A file's name, what is in it, and what is said of it."""

LINES: dict[str, tuple[int, str, str]] = {
    "predicct CCO": (2, "has no command 'predicct'", "Did you mean predict?"),
    "--solvent dmso predict CCO": (2, "has no option --solvent", "--help"),
    "predict": (2, "needs INPUT", "`qmnmr predict --help`"),
    "predict CCO --solvnt dmso": (2, "has no option --solvnt", "Did you mean --solvent?"),
    "predict CCO --solvent": (2, "--solvent needs a value", "--help"),
    "predict CCO --solvent chlorofrom": (2, "the solvent 'chlorofrom'", "Did you mean chloroform?"),
    "predict CCO --solvent beer": (2, "the solvent 'beer'", "Choose one of: chloroform"),
    "predict CCO --solvent TFA": (2, "no continuum of TFA-d here", "take the one most like it"),
    "predict CCO --protocol stanard": (2, "no protocol 'stanard'", "Did you mean standard?"),
    "predict CCO --protocol PBE0/def2-TZVP": (2, "no protocol", "--level PBE0/def2-TZVP"),
    "predict CCO --protocol mine.toml": (2, "no protocol file mine.toml", "qmnmr protocols --show"),
    "predict CCO --level PBE0": (2, "is not FUNCTIONAL/BASIS", "PBE0/def2-TZVP"),
    "predict CCO --level PBEO/def2-TZVP": (2, "no functional 'pbeo'", "another protocol or level"),
    "predict CCO --engine psi4": (2, "no engine 'psi4'", "Choose one of: nwchem, pyscf, auto"),
    "predict CCO --engine pyscff": (2, "no engine 'pyscff'", "Did you mean pyscf?"),
    "predict CCO --geometry keep": (2, "has no 3D structure to keep", "leave --geometry keep out"),
    "predict CCO --geometry kep": (2, "no geometry 'kep'", "Did you mean keep?"),
    "predict CCO --cores none": (2, "'none' is not a whole number", "--help"),
    "predict CCO --cores 0": (2, "0 is less than 1", "--help"),
    "predict CCO --memory-gb 0.1": (2, "0.1 is less than 0.5", "--help"),
    "predict CCO --temperature -5": (2, "is not one of a solution", "298.15"),
    "predict CCO --factors none.json": (2, "no factor file none.json", "qmnmr calibrate"),
    "predict CCO --reuse nowhere": (2, "nowhere is not a run folder", "run was written to"),
    "predict CCO --scratch /nowhere": (3, "/nowhere does not exist", "--scratch"),
    "site lst": (2, "has no command 'lst'", "Did you mean list?"),
    "status nowhere": (2, "nowhere is not a run folder", "run was written to"),
    "collect nowhere": (2, "nowhere is not a run folder", "run was written to"),
    "parse nothing.out": (7, "nothing.out can't be read", "standard output"),
    "protocols --show drft": (2, "no protocol 'drft'", "Did you mean draft?"),
}
"""A command line, its exit code, and parts of the sentence and of the hint."""

WORDS = ("--protocol", "draft", "--engine", "pyscf", "--out", "run")


def called(folder: Path, *words: str) -> Result:
    with chdir(folder):
        return CliRunner().invoke(cli, words, prog_name="qmnmr")


def check(result: Result, *, code: int, said: str, hint: str = "") -> None:
    lines = result.stderr.splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    assert result.exit_code == code, result.output
    assert len(errors) == 1, result.output
    assert lines[-1].startswith("  -> "), result.output
    assert len(lines) == 2, result.output
    assert said in errors[0], result.output
    assert hint in lines[-1], result.output
    assert lines[-1].endswith((".", "?")), result.output
    assert not lines[-1].endswith("?."), result.output
    assert len(errors[0]) < 700, "it fills a screen"
    assert result.stdout == ""
    assert not any(words in result.output for words in ("Traceback", "bug", "Errno", "literal"))


@pytest.mark.parametrize(("smiles", "said"), SMILES.items(), ids=[s[:30] for s in SMILES])
def test_a_smiles_that_can_not_be_computed(smiles: str, said: str, tmp_path: Path) -> None:
    check(called(tmp_path, "predict", smiles, *WORDS), code=2, said=said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_can_not_be_computed(name: str, tmp_path: Path) -> None:
    content, said = FILES[name]
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    check(called(tmp_path, "predict", name, *WORDS), code=2, said=said)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("line", LINES)
def test_a_wrong_command_line(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QMNMR_PROTOCOL", "QMNMR_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    code, said, hint = LINES[line]
    check(called(tmp_path, *line.split()), code=code, said=said, hint=hint)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    ['3"-OH', "*", "a; rm -rf b", "x & y", "|", "`id`", "$HOME", "α-pinene", "'single'", "<b>", "..", "/etc/passwd"],
)
def test_names_are_data(name: str, tmp_path: Path) -> None:
    quoted = name.replace('"', '""')
    (tmp_path / "a.csv").write_text(f'smiles,name\nC,"{quoted}"\n', encoding="utf-8")
    done = called(tmp_path, "render", "a.csv", *WORDS)
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "run"}
    (folder,) = (tmp_path / "run").iterdir()
    assert folder.resolve().is_relative_to((tmp_path / "run").resolve())


def test_options_of_qmnmr_itself_may_stand_behind_the_command(tmp_path: Path) -> None:
    plain, quiet = (called(tmp_path, "signals", "CO", *words) for words in ((), ("-q",)))
    assert plain.exit_code == quiet.exit_code == 0
    assert plain.stdout == quiet.stdout
    assert called(tmp_path, "signals", "CO", "-vv", "--quiet").exit_code == 0
    assert called(tmp_path, "signals", "--", "-q").exit_code == 2  # there it is an input
