"""The self-consistent field: density fitting, continuum, energies and gradients."""
