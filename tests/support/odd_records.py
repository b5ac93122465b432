"""Records as public collections hold them, of our own making: each oddity on many molecules, with its right answer."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

# Chosen with their stereo given, so that each has one right SMILES.
_MOLECULES = (
    "CCO", "CC(=O)OCC", "c1ccccc1C(=O)O", "C[C@H](O)CC", "C/C=C/C(=O)OC", "Cc1ccc([N+](=O)[O-])cc1", "CS(C)=O",
    "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", "CN1CCC[C@H]1c1cccnc1", "CN=[N+]=[N-]", "C[Si](C)(C)C", "FC(F)(F)CO",
    "c1ccc2[nH]ccc2c1", "CC(=O)N(C)C", "BrCCBr", "CP(C)(C)=O", "CC#N", "O=C1C=CC(=O)C=C1", "CSC", "Oc1ccc(Cl)cc1",
)  # fmt: skip
_VIOLOGEN = "C[n+]1ccc(-c2cc[n+](C)cc2)cc1"
_IONS = {
    "CC(=O)[O-]": -1,
    "C[NH3+]": 1,
    "c1cc[nH+]cc1": 1,
    "[O-]C(=O)CC(=O)[O-]": -2,
    _VIOLOGEN: 2,
}
_TITLES = (
    "", "butane; n-butane", "/home/user/calc/a.log", "C:\\calc\\a.gjf", "1$l^{4}-thing", '3"-hydroxy', "a & b | c > d",
    "../x", "~user", "name\twith tab", "`rm -rf`", "β-carotene", "x" * 300, "$RXN", "> <NAME>",
    "(+/-)-menthol, 99 %", "* [R]",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OddRecord:
    """One file and what must come of it."""

    label: str
    extension: str
    text: str
    charge: int | None = None
    smiles: str = ""  # the only molecule that is read; or
    refused: str = ""  # words of the refusal
    name: str = ""  # the molecule's, where that is what is odd
    conformers: int = 0  # how many structures the molecule brings, where it must bring some


def odd_records(count: int) -> list[OddRecord]:
    """Return this many records, always the same ones, the kinds in turn."""
    generator = random.Random(18)
    return [_KINDS[number % len(_KINDS)](generator, number) for number in range(count)]


Kind = Callable[[random.Random, int], OddRecord]


@cache
def _space(smiles: str) -> Any:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMultipleConfs(mol, 3, randomSeed=7)
    AllChem.MMFFOptimizeMoleculeConfs(mol)
    return mol


@cache
def _drawing(smiles: str) -> Any:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    mol = Chem.MolFromSmiles(smiles)
    AllChem.Compute2DCoords(mol)
    Chem.WedgeMolBonds(mol, mol.GetConformer())
    return mol


def _canonical(smiles: str) -> str:
    from rdkit import Chem

    return str(Chem.CanonSmiles(smiles))


def _block(mol: Any, **options: Any) -> str:
    from rdkit import Chem

    return str(Chem.MolToMolBlock(mol, **options))


def _mol_kind(label: str, edit: Callable[[str, random.Random], str], **expected: Any) -> Kind:
    def make(generator: random.Random, _: int) -> OddRecord:
        smiles = generator.choice(_MOLECULES)
        text = edit(_block(_drawing(smiles)), generator)
        answer = expected or {"smiles": _canonical(smiles)}
        return OddRecord(label, generator.choice((".mol", ".sdf")), text, **answer)

    return make


def _mol_titled(generator: random.Random, number: int) -> OddRecord:
    smiles, title = generator.choice(_MOLECULES), _TITLES[number % len(_TITLES)]
    text = title + _block(_drawing(smiles)) + "$$$$\n"
    return OddRecord("title", ".sdf", text, smiles=_canonical(smiles), name=" ".join(title.split()))


def _mol_named_by_field(generator: random.Random, _: int) -> OddRecord:
    smiles = generator.choice(_MOLECULES)
    text = _block(_drawing(smiles)) + '>  <Name>  (7)\nname; in "field"\n\n> <MW>\n0.0\n\n$$$$\n'
    return OddRecord("field", ".sdf", text, smiles=_canonical(smiles), name='name; in "field"')


def _mol_in_space(generator: random.Random, number: int) -> OddRecord:
    smiles = generator.choice(_MOLECULES)
    text = _block(_space(smiles), forceV3000=number % 2 == 0, confId=0)
    return OddRecord("3D", ".sdf", text, smiles=_canonical(smiles), conformers=1)


def _mol_ensemble(generator: random.Random, _: int) -> OddRecord:
    smiles = generator.choice(_MOLECULES)
    text = "$$$$\n".join(_block(_space(smiles), confId=number) for number in range(3))
    return OddRecord("SDF ensemble", ".sdf", text, smiles=_canonical(smiles), conformers=3)


def _mol_ion(generator: random.Random, _: int) -> OddRecord:
    smiles, charge = generator.choice(list(_IONS.items()))
    return OddRecord("ion", ".mol", _block(_drawing(smiles)), charge=charge, smiles=_canonical(smiles))


def _mol_wrong_charge(generator: random.Random, _: int) -> OddRecord:
    smiles, charge = generator.choice(list(_IONS.items()))
    return OddRecord("wrong charge", ".mol", _block(_drawing(smiles)), charge=charge + 1, refused="--charge says")


def _mol_open_bond(mark: str) -> Kind:
    def make(_: random.Random, number: int) -> OddRecord:
        rows = ((0.0, 0.0), (1.3, 0.75), (2.6, 0.0), (3.9, 0.75))
        ends = ("C", "Cl", "Br", "F", "O", "N")
        symbols = (ends[number % 6], "C", "C", ends[number // 6 % 6])
        atoms = "".join(f"{x:10.4f}{y:10.4f}{0:10.4f} {s:<3} 0  0\n" for (x, y), s in zip(rows, symbols, strict=True))
        first, middle = ("  1  2  1  4\n", "  2  3  2  0\n") if mark == "wavy" else ("  1  2  1  0\n", "  2  3  2  3\n")
        head = "t\n\n\n  4  3  0  0  0  0            999 V2000\n"
        return OddRecord(mark, ".mol", f"{head}{atoms}{first}{middle}  3  4  1  0\nM  END\n", refused="C2=C3 open")

    return make


def _mol_salt(generator: random.Random, _: int) -> OddRecord:
    smiles = generator.choice(_MOLECULES) + ".Cl"
    return OddRecord("salt", ".mol", _block(_drawing(smiles)), refused="2 separate fragments")


def _mol_odd_element(generator: random.Random, _: int) -> OddRecord:
    smiles, words = generator.choice(
        [
            ("C[Hg]C", "mercury"),
            ("*CC", "dummy"),
            ("[2H]C", "isotope"),
            ("C[As](C)C", "arsenic"),
            ("[CH3]", "unpaired"),
        ]
    )
    return OddRecord("element", ".mol", _block(_drawing(smiles)), refused=words)


def _mol_axis(_: random.Random, number: int) -> OddRecord:
    smiles = ("CC=C=CC(C)O", "CC(O)c1cccc(C)c1-c1c(C)cccc1Cl", "CC(Cl)C=C=CC")[number % 3]
    return OddRecord("axis", ".mol", _block(_drawing(smiles)), refused="the axis")


def _mol_mapped(block: str, _: random.Random) -> str:
    lines = block.split("\n")
    for number in range(int(lines[3][:3])):
        row = lines[4 + number].ljust(69)
        lines[4 + number] = f"{row[:60]}{number + 1:3d}{row[63:]}"
    return "\n".join(lines)


def _xyz_rows(smiles: str, generator: random.Random, *, conformer: int = 0) -> list[tuple[str, tuple[float, ...]]]:
    mol = _space(smiles)
    positions = mol.GetConformer(conformer).GetPositions().tolist()
    found = [(atom.GetSymbol(), tuple(where)) for atom, where in zip(mol.GetAtoms(), positions, strict=True)]
    generator.shuffle(found)
    return found


def _xyz_frame(atoms: list[tuple[str, tuple[float, ...]]], comment: str = "", end: str = "") -> str:
    body = "".join(f"{s} {' '.join(f'{v:.6f}' for v in where)}{end}\n" for s, where in atoms)
    return f"{len(atoms)}\n{comment}\n{body}"


def _xyz_shuffled(generator: random.Random, _: int) -> OddRecord:
    smiles = generator.choice(_MOLECULES)
    text = _xyz_frame(_xyz_rows(smiles, generator), comment="Properties=species:S:1 energy=-1.0e3 nan", end=" 0.1 x")
    return OddRecord("shuffled XYZ", ".xyz", text, smiles=_canonical(smiles), conformers=1)


def _xyz_written_oddly(generator: random.Random, number: int) -> OddRecord:
    from rdkit import Chem

    smiles, table = generator.choice(_MOLECULES), Chem.GetPeriodicTable()
    how = (str.lower, str.upper, lambda symbol: str(table.GetAtomicNumber(symbol)))[number % 3]
    text = _xyz_frame([(how(symbol), where) for symbol, where in _xyz_rows(smiles, generator)]).replace(" ", "\t")
    text = "\n".join(f"  {line}  " for line in text.split("\n")) + "\n\n"
    return OddRecord("XYZ labels", ".xyz", text, smiles=_canonical(smiles))


def _xyz_ion(generator: random.Random, _: int) -> OddRecord:
    smiles, charge = generator.choice(list(_IONS.items()))
    return OddRecord(
        "XYZ ion", ".xyz", _xyz_frame(_xyz_rows(smiles, generator)), charge=charge, smiles=_canonical(smiles)
    )


def _xyz_uncharged_ion(generator: random.Random, _: int) -> OddRecord:
    smiles = generator.choice(list(_IONS))
    text = _xyz_frame(_xyz_rows(smiles, generator))
    if smiles == _VIOLOGEN:  # with two electrons more it is a molecule too
        return OddRecord("XYZ without charge", ".xyz", text, smiles=_canonical("CN1C=CC(=C2C=CN(C)C=C2)C=C1"))
    return OddRecord("XYZ without charge", ".xyz", text, refused="charge +0")


def _xyz_ensemble(generator: random.Random, _: int) -> OddRecord:
    smiles = generator.choice(_MOLECULES)
    text = "".join(_xyz_frame(_xyz_rows(smiles, generator, conformer=n), comment=f" -{n}.5 !CONF{n}") for n in range(3))
    return OddRecord("XYZ ensemble", ".xyz", text, smiles=_canonical(smiles), conformers=3)


def _xyz_broken(generator: random.Random, number: int) -> OddRecord:
    text = _xyz_frame(_xyz_rows(generator.choice(_MOLECULES), generator))
    lines = text.split("\n")
    edits = (
        lambda: ("\n".join([str(len(lines)), *lines[1:]]), "atoms announced"),
        lambda: (text.replace(".", ",", 1), "not a number"),
        lambda: ("\n".join([*lines[:2], "Xx 0 0 0", *lines[3:]]), "no element"),
        lambda: ("\n".join([*lines[:2], lines[3], *lines[3:]]), "apart"),
        lambda: ("\n".join([str(int(lines[0]) - 1), lines[1], *lines[3:]]), ""),
    )
    changed, words = edits[number % len(edits)]()
    return OddRecord("broken XYZ", ".xyz", changed, refused=words or "x.xyz")


_KINDS: tuple[Kind, ...] = (
    _mol_titled,
    _mol_kind("atom maps", _mol_mapped),
    _mol_named_by_field,
    _mol_kind("CRLF", lambda block, _: block.replace("\n", "\r\n")),
    _mol_in_space,
    _mol_open_bond("wavy"),
    _mol_ensemble,
    _mol_open_bond("crossed"),
    _mol_ion,
    _mol_kind("cut", lambda block, g: block[: block.index("M  END") - g.randint(1, 9)], refused="record"),
    _mol_wrong_charge,
    _mol_kind("counts", lambda block, _: block.replace("V2000", "     "), refused="counts line"),
    _mol_salt,
    _mol_kind("no atoms", lambda *_: "t\n\n\n  0  0  0  0  0  0            999 V2000\nM  END\n", refused="no atoms"),
    _mol_odd_element,
    _mol_kind("junk behind", lambda block, _: block + "\n\n> <a>\n> <b>\nx\n\n$$$$\n\n\n"),
    _mol_axis,
    _xyz_shuffled,
    _xyz_written_oddly,
    _xyz_ion,
    _xyz_uncharged_ion,
    _xyz_ensemble,
    _xyz_broken,
)
