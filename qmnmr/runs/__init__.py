"""A run and its folder: from a plan to predictions."""
