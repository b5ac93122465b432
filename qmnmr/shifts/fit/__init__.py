"""Sets of measured shifts, and the fit of shieldings to them."""
