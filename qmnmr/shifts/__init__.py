"""From shieldings of conformers to shifts of sets of equivalent nuclei. Pure functions, no processes."""
