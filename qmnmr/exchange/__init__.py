"""What exchanges in a molecule, and how fast: one table of processes, and where they happen."""
