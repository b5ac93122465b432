"""What was measured, what a molecule lets one expect of it, and predictions beside it."""
