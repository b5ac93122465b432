"""RDKit's molecules as inputs."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdkit import Chem
from rdkit.Chem import AllChem

from qmnmr.errors import InputError
from qmnmr.runs.plan import plan_run
from qmnmr.runs.python.argument_values import input_texts
from qmnmr.runs.request import RunRequest
from qmnmr.structures import read_inputs, read_molecules


def read(*values):
    return read_inputs(input_texts(values)).molecules


def embedded(smiles, *, count=1):
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMultipleConfs(mol, count, randomSeed=7)
    return mol


@pytest.mark.parametrize("has_hydrogens", [False, True])
@pytest.mark.parametrize(
    "smiles",
    [
        *("CCO", "C[C@H](O)CC", "C[C@H](F)[C@H](F)C", "F/C=C/F", "F/C=C\\F", "C/C=C/C=C\\C", "C/C=N/O", "c1ccccc1"),
        *("C[N+](C)(C)C", "O=C1C[C@@H]2CC[C@H]1C2", "CC(=O)[O-]", "N[C@@H](C)C(=O)O"),
    ],
)
def test_a_graph_is_the_molecule_that_its_smiles_is(smiles, has_hydrogens):
    mol = Chem.MolFromSmiles(smiles)
    (found,) = read(Chem.AddHs(mol) if has_hydrogens else mol)
    (wanted,) = read_molecules([smiles])
    assert (found.smiles, found.mapped_smiles, found.symbols) == (wanted.smiles, wanted.mapped_smiles, wanted.symbols)
    assert found.geometry is None


def test_atoms_keep_the_order_of_the_molecule():
    mol = Chem.AddHs(Chem.MolFromSmiles("CCO"))
    turned = Chem.RenumberAtoms(mol, list(reversed(range(mol.GetNumAtoms()))))
    for given in (turned, Chem.RenumberAtoms(embedded("CCO"), list(reversed(range(9))))):
        (found,) = read(given)
        assert found.symbols == ("H",) * 6 + ("O", "C", "C")


def test_a_structure_in_space_is_kept_and_several_are_conformers():
    mol = embedded("OCCO", count=3)
    mol.SetProp("_Name", "glycol")
    (found,) = read(mol)
    assert found.name == "glycol"
    assert found.geometry is not None
    assert len(found.other_geometries) == 2
    for geometry, conformer in zip((found.geometry, *found.other_geometries), mol.GetConformers(), strict=True):
        flat = [value for position in geometry.coordinates_angstrom for value in position]
        assert flat == pytest.approx(conformer.GetPositions().ravel().tolist(), abs=1e-4)


def test_space_decides_what_the_graph_leaves_open():
    mol = Chem.AddHs(Chem.MolFromSmiles("FC=CF"))
    AllChem.EmbedMolecule(mol, randomSeed=7)
    (found,) = read(mol)
    assert found.smiles in ("F/C=C/F", "F/C=C\\F")


@pytest.mark.parametrize(
    ("smiles", "told"),
    [
        ("FC=CF", "leaves the configuration of .* open"),
        ("CC(F)C(F)C", "leaves the configuration of .* open"),
        ("C/C(F)=C=C=C(/F)C", "leaves the configuration of the axis .* open"),
        ("*C", "dummy"),
        ("[CH3]", "unpaired electron"),
        ("[Na+].[Cl-]", "metal"),
    ],
)
def test_what_can_not_be_computed_is_refused_as_its_smiles_is(smiles, told):
    with pytest.raises(InputError, match=told) as error:
        read(Chem.MolFromSmiles(smiles))
    assert "RDKit molecule" in str(error.value)


def test_what_is_done_to_a_molecule_later_changes_nothing():
    mol = Chem.RWMol(Chem.MolFromSmiles("CCO"))
    inputs = input_texts(mol)
    mol.RemoveAtom(2)
    (found,) = read_inputs(inputs).molecules
    assert found.smiles == "CCO"
    assert mol.GetNumConformers() == 0


def test_paths_texts_and_molecules_come_from_a_generator(tmp_path: Path):
    (tmp_path / "a.smi").write_text("C methane\n")
    values = (value for value in (tmp_path / "a.smi", "O", Chem.MolFromSmiles("N")))
    assert [m.name for m in read_inputs(input_texts(values)).molecules] == ["methane", "O", "N"]


def test_what_rdkit_could_not_read_is_none_and_told_so():
    with pytest.raises(InputError, match="an input can't be None") as told:
        input_texts(["CCO", None])
    assert "None is what RDKit returns for a structure that it can't read" in told.value.hint


def test_a_run_says_what_it_was_given(tmp_path: Path):
    mol = Chem.MolFromSmiles("CCO")
    request = RunRequest(inputs=input_texts(mol), protocol="draft", engine="pyscf", out=tmp_path / "run")
    plan = plan_run(request)
    assert plan.settings.inputs == ("CCO",)
    assert type(plan.settings.inputs[0]) is str
