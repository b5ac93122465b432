"""The embedded engine: shieldings, energies and geometries from PySCF."""
