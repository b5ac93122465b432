import pytest

from qmnmr.datatypes.calibration import MeasuredShift
from qmnmr.datatypes.molecule import Geometry
from qmnmr.errors import InputError
from qmnmr.shifts.sides import measured_atoms
from qmnmr.structures import molecules_from_smiles


@pytest.fixture(scope="module")
def butene():
    """2-methyl-2-butene, CC=C(C)C, with C4 on the side of C1."""
    from rdkit import Chem
    from rdkit.Chem import AllChem

    (molecule,) = molecules_from_smiles([("butene", "CC=C(C)C")], source="test")
    mol = Chem.AddHs(Chem.MolFromSmiles("CC=C(C)C"))
    AllChem.EmbedMolecule(mol, randomSeed=1)
    positions = mol.GetConformer().GetPositions()
    from rdkit.Chem import rdMolTransforms

    angle = abs(rdMolTransforms.GetDihedralDeg(mol.GetConformer(), 0, 1, 2, 3))
    geometry = Geometry(
        symbols=molecule.symbols, coordinates_angstrom=tuple((float(x), float(y), float(z)) for x, y, z in positions)
    )
    return molecule, geometry, 4 if angle < 90 else 5


def shift(atoms, side, nucleus="13C"):
    return MeasuredShift(nucleus=nucleus, atoms=atoms, shift_ppm=17.32, side=side)


def test_a_carbon_is_found_on_its_side(butene):
    molecule, geometry, cis = butene
    assert measured_atoms(molecule, shift((4, 5), "cis 3-2-1"), geometry) == (cis - 1,)
    assert measured_atoms(molecule, shift((4, 5), "trans 3-2-1"), geometry) == (9 - cis - 1,)


def test_the_hydrogens_follow_their_carbon(butene):
    molecule, geometry, cis = butene
    found = measured_atoms(molecule, shift((10, 11, 12, 13, 14, 15), "cis 3-2-1", "1H"), geometry)
    assert found == ((9, 10, 11) if cis == 4 else (12, 13, 14))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (shift((4, 5), "cis 4-2-1"), "bonded in a row"),
        (shift((1, 2), "cis 3-2-1"), "not on a group of atom 3"),
        (shift((4,), "cis 3-2-1"), "does not tell"),
        (shift((16,), ""), "no atom 16"),
        (shift((9,), ""), "atom 9 is H"),
    ],
)
def test_what_does_not_fit_is_refused(butene, wanted, words):
    molecule, geometry, cis = butene
    if wanted.atoms == (4,) and cis != 4:
        wanted = shift((4,), "trans 3-2-1")
    with pytest.raises(InputError, match=words):
        measured_atoms(molecule, wanted, geometry)
