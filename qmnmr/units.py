"""Physical constants and conversions: CODATA 2022 (Mohr et al., Rev. Mod. Phys. 97, 025002, 2025), or exact in the SI.

Written out, since importing scipy.constants takes a third of a second, and so that no other SciPy moves a digit.
"""

from __future__ import annotations

HARTREE_J = 4.359744722206e-18
BOHR_ANGSTROM = 0.529177210544
BOLTZMANN_J_PER_KELVIN = 1.380649e-23
AVOGADRO_PER_MOL = 6.02214076e23
KCAL_J = 4184.0

KCAL_PER_MOL_J = KCAL_J / AVOGADRO_PER_MOL
HARTREE_KCAL_PER_MOL = HARTREE_J / KCAL_PER_MOL_J
BOLTZMANN_HARTREE_PER_KELVIN = BOLTZMANN_J_PER_KELVIN / HARTREE_J
