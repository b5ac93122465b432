"""Fitting factors to measured shifts, and comparing a run with them."""
