"""Frozen data that walks through the program. No input or output, no processes."""
