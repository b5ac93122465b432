"""Couplings: which pairs of nuclei, by which rules, with which factors, averaged over conformers."""
