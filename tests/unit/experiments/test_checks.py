"""What an experiment and a molecule say to each other."""

from __future__ import annotations

import pytest

from qmnmr.datatypes.measured.experiment import ExpectedSignal, ExpectedSpectra
from qmnmr.datatypes.measured.nmr_solvents import NMR_SOLVENTS
from qmnmr.experiments.checks import check_experiment
from qmnmr.experiments.kinds import with_kinds_of_letters
from qmnmr.experiments.reader import read_experiment
from qmnmr.experiments.solvents import find_solvents


def h(*sizes, exchangeable=()):
    """Return sets of hydrogens of these sizes, and exchangeable ones."""
    return [
        *(ExpectedSignal(nucleus="1H", nuclei=n) for n in sizes),
        *(ExpectedSignal(nucleus="1H", nuclei=n, is_exchangeable=True) for n in exchangeable),
    ]


def c(*kinds):
    """Return carbons of these kinds, as numbers of hydrogens."""
    return [ExpectedSignal(nucleus="13C", nuclei=1, hydrogens=n) for n in kinds]


ETHYL_ACETATE = [*h(3, 2, 3), *c(3, 2, 0, 3)]
ETHANOL = [*h(3, 2, exchangeable=(1,)), *c(3, 2)]


def remarks(text, signals, **settings):
    expected = ExpectedSpectra(molecule="a", formula=(("C", 4), ("H", 8), ("O", 2)), signals=tuple(signals))
    found = check_experiment(read_experiment(text, **settings), expected)
    return [("? " if remark.is_doubt else "") + remark.text for remark in found]


@pytest.mark.parametrize(
    ("text", "signals", "expected"),
    [
        ("1H NMR δ 4.12 (q, 2H), 2.04 (s, 3H), 1.26 (t, 3H)", ETHYL_ACETATE, "8 H listed, as in the formula"),
        ("1H NMR δ 4.12 (q, 2H), 2.04 (s, 3H)", ETHYL_ACETATE, "? 5 H listed, 8 in the formula"),
        (
            "1H NMR δ 4.12 (m, 2H), 2.04 (m, 2H)",
            ETHYL_ACETATE,
            "? 4 H listed, 8 in the formula: is one of 2 equal parts listed?",
        ),
        (
            "1H NMR δ 3.7 (q, 2H), 1.2 (t, 3H)",
            ETHANOL,
            "5 H listed, 6 in the formula, 1 of them on N, O or S: not all of these are listed",
        ),
        ("1H NMR δ 4.12 (q, 2H), 2.04 (s)", ETHYL_ACETATE, "? 1 of 2 signals have no number of H"),
        ("1H NMR δ 4.12, 2.04, 1.26", ETHYL_ACETATE, "3 signals listed, as expected"),
        (
            "13C NMR δ 171.1, 60.4, 21.0 (2C)",
            [*c(3, 2, 0, 3)],
            "4 C listed, as in the formula, with one C where no number is said",
        ),
        ("13C NMR δ 171.1, 60.4, 21.0, 14.2", ETHYL_ACETATE, "4 carbon signals listed, as expected"),
        ("13C NMR δ 171.1, 60.4, 21.0", ETHYL_ACETATE, "? 3 carbon signals listed, 4 expected"),
        ("13C NMR δ 60.4 (CH2), 21.0 (CH2)", ETHANOL, "? 2 signals of CH2 listed, 1 expected"),
        ("19F NMR δ -62.7", ETHANOL, "? 1 signal listed, and the molecule has no F"),
        ("13C NMR δ 60.4, 60.4", ETHANOL, "? 60.4 ppm is listed twice"),
        ("1H NMR δ 4.12 (dd, J = 7.1 Hz, 2H)", ETHANOL, "? 4.12 ppm: 'dd' has 2 couplings, 1 given"),
        ("1H NMR δ 4.12 (s, J = 7.1 Hz, 2H)", ETHANOL, "? 4.12 ppm: 's' has no coupling, 1 given"),
        ("1H NMR δ 4.12 (d, J = 71 Hz, 2H)", ETHANOL, "? 4.12 ppm: J = 71 Hz is no coupling between hydrogens"),
        ("1H NMR δ 4.1-1.3 (m, 2H)", ETHANOL, "? 4.1-1.3 ppm is a wide range for one signal"),
        (
            "1H NMR (400 MHz) δ 4.1. 13C NMR (400 MHz) δ 60.4",
            ETHANOL,
            "? 400 MHz is the frequency of 1H; 13C has 101 MHz there",
        ),
    ],
)
def test_a_remark(text, signals, expected):
    assert expected in remarks(text, signals)


