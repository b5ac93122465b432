"""Files of programs: NMReDATA, JCAMP-DX, TopSpin, NMRium, lists of DP4 programs."""

from __future__ import annotations

import json

import pytest
from rdkit import Chem

from qmnmr.errors import InputError
from qmnmr.experiments.reader import read_experiment


def read(text, **settings):
    """Return (shift, nuclei, shape, couplings, atoms, label) of each signal by nucleus."""
    return {
        p.nucleus: [(g.shift_ppm, g.nuclei, g.multiplicity, g.couplings_hz, g.atoms, g.label) for g in p.signals]
        for p in read_experiment(text, **settings).spectra
    }


def sdf(*tags, smiles="CCOC(C)=O", hydrogens=True, title="ethyl acetate"):
    """Return a record of an SDF file."""
    mol = Chem.MolFromSmiles(smiles)
    block = Chem.MolToMolBlock(Chem.AddHs(mol) if hydrogens else mol)
    return title + block + "".join(f">  <{name}>\n{text}\n\n" for name, text in tags) + "$$$$\n"


ASSIGNMENT = (
    "NMREDATA_ASSIGNMENT",
    'C2, 60.4, 2\\\nC4, 171.1, 4\\\nCH2, 4.12, H2\\\n<"Me">, 2.04, 12, 13, 14\\\nMe1, 1.26, H1\\',
)


def test_nmredata_as_its_definition_has_it():
    text = sdf(
        ("NMREDATA_VERSION", "1.1\\"),
        ("NMREDATA_SOLVENT", "CDCl3\\"),
        ASSIGNMENT,
        (
            "NMREDATA_1D_1H",
            (
                "Larmor=400.13\\\nSpectrum_Location=file:1/pdata/1/ ;where it is\\\n"
                '4.1200, S=q, J=7.10(Me1), N=2, L=CH2, E=2.02\\\n2.0400, S=s, L=<"Me">, E=3.00\\\n'
                "1.2600, S=t, J=7.10(CH2), N=3, L=Me1; a comment, with 1.5\\"
            ),
        ),
        ("NMREDATA_1D_13C", "Larmor=100.61\\\nDecoupled=1H\\\n60.4, L=C2\\\n171.1, L=C4\\\n14.2-14.0, L=other\\"),
        ("NMREDATA_2D_13C_1J_1H", "Larmor=400.13\\\nC2/CH2\\"),
    )
    assert read(text) == {
        "1H": [
            (4.12, 2.0, "q", (7.1,), (10, 11), "CH2"),
            (2.04, 3.0, "s", (), (12, 13, 14), "Me"),
            (1.26, 3.0, "t", (7.1,), (7, 8, 9), "Me1"),
        ],
        "13C": [
            (60.4, 1.0, "", (), (2,), "C2"),
            (171.1, 1.0, "", (), (4,), "C4"),
            (14.1, None, "", (), (), "other"),
        ],
    }
    experiment = read_experiment(text)
    assert {(s.solvent, s.frequency_mhz) for s in experiment.spectra} == {("CDCl3", 400.13), ("CDCl3", 100.61)}
    assert "NMREDATA_2D_13C_1J_1H" in experiment.notes[0]
    assert experiment.spectra[0].notes == ("fields not used: E",)
    line = text.split("\n").index("4.1200, S=q, J=7.10(Me1), N=2, L=CH2, E=2.02\\") + 1
    assert experiment.spectra[0].signals[0].line == line


def test_nmredata_of_a_writer_that_numbers_the_records_behind_the_tags():
    plain = sdf(("NMREDATA_VERSION", "1.1\\"), ASSIGNMENT, ("NMREDATA_1D_13C", "60.4, L=C2\\\n171.1, L=C4\\"))
    numbered = plain.replace(">\n", ">  (1) \n")
    assert numbered != plain
    assert read(numbered) == read(plain)
    assert [signal[4] for signal in read(numbered)["13C"]] == [(2,), (4,)]


def test_nmredata_as_it_is_found():
    text = sdf(
        ("NMREDATA_VERSION", "0.93"),
        ("NMREDATA_ASSIGNMENT", ";labels of my own\nH2(C1), 4.12, H2\n(3), 60.4, 2"),
        (
            "NMREDATA_1D_1H",
            (
                "Larmor=500.000000\n4.12, L=H2(C1), S=dd, J=7.31(H15(C9)), 7.65(H23(C19)), E=1\n"
                "2.04, S=ddd, E=251.1404, J=3.67,10.96,17.86; found multiplet\n;7.43, L=H15;found no multiplet\n"
                "2.04, S=ddd, E=251.1404, J=3.67,10.96,17.86; found multiplet\n0.93, S=d, L=Me7 ,N=3, J=\n"
                "777.777, L=OH\n"
                "Spectrum_Location =file:./nmr/10/1/pdata/1"
            ),
        ),
        ("NMREDATA_1D_13C", "60.4, L=(3), I=100.00"),
        hydrogens=False,
    )
    assert read(text) == {
        "1H": [
            (4.12, 2.0, "dd", (7.31, 7.65), (10, 11), "H2(C1)"),
            (2.04, None, "ddd", (3.67, 10.96, 17.86), (), ""),
            (0.93, 3.0, "d", (), (), "Me7"),
        ],
        "13C": [(60.4, 1.0, "", (), (2,), "(3)")],
    }


