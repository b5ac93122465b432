"""NWChem: the text of its input, and what its output says. Runs nothing."""
