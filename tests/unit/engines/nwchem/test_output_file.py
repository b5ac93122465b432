"""Values below were copied by eye from the recorded outputs."""

import pytest

from qmnmr.engines.nwchem.output_file import parse_output
from qmnmr.errors import OutputFormatError
from tests.golden.nwchem.nwchem_cases import CASES, read_golden

SHIELDING_CASES = [
    "ethanol-2-ranks",
    "ethanol-gas",
    "pyridinium",
    "acetate",
    *[name for name in CASES if name.startswith("methane-")],
]


def parse(name):
    return parse_output(read_golden(name).stdout, source=name)


def test_a_two_rank_shielding_run_in_cosmo_is_read_completely():
    output = parse("ethanol-2-ranks")
    assert (output.version, output.ranks, output.tasks) == ("7.0.2", 2, ("shielding",))
    assert (output.charge, output.multiplicity, output.atom_count) == (0, 1, 9)
    assert output.functional == "b3lyp"
    assert output.basis_by_tag == {"C": "6-31G*", "H": "6-31G*", "O": "6-31G*"}
    assert output.is_spherical is True
    assert output.dielectric_constant == 4.7113
    assert output.cavity_radii_angstrom == (2.0, 2.0, 1.72, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3)
    assert output.energies_hartree == (-155.036008779823,)
    assert output.geometry.symbols == tuple("CCOHHHHHH")
    assert output.geometry.coordinates_angstrom[8] == (1.501, 1.150, 0.047)
    assert output.is_complete
    assert (output.cpu_seconds, output.wall_seconds) == (17.0, 92.1)
    first, *_, last = output.shieldings
    assert (first.atom_index, first.symbol, first.isotropic_ppm) == (0, "C", 170.1565)
    assert first.tensor_ppm[0] == (186.4229, -7.0190, 3.1072)
    assert (last.atom_index, last.symbol, last.isotropic_ppm) == (8, "H", 31.7751)
    assert len(output.shieldings) == 9


def test_a_gas_phase_output_has_no_dielectric_constant():
    output = parse("ethanol-gas")
    assert output.dielectric_constant is None
    assert output.cavity_radii_angstrom == ()
    assert output.ranks == 1
    assert output.shieldings[1].isotropic_ppm == 133.2587


def test_of_an_optimisation_the_last_geometry_and_energy_count():
    output = parse("ethanol-optimization")
    assert output.tasks == ("optimization",)
    assert output.optimization_steps == 5
    assert output.convergence_phrase == "Optimization converged"
    assert output.energy_hartree == -155.037854584777
    assert output.optimizer_energy_hartree == -155.03785458
    assert output.energies_hartree[0] != output.energy_hartree
    assert len(output.energies_hartree) == read_golden("ethanol-optimization").stdout.count(b"Total DFT energy =")
    assert output.geometry.coordinates_angstrom[0] != (-0.887, 0.175, -0.017)
    assert output.shieldings == ()


def test_an_unconverged_optimisation_says_so():
    output = parse("optimization-unconverged")
    assert output.convergence_phrase == "Failed to converge in maximum number of steps or available time"
    assert output.optimization_steps == 2
    assert not output.is_complete


def test_a_cartesian_basis_and_water_are_read_from_an_energy_run():
    output = parse("methanol-energy")
    assert output.tasks == ("energy",)
    assert output.is_spherical is False
    assert output.basis_by_tag["O"] == "6-311+G(2d,p)"
    assert output.dielectric_constant == 78.4


@pytest.mark.parametrize(("name", "charge"), [("pyridinium", 1), ("acetate", -1)])
def test_the_charge_is_read(name, charge):
    assert parse(name).charge == charge


@pytest.mark.parametrize("functional", ["hf", "b3lyp", "pbe0", "mpw1pw91", "cam-b3lyp", "wp04"])
def test_each_functional_is_recognised_by_its_terms(functional):
    assert parse(f"methane-{functional}").functional == functional