def test_a_label_of_another_element_assigns_nothing():
    text = sdf(("NMREDATA_ASSIGNMENT", "a, 4.12, 2\\"), ("NMREDATA_1D_1H", "4.12, L=a\\"))
    assert read(text)["1H"] == [(4.12, None, "", (), (), "a")]


def test_records_of_several_molecules_keep_their_names():
    tags = ("NMREDATA_1D_13C", "60.4\\")
    text = sdf(tags, title="one") + sdf(tags, title="two", smiles="CCO")
    assert [(s.molecule, s.line > 0) for s in read_experiment(text).spectra] == [("one", True), ("two", True)]


def test_an_sdf_without_tags_and_a_broken_signal_are_refused():
    with pytest.raises(InputError, match="no NMR signals that can be read"):
        read_experiment(sdf())
    with pytest.raises(InputError, match=r"line \d+: shift_ppm is 'sixty'"):
        read_experiment(sdf(("NMREDATA_1D_13C", "sixty, L=a\\")))
    with pytest.raises(InputError, match=r"line \d+: 'seven' is no coupling"):
        read_experiment(sdf(("NMREDATA_1D_1H", "4.1, J=seven\\")))


HEAD = "##TITLE=a\n##JCAMP-DX=5.01 $$ a program\n##DATA TYPE=NMR SPECTRUM\n##.OBSERVE NUCLEUS=^13C\n"


def test_a_peak_table_of_jcamp_in_ppm_and_in_hertz():
    ppm = (
        HEAD
        + "##.SOLVENT NAME=CDCl3\n##XUNITS=PPM\n##PEAK TABLE=(XY..XY)\n171.1, 1 60.4, 2\n21.0 0.5 14.2 0.4\n##END=\n"
    )
    hertz = (
        HEAD
        + "##.OBSERVE FREQUENCY=100.0\n##XUNITS=HZ\n##PEAK TABLE=(XY..XY)\n17110,1; 6040,2\n2100,1; 1420,1\n##END=\n"
    )
    for text in (ppm, hertz):
        assert [row[0] for row in read(text)["13C"]] == [171.1, 60.4, 21.0, 14.2]
    (spectrum,) = read_experiment(ppm).spectra
    assert (spectrum.solvent, spectrum.is_peak_list, spectrum.notes) == ("CDCl3", True, ("heights not used",))


def test_assignments_of_jcamp_come_before_its_peaks():
    blocks = (
        "##TITLE=link\n##JCAMP-DX=5.00\n##DATA TYPE=LINK\n##BLOCKS=3\n"
        "##TITLE=a\n##JCAMP-DX=5.00\n##.OBSERVE NUCLEUS=^1H\n##.OBSERVE FREQUENCY=300.03\n##XUNITS=PPM\n"
        "##PEAK ASSIGNMENTS=(XYMA)\n(1.99527,1.00, ,<9>)\n(6.71349,0.34,D,<14>)\n(6.71349,0.34,D,<15>)\n##END=$$ end\n"
        "##TITLE=b\n##.OBSERVE NUCLEUS=^1H\n##XUNITS=PPM\n##PEAK TABLE=(XY..XY)\n1.99752, 1\n6.69714, 0.3253\n##END=\n"
        "##TITLE=c\n##.SOLVENT NAME=DMSO-d6\n##XYDATA=(X++(Y..Y))\n4194.6a492K82O96\n##END=\n##END=\n"
    )
    experiment = read_experiment(blocks)
    assert read(blocks) == {"1H": [(1.99527, None, "", (), (), "9"), (6.71349, None, "d", (), (), "14, 15")]}
    assert experiment.spectra[0].solvent == "DMSO-d6"
    assert [note.partition(": ")[2] for note in experiment.notes] == [
        "not read: the points of a spectrum",
        "peak table of 1H not read: the file has its assignments",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "##XYDATA=(X++(Y..Y))\n1 2 3\n##END=\n", "only points of a spectrum"),
        (HEAD + "##XUNITS=HZ\n##PEAK TABLE=(XY..XY)\n1,2\n##END=\n", r"line 6: peaks in HZ and no \.OBSERVE FREQUENCY"),
        (HEAD + "##PEAK TABLE=(XY..XY)\n171.1, x\nhigh\n##END=\n", "line 7: 'high' is no line of XY peaks"),
        (HEAD + "##PEAK ASSIGNMENTS=(XYA)\n(high, 1, <2>)\n##END=\n", "line 6: .* is no peak assignment"),
        ("##TITLE=a\n##JCAMP-DX=5\n##PEAK TABLE=(XY..XY)\n1,2\n##END=\n", "line 3: no .OBSERVE NUCLEUS"),
    ],
)
def test_jcamp_that_can_not_be_read_is_refused(text, words):
    with pytest.raises(InputError, match=words):
        read_experiment(text)


