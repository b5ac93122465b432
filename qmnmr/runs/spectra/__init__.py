"""Couplings and spectra of runs, finished ones too."""
