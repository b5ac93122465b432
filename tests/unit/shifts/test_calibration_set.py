from collections import Counter
from dataclasses import replace

import pytest

from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.conformers.integrity import structure_change
from qmnmr.datatypes.calibration import CalibrationSet
from qmnmr.datatypes.molecule import Conformer, Ensemble
from qmnmr.datatypes.shift import NUCLEI
from qmnmr.errors import InputError
from qmnmr.runs.signal_list import signals_of
from qmnmr.shifts.fit.calibration_set import SHIPPED_SETS, joined_sets, parse_set, shipped_set, without_doubt
from qmnmr.structures import molecules_from_smiles

HEADER = "molecule,smiles,nucleus,atoms,shift_ppm,side\n"


@pytest.fixture(scope="module")
def delta50():
    return shipped_set("delta50")


def shifts(delta50, name):
    molecule = next(m for m in delta50.molecules if m.name == name)
    return {(s.nucleus, s.shift_ppm): s for s in molecule.shifts}


def test_delta50_has_50_molecules_114_proton_and_143_carbon_shifts(delta50):
    assert len(delta50.molecules) == 50
    counts = Counter(s.nucleus for m in delta50.molecules for s in m.shifts)
    assert counts == {"1H": 114, "13C": 143}
    assert "Molecules 2023, 28, 2449" in delta50.source
    assert delta50.solvent == "chloroform"


@pytest.mark.parametrize(
    ("name", "nucleus", "ppm"),
    [
        ("N,N-dimethylformamide", "13C", (31.44, 36.48, 162.52)),
        ("N,N-dimethylacetamide", "13C", (21.58, 35.20, 38.05, 170.66)),
        ("2-methyl-2-butene", "13C", (13.41, 17.32, 25.63, 118.44, 132.10)),
        ("cyclohexanone", "13C", (25.02, 27.03, 42.00, 212.15)),
        ("methyl acetate", "13C", (20.71, 51.62, 171.55)),
        ("anisole", "13C", (55.14, 113.90, 120.65, 129.45, 159.55)),
        ("anisole", "1H", (3.81, 6.91, 6.95, 7.29)),
    ],
)
def test_published_shifts_are_there(delta50, name, nucleus, ppm):
    assert tuple(sorted(p for n, p in shifts(delta50, name) if n == nucleus)) == ppm


def test_corrected_labels_are_the_corrected_ones(delta50):
    anisole = shifts(delta50, "anisole")  # COc1ccccc1
    assert anisole["13C", 159.55].atoms == (3,)
    assert anisole["13C", 120.65].atoms == (6,)
    dmf = shifts(delta50, "N,N-dimethylformamide")  # CN(C)C=O
    assert dmf["13C", 31.44].side == "cis 2-4-5"
    assert dmf["1H", 2.96].side == "trans 2-4-5"


def test_every_atom_is_there_and_numbered_as_qmnmr_numbers_it(delta50):
    from qmnmr.shifts.sides import measured_atoms
    from qmnmr.structures import molecules_from_smiles

    molecules = molecules_from_smiles([(m.name, m.smiles) for m in delta50.molecules], source="delta50")
    assert sum(m.symbols.count("H") for m in molecules) == 342
    for molecule, entry in zip(molecules, delta50.molecules, strict=True):
        named = {a for s in entry.shifts for a in s.atoms}
        wanted = {i + 1 for i, symbol in enumerate(molecule.symbols) if symbol in "HC"}
        assert named == wanted, entry.name
        for shift in entry.shifts:
            if not shift.side:
                measured_atoms(molecule, shift, None)


def test_a_users_table_is_read():
    text = "# name: mine\n# solvent: DMSO\n" + HEADER + "methanol,CO,13C,1,49.0,\nmethanol,CO,1H,3 4 5,3.2,\n"
    found = parse_set(text, source="a.csv", name="a")
    assert (found.name, found.solvent) == ("mine", "DMSO")
    assert [s.atoms for s in found.molecules[0].shifts] == [(1,), (3, 4, 5)]


