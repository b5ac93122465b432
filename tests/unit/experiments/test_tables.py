"""Lists and tables: columns of people and of programs."""

from __future__ import annotations

import pytest

from qmnmr.errors import InputError
from qmnmr.experiments.reader import read_experiment


def read(text, **settings):
    """Return (nucleus, shift, nuclei, shape, couplings, kind, atoms, label) of each signal."""
    return [
        (p.nucleus, g.shift_ppm, g.nuclei, g.multiplicity, g.couplings_hz, g.kind, g.atoms, g.label)
        for p in read_experiment(text, **settings).spectra
        for g in p.signals
    ]


def plain(nucleus, *shifts):
    return [(nucleus, shift, None, "", (), "", (), "") for shift in shifts]


@pytest.mark.parametrize(
    "text",
    [
        "nucleus,shift_ppm\n13C,170.7\n13C,60.4\n",
        "Nucleus;Shift\n13C;170,7\n13C;60,4\n",
        "nucleus\tδ (ppm)\n13C\t170.7\n13C\t60.4\n",
        "nucleus   shift\n13C       170.7\n13C       60.4\n",
        "nucleus shift\n13C 170.7\n13C 60.4\n",
        "| nucleus | ppm |\n|---|---|\n| 13C | 170.7 |\n| 13C | 60.4 |\n",
        "\ufeffnucleus,shift_ppm\r\n13C,170.7\r\n13C,60.4\r\n",
        "# my list\nnucleus,shift_ppm\n\n13C,170.7\n13C,60.4\n",
        "13C;170,7\n13C;60,4\n",
        "13C,170.7\n13C,60.4\n",
        "13C 170.7\n13C 60.4\n",
        "13C\t170.7\nC\t60.4\n",
        "C13 170.7\n[13C] 60.4\n",
        "13C\n170.7\n60.4\n",
        "13C: 170.7, 60.4",
        "13C 170.7 60.4",
        "13C,170.7,60.4",
        "13C (CDCl3)\nppm\n170.7\n60.4\n",
        "δC\n170.7\n60.4\n",
    ],
)
def test_the_same_two_shifts(text):
    assert read(text) == plain("13C", 170.7, 60.4)


def test_molecules_and_atoms_keep_their_own_columns():
    text = 'atoms,molecule,nucleus,shift_ppm\n1 2,my_mol,13C,5.1\n"3,4",my_mol,1H,0.9\n5-7,"a, b",1H,-0.02\n'
    spectra = read_experiment(text).spectra
    assert [(s.molecule, s.nucleus, s.signals[0].atoms) for s in spectra] == [
        ("my_mol", "13C", (1, 2)),
        ("my_mol", "1H", (3, 4)),
        ("a, b", "1H", (5, 6, 7)),
    ]


def test_atoms_may_stand_behind_the_shift_without_a_header():
    assert [row[6] for row in read("13C 170.7 1\n1H 2.04 5 6 7\n")] == [(1,), (5, 6, 7)]


def test_assignments_before_the_shift_say_the_nucleus():
    assert [(row[0], row[1], row[7]) for row in read("C1 170.7\nC-2 60.4\nH2a 4.12\n")] == [
        ("13C", 170.7, "C1"),
        ("13C", 60.4, "C-2"),
        ("1H", 4.12, "H2a"),
    ]


def test_a_table_of_a_natural_product():
    text = (
        "Table 2. NMR data (101 MHz, CD3OD) of ethyl acetate\n"
        "no.\tδC, type\tδH (mult, J in Hz)\n1\t171.1, C\t-\n2\t60.4, CH2\t4.12, q (7.1)\n3\t21.0, CH3\t2.04, s\n"
        "4\t14.2, CH3\t1.26, t (7.1)\n"
    )
    assert read(text) == [
        ("13C", 171.1, None, "", (), "C", (), "1"),
        ("13C", 60.4, None, "", (), "CH2", (), "2"),
        ("13C", 21.0, None, "", (), "CH3", (), "3"),
        ("13C", 14.2, None, "", (), "CH3", (), "4"),
        ("1H", 4.12, None, "q", (7.1,), "", (), "2"),
        ("1H", 2.04, None, "s", (), "", (), "3"),
        ("1H", 1.26, None, "t", (7.1,), "", (), "4"),
    ]
    experiment = read_experiment(text)
    assert {spectrum.solvent for spectrum in experiment.spectra} == {"CD3OD"}
    assert experiment.notes[0].startswith("line 1: not read: Table 2.")


