"""Spectra as text, tables and pictures."""