def test_a_smiles_with_a_triple_bond_is_no_comment():
    found = parse_set(HEADER + "C#C,C#C,13C,1 2,71.9,\n", source="a.csv", name="a")
    assert found.molecules[0].smiles == "C#C"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("methanol,CO,13C,one,49.0,", "line 2.*invalid literal"),
        ("methanol,CO,13C,1,high,", "line 2.*not a number"),
        ("methanol,CO,13C,1,nan,", "line 2.*not a number"),
        ("methanol,CO,17O,2,0.0,", "line 2.*17O"),
        ("methanol,,13C,1,49.0,", "line 2.*smiles is empty"),
        ("methanol,CO,13C,1 1,49.0,", "line 2.*twice"),
        ("methanol,CO,13C,1,49.0,\nmethanol,CO,13C,1,50.0,", "line 3.*two shifts"),
        ("methanol,CO,13C,1,49.0,\nmethanol,CCO,1H,4,3.0,", "line 3.*before"),
        ("methanol,CO,13C,1,49.0,left", "line 2.*side"),
        ("", "no shifts"),
    ],
)
def test_a_wrong_line_is_named(row, words):
    with pytest.raises(InputError, match=words):
        parse_set(HEADER + row, source="a.csv", name="a")


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="no column shift_ppm"):
        parse_set("molecule,smiles,nucleus,atoms\n", source="a.csv", name="a")


def test_an_unknown_set_is_refused():
    with pytest.raises(InputError, match="delta99"):
        shipped_set("delta99")


@pytest.fixture(scope="module")
def stx100() -> CalibrationSet:
    return shipped_set("stx100")


def test_stx100_has_every_molecule_with_the_structure_of_its_smiles(stx100: CalibrationSet) -> None:
    assert (len(stx100.molecules), sum(len(m.shifts) for m in stx100.molecules)) == (67, 875)
    molecules = molecules_from_smiles([(m.name, m.smiles) for m in stx100.molecules], source="stx100")
    for molecule, entry in zip(molecules, stx100.molecules, strict=True):
        assert entry.geometry is not None
        assert entry.geometry.symbols == molecule.symbols
        assert structure_change(molecule, entry.geometry) is None, entry.name
    assert not {m.name for m in stx100.molecules} & {m.name for m in shipped_set("delta50").molecules}


def test_stx100_names_every_set_of_equivalent_nuclei_whole(stx100: CalibrationSet) -> None:
    molecules = molecules_from_smiles([(m.name, m.smiles) for m in stx100.molecules], source="stx100")
    for molecule, entry in zip(molecules, stx100.molecules, strict=True):
        assert entry.geometry is not None
        given = Conformer(label="c001", geometry=entry.geometry, energy_hartree=None)
        sets = equivalent_sets(molecule, Ensemble(molecule=molecule, conformers=(given,)))
        for shift in entry.shifts:
            atoms = {atom - 1 for atom in shift.atoms}
            assert all(set(members) <= atoms for members in sets if atoms & set(members)), (entry.name, shift)


def test_sets_are_joined(stx100: CalibrationSet) -> None:
    both = joined_sets([shipped_set("delta50"), stx100])
    assert (both.name, both.solvent, len(both.molecules)) == ("DELTA50 + STX100", "chloroform", 117)
    assert joined_sets([stx100]) is stx100
    other = replace(stx100.molecules[0], smiles="CCO")
    with pytest.raises(InputError, match="two of the sets have another compound by the name stx105"):
        joined_sets([stx100, replace(stx100, molecules=(other,))])
    with pytest.raises(InputError, match="measured in DMSO and chloroform"):
        joined_sets([stx100, replace(shipped_set("delta50"), solvent="DMSO")])


def test_doubted_signals_of_stx100_have_their_reasons(stx100: CalibrationSet) -> None:
    kept, lines = without_doubt(stx100)
    assert len(kept.molecules) == len(stx100.molecules)
    assert sum(len(m.shifts) for m in stx100.molecules) - sum(len(m.shifts) for m in kept.molecules) == 8
    assert [line.partition(",")[0] for line in lines] == ["stx131", "stx272"]
    assert lines[0].startswith("stx131, 13C 55.45, 13C 66.56 ppm: 11 ppm below")


def test_a_pair_has_two_signals() -> None:
    table = "molecule,smiles,nucleus,atoms,shift_ppm,pair\nethanol,CCO,1H,4 5 6,1.2,a\n"
    with pytest.raises(InputError, match="ethanol has 1 1H signals of the pair a"):
        parse_set(table, source="mine.csv", name="mine")


