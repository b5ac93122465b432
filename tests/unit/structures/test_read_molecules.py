"""What is read from SMILES and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.datatypes.molecule import Molecule
from qmnmr.errors import InputError
from qmnmr.structures import read_molecules

MANY = [
    "C", "CCO", "c1ccccc1", "CC(C)=O", "CN(C)C=O", "C1CCCCC1", "C[C@@H](O)CC", "c1cc[nH+]cc1", "CC(=O)[O-]",
    "OCC(F)(F)F", "C/C=C/C", "C/C=C\\C", "O[C@@H]([C@H](O)C(=O)O)C(=O)O", "C[C@H]1CC[C@@H](C)CC1",
    "C[C@H]1CC[C@H](C)CC1", "C[S@](=O)CC", "C[P@](CC)c1ccccc1", "C[N@]1C[C@@H]1C", "[H]/N=C/C", "C/C=N/O",
    "C[N+](=O)[O-]", "CN=[N+]=[N-]", "[C-]#[O+]", "[H][H]", "C[Si](C)(C)C", "C=C=C", "F[C@H](Cl)Br",
    "C[C@@]12CCC[C@H]1CCC2", "C1CCC/C=C/CC1", "F/C=C/C=C\\F",
    "O[C@H]1[C@H](O)[C@@H](O)[C@H](O)[C@H](O)[C@@H]1O", "CC(C)(C)c1ccc2[nH]c3ccccc3c2c1", "B(O)O", "C[Se]C",
]  # fmt: skip


def parse_back(molecule: Molecule):
    """Return the RDKit molecule that the mapped SMILES gives, in the molecule's order, without map numbers."""
    from rdkit import Chem

    parameters = Chem.SmilesParserParams()
    parameters.removeHs = False
    mol = Chem.MolFromSmiles(molecule.mapped_smiles, parameters)
    numbers = [atom.GetAtomMapNum() for atom in mol.GetAtoms()]
    mol = Chem.RenumberAtoms(mol, sorted(range(len(numbers)), key=numbers.__getitem__))
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return mol


@pytest.mark.parametrize("smiles", MANY)
def test_mapped_smiles_gives_the_same_molecule_back(smiles: str) -> None:
    from rdkit import Chem

    (molecule,) = read_molecules([smiles])
    mol = parse_back(molecule)
    assert tuple(atom.GetSymbol() for atom in mol.GetAtoms()) == molecule.symbols
    assert sum(atom.GetFormalCharge() for atom in mol.GetAtoms()) == molecule.charge
    assert all(atom.GetTotalNumHs() == 0 for atom in mol.GetAtoms())
    assert Chem.CanonSmiles(Chem.MolToSmiles(Chem.RemoveHs(mol))) == molecule.smiles == Chem.CanonSmiles(smiles)


def test_heavy_atoms_keep_their_order_and_hydrogens_follow() -> None:
    (molecule,) = read_molecules(["OC(C)=N"])
    assert molecule.symbols == ("O", "C", "C", "N", "H", "H", "H", "H", "H")


def test_a_bare_smiles_is_its_own_name() -> None:
    (molecule,) = read_molecules(["C(/F)=C/F"])
    assert molecule.name == "C(/F)=C/F"
    assert molecule.multiplicity == 1
    assert molecule.geometry is None


def test_smi_lists_have_names_comments_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_text("smiles name\n# comment\n\nCCO  ethyl alcohol\nCC(=O)[O-]\tacetate\r\nC\n", encoding="utf-8")
    molecules = read_molecules([str(path)])
    assert [molecule.name for molecule in molecules] == ["ethyl alcohol", "acetate", "C"]
    assert molecules[1].charge == -1
    assert molecules[0].source == f"{path}, line 4"


def test_csv_columns_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeffName,extra,SMILES,charge\n"1,2-diol",x,OCCO,0\nacetate,,CC(=O)[O-],-1\n', encoding="utf-8")
    molecules = read_molecules([str(path)])
    assert [(molecule.name, molecule.charge) for molecule in molecules] == [("1,2-diol", 0), ("acetate", -1)]


def mol_block(smiles: str, *, name: str = "", hydrogens: bool = True, spatial: bool = True, v3000: bool = False) -> str:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    if spatial:
        AllChem.EmbedMolecule(mol, randomSeed=1)
    else:
        AllChem.Compute2DCoords(mol)
    if not hydrogens:
        mol = Chem.RemoveHs(mol)
    if not spatial:
        Chem.WedgeMolBonds(mol, mol.GetConformer())
    mol.SetProp("_Name", name)
    return Chem.MolToMolBlock(mol, forceV3000=v3000)


