"""Spectra: from shifts and couplings to spin systems, their exact lines, multiplets and line shapes."""
