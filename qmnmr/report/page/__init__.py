"""Predictions as pages that a browser opens from a file: drawing, spectra, tables, and nothing from a network."""