def test_couplings_that_fit_are_not_remarked():
    text = "1H NMR δ 7.2 (m, J = 7.1, 2 Hz, 3H), 6.1 (app t, J = 7 Hz, 1H), 5.9 (AB q, J = 12 Hz, 2H)"
    assert remarks(text, h(3, 1, 2)) == ["6 H listed, as in the formula"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13C NMR (101 MHz, CDCl3) δ 171.1, 77.0, 60.4, 21.0, 14.2", ["? 77 ppm may be CDCl3 itself (77.16)"]),
        ("13C NMR (DMSO-d6) δ 171.1, 60.4, 39.6, 21.0, 14.2", ["? 39.6 ppm may be DMSO-d6 itself (39.52)"]),
        ("13C NMR (CDCl3) δ 171.1, 60.4, 21.0, 14.2, 0.0", ["? 0 ppm may be TMS (0.00)"]),
        ("13C NMR (CDCl3) δ 171.1, 77.2 (CDCl3), 60.4, 21.0, 14.2", ["77.2 ppm is of CDCl3, as the list says"]),
        (
            "1H NMR (CDCl3) δ 7.26 (s, 1H), 4.12 (q, 2H), 2.04 (s, 3H), 1.26 (t, 3H)",
            ["? 7.26 ppm may be CDCl3 itself (7.26)"],
        ),
        (
            "1H NMR (CDCl3) δ 4.12 (q, 2H), 2.04 (s, 3H), 1.58 (s), 1.26 (t, 3H)",
            ["? 1.58 ppm may be water in CDCl3 (1.56)"],
        ),
        ("1H NMR (DMSO-d6) δ 4.12 (q, 2H), 3.33 (br s), 2.04 (s, 3H)", ["? 3.33 ppm may be water in DMSO-d6 (3.33)"]),
        # all signals are needed, or it is plainly a signal of the molecule
        ("13C NMR (CDCl3) δ 171.1, 77.2, 21.0, 14.2", []),
        ("1H NMR (CDCl3) δ 7.26 (m, 2H), 2.04 (s, 3H), 1.26 (t, 3H)", []),
        ("1H NMR (CDCl3) δ 7.30-7.22 (m, 5H), 1.56 (quint, 2H), 2.04 (s, 3H)", []),
        ("13C NMR (CDCl3) δ 171.1, 77.2 (CH), 60.4, 21.0, 14.2", []),
        ("13C NMR δ 171.1, 77.2, 60.4, 21.0, 14.2", []),
    ],
)
def test_lines_of_the_solvent_are_told(text, expected):
    found = remarks(text, ETHYL_ACETATE)
    assert [remark for remark in found if " may be " in remark or "as the list says" in remark] == expected


def test_a_protecting_group_called_tms_is_no_reference():
    assert not any("TMS" in remark for remark in remarks("1H NMR (CDCl3) δ 0.12 (s, 9H, TMS)", h(9)))


def test_a_hydrogen_that_exchanges_with_the_solvent_is_not_of_the_solvent():
    text = "1H NMR (DMSO-d6) δ 9.65 (s, 1H, NH, exch. D2O), 9.1 (s, 1H, D2O exch.), 2.50 (DMSO), 3.3 (s, residual H2O)"
    assert [r for r in remarks(text, h(1, 1)) if "as the list says" in r] == [
        "2.5 ppm is of DMSO, as the list says",
        "3.3 ppm is of residual H2O, as the list says",
    ]


def test_lines_that_a_program_picked_in_a_multiplet_are_no_signals():
    lines = "1H\n" + "".join(f"{4.15 - 0.018 * i:.3f} {1 + i % 2}.0\n" for i in range(6))
    assert "? 6 lines picked by a program, 2 signals expected: join the multiplets" in remarks(lines, h(3, 2))


def test_letters_are_kinds_where_nothing_else_explains_them():
    def kinds(text, elements=frozenset("CHO")):
        (spectrum,) = read_experiment(text).spectra
        found = with_kinds_of_letters(spectrum, elements)
        return [signal.kind for signal in found.signals], found.notes

    carvone = "13C NMR δ 199.7 (s), 144.5 (d), 43.1 (t), 20.5 (q), 15.7"
    assert kinds(carvone) == (["C", "CH", "CH2", "CH3", ""], ("s, d, t, q without J are taken for C, CH, CH2, CH3",))
    nothing = (["", ""], ())
    assert kinds("13C NMR δ 199.7 (s), 144.5 (d)", frozenset("CHF")) == nothing
    assert kinds("13C NMR δ 199.7 (s), 144.5 (d, J = 245 Hz)") == nothing
    assert kinds("13C NMR δ 199.7 (s, 1 C), 144.5 (s, 2 C)") == nothing
    assert kinds("13C NMR δ 199.7 (m), 144.5 (d)") == nothing
    assert kinds("1H NMR δ 4.1 (s), 3.2 (d)") == nothing


def test_every_solvent_is_found_by_each_of_its_spellings():
    for solvent in NMR_SOLVENTS:
        for spelling in (solvent.name, *solvent.spellings):
            assert find_solvents(f"(400 MHz, {spelling}, 298 K)")[0] == solvent.name, spelling
    assert find_solvents("in CDCl3 and CD3OD, 400 MHz") == ("CDCl3/CD3OD", "in   and  , 400 MHz")
    assert find_solvents("methanolic")[0] == ""


def test_the_table_of_solvents_is_that_of_its_source():
    """Fulmer et al., Organometallics 2010, 29, 2176: three lines of tables 1 and 2."""
    by_name = {solvent.name: solvent for solvent in NMR_SOLVENTS}
    assert (by_name["CDCl3"].proton_ppm, by_name["CDCl3"].carbon_ppm, by_name["CDCl3"].water_ppm) == (
        (7.26,),
        (77.16,),
        1.56,
    )
    assert (by_name["CD3CN"].carbon_ppm, by_name["CD3CN"].water_ppm) == ((1.32, 118.26), 2.13)
    assert by_name["THF-d8"].carbon_ppm == (67.21, 25.31)
