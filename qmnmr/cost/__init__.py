"""What a calculation, a molecule, a run is going to take."""
