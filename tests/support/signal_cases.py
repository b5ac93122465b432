"""Molecules with the sizes of their 1H and 13C sets at 298 K in an achiral solvent, and why.

Where a reason names no source it is what every textbook of NMR says of the class (Eliel and Wilen, Stereochemistry of
Organic Compounds; Oki, Applications of Dynamic NMR Spectroscopy to Organic Chemistry).
"""

from __future__ import annotations

from typing import NamedTuple


class SignalCase(NamedTuple):
    """A molecule and what its spectra show."""

    smiles: str
    hydrogens: list[int]  # numbers of H in each set, ascending; exchangeable ones too
    carbons: list[int]
    reason: str


CASES = [
    # --- pyramidal N ---
    SignalCase(
        "Cc1ccc2c(c1)CN1CN2Cc2cc(C)ccc21", [2] * 6 + [6], [1] + [2] * 8, "Troeger's base: ArCH2N 4.1 and 4.6 ppm"
    ),
    SignalCase("C1CN2CCC1CC2", [1, 6, 6], [1, 3, 3], "quinuclidine: symmetry, though N is held"),
    SignalCase("C1CN2CCN1CC2", [12], [6], "DABCO"),
    SignalCase("C1N2CN3CN1CN(C2)C3", [12], [6], "hexamethylenetetramine"),
    SignalCase(
        "C1CCN2CCCCC2C1", [1] + [2] * 8, [1, 2, 2, 2, 2], "quinolizidine: fused N inverts, H cis and trans to H9a"
    ),
    SignalCase("CN1CCCCC1", [2, 3, 4, 4], [1, 1, 2, 2], "amine N inverts, ring flips"),
    SignalCase("C[C@H]1CCC[C@@H](C)N1", [1, 1, 1, 2, 2, 2, 6], [1, 2, 2, 2], "meso: CH2 hydrogens apart"),
    SignalCase("CN1C2CCC1CC2", [2, 3, 4, 4], [1, 2, 4], "7-azanorbornane N inverts at 14 kcal/mol"),
    SignalCase("CN1CC1", [2, 2, 3], [1, 2], "N-alkyl aziridine, 17 to 20 kcal/mol: H cis and trans to CH3"),
    SignalCase(
        "c1ccccc1N1CC1", [1, 2, 2, 4], [1, 1, 2, 2, 2], "N-aryl aziridine inverts: J. Am. Chem. Soc. 1970, 92, 4050"
    ),
    SignalCase("CC(=O)N1CC1", [3, 4], [1, 1, 2], "N-acyl aziridine, 6 kcal/mol"),
    SignalCase("CS(=O)(=O)N1CC1", [3, 4], [1, 2], "N-sulfonyl aziridine, 12 kcal/mol"),
    SignalCase("CC1CN1S(C)(=O)=O", [1, 1, 1, 3, 3], [1, 1, 1, 1], "accepted: N is no stereocentre"),
    SignalCase("CC1(C)ON1C", [3, 3, 3], [1, 1, 1, 1], "oxaziridine N is held, 25 to 32 kcal/mol"),
    SignalCase("CN1CCCO1", [1, 1, 1, 1, 1, 1, 3], [1, 1, 1, 1], "isoxazolidine N, 13 to 16: open, so apart"),
    SignalCase("CCN(C)Cc1ccccc1", [1, 2, 2, 2, 2, 3, 3], [1] * 6 + [2, 2], "amine N inverts"),
    SignalCase("CC[NH+](C)Cc1ccccc1", [1] * 6 + [2, 2, 3, 3], [1] * 6 + [2, 2], "ammonium: NH exchange is open"),
    SignalCase(
        "CC[N+](C)(C(C)C)Cc1ccccc1", [1] * 6 + [2, 2, 3, 3, 3, 3], [1] * 9 + [2, 2], "quaternary N is a stereocentre"
    ),
    SignalCase("CC[N+](C)([O-])Cc1ccccc1", [1] * 5 + [2, 2, 3, 3], [1] * 6 + [2, 2], "so is that of an N-oxide"),
    # --- S and P ---
    SignalCase("CS(=O)Cc1ccccc1", [1, 1, 1, 2, 2, 3], [1, 1, 1, 1, 2, 2], "sulfoxide S is held, 35 to 40 kcal/mol"),
    SignalCase("CS(C)=O", [6], [2], "two methyl groups, mirror images"),
    SignalCase("CCOS(=O)OCC", [2, 2, 6], [2, 2], "diethyl sulfite: OCH2 apart, the classical ABX3"),
    SignalCase(
        "CC[S+](C)Cc1ccccc1", [1] * 5 + [2, 2, 3, 3], [1] * 6 + [2, 2], "sulfonium S is held, 25 to 29 kcal/mol"
    ),
    SignalCase("Cc1ccc(cc1)S(=O)N(C)C", [2, 2, 3, 6], [1, 1, 1, 2, 2, 2], "sulfinamide: S-N turns fast"),
    SignalCase("Cc1ccc(cc1)S(=O)(=O)N(C)C", [2, 2, 3, 6], [1, 1, 1, 2, 2, 2], "sulfonamide: S-N turns fast"),
    SignalCase("CC(C)P(C)c1ccccc1", [1, 1, 2, 2, 3, 3, 3], [1] * 6 + [2, 2], "phosphine P is held, 30 kcal/mol"),
    SignalCase(
        "CCP(=O)(CC)c1ccccc1", [1, 2, 2, 2, 2, 6], [1, 1, 2, 2, 2, 2], "PCH2 hydrogens: no mirror plane holds them"
    ),
    SignalCase("CCOP(=O)(OCC)OCC", [6, 9], [3, 3], "each OCH2 lies in a mirror plane of the average"),
    SignalCase("CCOP(=O)(OCC)c1ccccc1", [1, 2, 2, 2, 2, 6], [1, 1, 2, 2, 2, 2], "here it does not"),
    SignalCase("CCP(C)(=O)O", [1, 2, 3, 3], [1, 1, 1], "phosphinic acid: its O are alike by proton exchange"),
    # --- amides and their like ---
    SignalCase("CC(=O)N1CCCCC1", [2, 2, 2, 2, 2, 3], [1] * 7, "amide, 17 kcal/mol"),
    SignalCase("CN(C)C(=O)C(C)(C)C", [6, 9], [1, 1, 2, 3], "alpha-quaternary amide, 12 kcal/mol"),
    SignalCase("CN(C)C(=O)C(F)(F)F", [3, 3], [1, 1, 1, 1], "trifluoroacetamide, 17 kcal/mol"),
    SignalCase("CN(C)C(=O)C(Cl)(Cl)Cl", [3, 3], [1, 1, 1, 1], "trichloroacetamide, 14 to 15: open, so apart"),
    SignalCase("CN(C)C(C)=S", [3, 3, 3], [1, 1, 1, 1], "thioamide, 22 kcal/mol"),
    SignalCase("CN(C)C(=S)SC", [3, 3, 3], [1, 1, 1, 1], "dithiocarbamate, 16 kcal/mol"),
    SignalCase("CN(C)C(=S)SSC(=S)N(C)C", [6, 6], [2, 2, 2], "thiram: two NCH3 signals"),
    SignalCase("CN(C)C(=S)OC", [3, 3, 3], [1, 1, 1, 1], "O-alkyl thiocarbamate, 17 to 18 kcal/mol"),
    SignalCase("CC(C)(C)OC(=O)N1CCCC1", [4, 4, 9], [1, 1, 2, 2, 3], "carbamate: 15, near coalescence"),
    SignalCase("CN(C)C(=S)N(C)C", [12], [1, 4], "thiourea, 13.5 at most"),
    SignalCase("CC(=O)N(C)C(C)=O", [3, 6], [1, 2, 2], "imide"),
    SignalCase("O=NN1CCCC1", [2, 2, 2, 2], [1, 1, 1, 1], "nitrosamine, 23 kcal/mol"),
    SignalCase("O=[N+]([O-])N1CCCC1", [4, 4], [2, 2], "nitramine: both O alike"),
    SignalCase("CN(C)C(=N)N(C)C", [1, 12], [1, 4], "guanidine: C-N turns fast, NH exchanges"),
    SignalCase(
        "CN(C)/C=N/c1ccccc1", [1, 1, 2, 2, 3, 3], [1] * 5 + [2, 2], "N'-aryl formamidine, 14.6 to 16.5 kcal/mol"
    ),
    SignalCase("CN(C)/C=N/C#N", [1, 3, 3], [1, 1, 1, 1], "N'-cyano formamidine"),
    SignalCase(
        "C/C(=N\\c1ccccc1)N(C)C",
        [1, 2, 2, 3, 6],
        [1] * 4 + [2, 2, 2],
        "acetamidine, 51 to 59 kJ/mol: Magn. Reson. Chem. 1988",
    ),
    SignalCase("CN(C)/C=C/C(=O)C(F)(F)F", [1, 1, 3, 3], [1] * 6, "CF3 enaminone"),
    SignalCase("CN(C)/C=C/C(C)=O", [1, 1, 3, 6], [1, 1, 1, 1, 2], "enaminone: 13, near coalescence"),
    SignalCase("CN(C)/C=C/C(C)=S", [1, 1, 3, 3, 3], [1] * 6, "thio-enaminone"),
    SignalCase("CN(C)/C=C/[N+](=O)[O-]", [1, 1, 3, 3], [1, 1, 1, 1], "nitroenamine, 16 to 17 kcal/mol"),
    SignalCase("CN(C)C=C(C#N)C#N", [1, 3, 3], [1] * 6, "aminomethylene malononitrile, 18 kcal/mol"),
    SignalCase("CN(C)/N=N/c1ccccc1", [1, 2, 2, 3, 3], [1, 1, 1, 1, 2, 2], "triazene, 13 to 16: open, so apart"),
    SignalCase("CN(C)B(C)c1ccccc1", [1, 2, 2, 3, 3, 3], [1] * 5 + [2, 2], "monoaminoborane"),
    SignalCase("CN(C)c1ccc(C=O)cc1", [1, 2, 2, 6], [1, 1, 1, 2, 2, 2], "aryl-N and aryl-CHO turn fast"),
    # --- C=N and other double bonds ---
    SignalCase("CC(C)=NN(C)C", [3, 3, 6], [1, 1, 1, 2], "hydrazone: C=N is held, N-N turns"),
    SignalCase("CC(C)=NO", [1, 3, 3], [1, 1, 1], "oxime"),
    SignalCase("CC(C)=Nc1ccccc1", [1, 2, 2, 3, 3], [1] * 5 + [2, 2], "ketimine with aryl, 19 to 21 kcal/mol"),
    SignalCase("CC(C)=NS(C)(=O)=O", [3, 6], [1, 1, 2], "N-sulfonyl imine inverts, 12 kcal/mol"),
    SignalCase("CC(C)=[N+](C)[O-]", [3, 3, 3], [1, 1, 1, 1], "nitrone"),
    SignalCase("CC(C)N=C=NC(C)C", [2, 12], [1, 2, 4], "carbodiimide N invert, 7 kcal/mol"),
    SignalCase("CC(C)=S=O", [3, 3], [1, 1, 1], "sulfine"),
    SignalCase("C=C=C=CCl", [1, 1, 1], [1, 1, 1, 1], "butatriene is flat: H cis and trans to Cl"),
    SignalCase("C=C=CCl", [1, 2], [1, 1, 1], "allene: H mirror images"),
    SignalCase("CC=C=CC(C)C", [1, 1, 1, 3, 3, 3], [1] * 7, "chiral allene: isopropyl methyls apart"),
    # --- N-S and N-N bonds ---
    SignalCase(
        "ClC(Cl)(Cl)SN(C)Cc1ccccc1",
        [1, 1, 1, 2, 2, 3],
        [1, 1, 1, 1, 1, 2, 2],
        "sulfenamide, 12 to 18 kcal/mol: NCH2 is AB in the cold (J. Am. Chem. Soc. 1969, 91, 6677): open, so apart",
    ),
    SignalCase("CSN(C)C", [3, 6], [1, 2], "sulfenamide: a mirror plane holds both NCH3"),
    SignalCase(
        "CC(=O)N(Cc1ccccc1)N(C)C(C)=O",
        [1, 1, 1, 2, 2, 3, 3, 3],
        [1] * 8 + [2, 2],
        "diacylhydrazine: N-N is held, 16 to 17 kcal/mol in its dialkoxy relatives",
    ),
    SignalCase("CC(C)N(C)N(C)C(C)=O", [1, 3, 3, 3, 3, 3], [1] * 7, "acylhydrazine: N-N is open, so apart"),
    SignalCase("CC(C)N(C)N(C)C", [1, 3, 6, 6], [1, 1, 2, 2], "hydrazine: N-N turns"),
    # --- hindered axes ---
    SignalCase("Cc1cccc(CBr)c1-c1c(C)cccc1CBr", [2] * 5 + [6], [2] * 8, "tetra-ortho biaryl: CH2Br is AB"),
    SignalCase(
        "CC(C)c1ccccc1-c1ccccc1C(C)C", [2] * 5 + [6, 6], [2] * 9, "di-ortho biaryl with isopropyl: two CH3 doublets"
    ),
    SignalCase(
        "CC(C)c1ccccc1-c1ccccc1",
        [1] * 6 + [2, 2, 6],
        [1] * 9 + [2, 2, 2],
        "one ortho group: 11 kcal/mol, and a mirror plane",
    ),
    SignalCase(
        "COCOc1ccc2ccccc2c1-c1c(OCOC)ccc2ccccc12",
        [2] * 8 + [6],
        [2] * 12,
        "BINOL's MOM ether: OCH2O is AB, 37 kcal/mol",
    ),
    SignalCase(
        "CC(C)N(C(C)C)C(=O)c1cccc2ccccc12",
        [1] * 9 + [3] * 4,
        [1] * 17,
        "1-naphthamide: four CH3 (Tetrahedron 1998, 54, 13277)",
    ),
    SignalCase(
        "CC(C)N(C(C)C)C(=O)c1ccccc1", [1, 1, 1, 2, 2, 6, 6], [1] * 5 + [2, 2, 2, 2], "benzamide: the aryl turns"
    ),
    SignalCase(
        "O=C1CCC(=O)N1c1ccccc1C", [1, 1, 1, 1, 2, 2, 3], [1] * 7 + [2, 2], "86 kJ/mol: Aust. J. Chem. 1976, 29, 295"
    ),
    SignalCase("O=C1CCC(=O)N1c1ccccc1", [1, 2, 2, 4], [1, 1, 2, 2, 2, 2], "without ortho group it turns (same paper)"),
    SignalCase(
        "CC(=O)N(Cc1ccccc1)c1ccccc1I",
        [1] * 7 + [2, 2, 3],
        [1] * 11 + [2, 2],
        "2-iodoanilide: Org. Biomol. Chem. 2005, 3, 3173",
    ),
    SignalCase(
        "CC(=O)N(Cc1ccccc1)c1ccccc1", [1, 1, 2, 2, 2, 2, 2, 3], [1] * 7 + [2] * 4, "anilide without ortho group"
    ),
    SignalCase("CCc1cccc(CC)c1N(COC)C(=O)CCl", [1, 2, 2, 2, 2, 2, 3, 6], [1] * 6 + [2] * 4, "alachlor: ArCH2 is ABX3"),
    SignalCase("Cc1ccc(C)n1-c1ccccc1", [1, 2, 2, 2, 6], [1, 1, 2, 2, 2, 2, 2], "N-aryl pyrrole, symmetric"),
    # --- held rings ---
    SignalCase("C1CCC/C=C/CC1", [2] * 7, [2] * 4, "trans-cyclooctene, 36 kcal/mol"),
    SignalCase("C1CCC/C=C\\CC1", [2, 4, 4, 4], [2] * 4, "cis-cyclooctene moves"),
    SignalCase("C1Cc2cccc(c2)CCc2cccc1c2", [2, 2, 4, 4, 4], [2, 2, 4, 4, 4], "[2.2]metacyclophane, 31.5 kcal/mol"),
    SignalCase(
        "COc1cc2c(cc1OC)Cc1cc(OC)c(OC)cc1Cc1cc(OC)c(OC)cc1C2",
        [3, 3, 6, 18],
        [3, 6, 6, 6, 6],
        "cyclotriveratrylene: CH2 4.8 and 3.6 ppm",
    ),
    SignalCase(
        "CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21",
        [1] * 6 + [2, 2, 3],
        [1] * 12 + [2, 2],
        "diazepam, 17.6 kcal/mol: Chirality 1999, 11, 651",
    ),
    SignalCase(
        "O=C1CN=C(c2ccccc2)c2cc(Cl)ccc2N1",
        [1] * 5 + [2, 2, 2],
        [1] * 11 + [2, 2],
        "nordiazepam, 10.9 kcal/mol (same paper)",
    ),
    SignalCase(
        "CC(C)c1ccc2ccc3ccc4ccc5ccccc5c4c3c2c1",
        [1] * 14 + [3, 3],
        [1] * 25,
        "[5]helicene, 24 kcal/mol: isopropyl methyls apart",
    ),
    SignalCase("C1CC[C@@H]2CCCC[C@H]2C1", [2, 4, 4, 4, 4], [2, 4, 4], "trans-decalin: axial and equatorial"),
    SignalCase("C1CC2CCC1C2", [2, 2, 4, 4], [1, 2, 4], "norbornane: exo and endo"),
    SignalCase("C[C@H]1CCCC[C@H]1C", [2] * 5 + [6], [2, 2, 2, 2], "trans-1,2-dimethylcyclohexane: C2"),
    SignalCase("C[C@H]1CCCC[C@@H]1C", [2] * 5 + [6], [2, 2, 2, 2], "cis: ring flips between mirror images"),
    SignalCase("CC1CC1", [1, 2, 2, 3], [1, 1, 2], "cyclopropane: H cis and trans to CH3"),
    SignalCase("CC1OCCO1", [1, 2, 2, 3], [1, 1, 2], "dioxolane: H cis and trans to CH3"),
    SignalCase("C1CC2(C1)CCC2", [4, 8], [1, 2, 4], "spiro: both rings, both faces"),
    SignalCase("CC1(C)C2CCC1(C)C(=O)C2", [1] * 7 + [3, 3, 3], [1] * 10, "camphor: everything apart"),
    # --- protons that move ---
    SignalCase("CCCc1nc2ccccc2[nH]1", [1, 2, 2, 2, 2, 3], [1, 1, 1, 1, 2, 2, 2], "benzimidazole: C4 = C7 at 114.4 ppm"),
    SignalCase("Cc1cc(C)[nH]n1", [1, 1, 6], [1, 2, 2], "pyrazole: C3 = C5"),
    SignalCase("c1c[nH]cn1", [1, 1, 2], [1, 2], "imidazole: C4 = C5"),
    SignalCase("c1nc[nH]n1", [1, 2], [2], "1,2,4-triazole: C3 = C5"),
    SignalCase("c1ccc2[nH]nnc2c1", [1, 2, 2], [2, 2, 2], "benzotriazole"),
    SignalCase("Cc1cc[nH]n1", [1, 1, 1, 3], [1, 1, 1, 1], "unlike tautomers: flagged"),
    SignalCase("CC(C)N=CNC(C)C", [1, 1, 2, 12], [1, 2, 4], "amidine: Chem. Eur. J. 2016, 22, 18190"),
    SignalCase("CC(=O)/C=C(/C)O", [1, 1, 6], [1, 2, 2], "acetylacetone's enol"),
    SignalCase("OC1=CC(=O)CCC1", [1, 1, 2, 4], [1, 1, 2, 2], "enol of 1,3-cyclohexanedione"),
    SignalCase("O=c1cccccc1O", [1, 1, 2, 2], [1, 2, 2, 2], "tropolone"),
    SignalCase("O=C1C=CC(=O)c2c(O)ccc(O)c12", [2, 4], [2, 4, 4], "naphthazarin: one CH at 7.1 ppm"),
    SignalCase(
        "c1cc2cc3ccc(cc4ccc(cc5ccc(cc1[nH]2)n5)[nH]4)n3", [2, 4, 8], [4, 8, 8], "porphine: inner NH move, 12 kcal/mol"
    ),
    SignalCase(
        "O=P1(O)Oc2ccc3ccccc3c2-c2c(ccc3ccccc23)O1",
        [1] + [2] * 6,
        [2] * 10,
        "BINOL phosphoric acid: C2 by proton exchange",
    ),
    SignalCase(
        "CN(C)P1Oc2ccc3ccccc3c2-c2c(ccc3ccccc23)O1", [1] * 12 + [6], [1] * 20 + [2], "phosphoramidite: P has no C2"
    ),
    # --- no exchange needed ---
    SignalCase("OC(=O)CC(O)(CC(=O)O)C(=O)O", [1, 1, 2, 2, 2], [1, 1, 2, 2], "citric acid: CH2 is AB"),
    SignalCase("CC(OCC)OCC", [1, 2, 2, 3, 6], [1, 1, 2, 2], "acetal: OCH2 is ABX3"),
    SignalCase("C[Si](C)(C)C(C)(C)C", [9, 9], [1, 3, 3], "silyl and tert-butyl turn"),
    SignalCase("OCCCO", [2, 2, 4], [1, 2], "propane-1,3-diol"),
]
