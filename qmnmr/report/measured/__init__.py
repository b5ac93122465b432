"""Measured spectra as text and JSON: what was understood, comparisons, rankings."""