def test_a_functional_that_is_not_ours_has_terms_but_no_name():
    golden = read_golden("methane-pbe0").stdout.replace(
        b"Hartree-Fock (Exact) Exchange  0.250", b"Hartree-Fock (Exact) Exchange  0.500"
    )
    output = parse_output(golden, source="x")
    assert output.functional is None
    assert output.xc is not None
    assert dict(output.xc.terms)["Hartree-Fock (Exact) Exchange"] == 0.5


@pytest.mark.parametrize("name", SHIELDING_CASES)
def test_isotropic_is_a_third_of_the_trace(name):
    for shielding in parse(name).shieldings:
        trace = sum(shielding.tensor_ppm[axis][axis] for axis in range(3))
        assert trace / 3 == pytest.approx(shielding.isotropic_ppm, abs=1.1e-4)


@pytest.mark.parametrize("name", [name for name in SHIELDING_CASES if name.startswith("methane")])
def test_the_four_hydrogens_of_methane_are_equal(name):
    hydrogens = [shielding.isotropic_ppm for shielding in parse(name).shieldings if shielding.symbol == "H"]
    assert max(hydrogens) - min(hydrogens) < 0.001


def test_mirrored_atoms_of_pyridinium_are_equal():
    ppm = [shielding.isotropic_ppm for shielding in parse("pyridinium").shieldings]
    for first, second in ((1, 5), (2, 4), (7, 11), (8, 10)):
        assert ppm[first] == pytest.approx(ppm[second], abs=0.01)


def test_one_and_two_ranks_agree():
    one, two = parse("ethanol-gas"), parse("ethanol-gas-2-ranks")
    assert (one.ranks, two.ranks) == (1, 2)
    assert one.energy_hartree == pytest.approx(two.energy_hartree, abs=1e-7)
    for first, second in zip(one.shieldings, two.shieldings, strict=True):
        assert first.isotropic_ppm == pytest.approx(second.isotropic_ppm, abs=0.001)


def test_two_orientations_agree():
    one, turned = parse("ethanol-gas"), parse("ethanol-gas-turned")
    assert one.geometry.coordinates_angstrom != turned.geometry.coordinates_angstrom
    assert one.energy_hartree == pytest.approx(turned.energy_hartree, abs=2e-6)
    for first, second in zip(one.shieldings, turned.shieldings, strict=True):
        assert first.isotropic_ppm == pytest.approx(second.isotropic_ppm, abs=0.01)


@pytest.mark.parametrize(
    ("old", "new", "line_holds"),
    [
        (b"186.4229     -7.0190", b"********     -7.0190", "shielding"),
        (b"isotropic =     170.1565", b"isotropic =          NaN", "shielding"),
        (b"Total DFT energy =     -155.0360", b"Total DFT energy =     ********", "energy"),
        (
            b"    9 H                    1.0000     1.50100000",
            b"    9 H                    1.0000            NaN",
            "geometry",
        ),
        (b"    9  1.000  1.300", b"    9  1.000  *****", "radii"),
        (b" dielec:        4.7113", b" dielec:      ********", "dielectric"),
    ],
)
def test_what_is_no_number_is_named_with_its_line(old, new, line_holds):
    data = read_golden("ethanol-2-ranks").stdout
    assert data.count(old) >= 1
    with pytest.raises(OutputFormatError, match=rf"^damaged\.out, line \d+: the {line_holds}"):
        parse_output(data.replace(old, new), source="damaged.out")


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"Gaussian 16", b"\x00\xff" * 1000, b"Northwest Computational Chemistry Package"]
)
def test_what_is_no_output_of_nwchem_is_refused(data):
    with pytest.raises(OutputFormatError, match=r"notes\.txt, line 1: not an output of NWChem"):
        parse_output(data, source="notes.txt")


def test_shieldings_of_fewer_atoms_without_an_end_are_a_cut_block():
    data = read_golden("ethanol-gas").stdout
    with pytest.raises(OutputFormatError, match="the shielding of atom 9"):
        parse_output(data[: data.index(b"Atom:    9  H")], source="cut.out")