@pytest.mark.parametrize("v3000", [False, True])
@pytest.mark.parametrize(
    "smiles",
    ["C[C@H](O)CC", "C/C=C\\C", "CC(=O)[O-]", "c1cc[nH+]cc1", "C[S@](=O)CC", "C[P@](CC)c1ccccc1", "C[N@]1C[C@@H]1C"],
)
def test_3d_mol_files_give_geometry_charge_and_stereo(tmp_path: Path, smiles: str, *, v3000: bool) -> None:
    path = tmp_path / "a.mol"
    path.write_text(mol_block(smiles, v3000=v3000))
    (molecule,) = read_molecules([str(path)])
    assert molecule.smiles == read_molecules([smiles])[0].smiles
    assert molecule.name == "a"
    assert molecule.geometry is not None
    assert molecule.geometry.symbols == molecule.symbols


@pytest.mark.parametrize("smiles", ["C[C@H](O)CC", "C/C=C\\C", "C[C@H]1CC[C@@H](C)CC1"])
def test_drawings_give_stereo_from_wedges_and_no_geometry(tmp_path: Path, smiles: str) -> None:
    path = tmp_path / "a.sdf"
    path.write_text(mol_block(smiles, name="drawn", hydrogens=False, spatial=False) + "$$$$\n")
    (molecule,) = read_molecules([str(path)])
    assert molecule.smiles == read_molecules([smiles])[0].smiles
    assert molecule.name == "drawn"
    assert molecule.geometry is None


def test_missing_hydrogens_are_added_at_the_end_and_the_geometry_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.sdf"
    path.write_text(mol_block("C[C@H](O)CC", hydrogens=False))
    (molecule,) = read_molecules([str(path)])
    assert molecule.symbols[:6] == ("C", "C", "O", "C", "C", "H")
    assert molecule.geometry is None
    assert any("lack hydrogens" in note for note in molecule.notes)


def test_sdf_records_are_named_by_title_field_or_number(tmp_path: Path) -> None:
    path = tmp_path / "many.sdf"
    field = mol_block("CO") + ">  <Name>  (1)\nmethyl alcohol\n\n$$$$\n"
    path.write_text(mol_block("CCO", name="first") + "$$$$\n" + field + mol_block("CN") + "$$$$\n")
    assert [molecule.name for molecule in read_molecules([str(path)])] == ["first", "methyl alcohol", "many-3"]


def xyz(smiles: str) -> str:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(mol, randomSeed=1)
    AllChem.MMFFOptimizeMolecule(mol)
    return Chem.MolToXYZBlock(mol)


@pytest.mark.parametrize(
    ("smiles", "charge"),
    [
        ("CCO", 0), ("C[C@H](O)CC", 0), ("C/C=C\\C", 0), ("CC(=O)[O-]", -1), ("c1cc[nH+]cc1", 1), ("C[N+](=O)[O-]", 0),
        ("c1ccccc1", 0), ("C[P@](CC)c1ccccc1", 0), ("C[S@](=O)CC", 0), ("CN=[N+]=[N-]", 0), ("CC#N", 0),
    ],
)  # fmt: skip
def test_xyz_files_give_the_molecule_that_made_them(tmp_path: Path, smiles: str, charge: int) -> None:
    path = tmp_path / "x.xyz"
    path.write_text(xyz(smiles))
    (molecule,) = read_molecules([str(path)], charge=charge)
    assert molecule.smiles == read_molecules([smiles])[0].smiles
    assert molecule.name == "x"
    assert molecule.charge == charge
    assert molecule.geometry is not None


def test_xyz_keeps_the_order_of_atoms(tmp_path: Path) -> None:
    path = tmp_path / "water.xyz"
    path.write_text("3\n\nH 0.0 0.76 0.59 extra 1\nO 0.0 0.0 0.0\n1 0.0 -0.76 5.9D-1\n")
    (molecule,) = read_molecules([str(path)])
    assert molecule.symbols == ("H", "O", "H")
    assert molecule.geometry is not None
    assert molecule.geometry.coordinates_angstrom[2] == (0.0, -0.76, 0.59)


def test_xyz_frames_are_molecules(tmp_path: Path) -> None:
    path = tmp_path / "two.xyz"
    path.write_text(xyz("CO") + xyz("CN"))
    assert [molecule.name for molecule in read_molecules([str(path)])] == ["two-1", "two-2"]