def test_columns_for_shape_couplings_number_and_kind():
    text = "ppm;nH;mult;J (Hz);assignment\n4,12;2;q;7,1;H-2\n6,91;1;dd;15,9; H-3\n7,04;1;dd;8,6/2,1;\n"
    assert read(text, nucleus="1H") == [
        ("1H", 4.12, 2.0, "q", (7.1,), "", (), "H-2"),
        ("1H", 6.91, 1.0, "dd", (15.9,), "", (), "H-3"),
        ("1H", 7.04, 1.0, "dd", (8.6, 2.1), "", (), ""),
    ]
    assert read("13C\nppm,DEPT\n60.4,CH2\n170.7,C\n")[0][5] == "CH2"


def test_integrals_near_whole_numbers_are_numbers_of_nuclei():
    assert [row[2] for row in read("ppm integral\n4.12 2.03\n2.04 3.01\n1.26 2.97\n", nucleus="1H")] == [2, 3, 3]
    (spectrum,) = read_experiment("ppm integral\n4.12 0.53\n2.04 0.79\n", nucleus="1H").spectra
    assert [signal.nuclei for signal in spectrum.signals] == [None, None]
    assert spectrum.notes == ("integrals not used: not all are near whole numbers",)


MULTIPLETS = (
    "Name\tShift\tRange\tH's\tIntegral\tClass\tJ's\tMethod\n"
    "1\tA (q)\t4.12\t4.16 .. 4.08\t2\t2.03\tq\t7.13\tSum\n"
    "2\tB (s)\t2.04\t2.08 .. 2.00\t3\t3.00\ts\n"
    "3\tC (dd)\t6.12\t6.22 .. 6.02\t1\t1.05\tdd\t8.6, 2.1\tSum\n"
)


def test_the_multiplets_of_mnova():
    assert read(MULTIPLETS) == [
        ("1H", 4.12, 2.0, "q", (7.13,), "", (), "A (q)"),
        ("1H", 2.04, 3.0, "s", (), "", (), "B (s)"),
        ("1H", 6.12, 1.0, "dd", (8.6, 2.1), "", (), "C (dd)"),
    ]
    (spectrum,) = read_experiment(MULTIPLETS).spectra
    assert spectrum.notes == ("columns not used: Range, Integral, Method",)
    assert not spectrum.is_peak_list


def test_multiplets_of_mnova_without_any_coupling_are_numbered_all_the_same():
    text = "Name\tShift\tRange\tH's\tIntegral\tClass\tJ's\n1\tF (s)\t8.56\t8.86 .. 8.29\t1\t1.06\ts\n"
    assert read(text) == [("1H", 8.56, 1.0, "s", (), "", (), "F (s)")]


PEAKS = (
    "\tppm\tIntensity\tWidth\tArea\tType\tFlags\tImpurity/Compound\tAnnotation\n"
    "1\t171.14\t18.3\t1.44\t166.20\tCompound\tNone\t\t\n"
    "2\t77.16\t100.6\t1.35\t155.29\tSolvent\tNone\tCDCl3\t\n"
    "3\t60.38\t-25.3\t1.44\t-219.82\tCompound\tNone\t\tC2\n"
)


def test_the_peaks_of_mnova():
    (spectrum,) = read_experiment(PEAKS, nucleus="13C").spectra
    assert [(s.shift_ppm, s.label) for s in spectrum.signals] == [(171.14, ""), (77.16, "solvent"), (60.38, "C2")]
    assert spectrum.is_peak_list
    assert spectrum.notes == ("columns not used: Intensity, Width, Area, Flags, Impurity/Compound",)
    with pytest.raises(InputError, match="line 2: of which nucleus is this shift") as caught:
        read_experiment(PEAKS)
    assert "--nucleus" in caught.value.hint


def test_the_peaks_of_topspin():
    text = (
        "13C NMR (101 MHz, CDCl3)\nPeak\tν(F1) [ppm]\tν(F1) [Hz]\tIntensity [rel]\tHalf width [Hz]\tAnnotation\n"
        "1\t171.1400\t17218.3\t2.11\t1.2\t\n2\t60.3800\t6075.1\t7.30\t1.1\tC2\n"
    )
    (spectrum,) = read_experiment(text).spectra
    assert (spectrum.frequency_mhz, spectrum.solvent) == (101.0, "CDCl3")
    assert [(s.shift_ppm, s.label) for s in spectrum.signals] == [(171.14, ""), (60.38, "C2")]


