"""Experiments as people paste them: every number, count, coupling and solvent is read, or the line is refused."""

from __future__ import annotations

import pytest

from qmnmr.errors import InputError
from qmnmr.experiments.reader import read_experiment


def s(shift, nuclei=None, shape="", couplings=(), *, kind="", label=""):
    """Return a signal as `read` does: a pair of limits is a range."""
    limits = shift if isinstance(shift, tuple) else (shift, shift)
    return (*limits, nuclei, shape, tuple(couplings), kind, label)


def read(text, **settings):
    """Return (nucleus, MHz, solvent, signals) of each spectrum."""
    return [
        (
            spectrum.nucleus,
            spectrum.frequency_mhz,
            spectrum.solvent,
            [
                (g.high_ppm, g.low_ppm, g.nuclei, g.multiplicity, g.couplings_hz, g.kind, g.label)
                for g in spectrum.signals
            ],
        )
        for spectrum in read_experiment(text, **settings).spectra
    ]


ETHYL_ACETATE_H = [s(4.12, 2, "q", [7.1]), s(2.04, 3, "s"), s(1.26, 3, "t", [7.1])]
ETHYL_ACETATE_C = [s(171.1), s(60.4), s(21.0), s(14.2)]

TEXTS = {
    "ethyl acetate, as Mnova writes it": (
        (
            "1H NMR (400 MHz, Chloroform-d) δ 4.12 (q, J = 7.1 Hz, 2H), 2.04 (s, 3H), 1.26 (t, J = 7.1 Hz, 3H).\n"
            "13C NMR (101 MHz, Chloroform-d) δ 171.1, 60.4, 21.0, 14.2.\n"
        ),
        [("1H", 400.0, "CDCl3", ETHYL_ACETATE_H), ("13C", 101.0, "CDCl3", ETHYL_ACETATE_C)],
    ),
    "the same in the midst of an experimental, broken at line ends, with what follows in such a paragraph": (
        (
            "Ethyl acetate (3a). Colourless oil (72 mg, 85%). Rf = 0.31 (hexane/EtOAc 4:1). ¹H NMR (400 MHz, "
            "CDCl₃) δ 4.12\n"
            "(q, J =\n7.1 Hz, 2H), 2.04 (s,\n3H), 1.26 (t, J = 7.1 Hz, 3H). ¹³C{¹H} NMR (101 MHz, CDCl₃) δ "
            "171.1, 60.4,\n"
            "21.0, 14.2. IR (neat) 2985, 1740, 1240 cm⁻¹. HRMS (ESI) m/z calcd for C₄H₉O₂ [M+H]⁺ 89.0597, found "
            "89.0601."
        ),
        [("1H", 400.0, "CDCl3", ETHYL_ACETATE_H), ("13C", 101.0, "CDCl3", ETHYL_ACETATE_C)],
    ),
    "acetophenone, as ACD writes it: no commas between the signals": (
        (
            "1H NMR (300 MHz, CHLOROFORM-d) d ppm 2.61 (s, 3 H) 7.46 (t, J=7.53 Hz, 2 H) 7.57 (t, J=7.35 Hz, 1 H) "
            "7.96 (d, J=7.15 Hz, 2 H)\n13C NMR (75 MHz, CHLOROFORM-d) d ppm 26.6 (s, 1 C) 128.3 (s, 2 C) 128.6 (s, 2 C)"
        ),
        [
            (
                "1H",
                300.0,
                "CDCl3",
                [s(2.61, 3, "s"), s(7.46, 2, "t", [7.53]), s(7.57, 1, "t", [7.35]), s(7.96, 2, "d", [7.15])],
            ),
            ("13C", 75.0, "CDCl3", [s(26.6, 1, "s"), s(128.3, 2, "s"), s(128.6, 2, "s")]),
        ],
    ),
    "ethyl phenylacetate in the manner of Wiley": (
        (
            "¹H NMR (300 MHz, CDCl₃): δ=7.35–7.22 (m, 5 H; Ph), 4.15 (q, ³J(H,H)=7.1 Hz, 2 H; OCH₂), 3.61 (s, 2 "
            "H; CH₂Ph), "
            "1.25 ppm (t, ³J(H,H)=7.1 Hz, 3 H; CH₃); ¹³C NMR (75 MHz, CDCl₃): δ=171.6 (C=O), 134.2 (Cq), 129.2 "
            "(2 × CH), "
            "128.5 (2×CH), 127.0 (CH), 60.8 (CH₂), 41.4 (CH₂), 14.2 ppm (CH₃); MS (EI): m/z (%): 164 (31) [M⁺]."
        ),
        [
            (
                "1H",
                300.0,
                "CDCl3",
                [
                    s((7.35, 7.22), 5, "m", label="Ph"),
                    s(4.15, 2, "q", [7.1], label="OCH2"),
                    s(3.61, 2, "s", label="CH2Ph"),
                    s(1.25, 3, "t", [7.1], label="CH3"),
                ],
            ),
            (
                "13C",
                75.0,
                "CDCl3",
                [
                    s(171.6, label="C=O"),
                    s(134.2, kind="C"),
                    s(129.2, 2, kind="CH"),
                    s(128.5, 2, kind="CH"),
                    s(127.0, kind="CH"),
                    s(60.8, kind="CH2"),
                    s(41.4, kind="CH2"),
                    s(14.2, kind="CH3"),
                ],
            ),
        ],
    ),
    "(E)-methyl crotonate in the manner of the RSC": (
        (
            "δH(400 MHz; CDCl3; Me4Si) 1.88 (3 H, dd, J 6.9 and 1.7, CH3), 3.72 (3 H, s, OCH3), 5.85 (1 H, dq, "
            "J 15.5, 1.7, "
            "2-H) and 6.98 (1 H, dq, J 15.5, 6.9, 3-H); δC(100 MHz; CDCl3) 17.9 (CH3), 51.3 (OCH3), 122.6 (CH), "
            "144.6 (CH) "
            "and 166.8 (C)"
        ),
        [
            (
                "1H",
                400.0,
                "CDCl3",
                [
                    s(1.88, 3, "dd", [6.9, 1.7], label="CH3"),
                    s(3.72, 3, "s", label="OCH3"),
                    s(5.85, 1, "dq", [15.5, 1.7], label="2-H"),
                    s(6.98, 1, "dq", [15.5, 6.9], label="3-H"),
                ],
            ),
            (
                "13C",
                100.0,
                "CDCl3",
                [
                    s(17.9, kind="CH3"),
                    s(51.3, kind="CH3", label="OCH3"),
                    s(122.6, kind="CH"),
                    s(144.6, kind="CH"),
                    s(166.8, kind="C"),
                ],
            ),
        ],
    ),
    "vanillin: solvent before frequency, words for shapes, an OH": (
        (
            "1H-NMR (CDCl3, 400.13 MHz, 298 K): δ (ppm) = 9.83 (singlet, 1H, CHO), 7.44 - 7.41 (m, 2H), 7.04 (d, 1H, "
            "J = 8.5 Hz), 6.28 (broad s, 1H, OH), 3.97 (s, 3H, OMe)."
        ),
        [
            (
                "1H",
                400.13,
                "CDCl3",
                [
                    s(9.83, 1, "s", label="CHO"),
                    s((7.44, 7.41), 2, "m"),
                    s(7.04, 1, "d", [8.5]),
                    s(6.28, 1, "br s", label="OH"),
                    s(3.97, 3, "s", label="OMe"),
                ],
            )
        ],
    ),
    "4-fluorotoluene: couplings to fluorine, a negative shift with a typographic minus": (
        (
            "13C NMR (126 MHz, CDCl3) δ 161.1 (d, 1JCF = 242.8 Hz), 133.2 (d, J = 3.1 Hz), 130.4 (d, 3JC–F = "
            "7.8 Hz, 2C), "
            "115.0 (d, JCF = 21.0 Hz, 2C), 20.6. 19F NMR (471 MHz, CDCl3) δ −118.6 (tt, J = 8.8, 5.4 Hz, 1F)."
        ),
        [
            (
                "13C",
                126.0,
                "CDCl3",
                [
                    s(161.1, shape="d", couplings=[242.8]),
                    s(133.2, shape="d", couplings=[3.1]),
                    s(130.4, 2, "d", [7.8]),
                    s(115.0, 2, "d", [21.0]),
                    s(20.6),
                ],
            ),
            ("19F", 471.0, "CDCl3", [s(-118.6, 1, "tt", [8.8, 5.4])]),
        ],
    ),
    "a range of negative shifts": (
        "19F NMR (376 MHz, C6D6) δ -62.7 (s, 3F), -113.4 – -113.6 (m, 1F), −137.0 to −137.3 (m, 2F)",
        [
            (
                "19F",
                376.0,
                "C6D6",
                [s(-62.7, 3, "s"), s((-113.4, -113.6), 1, "m"), s((-137.0, -137.3), 2, "m")],
            )
        ],
    ),
    "(trimethylsilyl)methanol: below zero": (
        "1H NMR (C6D6, 500 MHz): 3.21 (s, 2H), 0.62 (br, 1 H), -0.02 (s, 9H)",
        [("1H", 500.0, "C6D6", [s(3.21, 2, "s"), s(0.62, 1, "br"), s(-0.02, 9, "s")])],
    ),
    "menthol with DEPT, unbracketed": (
        (
            "13C NMR (CDCl3, 100.6 MHz): 71.5 CH, 50.1 CH, 45.0 CH2, 34.5 CH2, 31.6 CH, 25.8 CH, 23.1 CH2, 22.2 "
            "CH3, 21.0 CH3, "
            "16.1 CH3"
        ),
        [
            (
                "13C",
                100.6,
                "CDCl3",
                [
                    s(71.5, kind="CH"),
                    s(50.1, kind="CH"),
                    s(45.0, kind="CH2"),
                    s(34.5, kind="CH2"),
                    s(31.6, kind="CH"),
                    s(25.8, kind="CH"),
                    s(23.1, kind="CH2"),
                    s(22.2, kind="CH3"),
                    s(21.0, kind="CH3"),
                    s(16.1, kind="CH3"),
                ],
            )
        ],
    ),
    "camphor with decimal commas": (
        "13C NMR (100,6 MHz, CDCl3): δ = 219,7, 57,7, 46,8, 43,3, 43,0, 29,9, 27,1, 19,8, 19,2, 9,2.",
        [("13C", 100.6, "CDCl3", [s(x) for x in (219.7, 57.7, 46.8, 43.3, 43.0, 29.9, 27.1, 19.8, 19.2, 9.2)])],
    ),
    "decimal commas in couplings too": (
        "1H-NMR (400 MHz, CDCl3): δ 7,35-7,28 (m, 5H), 4,12 (q, J = 7,1 Hz, 2H), 6,45 (dd, J = 15,9, 1,2 Hz, 1H)",
        [
            (
                "1H",
                400.0,
                "CDCl3",
                [s((7.35, 7.28), 5, "m"), s(4.12, 2, "q", [7.1]), s(6.45, 1, "dd", [15.9, 1.2])],
            )
        ],
    ),
    "caffeine: a bare list, commas without blanks": (
        "13C NMR (101 MHz, CDCl3) δ 155.4,151.7,148.7,141.4,107.6,33.6,29.7,27.9",
        [("13C", 101.0, "CDCl3", [s(x) for x in (155.4, 151.7, 148.7, 141.4, 107.6, 33.6, 29.7, 27.9)])],
    ),
    "limonene with footnotes and a note below": (
        (
            "13C NMR (75 MHz, CDCl3) δ 150.3, 133.8, 120.7, 108.4, 41.1, 30.8a, 30.6ᵃ, 27.9¹, 23.5*, 20.8*.\n"
            "* Assignments may be interchanged."
        ),
        [
            (
                "13C",
                75.0,
                "CDCl3",
                [
                    *(s(x) for x in (150.3, 133.8, 120.7, 108.4, 41.1)),
                    s(30.8, label="a"),
                    s(30.6, label="a"),
                    s(27.9, label="^1"),
                    s(23.5, label="*"),
                    s(20.8, label="*"),
                ],
            )
        ],
    ),
    "carvone with the letters of an off-resonance spectrum": (
        (
            "C-13 NMR (CDCl3): 199.7 (s), 146.7 (s), 144.5 (d), 135.4 (s), 110.5 (t), 43.1 (t), 42.5 (d), 31.2 "
            "(t), 20.5 (q), "
            "15.7 (q)"
        ),
        [
            (
                "13C",
                None,
                "CDCl3",
                [
                    s(199.7, shape="s"),
                    s(146.7, shape="s"),
                    s(144.5, shape="d"),
                    s(135.4, shape="s"),
                    s(110.5, shape="t"),
                    s(43.1, shape="t"),
                    s(42.5, shape="d"),
                    s(31.2, shape="t"),
                    s(20.5, shape="q"),
                    s(15.7, shape="q"),
                ],
            )
        ],
    ),
    "methyl glucoside: couplings with numbered partners, primes, three solvents' worth of habits": (
        (
            "1H NMR (500 MHz, D2O) δ 4.80 (d, J1,2 = 3.8 Hz, 1H, H-1), 3.66 (dd, J3,2 = 9.8 Hz, J3,4 = 9.2 Hz, "
            "1H, H-3), 3.86 "
            "(dd, 1H, J6a,6b = 12.3, J5,6a = 2.3 Hz, H-6a), 3.41 (s, 3H, OCH3)"
        ),
        [
            (
                "1H",
                500.0,
                "D2O",
                [
                    s(4.80, 1, "d", [3.8], label="H-1"),
                    s(3.66, 1, "dd", [9.8, 9.2], label="H-3"),
                    s(3.86, 1, "dd", [12.3, 2.3], label="H-6a"),
                    s(3.41, 3, "s", label="OCH3"),
                ],
            )
        ],
    ),
    "triethyl phosphate, three nuclei, carbon coupled to phosphorus": (
        (
            "31P{1H} NMR (162 MHz, CDCl3) δ -0.8; 1H NMR (400 MHz, CDCl3) δ 4.11 (app quint, J = 7.2 Hz, 6H), "
            "1.34 (td, J = 7.1, "
            "0.8 Hz, 9H); 13C NMR (101 MHz, CDCl3) δ 63.6 (d, 2JCP = 5.8 Hz), 16.1 (d, 3JCP = 6.8 Hz)"
        ),
        [
            ("31P", 162.0, "CDCl3", [s(-0.8)]),
            ("1H", 400.0, "CDCl3", [s(4.11, 6, "app quint", [7.2]), s(1.34, 9, "td", [7.1, 0.8])]),
            ("13C", 101.0, "CDCl3", [s(63.6, shape="d", couplings=[5.8]), s(16.1, shape="d", couplings=[6.8])]),
        ],
    ),
    "paracetamol in DMSO with what exchanges": (
        (
            "1H NMR (300 MHz, [D6]DMSO, 25 °C) δ 9.65 (s, 1H, NH, exch. D2O), 9.14 (br. s., 1H, OH), 7.34 "
            "(AA′BB′, 2H), "
            "6.67 (d, J = 8.8 Hz, 2 Ar-H), 1.98 (s, 3H)"
        ),
        [
            (
                "1H",
                300.0,
                "DMSO-d6",
                [
                    s(9.65, 1, "s", label="NH, exch. D2O"),
                    s(9.14, 1, "br s", label="OH"),
                    s(7.34, 2, "AA'BB'"),
                    s(6.67, 2, "d", [8.8], label="Ar-H"),
                    s(1.98, 3, "s"),
                ],
            )
        ],
    ),
    "N-methylformanilide, rotamers with fractions": (
        (
            "1H NMR (CDCl3, 400 MHz, mixture of rotamers 94:6): 8.48 (s, 0.94H, major), 8.37 (s, 0.06H, minor), "
            "7.41 (m, 2H), "
            "3.33 (s, 2.82H), 3.37 (s, 0.18H)"
        ),
        [
            (
                "1H",
                400.0,
                "CDCl3",
                [
                    s(8.48, 0.94, "s", label="major"),
                    s(8.37, 0.06, "s", label="minor"),
                    s(7.41, 2, "m"),
                    s(3.33, 2.82, "s"),
                    s(3.37, 0.18, "s"),
                ],
            )
        ],
    ),
    "two shifts with one bracket": (
        "1H NMR (CDCl3) δ 1.25 and 1.28 (2 × s, 6H), 1.02, 0.98 (d, J = 6.6 Hz, 3H each), 3.1 (s, 1H)",
        [
            (
                "1H",
                None,
                "CDCl3",
                [
                    s(1.25, 3, "s"),
                    s(1.28, 3, "s"),
                    s(1.02, 3, "d", [6.6]),
                    s(0.98, 3, "d", [6.6]),
                    s(3.1, 1, "s"),
                ],
            )
        ],
    ),
    "LaTeX": (
        (
            r"$^{13}$C NMR (101 MHz, CDCl$_3$) $\delta$ 162.3 (d, $J_{\mathrm{CF}}$ = 247 Hz), 60.4, $^{1}$H "
            r"NMR (400 MHz, "
            r"(CD$_3$)$_2$CO) $\delta$ 4.12 (q, $^3J_{\mathrm{HH}}$ = 7.1 Hz, 2H)"
        ),
        [
            ("13C", 101.0, "CDCl3", [s(162.3, shape="d", couplings=[247.0]), s(60.4)]),
            ("1H", 400.0, "acetone-d6", [s(4.12, 2, "q", [7.1])]),
        ],
    ),
    "HTML": (
        (
            "<sup>1</sup>H NMR (400&nbsp;MHz, CD<sub>3</sub>OD) &delta; 4.12 (q, <i>J</i> = 7.1&nbsp;Hz, 2H), "
            "2.04<sup>a</sup> (s, 3H)"
        ),
        [("1H", 400.0, "CD3OD", [s(4.12, 2, "q", [7.1]), s(2.04, 3, "s", label="^a")])],
    ),
    "Spanish, and one signal to a line": (
        (
            "RMN 1H (300 MHz, acetona-d6, acetone-d6) δ:\n4.12 (q, J = 7.1 Hz, 2H)\n2.04 (s, 3H)\n1.26 (t, J = 7.1 "
            "Hz, 3H)\n"
        ),
        [("1H", 300.0, "acetone-d6", ETHYL_ACETATE_H)],
    ),
    "semicolons between signals, commas within, no brackets": (
        "1H NMR (400 MHz, CDCl3): 4.12, q, J = 7.1 Hz, 2H; 2.04, s, 3H; 1.26, t, J = 7.1 Hz, 3H",
        [("1H", 400.0, "CDCl3", ETHYL_ACETATE_H)],
    ),
    "assignments first": (
        "13C NMR (CDCl3) C-1: 171.1; C-2: 60.4; C-3: 21.0; C-4: 14.2",
        [
            (
                "13C",
                None,
                "CDCl3",
                [s(171.1, label="C-1"), s(60.4, label="C-2"), s(21.0, label="C-3"), s(14.2, label="C-4")],
            )
        ],
    ),
    "headings on lines of their own": (
        "13C\n171.1\n60.4\n21.0\n14.2\n\n1H (CDCl3)\n4.12\n2.04\n1.26\n",
        [("13C", None, "", ETHYL_ACETATE_C), ("1H", None, "CDCl3", [s(4.12), s(2.04), s(1.26)])],
    ),
    "no heading, but hydrogens are counted": (
        (
            "δ 9.75 (t, J = 1.8 Hz, 1H), 2.42 (td, J = 7.3, 1.8 Hz, 2H), 1.65 (sext, J = 7.4 Hz, 2H), 0.95 (t, J = "
            "7.4 Hz, 3H)"
        ),
        [
            (
                "1H",
                None,
                "",
                [
                    s(9.75, 1, "t", [1.8]),
                    s(2.42, 2, "td", [7.3, 1.8]),
                    s(1.65, 2, "sext", [7.4]),
                    s(0.95, 3, "t", [7.4]),
                ],
            )
        ],
    ),
    "the solvent's lines, named by the author": (
        (
            "1H NMR (400 MHz, CDCl3) δ 7.26 (CHCl3), 4.12 (q, J = 7.1 Hz, 2H), 1.56 (s, H2O)\n"
            "13C NMR (101 MHz, CDCl3) δ 171.1, 77.2 (CDCl3), 60.4"
        ),
        [
            ("1H", 400.0, "CDCl3", [s(7.26, label="CHCl3"), s(4.12, 2, "q", [7.1]), s(1.56, shape="s", label="H2O")]),
            ("13C", 101.0, "CDCl3", [s(171.1), s(77.2, label="CDCl3"), s(60.4)]),
        ],
    ),
    "carbons that fall together, and two decimals where one does not tell them apart": (
        (
            "13C NMR (101 MHz, DMSO-d6) δ 164.7, 128.90 (4 CH), 128.5 (×2), 44.5 (44.48), 44.5 (44.46), 26.8 "
            "(2C, C-2, C-6), "
            "10.7 (C-3,5)"
        ),
        [
            (
                "13C",
                101.0,
                "DMSO-d6",
                [
                    s(164.7),
                    s(128.9, 4, kind="CH"),
                    s(128.5, 2),
                    s(44.48),
                    s(44.46),
                    s(26.8, 2, label="C-2, C-6"),
                    s(10.7, label="C-3,5"),
                ],
            )
        ],
    ),
    "a nucleus that is not reported is left out with a note": (
        "119Sn NMR (149 MHz, CDCl3) δ -10.2. 13C NMR (101 MHz, CDCl3) δ 29.2, 27.3",
        [("13C", 101.0, "CDCl3", [s(29.2), s(27.3)])],
    ),
    "couplings written in many ways": (
        (
            "1H NMR (CDCl3) δ 7.85 (dd, J = 8.6/2.1 Hz, 1H), 7.40 (dd, J1 = 8.6 Hz, J2 = 2.1 Hz, 1H), 6.91 (dt, "
            "J = 10.2 (d), "
            "3.4 (t) Hz, 1H), 5.90 (ddt, J 17.2, 10.4, 5.6 Hz, 1H), 5.11 (dd, J = 2 × 8.5 Hz, 1H), 4.62 (d of "
            "d, 8.0, 3.0 Hz, "
            "1H), 3.62 (d, J < 1 Hz, 1H)"
        ),
        [
            (
                "1H",
                None,
                "CDCl3",
                [
                    s(7.85, 1, "dd", [8.6, 2.1]),
                    s(7.40, 1, "dd", [8.6, 2.1]),
                    s(6.91, 1, "dt", [10.2, 3.4]),
                    s(5.90, 1, "ddt", [17.2, 10.4, 5.6]),
                    s(5.11, 1, "dd", [8.5, 8.5]),
                    s(4.62, 1, "dd", [8.0, 3.0]),
                    s(3.62, 1, "d", label="J < 1 Hz"),
                ],
            )
        ],
    ),
    "a delta that the PDF has made something else, and blanks within a formula": (
        "1H NMR (400 MHz, CDCl 3 ) ␦ 7.26 (s, 1H). 13C NMR (101 MHz, DMSO- d 6) ∂ 128.5",
        [("1H", 400.0, "CDCl3", [s(7.26, 1, "s")]), ("13C", 101.0, "DMSO-d6", [s(128.5)])],
    ),
    "everything without blanks": (
        "1HNMR(400MHz,CDCl3)δ7.26(s,1H),4.12(q,J=7.1Hz,2H)",
        [("1H", 400.0, "CDCl3", [s(7.26, 1, "s"), s(4.12, 2, "q", [7.1])])],
    ),
    "solvents in other words": (
        "1H NMR (400 MHz, Methanol-d4) δ 4.12\n13C NMR (101 MHz, CDCl3/CD3OD 9:1) δ 60.4",
        [("1H", 400.0, "CD3OD", [s(4.12)]), ("13C", 101.0, "CDCl3/CD3OD", [s(60.4)])],
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_pasted_text_is_read(name):
    text, expected = TEXTS[name]
    assert read(text) == expected


REFUSED = {
    "a letter for a digit": ("13C NMR (101 MHz, CDCl3) δ 171.1, 60.4,\n2l.0, 14.2", "line 2: .*'2l.0, 14.2'"),
    "a bracket that is not closed": (
        "1H NMR (400 MHz, CDCl3) δ 4.12 (q, J = 7.1 Hz, 2H), 2.04 (s, 3H",
        "line 1: the bracket .* is not closed",
    ),
    "a shortened range": ("1H NMR (CDCl3) δ 7.35-28 (m, 5H)", "line 1: '7.35-28' is no range"),
    "a minus that is missing": ("19F NMR δ -113.4–113.6 (m, 1F)", "line 1: .* is no range of one 19F signal"),
    "a range or two shifts": ("13C NMR δ 1.2 -1.5", "a range, or two shifts"),
    "a comma that may be two things": ("13C NMR δ 170,60,21", "'170,60,21': is the comma a decimal sign"),
    "points and a decimal comma": ("13C NMR δ 170.7, 60,4, 21.0", "'60,4': is the comma a decimal sign"),
    "a number that may be a shift or a coupling": ("1H NMR (CDCl3) δ 4.12 q 7.1 2H", "a shift or a coupling"),
    "no nucleus": ("170.7, 60.4, 21.0, 14.2", "line 1: of which nucleus is '170.7, 60.4, 21.0, 14.2'"),
    "a word in the midst": ("13C NMR δ 171.1, C=O, 60.4", "line 1: expected a signal of 13C, found 'C=O, 60.4'"),
    "points for commas": ("13C NMR δ 171.1. 60.4. 21.0", "line 1: expected a signal of 13C, found '60.4"),
    "far outside": ("1H NMR (CDCl3) δ 7.26 (s, 1H),\n77.2 (t)", "line 2: 77.2 ppm is no shift of 1H"),
    "nan": ("13C NMR δ 171.1, nan, 60.4", "line 1: expected a signal of 13C, found 'nan, 60.4'"),
    "inf": ("nucleus,shift_ppm\n13C,inf\n", "line 2: shift_ppm is 'inf', not a number"),
    "signals after the list has ended": (
        "13C NMR (101 MHz, CDCl3) δ 171.1, 60.4. Minor isomer: 171.0, 60.1, 20.9, 14.0",
        "line 1: .* looks like signals, but of no spectrum",
    ),
    "signals above the first heading": ("4.12 (q, J = 7.1 Hz, 2H), 2.04 (s, 3H)\n13C NMR δ 60.4", "looks like signals"),
    "a number in a bracket that is nothing": ("1H NMR (CDCl3) δ 7.26 (s, 1H, at 7.31)", "'at 7.31' is not understood"),
    "nothing": (" \n ", "nothing but blanks"),
    "prose": ("Shall I compare thee to a summer's day?", "no shifts in"),
    "a figure's caption alone": ("1H NMR (400 MHz, CDCl3) of compound 3a", "no spectrum in it"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_understood_is_refused_with_its_line(name):
    text, words = REFUSED[name]
    with pytest.raises(InputError, match=words) as caught:
        read_experiment(text)
    assert caught.value.hint


def test_what_is_not_read_is_told_with_its_line():
    text, _ = TEXTS[
        "the same in the midst of an experimental, broken at line ends, with what follows in such a paragraph"
    ]
    notes = read_experiment(text).notes
    assert [note.partition(": not read: ")[0] for note in notes] == ["line 1", "line 5"]
    assert "Rf = 0.31" in notes[0]
    assert "IR (neat) 2985" in notes[1]
    (note,) = read_experiment(TEXTS["a nucleus that is not reported is left out with a note"][0]).notes
    assert note.startswith("line 1: 119Sn is no nucleus that is reported; not read: 119Sn NMR")


def test_signals_know_their_line_and_their_piece_of_text():
    (spectrum,) = read_experiment("\n1H NMR (CDCl3)\nδ 7.35–7.28 (m, 5H),\n4.12 (q, J = 7.1 Hz,\n2H)").spectra
    assert (spectrum.line, [signal.line for signal in spectrum.signals]) == (2, [3, 4])
    assert spectrum.signals[1].text == "4.12 (q, J = 7.1 Hz, 2H)"


def test_prose_about_spectra_is_no_heading():
    text = "1H and 13C NMR spectra were recorded at 400 and 101 MHz.\n1H NMR (CDCl3) δ 7.26 (s, 1H)\n"
    assert read(text) == [("1H", None, "CDCl3", [s(7.26, 1, "s")])]


def test_the_nucleus_of_a_list_can_be_given():
    assert read("170.7, 60.4", nucleus="13C") == [("13C", None, "", [s(170.7), s(60.4)])]
