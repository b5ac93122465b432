"""Searches for conformers: given ones, the force field, CREST, tautomers."""
