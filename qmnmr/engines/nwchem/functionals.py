"""Density functionals: how NWChem is asked for them, and what its output must then say.

Each was run with GIAO shieldings on methane (`tests/golden/nwchem`). NWChem 7.0.2 has none of the wB97X family: it
ends with a named failure; 7.3.1 has wB97X-D3. wB97X-D needs an NWChem with libxc, and was not run.
"""

from __future__ import annotations

from dataclasses import dataclass

_HARTREE_FOCK = "Hartree-Fock (Exact) Exchange"
_SLATER = "Slater Exchange Functional"
_BECKE = "Becke 1988 Exchange Functional"
_LYP = "Lee-Yang-Parr Correlation Functional"
_VWN_1_RPA = "VWN I RPA Correlation Functional"
_VWN_5 = "VWN V Correlation Functional"
_PBE_EXCHANGE = "PerdewBurkeErnzerhof Exchange Functional"
_PBE_CORRELATION = "PerdewBurkeErnz. Correlation Functional"
_PW91_LDA = "Perdew 1991 LDA Correlation Functional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Functional:
    """One functional in NWChem's words."""

    name: str
    input_lines: tuple[str, ...]  # in the `dft` block
    terms: dict[str, float]  # printed under "XC Information", with three decimals
    range_separation: tuple[float, float, float] | None = None  # alpha, beta, gamma; two decimals
    first_version: tuple[int, int] = (0, 0)  # that was seen to have it; (0, 0): all
    has_dispersion: bool = False  # NWChem adds its term unasked, to energies and gradients


FUNCTIONALS: dict[str, Functional] = {
    functional.name: functional
    for functional in (
        Functional(name="hf", input_lines=("xc hfexch",), terms={_HARTREE_FOCK: 1.0}),
        Functional(
            name="b3lyp",
            input_lines=("xc b3lyp",),
            terms={_HARTREE_FOCK: 0.2, _SLATER: 0.8, _BECKE: 0.72, _LYP: 0.81, _VWN_1_RPA: 0.19},
        ),
        Functional(
            name="pbe",
            input_lines=("xc xpbe96 cpbe96",),
            terms={_PBE_EXCHANGE: 1.0, _PW91_LDA: 1.0, _PBE_CORRELATION: 1.0},
        ),
        Functional(
            name="pbe0",
            input_lines=("xc pbe0",),
            terms={_HARTREE_FOCK: 0.25, _PBE_EXCHANGE: 0.75, _PW91_LDA: 1.0, _PBE_CORRELATION: 1.0},
        ),
        Functional(
            name="mpw1pw91",
            # Not `mpw91 perdew91`, a slip in circulation that loses the exact exchange.
            input_lines=("xc mpw91 0.75 hfexch 0.25 perdew91",),
            terms={
                _HARTREE_FOCK: 0.25,
                "mPW91 Exchange Functional": 0.75,
                "Perdew 1991 Correlation Functional": 1.0,
                _PW91_LDA: 1.0,
            },
        ),
        Functional(
            name="cam-b3lyp",
            input_lines=(
                "xc xcamb88 1.00 lyp 0.81 vwn_5 0.19 hfexch 1.00",
                "cam 0.33 cam_alpha 0.19 cam_beta 0.46",
            ),
            terms={_HARTREE_FOCK: 1.0, "CAM-Becke88 Exchange Functional": 1.0, _VWN_5: 0.19, _LYP: 0.81},
            range_separation=(0.19, 0.46, 0.33),
        ),
        Functional(
            name="wp04",
            # Wiitala et al., J. Chem. Theory Comput. 2006, 2, 1085. The kind of VWN moves 13C by 0.2 ppm: keep it.
            input_lines=("xc hfexch 0.1189 slater 0.9999 becke88 nonlocal 0.9614 vwn_1_rpa 0.9998 lyp 0.0001",),
            terms={_HARTREE_FOCK: 0.119, _SLATER: 1.0, _BECKE: 0.961, _LYP: 0.0, _VWN_1_RPA: 1.0},
        ),
        Functional(
            name="wb97x-d3",
            input_lines=("xc wb97x-d3",),
            terms={
                _HARTREE_FOCK: 1.0,
                "wb97x-d3 Exchange Functional": 1.0,
                "wb97x-d3 Correlation Functional": 1.0,
            },
            range_separation=(0.2, 0.8, 0.25),
            first_version=(7, 3),
            has_dispersion=True,
        ),
    )
}
"""By qmnmr's name of the functional."""
