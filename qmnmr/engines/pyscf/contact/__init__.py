"""Fermi-contact couplings of hydrogens: the response of a closed shell to a nucleus's spin."""
