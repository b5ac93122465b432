"""How occupied orbitals answer a perturbation: what shieldings and couplings share."""
