"""The half of DELTA50 on which levels are compared where all 50 molecules would cost too much.

One or two of each kind of compound, small ones first, and those that levels find hard: alkynes, a nitrile, the carbonyl
of a small ring, an amide, a nitro group. 52 of the 114 1H and 66 of the 143 13C environments.
"""

SUBSET = (
    "nitromethane",
    "acetaldehyde",
    "oxirane",
    "acetonitrile",
    "cyclopropane",
    "acetone",
    "oxetane",
    "methyl acetate",
    "N,N-dimethylformamide",
    "isoxazole",
    "isobutylene",
    "2-butyne",
    "tetrahydrofuran",
    "cyclobutanone",
    "furan",
    "3-butyn-2-one",
    "pyrimidine",
    "2-methyl-2-butene",
    "N-methylpyrrole",
    "pyridine",
    "t-butylacetylene",
    "benzene",
    "fluorobenzene",
    "anisole",
    "maleic anhydride",
)
