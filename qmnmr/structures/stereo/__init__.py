"""Configurations of an input: read, completed where the choice can't matter, refused where it does."""
