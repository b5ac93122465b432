"""A run folder: what is kept there, what can be read again, and what of it no longer counts."""
