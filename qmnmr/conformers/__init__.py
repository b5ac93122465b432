"""Conformers: search, duplicates and weights, checks after geometry steps, equivalent nuclei."""