def test_flat_benzene_is_no_drawing(tmp_path: Path) -> None:
    from math import cos, pi, sin

    ring = [(r * cos(i * pi / 3), r * sin(i * pi / 3)) for r in (1.39, 2.48) for i in range(6)]
    lines = [f"{'C' if i < 6 else 'H'} {x:.4f} {y:.4f} 0.0" for i, (x, y) in enumerate(ring)]
    path = tmp_path / "benzene.xyz"
    path.write_text("12\n\n" + "\n".join(lines))
    assert read_molecules([str(path)])[0].smiles == "c1ccccc1"


def test_one_open_centre_is_chosen_and_noted() -> None:
    (molecule,) = read_molecules(["CC(O)CC"])
    assert "@" in molecule.smiles
    assert any("mirror image has the same shifts" in note for note in molecule.notes)
    assert read_molecules(["CC(O)CC"])[0].smiles == read_molecules(["C(C)C(C)O"])[0].smiles


@pytest.mark.long
@pytest.mark.parametrize(
    "smiles", ["C1CC2CCC1C2", "C1C2CC3CC1CC(C2)C3", "C12C3C4C1C5C2C3C45", "CC1(C)C2CCC1(C)C(=O)C2"]
)
def test_cages_have_one_configuration(smiles: str) -> None:
    assert len(read_molecules([smiles])) == 1


@pytest.mark.parametrize(
    ("smiles", "candidates"),
    [
        ("CC=CC", ["C/C=C/C", "C/C=C\\C"]),
        ("CC1CCC(C)CC1", ["C[C@H]1CC[C@@H](C)CC1", "C[C@H]1CC[C@H](C)CC1"]),
        ("C[C@@H](O)C(O)C", ["C[C@@H](O)[C@@H](C)O", "C[C@H](O)[C@@H](C)O"]),
    ],
)
def test_open_diastereomers_are_refused_with_the_candidates(smiles: str, candidates: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_molecules([smiles])
    assert all(candidate in str(caught.value) for candidate in candidates)


def test_a_file_with_a_smiles_like_name_needs_no_extension_to_be_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("CCO").mkdir()
    assert read_molecules(["CCO"])[0].smiles == "CCO"


@pytest.mark.parametrize(
    "smiles", ["CC1CN1S(C)(=O)=O", "C[C@@H]1C[N@@]1S(C)(=O)=O", "C[C@H](O)P(C)(=O)O", "C[C@H](O)CN(C)CC"]
)
def test_centres_that_exchange_fast_are_no_stereocentres(smiles: str) -> None:
    from rdkit import Chem

    (molecule,) = read_molecules([smiles])
    assert len(Chem.FindMolChiralCenters(parse_back(molecule), includeUnassigned=False)) == 1


@pytest.mark.parametrize("smiles", ["CC1CN1C", "CC1ON1C", "CC1CN1Cl"])
def test_slow_nitrogen_is_asked_for(smiles: str) -> None:
    with pytest.raises(InputError, match="open"):
        read_molecules([smiles])


def test_the_double_bond_of_an_amidine_with_a_moving_proton_is_not_asked_for() -> None:
    (molecule,) = read_molecules(["CC(C)N=CNC(C)C"])
    assert molecule.smiles == "CC(C)N=CNC(C)C"


@pytest.mark.parametrize(
    ("smiles", "words"),
    [
        ("CC=C=CC(C)O", "the axis C1-C2-C4-C5 open"),
        ("CC=C=CC=C=CC", "the axis C1-C2-C4-C5, the axis C4-C5-C7-C8 open"),
        ("CC=C=C=CC", r"the axis C1-C2-C5-C6 open.*: C/C=C=C=C/C, C/C=C=C=C\\C"),
        ("CC=C=C=C=CC(C)O", "the axis C1-C2-C6-C7 open.* with C1-C2-C6-C7 positive"),
    ],
)
def test_cumulenes_with_two_forms_are_refused(smiles: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_molecules([smiles])


@pytest.mark.parametrize("smiles", ["CC=C=CC", "C=C=CC(C)O", "CC(C)=C=CC(C)O", "C=C=C=CCl", "CC=C=C", "CC=C=C=C=CC"])
def test_cumulenes_with_one_form_are_accepted(smiles: str) -> None:
    assert read_molecules([smiles])