def test_a_compound_of_two_sets_is_that_of_the_first() -> None:
    delta50, multisolvent = shipped_set("delta50"), shipped_set("multisolvent")
    both = joined_sets([delta50, multisolvent])
    assert both.molecules[: len(delta50.molecules)] == delta50.molecules
    acetone = [m for m in both.molecules if m.smiles in ("CC(=O)C", "CC(C)=O")]
    assert len(acetone) == 1
    assert len(both.molecules) < len(delta50.molecules) + len(multisolvent.molecules)


SOLVENTS_TABLE = """molecule,smiles,nucleus,atoms,shift_ppm,solvent
ethanol,CCO,13C,1,18.41,CDCl3
ethanol,CCO,13C,1,18.51,dmso
ethanol,CCO,13C,2,56.07,DMSO-d6
"""


def test_of_a_table_with_several_solvents_one_is_taken() -> None:
    found = parse_set(SOLVENTS_TABLE, source="mine.csv", name="mine", solvent="DMSO-d6")
    assert found.solvent == "DMSO"
    assert [s.shift_ppm for s in found.molecules[0].shifts] == [18.51, 56.07]
    assert parse_set(SOLVENTS_TABLE, source="mine.csv", name="mine").solvent == "chloroform"


def test_a_solvent_that_a_table_does_not_have_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(InputError, match=r"mine.csv: nothing was measured in methanol") as raised:
        parse_set(SOLVENTS_TABLE, source="mine.csv", name="mine", solvent="CD3OD")
    assert raised.value.hint == "--solvent: DMSO, chloroform"
    with pytest.raises(InputError, match=r"mine.csv, line 2: 'ether' is not a solvent that qmnmr knows"):
        parse_set(SOLVENTS_TABLE.replace("CDCl3", "ether"), source="mine.csv", name="mine")


@pytest.mark.parametrize(
    ("solvent", "molecules", "shifts"),
    [("CDCl3", 56, 269), ("DMSO", 56, 267), ("methanol", 55, 263), ("benzene", 33, 115), ("D2O", 43, 194)],
)
def test_the_set_of_solvents_has_their_shifts(solvent: str, molecules: int, shifts: int) -> None:
    found = shipped_set("multisolvent", solvent=solvent)
    assert (len(found.molecules), sum(len(m.shifts) for m in found.molecules)) == (molecules, shifts)


@pytest.mark.parametrize(
    ("name", "smiles", "nucleus", "ppm"),
    [
        ("multisolvent", "CC(C)=O", "13C", (30.92, 207.07)),
        ("f19", "Fc1ccc(F)cc1", "19F", (-119.85,)),
        ("f19", "CF", "19F", (-268.0,)),
        ("p31", "CP(C)(C)=O", "31P", (36.2,)),
        ("p31", "FP(F)F", "31P", (97.0,)),
    ],
)
def test_measured_shifts_of_further_sets_are_there(name: str, smiles: str, nucleus: str, ppm: tuple[float]) -> None:
    (found,) = (m for m in shipped_set(name).molecules if m.smiles == smiles)
    assert tuple(sorted(s.shift_ppm for s in found.shifts if s.nucleus == nucleus)) == ppm


@pytest.mark.parametrize("name", SHIPPED_SETS)
def test_shipped_sets_name_atoms_of_their_nucleus_and_all_that_are_equivalent(name: str) -> None:
    measured = shipped_set(name)
    molecules = molecules_from_smiles([(m.name, m.smiles) for m in measured.molecules], source=name)
    elements = {nucleus: element for element, nucleus in NUCLEI.items()}
    for molecule, entry in zip(molecules, measured.molecules, strict=True):
        whole = [set(s.atom_indices) for s in signals_of(molecule).signals]
        for shift in entry.shifts:
            atoms = {a - 1 for a in shift.atoms}
            assert {molecule.symbols[a] for a in atoms} == {elements[shift.nucleus]}, (entry.name, shift)
            if name not in ("delta50", "stx100"):  # which have sides and structures
                assert all(members <= atoms for members in whole if members & atoms), (entry.name, shift)