TOPSPIN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<PeakList modified="2026-11-02T10:00:00">\n  <PeakList1D>\n'
    '    <PeakList1DHeader creator="nmr" expNo="10" name="a" procNo="1">\n'
    "      <PeakPickDetails>F1=15.19ppm, F2=-2.84ppm, MI=0.00cm\n      </PeakPickDetails>\n    </PeakList1DHeader>\n"
    '    <Peak1D F1="60.38" intensity="7.0e-04" type="0"/>\n'
    '    <Peak1D F1="-0.02" intensity="6.3" type="0" annotation="Si"/>\n  </PeakList1D>\n</PeakList>\n'
)


def test_a_peak_list_of_topspin_says_no_nucleus():
    assert read(TOPSPIN, nucleus="13C") == {"13C": [(60.38, None, "", (), (), ""), (-0.02, None, "", (), (), "Si")]}
    assert read_experiment(TOPSPIN, nucleus="13C").spectra[0].is_peak_list
    with pytest.raises(InputError, match="does not say of which nucleus") as caught:
        read_experiment(TOPSPIN)
    assert "--nucleus" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TOPSPIN[:-30], "line 9: no XML"),
        (TOPSPIN.replace("Peak1D F1", "Peak2D F1"), "line 8: a list of 2D peaks"),
        (TOPSPIN.replace('"60.38"', '"nan"'), "line 8: shift_ppm is 'nan'"),
        (TOPSPIN.replace("<PeakList m", '<!DOCTYPE a [<!ENTITY b "c">]><PeakList m'), "entities are declared"),
        ("<PeakList><PeakList1D></PeakList1D></PeakList>", "no spectrum in it"),
        ("<?xml version='1.0'?><html/>", "no NMR signals that can be read"),
    ],
)
def test_other_xml_is_refused(text, words):
    with pytest.raises(InputError, match=words):
        read_experiment(text, nucleus="13C")


def nmrium(**ranges):
    signal = {"delta": 1.19, "multiplicity": "t", "kind": "signal", "js": [{"coupling": 7.0, "multiplicity": "t"}]}
    part = {"from": 1.14, "to": 1.24, "integration": 3.02, "signals": [signal]} | ranges
    information = {"nucleus": "1H", "dimension": 1, "originFrequency": 400.13, "solvent": "CDCl3"}
    spectra = [{"info": information, "ranges": {"values": [part]}}, {"info": {"nucleus": ["1H", "13C"]}}]
    return json.dumps({"version": 22, "data": {"molecules": [], "spectra": spectra}})


def test_ranges_of_nmrium():
    experiment = read_experiment(nmrium())
    assert read(nmrium()) == {"1H": [(1.19, 3.0, "t", (7.0,), (), "")]}
    assert (experiment.spectra[0].frequency_mhz, experiment.spectra[0].solvent) == (400.13, "CDCl3")
    assert experiment.notes == ("spectrum 2: not read: it is not 1D, or has no ranges",)
    multiplet = read_experiment(nmrium(signals=[{"delta": 7.3, "multiplicity": "m"}], **{"from": 7.28, "to": 7.35}))
    assert (multiplet.spectra[0].signals[0].low_ppm, multiplet.spectra[0].signals[0].high_ppm) == (7.28, 7.35)


def test_other_json_is_refused():
    for text in ('{"spectra": [', '{"spectra": 3}', '{"a": 1}'):
        with pytest.raises(InputError):
            read_experiment(text)
    with pytest.raises(InputError, match="spectrum 1: shift_ppm is 'None'"):
        read_experiment(nmrium(signals=[{"multiplicity": "s"}]))


def test_a_list_for_dp4_programs():
    text = "59.58(C3),127.88(any),127.50(C10)\n\n4.81(H5),7.18(H15 or H16),6.76(any)\n\nC4,C6\nOMIT H19,H51\n"
    assert read(text) == {
        "13C": [
            (59.58, None, "", (), (3,), "C3"),
            (127.88, None, "", (), (), ""),
            (127.5, None, "", (), (10,), "C10"),
        ],
        "1H": [
            (4.81, None, "", (), (5,), "H5"),
            (7.18, None, "", (), (), "H15 or H16"),
            (6.76, None, "", (), (), ""),
        ],
    }
    assert read_experiment(text).notes[:2] == ("line 5: not used: C4,C6", "line 6: not used: OMIT H19,H51")
    with pytest.raises(InputError, match="a second list of 1H"):
        read_experiment("59.58(any)\n\n4.81(H5)\n\n3.2(H6)\n")