def test_shifts_with_heights_are_told_apart_by_their_order():
    (spectrum,) = read_experiment("13C\n170.7 0.35\n60.4 1.0\n21.0 0.8\n14.2 0.9\n").spectra
    assert [signal.shift_ppm for signal in spectrum.signals] == [170.7, 60.4, 21.0, 14.2]
    assert spectrum.is_peak_list
    assert spectrum.notes == ("second column taken for a height, not used",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("13C\n1 170.7\n2 60.4\n3 21.0\n", "line 2: '1 170.7': which number is the shift"),
        ("1H\n4.12\t2\tq\n2.04\t3\ts\n", "line 2: '4.12 2 q': which number is the shift"),
        ("nucleus,shift_ppm\n13C,170,7\n", "line 2: 3 cells below 2 columns"),
        ("nucleus,shift_ppm\n13X,170.7\n", "line 2: '13X' is no nucleus"),
        ("nucleus,shift_ppm\n13C,170.7\n13C,high\n", "line 3: shift_ppm is 'high', not a number"),
        ("nucleus,shift_ppm\n13C,nan\n", "line 2: shift_ppm is 'nan'"),
        ("nucleus,shift_ppm\n1H,123.4\n", "line 2: 123.4 ppm is no shift of 1H"),
        ("nucleus,shift_ppm,atoms\n13C,170.7,C1\n", "line 2: 'C1' is no list of atoms"),
        ('nucleus,shift_ppm\n"13C,170.7\n', "not CSV"),
        ("nucleus,molecule\n13C,a\n", "no column shift_ppm; found: nucleus, molecule"),
        ("nucleus,shift_ppm\n", "no signals in it"),
        ("nucleus,shift_ppm,exp\n13C,1,2\n", "2 columns of shifts: shift_ppm, exp"),
        ("\tf2 (ppm)\tf1 (ppm)\tIntensity\n1\t3.71\t55.2\t10\n", "line 1: a table of a 2D spectrum"),
        ("position\tδC\n1\t171.1\n2\tsixty\n", "line 3: 'sixty' is no signal of 13C"),
        ("ppm,J (Hz)\n4.12,seven\n", "line 2: 'seven' are no couplings"),
        ("ppm,nH\n4.12,two\n", "line 2: 'two' is no number of nuclei"),
    ],
)
def test_a_table_that_can_not_be_read_is_refused_with_its_line(text, words):
    with pytest.raises(InputError, match=words) as caught:
        read_experiment(text, nucleus="1H" if text.startswith("ppm") else None)
    assert caught.value.hint


def test_a_shift_with_its_words_in_cells_behind_it():
    assert read("1H\n4.12;q;2H\n2.04;s;3H\n") == [
        ("1H", 4.12, 2.0, "q", (), "", (), ""),
        ("1H", 2.04, 3.0, "s", (), "", (), ""),
    ]
    assert [row[5] for row in read("13C\n60.4\tCH2\n21.0\tCH3\n")] == ["CH2", "CH3"]


HUGE = "9" * 400


@pytest.mark.parametrize(
    "text",
    [
        f"nucleus,shift_ppm\n1H,{HUGE}\n",
        f"nucleus,shift_ppm,nH\n1H,4.1,{HUGE}\n",
        f"nucleus,shift_ppm,J\n1H,4.1,{HUGE}\n",
        f"nucleus,shift_ppm,atoms\n1H,4.1,{HUGE}\n",
        f"nucleus,shift_ppm,atoms\n1H,4.1,1-{HUGE}\n",
        f"1H NMR δ {HUGE} (s, 3H)",
        f"1H NMR δ 4.1 (s, {HUGE}H, J = {HUGE} Hz)",
        "##TITLE=a\n##JCAMP-DX=5\n##.OBSERVE NUCLEUS=^1H\n##XFACTOR=1e999\n##PEAK TABLE=(XY..XY)\n1,2\n##END=\n",
        '{"data": {"spectra": [{"info": {"nucleus": "1H"}, "ranges": {"values": [{"signals": [{"delta": 1e999}]}]}}]}}',
    ],
)
def test_a_number_beyond_all_measure_is_refused(text):
    with pytest.raises(InputError):
        read_experiment(text)


@pytest.mark.parametrize("value", [HUGE, "1e999", "nan", "-1"])
def test_an_integral_beyond_all_measure_is_not_used(value):
    (spectrum,) = read_experiment(f"nucleus,ppm,integral\n1H,4.1,{value}\n1H,2.0,3\n").spectra
    assert [signal.nuclei for signal in spectrum.signals] == [None, None]


def test_several_spectra_each_with_its_own_table():
    text = "13C (CDCl3)\nppm,label\n60.4,C2\n\n1H NMR (400 MHz, CDCl3)\nppm,nH\n4.12,2\n\n31P: -0.8\n"
    assert [(s.nucleus, s.solvent, s.signals[0].shift_ppm) for s in read_experiment(text).spectra] == [
        ("13C", "CDCl3", 60.4),
        ("1H", "CDCl3", 4.12),
        ("31P", "", -0.8),
    ]


def test_comments_with_numbers_and_lines_above_a_header_are_told():
    text = "measured 2026-11-02\nnucleus,shift_ppm\n# 13C,99.9\n13C,60.4\n"
    assert read_experiment(text).notes == (
        "line 1: not read: measured 2026-11-02",
        "line 3: a comment, not read: # 13C,99.9",
    )
