"""Inputs as drawing programs, CREST and spreadsheets write them, each with its right answer."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qmnmr.conformers.integrity import structure_change
from qmnmr.conformers.rdkit_search import given_geometries, search
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import SearchSettings
from qmnmr.datatypes.rdkit_molecule import coordinates_of, has_positive_dihedral
from qmnmr.errors import InputError
from qmnmr.report.structure_file import ensemble_sdf, geometry_of_sdf
from qmnmr.structures import read_inputs, read_molecules

INPUTS = Path(__file__).resolve().parents[2] / "golden" / "inputs"
SETTINGS = SearchSettings(
    method="rdkit", random_seed=42, max_embeddings=5, energy_window_kcal_per_mol=6.0, max_conformers=20
)


def read(name: str, **options: Any) -> Molecule:
    (molecule,) = read_molecules([str(INPUTS / name)], **options)
    return molecule


def refusal(*inputs: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_molecules(inputs)
    return caught.value


def shuffled_xyz(molecule: Molecule, *, seed: int) -> str:
    assert molecule.geometry is not None
    rows = list(zip(molecule.geometry.symbols, molecule.geometry.coordinates_angstrom, strict=True))
    random.Random(seed).shuffle(rows)
    return f"{len(rows)}\n\n" + "".join(f"{symbol} {x} {y} {z}\n" for symbol, (x, y, z) in rows)


# Stereo as drawn


def test_a_wavy_bond_at_a_double_bond_is_refused_like_a_crossed_one() -> None:
    error = refusal(str(INPUTS / "wavy-bond-at-double-bond.mol"))
    assert all(words in str(error) for words in ("C2=C3 open", "C/C=C/C", "C/C=C\\C"))


@pytest.mark.parametrize(("bond", "atom"), [("  2  3  2  3", ""), ("  2  3  2  0", "  1  2  1  4")])
def test_crossed_and_wavy_bonds_leave_the_same_open(tmp_path: Path, bond: str, atom: str) -> None:
    text = (INPUTS / "wavy-bond-at-double-bond.mol").read_text()
    text = text.replace("  2  3  2  0", bond).replace("  1  2  1  4", atom or "  1  2  1  0")
    path = tmp_path / "a.mol"
    path.write_text(text)
    assert "C2=C3 open" in str(refusal(str(path)))


def test_a_wavy_bond_at_a_centre_leaves_it_open_and_its_mirror_image_is_chosen(tmp_path: Path) -> None:
    rows = ((0.0, 0.0, "C"), (1.3, 0.75, "C"), (2.6, 0.0, "C"), (1.3, 2.25, "O"), (3.9, 0.75, "C"))
    atoms = "".join(f"{x:10.4f}{y:10.4f}{0:10.4f} {symbol:<3} 0  0\n" for x, y, symbol in rows)
    path = tmp_path / "a.mol"
    path.write_text(
        "t\n\n\n  5  4  0  0  0  0            999 V2000\n"
        + atoms
        + "  1  2  1\n  2  3  1\n  2  4  1  4\n  3  5  1\nM  END\n"
    )
    (molecule,) = read_molecules([str(path)])
    assert any("mirror image has the same shifts" in note for note in molecule.notes)


def test_two_axes_of_one_drawing_are_two_molecules() -> None:
    clockwise, anticlockwise = read("axis-cw.mol"), read("axis-ccw.mol")
    assert clockwise.smiles == anticlockwise.smiles
    assert clockwise.axes == tuple(replace(axis, is_positive=not axis.is_positive) for axis in anticlockwise.axes)
    assert "axis is kept as given" in " ".join(clockwise.notes)


@pytest.mark.parametrize("name", ["axis-cw.mol", "axis-ccw.mol"])
def test_every_conformer_has_the_axis_that_was_drawn(name: str) -> None:
    molecule = read(name)
    (axis,) = molecule.axes
    ensemble = search(molecule, SETTINGS)
    assert ensemble.notes == ()  # none was embedded the wrong way round
    for conformer in ensemble.conformers:
        assert has_positive_dihedral(coordinates_of(conformer.geometry), axis.atoms) == axis.is_positive
    wrong = replace(molecule, axes=(replace(axis, is_positive=not axis.is_positive),))
    assert "turned into its mirror image" in str(structure_change(wrong, ensemble.conformers[0].geometry))


@pytest.mark.parametrize("name", ["axis-cw.mol", "axis-ccw.mol"])
@pytest.mark.parametrize("seed", range(4))
def test_an_axis_is_read_from_space_whatever_the_order_of_atoms(name: str, seed: int, tmp_path: Path) -> None:
    molecule = read(name)
    ensemble = search(molecule, SETTINGS)
    path = tmp_path / "a.xyz"
    path.write_text(shuffled_xyz(replace(molecule, geometry=ensemble.conformers[0].geometry), seed=seed))
    (found,) = read_molecules([str(path)])
    assert found.smiles == molecule.smiles
    again = search(replace(found, geometry=None), SETTINGS)  # embedded with the numbers of the shuffled file
    both = tmp_path / "both.xyz"
    first = shuffled_xyz(replace(molecule, geometry=ensemble.conformers[0].geometry), seed=seed)
    both.write_text(first + shuffled_xyz(replace(found, geometry=again.conformers[0].geometry), seed=seed + 7))
    assert len(read_molecules([str(both)])) == 1  # the same diastereomer


def test_an_axis_that_is_left_open_beside_a_centre_is_asked_for() -> None:
    error = refusal("C[C@H](O)c1cccc(C)c1-c1c(C)cccc1Cl")
    assert "the axis C4-C10-C11-C12 open" in str(error)
    assert all(f"C4-C10-C11-C12 {sign}" in str(error) for sign in ("positive", "negative"))
    assert "wedge" in error.hint


@pytest.mark.parametrize(
    "smiles",
    ["Oc1ccc2ccccc2c1-c1c(O)ccc2ccccc12", "CC=C=CC", "Cc1cccc(CBr)c1-c1c(C)cccc1CBr", "CC(C)(C)C=C=CC"],
)
def test_an_axis_alone_is_chosen_since_mirror_images_have_the_same_shifts(smiles: str) -> None:
    (molecule,) = read_molecules([smiles])
    assert len(molecule.axes) == 1
    assert any("mirror image has the same shifts" in note for note in molecule.notes)


@pytest.mark.parametrize(
    "smiles",
    ["C=C=CC(C)O", "CC(C)=C=CC(C)O", "CC(O)c1ccccc1-c1ccccc1", "Cc1cccc(C)c1-c1c(C)cccc1C(C)O", "CC(C)=C=C=CC"],
)
def test_what_has_no_handed_axis_is_not_asked_for_one(smiles: str) -> None:
    (molecule,) = read_molecules([smiles])
    assert molecule.axes == ()


def test_an_allene_beside_a_centre_is_asked_for_and_its_answers_are_read() -> None:
    error = str(refusal("CC=C=CC(C)O"))
    candidates = ["CC=[C@@]=C[C@@H](C)O", "CC=[C@@]=C[C@H](C)O", "CC=[C@]=C[C@@H](C)O", "CC=[C@]=C[C@H](C)O"]
    assert all(candidate in error for candidate in candidates)
    molecules = read_molecules(candidates)
    assert [molecule.smiles for molecule in molecules] == candidates
    for molecule in molecules:
        assert search(molecule, SETTINGS).conformers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CC=[C@]=CF", "FC=[C@]=CC"),  # from the other end
        ("C(C)=[C@]=CF", "C(=[C@]=CF)C"),
        ("CC(F)=[C@]=C(Cl)Br", "CC(F)=[C@@]=C(Br)Cl"),
        ("CC=[C@AL1]=CF", "CC=[C@]=CF"),
        ("[H]C(C)=[C@]=CF", "CC=[C@@]=CF"),
    ],
)
def test_the_same_allene_written_twice_is_one_molecule(one: str, other: str) -> None:
    assert read_molecules([one])[0].smiles == read_molecules([other])[0].smiles
    assert (
        read_molecules([one])[0].smiles
        != read_molecules([one.replace("[C@]", "[C@@]").replace("AL1", "AL2")])[0].smiles
    )


def test_a_longer_cumulene_with_isomers_is_refused_and_without_it_is_not() -> None:
    assert "C/C=C=C=C/C, C/C=C=C=C\\C" in str(refusal("CC=C=C=CC"))
    assert read_molecules(["CC(C)=C=C=C(C)C"])


@pytest.mark.parametrize(
    "smiles",
    [
        "C/C=C=C=C/C", "C/C=C=C=C\\C", "C[C@H](O)/C=C=C=C/C", "C/C=C/C=C=C=C\\C", "F/C(Cl)=C=C=C(/F)Cl",
        "C/C=C=C=C=C=C/C", "CC=[C@]=C/C=C=C=C/C",
    ],
)  # fmt: skip
def test_the_forms_of_a_butatriene_are_read_and_written(smiles: str) -> None:
    (molecule,) = read_molecules([smiles])
    assert molecule.smiles == smiles
    ensemble = search(molecule, SETTINGS)
    assert ensemble.conformers
    assert all(structure_change(molecule, conformer.geometry) is None for conformer in ensemble.conformers)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C/C=C=C=C/C", "C\\C=C=C=C\\C"),
        ("C/C=C=C=C/C", "C(\\C)=C=C=C/C"),
        ("C/C=C=C=C/C", "[H]\\C(C)=C=C=C/C"),
        ("F/C(Cl)=C=C=C/C", "FC(/Cl)=C=C=C/C"),
    ],
)
def test_a_butatriene_written_in_two_ways_is_one_molecule(one: str, other: str) -> None:
    assert read_molecules([one])[0].smiles == read_molecules([other])[0].smiles


@pytest.mark.parametrize(("side", "expected"), [(1, "C/C=C=C=C\\C"), (-1, "C/C=C=C=C/C")])
def test_the_form_of_a_butatriene_is_read_from_a_drawing(side: int, expected: str, tmp_path: Path) -> None:
    rows = [(-0.7, 1.1), (0.0, 0.0), (1.3, 0.0), (2.6, 0.0), (3.9, 0.0), (4.6, 1.1 * side)]
    atoms = "".join(f"{x:10.4f}{y:10.4f}{0:10.4f} C   0  0\n" for x, y in rows)
    chain = "  1  2  1  0\n  2  3  2  0\n  3  4  2  0\n  4  5  2  0\n  5  6  1  0\n"
    path = tmp_path / "a.mol"
    path.write_text(f"t\n\n\n  6  5  0  0  0  0            999 V2000\n{atoms}{chain}M  END\n")
    assert read_molecules([str(path)])[0].smiles == expected
    path.write_text(path.read_text().replace("  1  2  1  0", "  2  1  1  4"))
    assert "C1-C2-C5-C6 open" in str(refusal(str(path)))


# Rings


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("C1CCCCCC=C1", "C1=C\\CCCCCC/1"), ("C1=CC=CC=CC=C1", "C1=C\\C=C/C=C\\C=C/1"),
        ("C1CCC/C=C/CC1", "C1=C/CCCCCC/1"), ("C1=CCCC=CCC1", "C1=C\\CC/C=C\\CC/1"),
    ],
)  # fmt: skip
def test_a_double_bond_in_a_ring_of_eight_is_cis_unless_it_is_drawn_trans(smiles: str, expected: str) -> None:
    (molecule,) = read_molecules([smiles])
    assert molecule.smiles == expected
    assert any("taken as cis" in note for note in molecule.notes) == ("/" not in smiles)
    assert search(molecule, SETTINGS).conformers


def test_larger_rings_are_asked_for_and_annulenes_need_a_structure(tmp_path: Path) -> None:
    assert "C9=C10 open" in str(refusal("C1CCCCCCCC=C1"))
    assert "annulene" in str(refusal("C1=CC=CC=CC=CC=CC=CC=CC=CC=C1"))
    path = tmp_path / "a.xyz"
    path.write_text(xyz("C1=CC=CC=CC=CC=CC=CC=C1"))
    (molecule,) = read_molecules([str(path)])
    assert "--conformers none" in " ".join(molecule.notes)
    assert read_molecules(["c1cc2cc3ccc([nH]3)cc3nc(cc4ccc(cc1n2)[nH]4)cc3"])  # porphine is none


def dichlorobutatriene(*, side: int) -> str:
    """Return an XYZ text of 1,4-dichlorobutatriene, Z (side 1) or E (-1), with bonds of usual lengths."""
    carbons = "".join(f"C {x} 0 0\n" for x in (0, 1.31, 2.58, 3.89))
    near = "Cl -0.83 1.51 0\nH -0.55 -0.93 0\n"
    return f"8\n\n{carbons}{near}Cl 4.72 {1.51 * side} 0\nH 4.44 {-0.93 * side} 0\n"


def test_a_longer_cumulene_is_kept_as_its_3d_structure_shows(tmp_path: Path) -> None:
    paths = [tmp_path / "z.xyz", tmp_path / "e.xyz"]
    for path, side in zip(paths, (1, -1), strict=True):
        path.write_text(dichlorobutatriene(side=side))
    cis, trans = read_molecules([str(path) for path in paths])
    assert cis.geometry is not None
    assert "turned into its other form" in str(structure_change(trans, cis.geometry))
    assert len(given_geometries(cis, most=20).conformers) == 1
    with pytest.raises(InputError, match="other form"):
        given_geometries(replace(trans, other_geometries=(cis.geometry,)), most=20)


# XYZ


@pytest.mark.parametrize("name", ["4-nitrotoluene.xyz", "4-nitrotoluene-nitro-first.xyz"])
def test_a_nitro_group_is_read_wherever_it_stands(name: str) -> None:
    molecule = read(name)
    assert (molecule.smiles, molecule.charge) == ("Cc1ccc([N+](=O)[O-])cc1", 0)


def xyz(smiles: str, *, seed: int = 1) -> str:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(mol, randomSeed=seed)
    AllChem.MMFFOptimizeMolecule(mol)
    order = list(range(mol.GetNumAtoms()))
    random.Random(seed).shuffle(order)
    return str(Chem.MolToXYZBlock(Chem.RenumberAtoms(mol, order)))


@pytest.mark.parametrize(
    ("smiles", "charge"),
    [
        ("O=[N+]([O-])c1cc([N+](=O)[O-])cc([N+](=O)[O-])c1", 0), ("C[n+]1ccc(-c2cc[n+](C)cc2)cc1", 2),
        ("[NH3+]CC[NH3+]", 2), ("[O-]C(=O)CC(=O)[O-]", -2), ("[NH3+]CC(=O)[O-]", 0), ("CN=[N+]=[N-]", 0),
        ("C=[N+]=[N-]", 0), ("CC#[N+][O-]", 0), ("C[N+]#[C-]", 0), ("CS(C)(=O)=O", 0), ("COP(=O)(OC)OC", 0),
        ("CC(=O)[N-]C(C)=O", -1), ("C[N-]S(C)(=O)=O", -1), ("C1C2CC1C2", 0), ("C1=CC=C2C=CC=C2C=C1", 0),
        ("CN(C)c1ccc(C=C2C=CC(=[N+](C)C)C=C2)cc1", 1), ("c1ccc2[nH]ccc2c1", 0), ("O=C1C=CC(=O)C=C1", 0),
    ],
)  # fmt: skip
def test_a_graph_is_found_whatever_the_order_of_atoms(smiles: str, charge: int, tmp_path: Path) -> None:
    expected = read_molecules([smiles])[0].smiles
    for seed in range(3):
        path = tmp_path / f"{seed}.xyz"
        path.write_text(xyz(smiles, seed=seed + 1))
        assert read_molecules([str(path)], charge=charge)[0].smiles == expected


@pytest.mark.parametrize(("centre", "length", "charge"), [("S", 1.56, 0), ("P", 1.60, -1), ("Si", 1.69, -2)])
def test_six_coordinate_centres_are_read(centre: str, length: float, charge: int, tmp_path: Path) -> None:
    places = [(length, 0, 0), (-length, 0, 0), (0, length, 0), (0, -length, 0), (0, 0, length), (0, 0, -length)]
    path = tmp_path / "a.xyz"
    path.write_text(f"7\n\n{centre} 0 0 0\n" + "".join(f"F {x} {y} {z}\n" for x, y, z in places))
    assert read_molecules([str(path)], charge=charge)[0].charge == charge


# Ensembles


def test_two_frames_of_one_compound_are_its_conformers() -> None:
    molecule = read("two-conformers-of-ethanol.xyz")
    assert len(molecule.other_geometries) == 1
    assert any("2 frames are one compound" in note for note in molecule.notes)
    ensemble = given_geometries(molecule, most=20)
    assert [(c.label, c.degeneracy) for c in ensemble.conformers] == [("c001", 2.0)]
    assert ensemble.notes == ("1 of 2 given structures repeat another one",)  # gauche and its mirror image


def ethanols() -> list[Molecule]:
    """Return ethanol with each of its two conformers, anti and gauche."""
    (molecule,) = read_molecules(["CCO"])
    ensemble = search(molecule, replace(SETTINGS, max_embeddings=30))
    return [replace(molecule, geometry=conformer.geometry) for conformer in ensemble.conformers]


def test_frames_in_another_order_of_atoms_are_conformers_in_the_first_ones(tmp_path: Path) -> None:
    first, second = ethanols()
    path = tmp_path / "a.xyz"
    path.write_text(shuffled_xyz(first, seed=1) + shuffled_xyz(second, seed=2) + shuffled_xyz(second, seed=3))
    (molecule,) = read_molecules([str(path)])
    ensemble = given_geometries(molecule, most=20)
    assert sorted(conformer.degeneracy for conformer in ensemble.conformers) == [1.0, 2.0]
    assert ensemble.notes == ("1 of 3 given structures repeat another one",)


def test_frames_of_different_compounds_are_different_molecules(tmp_path: Path) -> None:
    path = tmp_path / "mixed.xyz"
    path.write_text(xyz("CO") + xyz("CN") + xyz("CO", seed=2) + xyz("C[C@H](F)O") + xyz("C[C@@H](F)O"))
    molecules = read_molecules([str(path)])
    assert [molecule.name for molecule in molecules] == ["mixed-1", "mixed-2", "mixed-4", "mixed-5"]
    assert [len(molecule.other_geometries) for molecule in molecules] == [1, 0, 0, 0]


def test_an_sdf_of_conformers_is_one_molecule_too(tmp_path: Path) -> None:
    from rdkit import Chem
    from rdkit.Chem import AllChem

    mol = Chem.AddHs(Chem.MolFromSmiles("CCCO"))
    AllChem.EmbedMultipleConfs(mol, 3, randomSeed=1)
    path = tmp_path / "conformers.sdf"
    path.write_text("".join(Chem.MolToMolBlock(mol, confId=number) + "$$$$\n" for number in range(3)))
    (molecule,) = read_molecules([str(path)])
    assert len(molecule.other_geometries) == 2


# Files


def test_titles_of_any_kind_are_names() -> None:
    molecules = read_molecules([str(INPUTS / "titles.sdf")])
    assert [m.name for m in molecules] == ["/home/user/calc/butane.log", "butane; n-butane", "butane (1$l^{4})"]


def test_a_title_that_stands_twice_gets_its_place(tmp_path: Path) -> None:
    block = (INPUTS / "titles.sdf").read_text().split("$$$$\n")[1]
    path = tmp_path / "a.sdf"
    path.write_text(f"{block}$$$$\n{block}$$$$\n")
    assert [m.name for m in read_molecules([str(path)])] == ["butane; n-butane", "butane; n-butane (record 2)"]


def test_a_name_like_the_end_of_a_record_breaks_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_text("C $$$$ methane\n")
    (molecule,) = read_molecules([str(path)])
    ensemble = search(molecule, SETTINGS)
    assert molecule.name == "$$$$ methane"
    assert geometry_of_sdf(ensemble_sdf(ensemble), symbols=molecule.symbols) == ensemble.conformers[0].geometry


def test_map_numbers_are_in_no_candidate_and_none_is_listed_twice() -> None:
    error = str(refusal(str(INPUTS / "atom-map-numbers.mol")))
    assert "O[C@H]1CC[C@@H](O)CC1, O[C@H]1CC[C@H](O)CC1" in error
    assert ":1" not in error.removeprefix(str(INPUTS))


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CCO |$;;_AV:hydroxyl$|", "CCO"), ("[CH3:5][OH:7]", "CO"), ("CC |(0,0,;1.5,0,)|", "CC"),
        ("C[C@H](O)F |&1:1|", "C[C@H](O)F"),
    ],
)  # fmt: skip
def test_extensions_and_map_numbers_of_smiles_are_cleared(smiles: str, expected: str, tmp_path: Path) -> None:
    assert read_molecules([smiles])[0].smiles == expected
    path = tmp_path / "a.smi"
    path.write_text(f"{smiles} its name\n")
    (molecule,) = read_molecules([str(path)])
    assert (molecule.smiles, molecule.name) == (expected, "its name")


@pytest.mark.parametrize(
    ("smiles", "words"),
    [
        ("C[C@H](O)[C@@H](C)F |&1:1,&2:3|", "diastereomers"), ("CC=CC |w:1.0|", "C2=C3 open"),
        ("CC |^1:0|", "unpaired"),         ("CC* |$;;R1$|", "dummy"), ("CC |^1:x|", "extension"),
        ("C1C |&1:0|", "unclosed ring"),
    ],
)  # fmt: skip
def test_what_an_extension_says_of_the_structure_counts(smiles: str, words: str) -> None:
    assert words in str(refusal(smiles))


@pytest.mark.parametrize("charge", ["-1", "-1.0", "-1.", "-1,0", "\N{MINUS SIGN}1"])
def test_charges_as_spreadsheets_write_them(charge: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'smiles,name,charge\nCC(=O)[O-],"a; \'b\'","{charge}"\nC,m,0.0\n')
    assert [m.charge for m in read_molecules([str(path)])] == [-1, 0]


@pytest.mark.parametrize("charge", ["0.5", "-1.5", "1e3", "nan", "--1", "9999"])
def test_what_is_no_charge_is_refused(charge: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"smiles,name,charge\nC,a,{charge}\n")
    assert "no integer" in str(refusal(str(path)))


# Bad records


def test_every_bad_record_is_listed_and_skipped_where_that_is_asked_for(tmp_path: Path) -> None:
    smi, csv, missing = tmp_path / "a.smi", tmp_path / "b.csv", str(tmp_path / "missing.xyz")
    smi.write_text("CCO ethanol\nC1CC ring\n[CH3] radical\nCCC propane\n")
    csv.write_text("smiles,name\nCCO,ethanol\n[Fe],iron\nCC,ethane\n")
    inputs = [str(smi), str(csv), missing, "CN"]
    error = refusal(*inputs)
    assert str(error).startswith("5 of 9 entries can't be used")
    places = ("a.smi, line 2", "a.smi, line 3", "b.csv, line 2", "b.csv, line 3", "missing.xyz")
    assert all(place in str(error) for place in places)
    assert "--skip-bad" in error.hint
    reading = read_inputs(inputs, skip_bad=True)
    assert [m.name for m in reading.molecules] == ["ethanol", "propane", "ethane", "CN"]
    assert len(reading.skipped) == 5
    assert all(any(place in line for line in reading.skipped) for place in places)


def test_where_no_record_is_good_nothing_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_text("C1CC a\n[CH3] b\n")
    with pytest.raises(InputError, match="2 of 2 lines"):
        read_inputs([str(path)], skip_bad=True)


# At the edge


@pytest.mark.parametrize(
    "smiles", ["[H][H]", "F", "O", "C", "C#N", "O=C=O", "C#C", "N#N", "[C-]#[O+]", "Cl", "[OH-]", "[NH4+]"]
)
def test_small_molecules_are_read_and_searched(smiles: str) -> None:
    (molecule,) = read_molecules([smiles])
    assert len(search(molecule, SETTINGS).conformers) == 1


@pytest.mark.parametrize("smiles", ["[F-]", "[H-]", "[Cl-]", "[I-]"])
def test_one_atom_alone_is_refused_by_name(smiles: str) -> None:
    assert "one atom alone" in str(refusal(smiles))
